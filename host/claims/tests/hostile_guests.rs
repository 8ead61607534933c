//! One hostile guest per limit (row A9.3): each ends in its typed error within its bound, and the engine serves the next as before.
//!
//! Every guest of `tests/guests` has a module of its name here; the last lines don't compile when one is missing.

mod support;

use std::time::{Duration, Instant};

use argus_claims::{
    ClaimViolation, CompileError, ConfigurationError, EngineLimits, InvocationError, LoadError, LogLevel, MAX_LOG_LINES, PlanViolation,
    SchemaError, ShapeError,
};
use support::{Sandbox, alice, invoke, issuance};

/// Far more than any budget, far less than for ever: a machine that runs other tests may be late.
const BOUND: Duration = Duration::from_secs(2);

/// A guest whose invocation must end in an error.
async fn fails(guest: &str) -> InvocationError {
    let sandbox = Sandbox::new();
    let component = sandbox.load(guest).await.expect("loads");
    let started = Instant::now();
    let invocation = invoke(&component, "{}", &issuance(&alice())).await;
    assert!(started.elapsed() < BOUND, "{guest} took {:?}", started.elapsed());
    sandbox.still_works().await;
    invocation.outcome.expect_err("no claims")
}

/// A guest that must not load.
async fn is_refused(guest: &str) -> LoadError {
    let sandbox = Sandbox::new();
    let error = sandbox.load(guest).await.expect_err("refused");
    sandbox.still_works().await;
    error
}

/// A guest that must not load because of an import.
async fn is_refused_for_import(guest: &str, name: &str) {
    let error = is_refused(guest).await;
    let text = error.to_string();
    assert!(text.contains(name) && text.contains("argus:claims/log@0.1"), "the import and what is allowed: {text}");
    assert!(matches!(error, LoadError::Shape(ShapeError::ForbiddenImport { import }) if import == name));
}

/// A guest that must not load because it doesn't fit, for a reason that says so.
async fn does_not_fit(guest: &str, reason: &str) {
    match is_refused(guest).await {
        LoadError::Incompatible(text) => assert!(text.contains(reason), "{text}"),
        other => panic!("{other}"),
    }
}

fn trapped(error: InvocationError, reason: &str) {
    match error {
        InvocationError::Trap(text) => assert!(text.contains(reason), "{text}"),
        other => panic!("{other}"),
    }
}

mod good {
    use super::*;

    #[tokio::test]
    async fn a_guest_that_is_well_is_heard() {
        Sandbox::new().still_works().await;
    }
}

mod spins {
    use super::*;

    #[tokio::test]
    async fn an_endless_loop_ends_with_its_budget() {
        assert_eq!(fails("spins").await, InvocationError::DeadlineExceeded);
    }

    #[tokio::test]
    async fn many_endless_loops_at_once_leave_others_their_turn() {
        let sandbox = Sandbox::new();
        let spinner = sandbox.load("spins").await.expect("loads");
        let plan = spinner.validate_configuration("{}").await.expect("a plan");
        let user = alice();
        let issuance = issuance(&user);
        let spinners = std::array::from_fn::<_, 8, _>(|_| spinner.claims("{}", &plan, &issuance));
        let [a, b, c, d, e, f, g, h] = spinners;
        let others = async {
            for _ in 0..10 {
                sandbox.still_works().await;
            }
        };
        let (a, b, c, d, e, f, g, h, ()) = tokio::join!(a, b, c, d, e, f, g, h, others);
        for invocation in [a, b, c, d, e, f, g, h] {
            assert_eq!(invocation.outcome, Err(InvocationError::DeadlineExceeded));
        }
    }

    #[tokio::test]
    async fn who_finds_no_place_in_time_is_told_so() {
        let sandbox = Sandbox::with(EngineLimits { max_concurrent: 1, queue_timeout_ms: 1, budget_ms: 200, ..EngineLimits::default() });
        let spinner = sandbox.load("spins").await.expect("loads");
        let plan = spinner.validate_configuration("{}").await.expect("a plan");
        let user = alice();
        let issuance = issuance(&user);
        let (first, second) = tokio::join!(spinner.claims("{}", &plan, &issuance), spinner.claims("{}", &plan, &issuance));
        assert_eq!(first.outcome, Err(InvocationError::DeadlineExceeded));
        assert_eq!(second.outcome, Err(InvocationError::Unavailable));
        sandbox.still_works().await;
    }

    #[tokio::test]
    async fn a_provider_may_have_a_budget_of_its_own() {
        let sandbox = Sandbox::with(EngineLimits { budget_ms: 1_000_000, timeout_ms: 60_000, ..EngineLimits::default() });
        let spinner = sandbox.load("spins").await.expect("loads").with_budget_ms(3);
        assert_eq!(invoke(&spinner, "{}", &issuance(&alice())).await.outcome, Err(InvocationError::DeadlineExceeded));
    }

    #[tokio::test]
    async fn a_caller_that_goes_away_ends_the_guest_and_frees_its_place() {
        let sandbox = Sandbox::with(EngineLimits { max_concurrent: 1, budget_ms: 60_000, ..EngineLimits::default() });
        let spinner = sandbox.load("spins").await.expect("loads");
        let plan = spinner.validate_configuration("{}").await.expect("a plan");
        let user = alice();
        let issuance = issuance(&user);
        assert!(tokio::time::timeout(Duration::from_millis(5), spinner.claims("{}", &plan, &issuance)).await.is_err());
        sandbox.still_works().await;
    }

    #[tokio::test]
    async fn the_timeout_ends_what_the_budget_does_not() {
        let sandbox = Sandbox::with(EngineLimits { timeout_ms: 30, budget_ms: 15, ..EngineLimits::default() });
        assert_eq!(sandbox.run("spins").await.outcome, Err(InvocationError::DeadlineExceeded));
        sandbox.still_works().await;
    }
}

mod spins_at_start {
    use super::*;

    #[tokio::test]
    async fn an_endless_start_function_ends_with_its_budget() {
        assert!(matches!(is_refused("spins_at_start").await, LoadError::Describe(InvocationError::DeadlineExceeded)));
    }
}

mod spins_in_realloc {
    use super::*;

    #[tokio::test]
    async fn an_endless_loop_while_arguments_are_handed_over_ends_with_its_budget() {
        let sandbox = Sandbox::new();
        let component = sandbox.load("spins_in_realloc").await.expect("loads");
        let error = component.validate_configuration("{}").await.expect_err("refused");
        assert_eq!(error, ConfigurationError::Provider(InvocationError::DeadlineExceeded));
        sandbox.still_works().await;
    }
}

mod spins_while_validating {
    use super::*;

    #[tokio::test]
    async fn an_endless_check_of_a_configuration_ends_with_its_budget() {
        let sandbox = Sandbox::new();
        let component = sandbox.load("spins_while_validating").await.expect("loads");
        let error = component.validate_configuration("{}").await.expect_err("refused");
        assert_eq!(error, ConfigurationError::Provider(InvocationError::DeadlineExceeded));
        sandbox.still_works().await;
    }
}

mod recurses {
    use super::*;

    #[tokio::test]
    async fn endless_recursion_ends_at_the_stack_limit() {
        trapped(fails("recurses").await, "call stack exhausted");
    }
}

mod allocates {
    use super::*;

    #[tokio::test]
    async fn memory_ends_at_its_limit() {
        assert_eq!(fails("allocates").await, InvocationError::MemoryExceeded);
    }
}

mod allocates_at_once {
    use super::*;

    #[tokio::test]
    async fn four_gibibytes_are_refused() {
        assert_eq!(fails("allocates_at_once").await, InvocationError::MemoryExceeded);
    }
}

mod starts_with_too_much_memory {
    use super::*;

    #[tokio::test]
    async fn a_memory_beyond_the_limit_from_the_start_does_not_load() {
        does_not_fit("starts_with_too_much_memory", "memory").await;
    }
}

mod traps {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_trap_with_its_reason() {
        trapped(fails("traps").await, "unreachable");
    }
}

mod reallocates_outside_its_memory {
    use super::*;

    #[tokio::test]
    async fn arguments_are_not_written_outside_the_memory_of_the_guest() {
        let sandbox = Sandbox::new();
        let component = sandbox.load("reallocates_outside_its_memory").await.expect("loads");
        match component.validate_configuration("{}").await.expect_err("refused") {
            ConfigurationError::Provider(error) => trapped(error, "beyond end of memory"),
            other => panic!("{other}"),
        }
        sandbox.still_works().await;
    }
}

mod answers_outside_its_memory {
    use super::*;

    #[tokio::test]
    async fn answers_are_not_read_outside_the_memory_of_the_guest() {
        trapped(fails("answers_outside_its_memory").await, "out of bounds");
    }
}

mod answers_what_is_no_text {
    use super::*;

    #[tokio::test]
    async fn text_must_be_utf_8() {
        trapped(fails("answers_what_is_no_text").await, "utf-8");
    }
}

mod floods_output {
    use super::*;

    #[tokio::test]
    async fn ten_mebibytes_of_output_are_refused() {
        assert_eq!(fails("floods_output").await, InvocationError::OutputTooLarge);
    }
}

mod aliases_one_string {
    use super::*;

    #[tokio::test]
    async fn one_string_named_two_thousand_times_is_not_copied_as_often() {
        assert_eq!(fails("aliases_one_string").await, InvocationError::OutputTooLarge);
    }
}

mod returns_many_claims {
    use super::*;

    #[tokio::test]
    async fn more_claims_than_the_contract_allows_are_refused() {
        assert_eq!(fails("returns_many_claims").await, InvocationError::InvalidClaims(ClaimViolation::TooMany(65)));
    }
}

mod floods_the_log {
    use super::*;

    #[tokio::test]
    async fn lines_beyond_the_limit_are_dropped_with_one_note_and_the_claims_kept() {
        let sandbox = Sandbox::new();
        let invocation = sandbox.run("floods_the_log").await;
        assert!(invocation.outcome.is_ok(), "{:?}", invocation.outcome);
        assert_eq!(invocation.log.len(), MAX_LOG_LINES + 1);
        assert_eq!((invocation.log[0].level, invocation.log[0].message.as_str()), (LogLevel::Warn, "guest"));
        assert!(invocation.log[MAX_LOG_LINES].message.contains("dropped"));
        sandbox.still_works().await;
    }
}

mod sets_a_reserved_claim {
    use super::*;

    #[tokio::test]
    async fn a_claim_of_the_protocol_is_refused() {
        assert_eq!(fails("sets_a_reserved_claim").await, InvocationError::InvalidClaims(ClaimViolation::ReservedClaim("sub".into())));
    }
}

mod plans_a_reserved_claim {
    use super::*;

    #[tokio::test]
    async fn a_plan_with_a_claim_of_the_protocol_is_refused() {
        let sandbox = Sandbox::new();
        let component = sandbox.load("plans_a_reserved_claim").await.expect("loads");
        let error = component.validate_configuration("{}").await.expect_err("refused");
        let violation = PlanViolation::ClaimNames(ClaimViolation::ReservedClaim("iss".into()));
        assert_eq!(error, ConfigurationError::Plan(violation));
    }
}

mod sets_a_claim_outside_its_plan {
    use super::*;

    #[tokio::test]
    async fn a_claim_that_was_not_announced_is_refused() {
        let violation = ClaimViolation::NotInPlan("admin".into());
        assert_eq!(fails("sets_a_claim_outside_its_plan").await, InvocationError::InvalidClaims(violation));
    }
}

mod sets_a_claim_twice {
    use super::*;

    #[tokio::test]
    async fn one_name_has_one_value() {
        assert_eq!(fails("sets_a_claim_twice").await, InvocationError::InvalidClaims(ClaimViolation::DuplicateName("level".into())));
    }
}

mod returns_bad_json {
    use super::*;

    #[tokio::test]
    async fn text_that_is_not_json_is_refused() {
        assert_eq!(fails("returns_bad_json").await, InvocationError::InvalidClaims(ClaimViolation::BadJson("level".into())));
    }
}

mod returns_deep_json {
    use super::*;

    #[tokio::test]
    async fn json_is_not_nested_without_end() {
        assert_eq!(fails("returns_deep_json").await, InvocationError::InvalidClaims(ClaimViolation::TooDeep("level".into())));
    }
}

mod has_a_circular_schema {
    use super::*;

    #[tokio::test]
    async fn a_schema_that_never_ends_is_refused() {
        assert!(matches!(is_refused("has_a_circular_schema").await, LoadError::Schema(SchemaError::Unbounded)));
    }
}

mod refuses {
    use super::*;

    #[tokio::test]
    async fn a_refusal_is_the_providers_own() {
        assert_eq!(fails("refuses").await, InvocationError::Rejected("not on a Sunday".into()));
    }
}

mod blames_itself {
    use super::*;

    #[tokio::test]
    async fn a_failure_the_provider_admits_is_no_failure_of_the_host() {
        assert_eq!(fails("blames_itself").await, InvocationError::Internal("lost my notes".into()));
    }
}

mod no_longer_accepts {
    use super::*;

    #[tokio::test]
    async fn problems_with_a_stored_configuration_keep_their_pointer() {
        match fails("no_longer_accepts").await {
            InvocationError::BadConfiguration(problems) => assert_eq!(problems[0].to_string(), "/level: was renamed"),
            other => panic!("{other}"),
        }
    }
}

mod keeps_state {
    use super::*;

    #[tokio::test]
    async fn nothing_stays_from_one_call_to_the_next() {
        // One place in the pool, so that the second call gets the memory of the first.
        let sandbox = Sandbox::with(EngineLimits { max_concurrent: 1, ..EngineLimits::default() });
        for _ in 0..20 {
            let claims = sandbox.run("keeps_state").await.outcome.expect("claims");
            // One from a global, one from memory.
            assert_eq!(claims[0].value, 2);
        }
    }
}

mod imports_a_file_system {
    #[tokio::test]
    async fn a_file_system_is_refused_by_name() {
        super::is_refused_for_import("imports_a_file_system", "wasi:filesystem/preopens@0.2.6").await;
    }
}

mod imports_a_socket {
    #[tokio::test]
    async fn a_socket_is_refused_by_name() {
        super::is_refused_for_import("imports_a_socket", "wasi:sockets/tcp-create-socket@0.2.6").await;
    }
}

mod imports_a_clock {
    #[tokio::test]
    async fn a_clock_is_refused_by_name() {
        super::is_refused_for_import("imports_a_clock", "wasi:clocks/monotonic-clock@0.2.6").await;
    }
}

mod asks_wasi {
    use super::*;

    #[tokio::test]
    async fn there_is_no_environment_and_randomness_is_always_the_same() {
        let sandbox = Sandbox::new();
        let first = sandbox.run("asks_wasi").await.outcome.expect("claims");
        // The bytes 0 to 7, and no variable on top.
        assert_eq!(first[0].value, 0x0001_0203_0405_0607_u64);
        assert_eq!(sandbox.run("asks_wasi").await.outcome, Ok(first));
    }
}

mod asks_wasi_preview_1 {
    use super::*;

    /// `plugins/adapters/preview1-pure.wat`
    #[tokio::test]
    async fn the_pure_adapter_answers_without_any_import() {
        let sandbox = Sandbox::new();
        let claims = sandbox.run("asks_wasi_preview_1").await.outcome.expect("claims");
        // A clock at 1, no arguments, a random byte, seven bytes written, and error 8 for a file.
        assert_eq!(claims[0].value, 1 + 0x5a + 7 + 8);
    }
}

mod was_built_for_another_version {
    use super::*;

    #[tokio::test]
    async fn a_version_without_an_adapter_is_named() {
        match is_refused("was_built_for_another_version").await {
            // Types come first in the file, so it is their import that shows.
            LoadError::Shape(ShapeError::ForbiddenImport { import }) => assert_eq!(import, "argus:claims/types@0.2.0"),
            LoadError::Shape(ShapeError::UnsupportedVersion { found }) => assert_eq!(found, "argus:claims/provider@0.2.0"),
            other => panic!("{other}"),
        }
    }
}

mod has_another_type {
    #[tokio::test]
    async fn a_record_with_another_field_does_not_fit() {
        super::does_not_fit("has_another_type", "field").await;
    }
}

mod is_of_another_world {
    use super::*;

    #[tokio::test]
    async fn a_component_of_another_world_is_told_what_was_expected() {
        let error = is_refused("is_of_another_world").await;
        assert!(error.to_string().contains("argus:claims/claim-provider"), "{error}");
        assert!(matches!(error, LoadError::Shape(ShapeError::NotAClaimProvider { exports }) if exports == ["run"]));
    }
}

mod is_not_valid {
    use super::*;

    #[tokio::test]
    async fn code_that_is_not_valid_is_refused_in_the_compilers_words() {
        match is_refused("is_not_valid").await {
            LoadError::Compile(CompileError::Invalid(text)) => assert!(text.contains("type mismatch"), "{text}"),
            other => panic!("{other}"),
        }
    }
}

mod has_many_instances {
    #[tokio::test]
    async fn instances_beyond_the_pool_do_not_fit() {
        super::does_not_fit("has_many_instances", "instances").await;
    }
}

mod has_many_memories {
    #[tokio::test]
    async fn memories_beyond_the_pool_do_not_fit() {
        super::does_not_fit("has_many_memories", "memories").await;
    }
}

mod has_a_huge_table {
    #[tokio::test]
    async fn a_table_beyond_the_pool_does_not_fit() {
        super::does_not_fit("has_a_huge_table", "table").await;
    }
}

mod is_a_compile_bomb {
    use super::*;

    #[tokio::test]
    async fn compiling_ends_at_the_wall_clock() {
        let sandbox = Sandbox::with(EngineLimits { compile_timeout_ms: 700, ..EngineLimits::default() });
        let started = Instant::now();
        let error = sandbox.load("is_a_compile_bomb").await.expect_err("refused");
        assert!(matches!(error, LoadError::Compile(CompileError::TimeExceeded)), "{error}");
        assert!(started.elapsed() < BOUND, "{:?}", started.elapsed());
        sandbox.still_works().await;
    }

    #[tokio::test]
    async fn compiling_ends_when_its_processor_time_is_used_up() {
        let sandbox = Sandbox::with(EngineLimits { compile_cpu_seconds: 1, ..EngineLimits::default() });
        let error = sandbox.load("is_a_compile_bomb").await.expect_err("refused");
        assert!(matches!(error, LoadError::Compile(CompileError::TimeExceeded)), "{error}");
    }

    #[tokio::test]
    async fn compiling_ends_at_the_memory_limit() {
        let sandbox = Sandbox::with(EngineLimits { compile_memory_bytes: 128 << 20, ..EngineLimits::default() });
        let error = sandbox.load("is_a_compile_bomb").await.expect_err("refused");
        assert!(matches!(error, LoadError::Compile(CompileError::MemoryExceeded)), "{error}");
    }
}

macro_rules! has_a_test {
    ($guest:ident) => {
        const _: () = {
            #[expect(unused_imports, reason = "that the module exists is the point")]
            use self::$guest as _;
        };
    };
}

argus_test_guests::foreach_guest!(has_a_test);

//! Guests that take time: each is interrupted when its budget is used up, and leaves others their turn.

use super::*;

pub(crate) mod spins {
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
        let spinners = std::array::from_fn::<_, 8, _>(|_| spinner.claims("{}", &plan, Facts::ALL, &issuance));
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
        let (first, second) =
            tokio::join!(spinner.claims("{}", &plan, Facts::ALL, &issuance), spinner.claims("{}", &plan, Facts::ALL, &issuance));
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
        assert!(tokio::time::timeout(Duration::from_millis(5), spinner.claims("{}", &plan, Facts::ALL, &issuance)).await.is_err());
        sandbox.still_works().await;
    }

    #[tokio::test]
    async fn the_timeout_ends_what_the_budget_does_not() {
        let sandbox = Sandbox::with(EngineLimits { timeout_ms: 30, budget_ms: 15, ..EngineLimits::default() });
        assert_eq!(sandbox.run("spins").await.outcome, Err(InvocationError::DeadlineExceeded));
        sandbox.still_works().await;
    }
}

pub(crate) mod spins_at_start {
    use super::*;

    #[tokio::test]
    async fn an_endless_start_function_ends_with_its_budget() {
        assert!(matches!(is_refused("spins_at_start").await, LoadError::Describe(InvocationError::DeadlineExceeded)));
    }
}

pub(crate) mod spins_in_realloc {
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

pub(crate) mod spins_while_validating {
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

pub(crate) mod is_slow_for_large_users {
    use super::*;

    #[tokio::test]
    async fn what_is_quick_for_most_ends_with_its_budget_for_few() {
        let sandbox = Sandbox::with(EngineLimits { budget_ms: 2, ..EngineLimits::default() });
        let component = sandbox.load("is_slow_for_large_users").await.expect("loads");
        let in_few = support::member_of(&["staff"]);
        assert!(invoke(&component, "{}", &issuance(&in_few)).await.outcome.is_ok());
        // 50 million turns of its loop.
        let names: Vec<String> = (0..10_000).map(|number| number.to_string()).collect();
        let in_many = support::member_of(&names.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(invoke(&component, "{}", &issuance(&in_many)).await.outcome, Err(InvocationError::DeadlineExceeded));
        sandbox.still_works().await;
    }
}

pub(crate) mod is_a_compile_bomb {
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

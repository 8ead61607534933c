//! Guests whose answers are too large, not acceptable, or a refusal.

use super::*;

pub(crate) mod good {
    use super::*;

    #[tokio::test]
    async fn a_guest_that_is_well_is_heard() {
        Sandbox::new().still_works().await;
    }
}

pub(crate) mod floods_output {
    use super::*;

    #[tokio::test]
    async fn ten_mebibytes_of_output_are_refused() {
        assert_eq!(fails("floods_output").await, InvocationError::OutputTooLarge);
    }
}

pub(crate) mod aliases_one_string {
    use super::*;

    #[tokio::test]
    async fn one_string_named_two_thousand_times_is_not_copied_as_often() {
        assert_eq!(fails("aliases_one_string").await, InvocationError::OutputTooLarge);
    }
}

pub(crate) mod returns_many_claims {
    use super::*;

    #[tokio::test]
    async fn more_claims_than_the_contract_allows_are_refused() {
        assert_eq!(fails("returns_many_claims").await, InvocationError::InvalidClaims(ClaimViolation::TooMany(65)));
    }
}

pub(crate) mod floods_the_log {
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

pub(crate) mod sets_a_reserved_claim {
    use super::*;

    #[tokio::test]
    async fn a_claim_of_the_protocol_is_refused() {
        assert_eq!(fails("sets_a_reserved_claim").await, InvocationError::InvalidClaims(ClaimViolation::ReservedClaim("sub".into())));
    }
}

pub(crate) mod plans_a_reserved_claim {
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

pub(crate) mod sets_a_claim_outside_its_plan {
    use super::*;

    #[tokio::test]
    async fn a_claim_that_was_not_announced_is_refused() {
        let violation = ClaimViolation::NotInPlan("admin".into());
        assert_eq!(fails("sets_a_claim_outside_its_plan").await, InvocationError::InvalidClaims(violation));
    }
}

pub(crate) mod sets_a_claim_twice {
    use super::*;

    #[tokio::test]
    async fn one_name_has_one_value() {
        assert_eq!(fails("sets_a_claim_twice").await, InvocationError::InvalidClaims(ClaimViolation::DuplicateName("level".into())));
    }
}

pub(crate) mod returns_bad_json {
    use super::*;

    #[tokio::test]
    async fn text_that_is_not_json_is_refused() {
        assert_eq!(fails("returns_bad_json").await, InvocationError::InvalidClaims(ClaimViolation::BadJson("level".into())));
    }
}

pub(crate) mod returns_deep_json {
    use super::*;

    #[tokio::test]
    async fn json_is_not_nested_without_end() {
        assert_eq!(fails("returns_deep_json").await, InvocationError::InvalidClaims(ClaimViolation::TooDeep("level".into())));
    }
}

pub(crate) mod has_a_circular_schema {
    use super::*;

    #[tokio::test]
    async fn a_schema_that_never_ends_is_refused() {
        assert!(matches!(is_refused("has_a_circular_schema").await, LoadError::Schema(SchemaError::Unbounded)));
    }
}

pub(crate) mod traps_on_long_configurations {
    use super::*;

    #[tokio::test]
    async fn a_configuration_that_breaks_the_provider_is_the_providers_fault() {
        let sandbox = Sandbox::new();
        let component = sandbox.load("traps_on_long_configurations").await.expect("loads");
        assert!(component.validate_configuration(r#"{"level":"gold"}"#).await.is_ok());
        let long = format!(r#"{{"level":"{}"}}"#, "x".repeat(2_000));
        let error = component.validate_configuration(&long).await.expect_err("refused");
        assert!(matches!(error, ConfigurationError::Provider(InvocationError::Trap(_))), "{error}");
        sandbox.still_works().await;
    }
}

pub(crate) mod wants_what_cannot_be_guessed {
    use super::*;

    #[tokio::test]
    async fn a_pattern_is_held_by_the_host() {
        let sandbox = Sandbox::new();
        let component = sandbox.load("wants_what_cannot_be_guessed").await.expect("loads");
        assert!(component.validate_configuration(r#"{"level":"αβγ"}"#).await.is_ok());
        let error = component.validate_configuration(r#"{"level":"abc"}"#).await.expect_err("refused");
        assert!(matches!(error, ConfigurationError::Problems(_)), "{error}");
    }
}

pub(crate) mod refuses {
    use super::*;

    #[tokio::test]
    async fn a_refusal_is_the_providers_own() {
        assert_eq!(fails("refuses").await, InvocationError::Rejected("not on a Sunday".into()));
    }
}

pub(crate) mod blames_itself {
    use super::*;

    #[tokio::test]
    async fn a_failure_the_provider_admits_is_no_failure_of_the_host() {
        assert_eq!(fails("blames_itself").await, InvocationError::Internal("lost my notes".into()));
    }
}

pub(crate) mod no_longer_accepts {
    use super::*;

    #[tokio::test]
    async fn problems_with_a_stored_configuration_keep_their_pointer() {
        match fails("no_longer_accepts").await {
            InvocationError::BadConfiguration(problems) => assert_eq!(problems[0].to_string(), "/level: was renamed"),
            other => panic!("{other}"),
        }
    }
}

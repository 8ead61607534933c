//! Guests that take memory, reach outside their own, or keep something in it.

use super::*;

pub(crate) mod recurses {
    use super::*;

    #[tokio::test]
    async fn endless_recursion_ends_at_the_stack_limit() {
        trapped(fails("recurses").await, "call stack exhausted");
    }
}

pub(crate) mod breaks_for_large_users {
    use super::*;

    #[tokio::test]
    async fn facts_that_do_not_fit_are_a_failure_of_the_guest() {
        // Memory is to end it, not time, which handing over so much takes on a busy machine.
        let sandbox = Sandbox::with(EngineLimits { budget_ms: 1_000, ..EngineLimits::default() });
        let component = sandbox.load("breaks_for_large_users").await.expect("loads");
        let names: Vec<String> = (0..10_000).map(|number| number.to_string()).collect();
        let in_many = support::member_of(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let invocation = invoke(&component, "{}", &issuance(&in_many)).await;
        assert_eq!(invocation.memory_bytes, 4 << 16);
        trapped(invocation.outcome.expect_err("no claims"), "beyond end of memory");
        sandbox.still_works().await;
    }
}

pub(crate) mod allocates {
    use super::*;

    #[tokio::test]
    async fn memory_ends_at_its_limit() {
        assert_eq!(fails("allocates").await, InvocationError::MemoryExceeded);
    }
}

pub(crate) mod allocates_at_once {
    use super::*;

    #[tokio::test]
    async fn four_gibibytes_are_refused() {
        assert_eq!(fails("allocates_at_once").await, InvocationError::MemoryExceeded);
    }
}

pub(crate) mod starts_with_too_much_memory {
    use super::*;

    #[tokio::test]
    async fn a_memory_beyond_the_limit_from_the_start_does_not_load() {
        does_not_fit("starts_with_too_much_memory", "memory").await;
    }
}

pub(crate) mod traps {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_trap_with_its_reason() {
        trapped(fails("traps").await, "unreachable");
    }
}

pub(crate) mod reallocates_outside_its_memory {
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

pub(crate) mod answers_outside_its_memory {
    use super::*;

    #[tokio::test]
    async fn answers_are_not_read_outside_the_memory_of_the_guest() {
        trapped(fails("answers_outside_its_memory").await, "out of bounds");
    }
}

pub(crate) mod answers_what_is_no_text {
    use super::*;

    #[tokio::test]
    async fn text_must_be_utf_8() {
        trapped(fails("answers_what_is_no_text").await, "utf-8");
    }
}

pub(crate) mod has_many_instances {
    #[tokio::test]
    async fn instances_beyond_the_pool_do_not_fit() {
        super::does_not_fit("has_many_instances", "instances").await;
    }
}

pub(crate) mod has_many_memories {
    #[tokio::test]
    async fn memories_beyond_the_pool_do_not_fit() {
        super::does_not_fit("has_many_memories", "memories").await;
    }
}

pub(crate) mod has_a_huge_table {
    #[tokio::test]
    async fn a_table_beyond_the_pool_does_not_fit() {
        super::does_not_fit("has_a_huge_table", "table").await;
    }
}

pub(crate) mod keeps_state {
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

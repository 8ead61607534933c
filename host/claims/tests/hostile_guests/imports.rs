//! Guests that import something, or that were built for something else.

use super::*;

pub(crate) mod imports_a_file_system {
    #[tokio::test]
    async fn a_file_system_is_refused_by_name() {
        super::is_refused_for_import("imports_a_file_system", "wasi:filesystem/preopens@0.2.6").await;
    }
}

pub(crate) mod imports_a_socket {
    #[tokio::test]
    async fn a_socket_is_refused_by_name() {
        super::is_refused_for_import("imports_a_socket", "wasi:sockets/tcp-create-socket@0.2.6").await;
    }
}

pub(crate) mod imports_a_clock {
    #[tokio::test]
    async fn a_clock_is_refused_by_name() {
        super::is_refused_for_import("imports_a_clock", "wasi:clocks/monotonic-clock@0.2.6").await;
    }
}

pub(crate) mod asks_wasi {
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

pub(crate) mod asks_wasi_preview_1 {
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

pub(crate) mod was_built_for_another_version {
    use super::*;

    #[tokio::test]
    async fn a_version_without_an_adapter_is_named() {
        match is_refused("was_built_for_another_version").await {
            LoadError::Shape(ShapeError::UnsupportedVersion { found }) => assert_eq!(found, "argus:claims/types@0.2.0"),
            other => panic!("{other}"),
        }
    }
}

pub(crate) mod has_another_type {
    #[tokio::test]
    async fn a_record_with_another_field_does_not_fit() {
        super::does_not_fit("has_another_type", "field").await;
    }
}

pub(crate) mod is_of_another_world {
    use super::*;

    #[tokio::test]
    async fn a_component_of_another_world_is_told_what_was_expected() {
        let error = is_refused("is_of_another_world").await;
        assert!(error.to_string().contains("argus:claims/claim-provider"), "{error}");
        assert!(matches!(error, LoadError::Shape(ShapeError::NotAClaimProvider { exports }) if exports == ["run"]));
    }
}

pub(crate) mod is_not_valid {
    use super::*;

    #[tokio::test]
    async fn code_that_is_not_valid_is_refused_in_the_compilers_words() {
        match is_refused("is_not_valid").await {
            LoadError::Compile(CompileError::Invalid(text)) => assert!(text.contains("type mismatch"), "{text}"),
            other => panic!("{other}"),
        }
    }
}

//! Where the `argus` program is: beside the tests, built by cargo into the same folder.

use std::path::PathBuf;
use std::sync::LazyLock;

/// The program under test.
///
/// # Panics
/// When it was not built.
pub fn argus() -> &'static PathBuf {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        // The test runs as target/PROFILE/deps/NAME.
        let test = std::env::current_exe().unwrap();
        let program = test.ancestors().nth(2).unwrap().join("argus");
        assert!(
            program.is_file(),
            "the program under test is not at {}: run `cargo build -p argus-server`, or `cargo xtask test`, which does so first",
            program.display()
        );
        program
    });
    &PROGRAM
}

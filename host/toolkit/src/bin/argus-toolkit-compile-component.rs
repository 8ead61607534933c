//! The compiling process on its own, for the tests of this crate; the server has the same as a hidden subcommand.

use std::process::ExitCode;

fn main() -> ExitCode {
    argus_claims::compiler::child_main()
}

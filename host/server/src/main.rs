//! The `argus` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    argus_server::run(std::env::args_os())
}

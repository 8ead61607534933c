//! Argus as a program: its command line, its configuration, and the one place where the parts are put together.

mod administration;
mod commands;
pub mod composition;
pub mod config;
mod https;
mod kek;
mod logging;
pub mod serve;
mod sign_in;
mod upstream_http;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

/// Runs the command line.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    // The compiler child: before anything else is set up, since it limits itself and must not inherit more than it needs.
    if args.get(1).is_some_and(|arg| arg == composition::COMPILE_COMPONENT) {
        return argus_claims::compiler::child_main();
    }
    let command = match commands::CommandLine::try_parse_from(args) {
        Ok(command) => command,
        Err(error) => error.exit(),
    };
    match commands::run(command) {
        Ok(code) => code,
        Err(error) => {
            commands::print_error(&error);
            ExitCode::FAILURE
        }
    }
}

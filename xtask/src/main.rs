//! What a developer runs: `cargo xtask COMMAND`, one file a command.
//!
//! Depends on none of the Argus crates and on few others, so it is built in seconds and works while they do not compile.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for terminals")]

mod author_tools;
mod bench;
mod cargo;
mod chromium;
mod demo;
mod keycloak;
mod parts;
mod pictures;
mod schemathesis;
mod test;
mod tidy;

use std::process::ExitCode;

/// Every command with the sentence `cargo xtask` shows; the documents may name no other.
pub(crate) const COMMANDS: &[(&str, &str)] = &[
    ("demo", "build Argus and sign a user in; arguments go to `argus demo` (try --once)"),
    (
        "test",
        "the whole test run; --quick leaves out what needs a second workspace, a database server or other languages' tools, --install installs \
         what is missing",
    ),
    ("tidy", "check layers, licences, file sizes, links and other rules of the tree"),
    ("pictures", "make a picture of every page, and put those of the documents in their place"),
    ("bench", "measure CPU time per operation under load; --help lists the options"),
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next();
    let arguments: Vec<String> = arguments.collect();
    let result = match command.as_deref() {
        Some("demo") => demo::run(&arguments),
        Some("test") => test::run(&arguments),
        Some("tidy") => tidy::run(),
        Some("pictures") => pictures::run(&arguments),
        Some("bench") => bench::run(&arguments),
        None | Some("help" | "--help" | "-h") => {
            usage();
            Ok(())
        }
        Some(unknown) => {
            usage();
            Err(anyhow::anyhow!("there is no command `{unknown}`"))
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn usage() {
    println!("cargo xtask COMMAND [ARGUMENTS]\n");
    for (name, sentence) in COMMANDS {
        println!("  {name:<8} {sentence}");
    }
}

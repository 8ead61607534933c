//! The child's side of compiling: limit oneself, read, compile, write, end.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, setrlimit};
use wasmtime::Engine;

use super::{REFUSED, Request};
use crate::config;

/// What the hidden subcommand of the server does, and nothing else in that process.
///
/// Reads limits and a component from standard input and writes the compiled form to standard output. Whatever goes wrong is said on
/// standard error.
pub fn child_main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Refused(message)) => fail(REFUSED, &message),
        Err(Failure::Io(error)) => fail(1, &error.to_string()),
    }
}

enum Failure {
    Refused(String),
    Io(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn fail(code: i32, message: &str) -> ExitCode {
    // Nobody is left to tell when the parent no longer reads.
    let _ = writeln!(io::stderr(), "{message}");
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

fn run() -> Result<(), Failure> {
    let mut input = io::stdin().lock();
    limit(&Request::read(&mut input)?)?;
    let mut component = Vec::new();
    input.read_to_end(&mut component)?;
    let engine = Engine::new(&config::code()).map_err(|error| Failure::Io(io::Error::other(format!("{error:#}"))))?;
    let code = engine.precompile_component(&component).map_err(|error| Failure::Refused(format!("{error:#}")))?;
    let mut output = io::stdout().lock();
    output.write_all(&code)?;
    Ok(output.flush()?)
}

/// Binds this process, for good: soft and hard limit alike. No core dumps either: they would hold the upload.
fn limit(request: &Request) -> io::Result<()> {
    let bound = |resource, most: u64| setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    bound(Resource::As, request.memory_bytes)?;
    bound(Resource::Core, 0)?;
    // The soft limit sends SIGXCPU, which says what happened; the hard one kills.
    setrlimit(Resource::Cpu, Rlimit { current: Some(request.cpu_seconds), maximum: Some(request.cpu_seconds.saturating_add(1)) })?;
    Ok(())
}

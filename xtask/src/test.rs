//! `cargo xtask test`: every test of the project, with what they need.
//!
//! Nothing is left out in silence: what could not run on this machine is named at the end with the way to get it, and counts as a
//! failure where `CI=true`.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::pictures::AXE;
use crate::schemathesis::{self, SCHEMATHESIS};
use crate::{author_tools, cargo, chromium, keycloak, parts, tidy};

/// How a part of the run ended.
enum Outcome {
    Passed,
    Failed(String),
    /// Why, and what would let it run.
    NotRun(String),
}

struct Part {
    name: &'static str,
    outcome: Outcome,
    took: Duration,
}

/// Tells the tests that PostgreSQL is not there; without it they start a server of their own, or fail.
const DATABASE_TESTS: &str = "ARGUS_TEST_POSTGRES";

/// Tells the black-box tests which engine to use where they name none.
const DATABASE_ENGINE: &str = "ARGUS_TEST_ENGINE";

/// Leaves the ways of authors, with the tools of four languages, out of the workspace's tests: they are parts of their own.
const AUTHOR_TESTS: &str = "ARGUS_TEST_AUTHORS";

/// Tells the federation tests where Keycloak is.
const KEYCLOAK: &str = "ARGUS_TEST_KEYCLOAK";

struct Options {
    quick: bool,
    install: bool,
    /// Whether a part that did not run counts as a failure.
    strict: bool,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self> {
        let strict = std::env::var("CI").is_ok_and(|value| value == "true");
        let mut options = Self { quick: false, install: strict, strict };
        for argument in arguments {
            match argument.as_str() {
                "--quick" => options.quick = true,
                "--install" => options.install = true,
                other => bail!("`cargo xtask test` takes --quick and --install, not `{other}`"),
            }
        }
        Ok(options)
    }
}

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let options = Options::parse(arguments)?;
    parts::add_wasm_target()?;
    let target = cargo::target_directory()?;

    let mut done = vec![part("tidy", tidy::run)];
    let database = database_server(&options);
    let author_tools = if options.quick { Err("left out by --quick".to_owned()) } else { author_tools::find(options.install) };
    let mut workspace = workspace_tests();
    workspace.env(AUTHOR_TESTS, "off");
    if let Err(why) = &database {
        workspace.env(DATABASE_TESTS, "off");
        done.push(Part { name: "tests on PostgreSQL", outcome: Outcome::NotRun(why.clone()), took: Duration::ZERO });
    }
    // The black-box tests run the real program, which cargo builds for no test of another package. Together with the tests,
    // so that both are compiled with one set of features.
    done.push(part("build", || cargo::run(cargo::cargo().args(["build", "--workspace", "--bins", "--tests"]))));
    done.push(part("workspace", || cargo::run(&mut workspace)));
    if database.is_ok() {
        // The tests that name no engine ran on SQLite.
        let mut again = cargo::cargo();
        again.args(["test", "--workspace", "--test", "black_box"]).env(DATABASE_ENGINE, "postgres");
        done.push(part("black box on PostgreSQL", || cargo::run(&mut again)));
    }
    for name in ["authors", "handbook"] {
        done.push(match &author_tools {
            Ok(()) => part(name, || cargo::run(cargo::cargo().args(["test", "--workspace", "--test", name]))),
            Err(why) => Part { name, outcome: Outcome::NotRun(why.clone()), took: Duration::ZERO },
        });
    }
    let axe = if options.quick { Err("left out by --quick".to_owned()) } else { chromium::find(&target, options.install) };
    done.push(match &axe {
        Ok(axe) => part("chromium", || cargo::run(cargo::cargo().args(["test", "--workspace", "--test", "chromium"]).env(AXE, axe))),
        Err(why) => Part { name: "chromium", outcome: Outcome::NotRun(why.clone()), took: Duration::ZERO },
    });
    // Python is among the tools of authors.
    let schemathesis = author_tools.clone().and_then(|()| schemathesis::find(&target));
    done.push(match &schemathesis {
        Ok(program) => part("schemathesis", || {
            cargo::run(cargo::cargo().args(["test", "--workspace", "--test", "schemathesis"]).env(SCHEMATHESIS, program))
        }),
        Err(why) => Part { name: "schemathesis", outcome: Outcome::NotRun(why.clone()), took: Duration::ZERO },
    });
    let keycloak = match &author_tools {
        // Go, which other identity providers are built with, is among them.
        Ok(()) => keycloak::find(&target, options.install),
        Err(why) => Err(why.clone()),
    };
    for (name, engine) in [("federation", "sqlite"), ("federation on PostgreSQL", "postgres")] {
        let mut tests = cargo::cargo();
        tests.args(["test", "--workspace", "--test", "federation"]).env(DATABASE_ENGINE, engine);
        let database = if engine == "sqlite" { &Ok(()) } else { &database };
        done.push(match (&keycloak, database) {
            (Ok(folder), Ok(())) => part(name, || cargo::run(tests.env(KEYCLOAK, folder))),
            (Err(why), _) | (_, Err(why)) => Part { name, outcome: Outcome::NotRun(why.clone()), took: Duration::ZERO },
        });
    }
    if options.quick {
        for name in ["doc tests", "plugins", "examples"] {
            done.push(Part { name, outcome: Outcome::NotRun("left out by --quick".to_owned()), took: Duration::ZERO });
        }
    } else {
        if has_nextest() {
            // nextest runs no doc tests; plain `cargo test` has run them already.
            done.push(part("doc tests", || cargo::run(cargo::cargo().args(["test", "--workspace", "--doc"]))));
        }
        done.push(part("plugins", || cargo::run(cargo::cargo().args(["test", "--workspace", "--manifest-path", "plugins/Cargo.toml"]))));
        done.push(part("examples", || {
            cargo::run(cargo::cargo().args(["test", "--workspace", "--manifest-path", "examples/Cargo.toml", "--target-dir"]).arg(&target))
        }));
    }
    summarize(&done, options.strict)
}

fn part(name: &'static str, run: impl FnOnce() -> Result<()>) -> Part {
    eprintln!("\n=== {name}");
    let start = Instant::now();
    let outcome = match run() {
        Ok(()) => Outcome::Passed,
        Err(error) => Outcome::Failed(format!("{error:#}")),
    };
    Part { name, outcome, took: start.elapsed() }
}

/// The workspace's tests: by nextest where it is installed, which runs them in parallel over all crates; else by cargo itself.
fn workspace_tests() -> Command {
    let mut command = cargo::cargo();
    if has_nextest() {
        command.args(["nextest", "run", "--workspace", "--no-fail-fast"]);
    } else {
        command.args(["test", "--workspace", "--no-fail-fast"]);
    }
    command
}

fn has_nextest() -> bool {
    parts::find_program("cargo-nextest").is_some()
}

/// Finds PostgreSQL or installs it; else says why it is missing and how to get it.
fn database_server(options: &Options) -> Result<(), String> {
    if options.quick {
        return Err("left out by --quick".to_owned());
    }
    if !parts::has_postgresql() && options.install {
        parts::install_postgresql().map_err(|error| format!("PostgreSQL could not be installed: {error:#}"))?;
    }
    if parts::has_postgresql() {
        Ok(())
    } else {
        Err("PostgreSQL is not installed: `apt-get install postgresql`, or --install as root".to_owned())
    }
}

fn summarize(parts: &[Part], strict: bool) -> Result<()> {
    println!("\n=== summary");
    for Part { name, outcome, took } in parts {
        match outcome {
            Outcome::Passed => println!("passed   {name} ({} s)", took.as_secs()),
            Outcome::Failed(why) => println!("FAILED   {name} ({} s): {why}", took.as_secs()),
            Outcome::NotRun(_) => {}
        }
    }
    for Part { name, outcome, .. } in parts {
        if let Outcome::NotRun(why) = outcome {
            println!("not run: {name}: {why}");
        }
    }
    verdict(parts, strict)
}

fn verdict(parts: &[Part], strict: bool) -> Result<()> {
    let failed = parts.iter().filter(|part| matches!(part.outcome, Outcome::Failed(_))).count();
    let not_run = parts.iter().filter(|part| matches!(part.outcome, Outcome::NotRun(_))).count();
    if failed > 0 {
        bail!("{failed} of {} parts failed", parts.len());
    }
    if strict && not_run > 0 {
        bail!("{not_run} of {} parts did not run, which counts as a failure where CI=true", parts.len());
    }
    println!("{}", if not_run == 0 { "all tests passed" } else { "all tests that ran passed" });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(outcome: Outcome) -> Vec<Part> {
        vec![Part { name: "a", outcome: Outcome::Passed, took: Duration::ZERO }, Part { name: "b", outcome, took: Duration::ZERO }]
    }

    #[test]
    fn a_failed_part_fails_the_run() {
        assert!(verdict(&parts(Outcome::Passed), true).is_ok());
        assert!(verdict(&parts(Outcome::Failed("no".to_owned())), false).is_err());
    }

    #[test]
    fn what_did_not_run_is_a_failure_in_ci_only() {
        let parts = parts(Outcome::NotRun("missing".to_owned()));
        assert!(verdict(&parts, false).is_ok());
        assert!(verdict(&parts, true).is_err());
    }

    #[test]
    fn an_unknown_option_is_refused() {
        assert!(Options::parse(&["--fast".to_owned()]).is_err());
        assert!(Options::parse(&["--quick".to_owned()]).is_ok_and(|options| options.quick));
    }
}

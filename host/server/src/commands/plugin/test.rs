//! `argus plugin test`

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use argus_claims::{ClaimProviderComponent, LogLevel, LogLine};
use argus_toolkit::junit::{self, Case};
use argus_toolkit::run::{self, VectorRun};
use argus_toolkit::vectors::{self, Vector, VectorError};
use clap::Args;

use super::terminal::{Colour, Terminal, counted};
use super::{Plugin, plain, registry};
use crate::commands::print;

#[derive(Debug, Args)]
pub(in crate::commands) struct TestArgs {
    /// Vectors to run: files, or names of files in the folder `tests`. Without any, all of that folder.
    #[arg(value_name = "VECTOR")]
    vectors: Vec<PathBuf>,
    /// The folder of the claim provider.
    #[arg(long, value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// Another component than that of the folder.
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// Write the results as JUnit XML as well, for a CI system.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// How long one run may take, in milliseconds, where a server's own setting is another than 10.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    budget_ms: Option<u32>,
}

pub(super) async fn run(args: &TestArgs) -> Result<ExitCode> {
    let plugin = Plugin::of_folder_with(&args.folder, args.component.as_ref())?;
    let files = if args.vectors.is_empty() {
        all(&args.folder)?
    } else {
        args.vectors.iter().map(|vector| found(vector, &args.folder)).collect::<Result<_>>()?
    };
    let component = plugin.load(&registry(args.budget_ms)?).await?;
    let terminal = Terminal::of_stdout();
    let mut cases = Vec::new();
    for file in files {
        let case = case(&component, &file).await;
        print(&line(terminal, &case))?;
        cases.push(case);
    }
    let failed = cases.iter().filter(|case| case.failure.is_some()).count();
    print(&format!("\n{}: {} passed, {failed} failed", counted(cases.len(), "vector"), cases.len() - failed))?;
    if let Some(file) = &args.junit {
        let report = junit::report(&component.metadata().name, &cases);
        std::fs::write(file, report).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Every vector of a folder.
pub(super) fn all(folder: &Path) -> Result<Vec<PathBuf>> {
    let folder = plain(folder).join(vectors::FOLDER);
    if !folder.is_dir() {
        bail!("there is no folder {}: test vectors were expected in it", folder.display());
    }
    Ok(vectors::files(&folder)?)
}

/// A vector by its path, or by its name in the folder `tests`.
fn found(vector: &Path, folder: &Path) -> Result<PathBuf> {
    let folder = plain(folder).join(vectors::FOLDER);
    let in_folder = folder.join(vector);
    let candidates = [vector.to_owned(), in_folder.clone(), in_folder.with_added_extension("json")];
    let found = candidates.into_iter().find(|candidate| candidate.is_file());
    found.with_context(|| format!("there is no vector {}, neither here nor in {}", vector.display(), folder.display()))
}

async fn case(component: &ClaimProviderComponent, file: &Path) -> Case {
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let (duration, failure) = match Vector::read(file) {
        Ok(vector) => {
            let run = run::run(component, &vector).await;
            (run.duration, (!run.passed()).then(|| failure(&run)))
        }
        Err(error) => (Duration::ZERO, Some(unread(&error))),
    };
    Case { name, file: file.display().to_string(), duration, failure }
}

fn unread(error: &VectorError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}\n  because   {cause}"),
        None => error.to_string(),
    }
}

fn failure(run: &VectorRun) -> String {
    let differences = run.differences.iter().map(ToString::to_string);
    differences.chain(run.log.iter().map(logged)).collect::<Vec<_>>().join("\n")
}

fn logged(line: &LogLine) -> String {
    let level = match line.level {
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warn => "warn",
    };
    format!("logged {level}: {}", line.message)
}

fn line(terminal: Terminal, case: &Case) -> String {
    match &case.failure {
        None => format!("{}  {}", terminal.word("passed", 6, Colour::Green), case.name),
        Some(failure) => {
            format!("{}  {}\n        {}", terminal.word("FAILED", 6, Colour::Red), case.name, failure.replace('\n', "\n        "))
        }
    }
}

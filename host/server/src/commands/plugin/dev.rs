//! `argus plugin dev`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use argus_claims::{Digest, Registry};
use argus_toolkit::build;
use argus_toolkit::run::{self, VectorRun, Words};
use argus_toolkit::vectors::Vector;
use argus_toolkit::watch::Watch;
use clap::Args;

use super::terminal::{Colour, Terminal, counted};
use super::{Plugin, registry, test};
use crate::commands::{note, print, print_error};

/// Between two looks at the folder.
const PAUSE: Duration = Duration::from_millis(300);

#[derive(Debug, Args)]
pub(in crate::commands) struct DevArgs {
    /// The folder of the claim provider.
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
    /// How long one run may take, in milliseconds, where a server's own setting is another than 10.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    budget_ms: Option<u32>,
    /// Build nothing: take the component as a build of your own leaves it.
    #[arg(long)]
    no_build: bool,
}

/// What is known of the last round.
struct Session {
    registry: Registry,
    folder: PathBuf,
    builds: bool,
    /// Whether sources have changed since the component was built.
    stale: bool,
    component: Option<Digest>,
    runs: BTreeMap<PathBuf, Result<VectorRun, String>>,
}

pub(super) async fn run(args: &DevArgs) -> Result<ExitCode> {
    // A folder that is none is told at once, not watched.
    Plugin::of_folder(&args.folder)?;
    let mut session = Session {
        registry: registry(args.budget_ms)?,
        folder: args.folder.clone(),
        builds: !args.no_build,
        stale: !args.no_build,
        component: None,
        runs: BTreeMap::new(),
    };
    let mut watch = Watch::new(&args.folder);
    let mut stop = std::pin::pin!(tokio::signal::ctrl_c());
    session.round(&[], true).await?;
    note(&format!("watching {}; Ctrl-C ends", args.folder.display()));
    loop {
        tokio::select! {
            _ = &mut stop => return Ok(ExitCode::SUCCESS),
            () = tokio::time::sleep(PAUSE) => {}
        }
        let changed = watch.changed();
        if !changed.is_empty() || session.has_other_component() {
            tokio::select! {
                _ = &mut stop => return Ok(ExitCode::SUCCESS),
                // A component that came by itself is run as it is.
                done = session.round(&changed, !changed.is_empty()) => done?,
            }
        }
    }
}

/// Whether a file is one that only vectors are made of: nothing needs to be built then.
fn is_vector(path: &Path) -> bool {
    path.starts_with(argus_toolkit::vectors::FOLDER) && path.extension().is_some_and(|ending| ending == "json")
}

impl Session {
    /// Somebody else built it.
    fn has_other_component(&self) -> bool {
        self.digest() != self.component
    }

    /// Of the component that lies in the folder.
    fn digest(&self) -> Option<Digest> {
        let read = Plugin::of_folder(&self.folder).and_then(|plugin| plugin.read());
        read.ok().map(|component| Digest::of(&component))
    }

    /// Builds if need be and allowed, and runs. What the author did wrong is said and waited for; only a standard output that is gone
    /// ends this.
    async fn round(&mut self, changed: &[PathBuf], may_build: bool) -> Result<()> {
        if let [first, others @ ..] = changed {
            let others = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
            print(&format!("\n{}{others} changed", first.display()))?;
        }
        self.stale |= self.builds && changed.iter().any(|path| !is_vector(path));
        if self.stale && may_build {
            let folder = self.folder.clone();
            let built = tokio::task::spawn_blocking(move || build::build(&folder, &mut |step| note(&format!("{step} …")))).await?;
            if let Err(error) = built {
                // The old component is still there, and is not what the sources say: its claims would mislead.
                self.component = self.digest();
                print_error(&error.into());
                return Ok(());
            }
            self.stale = false;
        }
        match self.run().await {
            Ok(runs) => self.show(runs),
            Err(error) => {
                print_error(&error);
                Ok(())
            }
        }
    }

    async fn run(&mut self) -> Result<BTreeMap<PathBuf, Result<VectorRun, String>>> {
        self.component = self.digest();
        let plugin = Plugin::of_folder(&self.folder)?;
        let component = plugin.load(&self.registry).await?;
        let mut runs = BTreeMap::new();
        for file in test::all(&self.folder)? {
            let run = match Vector::read(&file) {
                Ok(vector) => Ok(run::run(&component, &vector).await),
                Err(error) => Err(error.to_string()),
            };
            runs.insert(file, run);
        }
        Ok(runs)
    }

    /// Shows which vectors do something else than in the last round, and how all of them stand.
    fn show(&mut self, runs: BTreeMap<PathBuf, Result<VectorRun, String>>) -> Result<()> {
        let terminal = Terminal::of_stdout();
        let mut changed = 0;
        for (file, run) in &runs {
            let text = match (self.runs.get(file), run) {
                (Some(Ok(before)), Ok(now)) => {
                    let changes = run::changes(&before.actual, &now.actual);
                    let texts = changes.iter().map(|change| change.text(Words::Change));
                    let outcome =
                        (before.passed() != now.passed()).then(|| if now.passed() { "passes now" } else { "fails now" }.to_owned());
                    texts.chain(outcome).collect::<Vec<_>>()
                }
                (Some(Err(before)), Err(now)) if before == now => Vec::new(),
                (_, Err(error)) => vec![error.clone()],
                (_, Ok(now)) if now.passed() => vec![now.actual.to_string()],
                (_, Ok(now)) => now.differences.iter().map(ToString::to_string).collect(),
            };
            if !text.is_empty() {
                changed += 1;
                let word = match run {
                    Ok(run) if run.passed() => terminal.word("passed", 6, Colour::Green),
                    _ => terminal.word("FAILED", 6, Colour::Red),
                };
                let name = file.file_stem().unwrap_or_default().to_string_lossy();
                print(&format!("{word}  {name}\n        {}", text.join("\n").replace('\n', "\n        ")))?;
            }
        }
        for file in self.runs.keys().filter(|file| !runs.contains_key(*file)) {
            changed += 1;
            print(&format!("gone    {}", file.file_stem().unwrap_or_default().to_string_lossy()))?;
        }
        let passed = runs.values().filter(|run| run.as_ref().is_ok_and(VectorRun::passed)).count();
        let no_change = if changed == 0 { "no claim changed; " } else { "" };
        print(&format!("{no_change}{}: {passed} passed, {} failed", counted(runs.len(), "vector"), runs.len() - passed))?;
        self.runs = runs;
        Ok(())
    }
}

//! `argus plugin bench`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use argus_toolkit::bench::{EMPTY_COMPONENT, Load, Measured, measure};
use argus_toolkit::vectors::Expected;
use clap::Args;

use super::terminal::{counted, duration, grouped, memory};
use super::{Plugin, registry};
use crate::commands::print;

#[derive(Debug, Args)]
pub(in crate::commands) struct BenchArgs {
    /// The folder of the claim provider, whose vectors are run.
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
    /// Another component than that of the folder.
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// How many runs to measure.
    #[arg(long, value_name = "N", default_value = "1000", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    runs: u32,
    /// How long one run may take, in milliseconds, where a server's own setting is another than 10.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    budget_ms: Option<u32>,
}

pub(super) async fn run(args: &BenchArgs) -> Result<ExitCode> {
    let plugin = Plugin::of_folder_with(&args.folder, args.component.as_ref())?;
    let vectors = plugin.vectors()?;
    let answered = vectors.into_iter().filter(|vector| matches!(vector.expected, Expected::Claims(_)));
    let loads: Vec<Load> = answered.map(|vector| Load { configuration: vector.configuration, input: vector.input }).collect();
    if loads.is_empty() {
        bail!("{} has no vector in `tests` that expects claims: there is nothing to run", args.folder.display());
    }
    let registry = registry(args.budget_ms)?;
    let runs = args.runs as usize;
    let component = plugin.load(&registry).await?;
    let own = measure(&component, &loads, runs).await.with_context(|| format!("cannot measure {}", plugin.name()))?;
    let empty = registry.load(EMPTY_COMPONENT).await.context("cannot load the empty component")?;
    let nothing: Vec<Load> = loads.into_iter().map(|load| Load { configuration: "{}".to_owned(), ..load }).collect();
    let none = measure(&empty, &nothing, runs).await.context("cannot measure the empty component")?;

    let name = plugin.name();
    let width = name.len().max("empty component".len()) + 2;
    let (runs, vectors) = (grouped(runs), counted(nothing.len(), "vector"));
    print(&format!("{runs} runs, of {vectors} in turn, each in an instance of its own as in a server\n"))?;
    print(&format!("{:width$}{:>10}  {:>10}  {:>10}  {:>10}  {:>10}", "", "time p50", "p99", "CPU p50", "p99", "memory"))?;
    print(&row(&name, width, &own))?;
    print(&row("empty component", width, &none))?;
    Ok(ExitCode::SUCCESS)
}

fn row(name: &str, width: usize, measured: &Measured) -> String {
    let Measured { wall, cpu } = measured;
    let [p50, p99, cpu50, cpu99] = [wall.p50_us, wall.p99_us, cpu.p50_us, cpu.p99_us].map(duration);
    format!("{name:width$}{p50:>10}  {p99:>10}  {cpu50:>10}  {cpu99:>10}  {:>10}", memory(wall.peak_memory_bytes))
}

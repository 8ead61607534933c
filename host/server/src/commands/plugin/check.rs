//! `argus plugin check`

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use argus_claims::check::{self, CheckReport, Figures, Outcome, Sample, Verdict};
use argus_toolkit::vectors::{Expected, Vector};
use clap::Args;
use serde::Serialize;

use super::terminal::{Colour, Terminal, counted, duration, grouped, memory};
use super::{Plugin, registry};
use crate::commands::{note, print, print_json};

/// Columns before the text of a finding.
const INDENT: usize = 34;

#[derive(Debug, Args)]
pub(in crate::commands) struct CheckArgs {
    /// The folder of a claim provider, or a component file. A folder's vectors are tried as well.
    #[arg(value_name = "FOLDER|COMPONENT.wasm", default_value = ".")]
    path: PathBuf,
    /// How long one run may take, in milliseconds, where a server's own setting is another than 10.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    budget_ms: Option<u32>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct WithVerdict<'a> {
    verdict: Verdict,
    #[serde(flatten)]
    report: &'a CheckReport,
}

pub(super) async fn run(args: &CheckArgs) -> Result<ExitCode> {
    let plugin = Plugin::at(&args.path)?;
    let (component, samples) = (plugin.read()?, samples(plugin.vectors()?));
    if std::io::stderr().is_terminal() {
        note(&format!("compiling and checking {}", plugin.name()));
    }
    let report = check::check(&registry(args.budget_ms)?, component, &samples).await;
    let verdict = report.verdict();
    if args.json {
        print_json(&WithVerdict { verdict, report: &report })?;
    } else {
        print(&text(&plugin.component.display().to_string(), &report))?;
    }
    Ok(if verdict == Verdict::Accepted { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One sample a configuration, with the inputs of all vectors that share it and expect an answer.
fn samples(vectors: Vec<Vector>) -> Vec<Sample> {
    let mut samples: Vec<Sample> = Vec::new();
    for vector in vectors.into_iter().filter(Vector::is_accepted) {
        let answers = match &vector.expected {
            Expected::Claims(_) => true,
            Expected::Error(kind) => kind == "rejected",
            Expected::Problems(_) => false,
        };
        let inputs = if answers { vec![vector.input] } else { Vec::new() };
        let file = vector.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match samples.iter_mut().find(|sample| sample.configuration == vector.configuration) {
            Some(sample) => {
                sample.origin = format!("{}, {file}", sample.origin);
                sample.inputs.extend(inputs);
            }
            None => samples.push(Sample { origin: file, configuration: vector.configuration, inputs }),
        }
    }
    samples
}

fn text(file: &str, report: &CheckReport) -> String {
    let terminal = Terminal::of_stdout();
    let mut lines = vec![file.to_owned()];
    let mut fact = |name: &str, value: String| lines.push(format!("  {name:<10}{value}"));
    fact("digest", report.digest.to_string());
    fact("size", format!("{} bytes", grouped(report.bytes)));
    if let Some(metadata) = &report.metadata {
        fact("name", format!("{} {}", metadata.name, metadata.version));
        fact("reads", metadata.needs.to_string());
    }
    if let Some(contract) = &report.contract {
        fact("contract", format!("argus:claims {contract}"));
    }
    if !report.claims.is_empty() {
        fact("claims", report.claims.iter().cloned().collect::<Vec<_>>().join(", "));
    }
    lines.push(String::new());
    for finding in &report.findings {
        let (word, colour) = match finding.outcome {
            Outcome::Passed => ("passed", Colour::Green),
            Outcome::Warning => ("WARNING", Colour::Yellow),
            Outcome::Failed => ("FAILED", Colour::Red),
        };
        let message = terminal.wrapped(&finding.message, INDENT);
        lines.push(format!("{}  {:<23}  {message}", terminal.word(word, 7, colour), finding.check));
    }
    if let Some(cost) = &report.cost {
        lines.push(format!("\n{:<16}{:>9}  {:>9}  {:>9}  {:>9}", "one run", "p50", "p99", "longest", "memory"));
        lines.push(figures("typical user", &cost.typical));
        lines.push(figures("very large user", &cost.large));
    }
    lines.push(String::new());
    lines.push(conclusion(report));
    lines.join("\n")
}

fn figures(name: &str, figures: &Figures) -> String {
    let Figures { p50_us, p99_us, max_us, peak_memory_bytes, runs } = *figures;
    if runs == 0 {
        return format!("{name:<16}{:>9}", "-");
    }
    let [p50, p99, max] = [p50_us, p99_us, max_us].map(duration);
    format!("{name:<16}{p50:>9}  {p99:>9}  {max:>9}  {:>9}", memory(peak_memory_bytes))
}

fn conclusion(report: &CheckReport) -> String {
    let (failed, warned) = (report.with(Outcome::Failed).count(), report.with(Outcome::Warning).count());
    let warned = (warned > 0).then(|| counted(warned, "warning"));
    let [warnings, and] = [", with ", " and "].map(|word| warned.as_ref().map(|warned| format!("{word}{warned}")).unwrap_or_default());
    match report.verdict() {
        Verdict::Accepted => format!("Accepted{warnings}: a server takes this component."),
        Verdict::Refused => format!("Not accepted, with {}{and}: a server refuses this component.", counted(failed, "failure")),
    }
}

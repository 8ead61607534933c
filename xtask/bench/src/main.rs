//! Closed-loop load program: how much processor time Argus needs per operation.
//!
//! Starts an installation of its own on SQLite, in a directory that is removed at the end, and drives it over keep-alive HTTP/1.1
//! from one thread. Every virtual user begins its next operation when the last one has ended. Answers are checked, signatures are
//! not: the program has to be cheap, since it shares the processors with the server.
//!
//! The figure to compare is the processor time per operation. Operations a second and latencies depend on what else runs.

#![expect(clippy::print_stdout, reason = "a program for terminals")]

mod browser;
mod components;
mod document;
mod html;
mod http;
mod installation;
mod load;
mod looping;
mod many;
mod options;
mod process;
mod relying_party;
mod table;
mod workload;

use std::sync::Arc;

use anyhow::Result;

use installation::{Files, Installation};
use options::Options;
use workload::Workload;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(options) = Options::parse(&arguments)? else {
        println!("{}", options::USAGE);
        return Ok(());
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run(options))
}

async fn run(options: Options) -> Result<()> {
    let installation = Arc::new(for_workloads(&options).await?);
    table::print_header();
    for workload in &options.workloads {
        let measured = load::run(&installation, *workload, options.concurrency, &options).await?;
        table::print_row(*workload, &measured);
    }
    if let Some(sign_ins) = options.sign_ins {
        let before = installation.server.memory_kib()?;
        load::sign_ins(&installation, sign_ins, &options).await?;
        table::print_memory(before, sign_ins, installation.server.memory_kib()?);
    }
    if let Some(loops) = options.looping {
        let (alone, beside) = looping::run(&installation, loops, &options).await?;
        table::print_looping(loops, &alone, &beside);
    }
    drop(installation);
    if let Some(providers) = options.providers {
        table::print_many(providers, &many::run(providers, &options).await?);
    }
    Ok(())
}

async fn for_workloads(options: &Options) -> Result<Installation> {
    let files = Files::new(&options.argus)?;
    // Makes the installation, which has the built-in components.
    files.import(&serde_json::json!({}))?;
    components::write_for_workloads(&files)?;
    files.import(&document::workloads())?;
    components::add_shadows(&files)?;
    files.serve().await
}

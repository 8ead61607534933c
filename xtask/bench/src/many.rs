//! Many claim providers in one process: how much memory they take, and how soon each has answered after a start.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::browser::Browser;
use crate::components;
use crate::document::{self, PASSWORD, file_of, one_of_many, provider_of_many, username};
use crate::http::Connection;
use crate::installation::{Files, Installation};
use crate::options::Options;
use crate::relying_party::RelyingParty;

/// What a process with many providers took.
pub(crate) struct Measured {
    /// From the start of the process to its first answer.
    pub(crate) started: Duration,
    /// From there to an ID token of each client, one after the other: each loads the provider of its client.
    pub(crate) answered: Duration,
    /// Processor time of the server in all of it.
    pub(crate) server_seconds: f64,
    /// Memory when it had started, and when all had answered.
    pub(crate) memory_kib: (u64, u64),
}

/// Imports so many copies of `userGroups`, which compiles them, then starts a server and lets each answer once.
pub(crate) async fn run(providers: usize, options: &Options) -> Result<Measured> {
    let files = Files::new(&options.argus)?;
    // Makes the installation, which has the built-in components.
    files.import(&serde_json::json!({}))?;
    let component = components::built_in(&files, document::BUILT_IN[0])?;
    for number in 0..providers {
        files.write(&file_of(&provider_of_many(number)), &components::numbered(&component, number))?;
    }
    files.import(&document::many(providers))?;

    let start = Instant::now();
    let installation = files.serve().await?;
    let started = start.elapsed();
    let before = installation.server.memory_kib()?;
    let start = Instant::now();
    answers(&installation, providers).await?;
    let answered = start.elapsed();
    let server_seconds = installation.server.processor_seconds()?;
    Ok(Measured { started, answered, server_seconds, memory_kib: (before, installation.server.memory_kib()?) })
}

async fn answers(installation: &Installation, providers: usize) -> Result<()> {
    let mut connection = Connection::new(&installation.authority);
    let mut browser = Browser::new(&installation.origin, &username(0), PASSWORD);
    for number in 0..providers {
        let mut relying_party = RelyingParty::new(&installation.origin, &one_of_many(number), number);
        let tokens = relying_party.sign_in(&mut connection, &mut browser, &document::CLAIMS[..1]).await;
        tokens.with_context(|| provider_of_many(number))?;
    }
    Ok(())
}

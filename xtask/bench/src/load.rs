//! The closed loop: virtual users that each begin an operation when their last one has ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tokio::task::JoinSet;

use crate::installation::Installation;
use crate::options::Options;
use crate::process::Process;
use crate::workload::{VirtualUser, Workload};

/// What one workload gave.
pub(crate) struct Measured {
    pub(crate) operations: u64,
    pub(crate) elapsed: Duration,
    /// Processor time of the server and of this program.
    pub(crate) server_seconds: f64,
    pub(crate) driver_seconds: f64,
    /// Latencies of the operations, sorted.
    pub(crate) latencies: Vec<Duration>,
}

/// What virtual users and the one who measures share.
#[derive(Default)]
struct Shared {
    measuring: AtomicBool,
    stop: AtomicBool,
    operations: AtomicU64,
}

/// Virtual users at work.
pub(crate) struct Crowd {
    users: JoinSet<Result<Vec<Duration>>>,
    shared: Arc<Shared>,
}

impl Crowd {
    /// Makes so many virtual users and lets them begin.
    pub(crate) async fn start(installation: &Arc<Installation>, workload: Workload, count: usize) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let mut users = JoinSet::new();
        for number in 0..count {
            let user = VirtualUser::prepare(installation, workload, number).await?;
            users.spawn(drive(user, Arc::clone(&shared)));
        }
        Ok(Self { users, shared })
    }

    /// Waits, unless a virtual user fails: none ends by itself while it is to go on.
    async fn wait(&mut self, duration: Duration) -> Result<()> {
        match tokio::time::timeout(duration, self.users.join_next()).await {
            Err(_) => Ok(()),
            Ok(None) => bail!("there is no virtual user"),
            Ok(Some(ended)) => ended?.map(drop),
        }
    }

    /// Fails when a virtual user has failed.
    pub(crate) fn goes_on(&mut self) -> Result<()> {
        self.users.try_join_next().map_or(Ok(()), |ended| ended?.map(drop))
    }

    /// Lets everybody end what they do; returns the latencies that were measured.
    pub(crate) async fn stop(mut self) -> Result<Vec<Duration>> {
        self.shared.stop.store(true, Ordering::Relaxed);
        let mut latencies = Vec::new();
        while let Some(user) = self.users.join_next().await {
            latencies.extend(user??);
        }
        Ok(latencies)
    }
}

/// Runs a workload and measures it after its warm-up. An operation that fails ends the measurement.
pub(crate) async fn run(installation: &Arc<Installation>, workload: Workload, users: usize, options: &Options) -> Result<Measured> {
    let mut crowd = Crowd::start(installation, workload, users).await?;
    crowd.wait(options.warmup).await?;

    let driver = Process::new(std::process::id())?;
    let (server_before, driver_before) = (installation.server.processor_seconds()?, driver.processor_seconds()?);
    let start = Instant::now();
    crowd.shared.measuring.store(true, Ordering::Relaxed);
    crowd.wait(options.seconds).await?;
    crowd.shared.measuring.store(false, Ordering::Relaxed);
    let operations = crowd.shared.operations.load(Ordering::Relaxed);
    let elapsed = start.elapsed();
    let server_seconds = installation.server.processor_seconds()? - server_before;
    let driver_seconds = driver.processor_seconds()? - driver_before;

    let mut latencies = crowd.stop().await?;
    latencies.sort_unstable();
    Ok(Measured { operations, elapsed, server_seconds, driver_seconds, latencies })
}

/// Signs users in, `count` times in all.
pub(crate) async fn sign_ins(installation: &Arc<Installation>, count: u64, options: &Options) -> Result<()> {
    let left = Arc::new(AtomicU64::new(count));
    let mut users = JoinSet::new();
    for number in 0..options.concurrency {
        let mut user = VirtualUser::prepare(installation, Workload::SignIn, number).await?;
        let left = Arc::clone(&left);
        users.spawn(async move {
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                user.operate().await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(user) = users.join_next().await {
        user??;
    }
    Ok(())
}

async fn drive(mut user: VirtualUser, shared: Arc<Shared>) -> Result<Vec<Duration>> {
    let mut latencies = Vec::new();
    while !shared.stop.load(Ordering::Relaxed) {
        let start = Instant::now();
        user.operate().await?;
        if shared.measuring.load(Ordering::Relaxed) {
            shared.operations.fetch_add(1, Ordering::Relaxed);
            latencies.push(start.elapsed());
        }
    }
    Ok(latencies)
}

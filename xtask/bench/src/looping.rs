//! Claim providers that loop: what they do to the latency of another client's token requests.

use std::sync::Arc;

use anyhow::Result;

use crate::installation::Installation;
use crate::load::{self, Crowd, Measured};
use crate::options::Options;
use crate::workload::Workload;

/// Virtual users of the other client, whose own providers run at each request.
const OTHERS: usize = 4;

/// Token requests of the other client alone, then beside so many clients whose provider loops until it is stopped.
pub(crate) async fn run(installation: &Arc<Installation>, loops: usize, options: &Options) -> Result<(Measured, Measured)> {
    let alone = load::run(installation, Workload::RefreshClaims, OTHERS, options).await?;
    let mut looping = Crowd::start(installation, Workload::Looping, loops).await?;
    let beside = load::run(installation, Workload::RefreshClaims, OTHERS, options).await?;
    looping.goes_on()?;
    looping.stop().await?;
    Ok((alone, beside))
}

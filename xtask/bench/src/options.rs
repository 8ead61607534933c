//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::Workload;

pub(crate) const USAGE: &str = "\
cargo xtask bench [OPTIONS]

  --workload LIST    what to measure, separated by commas; all by default:
                     code, code-claims, code-shadow, refresh, refresh-claims,
                     client-credentials, userinfo, introspection, discovery, sign-in
  --seconds N        how long to measure each workload (5)
  --warmup N         how long to run it before that (1)
  --concurrency N    virtual users (16)
  --sign-ins N       then sign users in N times and print the server's memory (10000; 0 = leave it out;
                     left out by default when --workload is given)
  --providers N      then start a server with N claim providers, each of a client of its own, and
                     print its memory when all have answered, and how soon (200; as above)
  --looping N        then let N claim providers loop at once, and print the latency of another
                     client's token requests (20; as above)";

/// What to do.
pub(crate) struct Options {
    /// The server's program.
    pub(crate) argus: PathBuf,
    pub(crate) workloads: Vec<Workload>,
    pub(crate) seconds: Duration,
    pub(crate) warmup: Duration,
    pub(crate) concurrency: usize,
    /// Sign-ins before memory is read.
    pub(crate) sign_ins: Option<u64>,
    /// Claim providers in one process.
    pub(crate) providers: Option<usize>,
    /// Claim providers that loop at once.
    pub(crate) looping: Option<usize>,
}

impl Options {
    /// Reads the command line; `None` when only help was asked for.
    pub(crate) fn parse(arguments: &[String]) -> Result<Option<Self>> {
        let mut argus = None;
        let mut workloads = None;
        let (mut seconds, mut warmup, mut concurrency) = (5, 1, 16);
        let (mut sign_ins, mut providers, mut looping) = (None, None, None);
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            if matches!(argument.as_str(), "--help" | "-h") {
                return Ok(None);
            }
            let value = arguments.next().with_context(|| format!("{argument} needs a value"))?;
            let number = || value.parse::<u64>().with_context(|| format!("{argument} takes a number, not `{value}`"));
            match argument.as_str() {
                "--argus" => argus = Some(PathBuf::from(value)),
                "--workload" => workloads = Some(value.split(',').map(Workload::parse).collect::<Result<Vec<_>>>()?),
                "--seconds" => seconds = number()?,
                "--warmup" => warmup = number()?,
                "--concurrency" => concurrency = number()?,
                "--sign-ins" => sign_ins = Some(number()?),
                "--providers" => providers = Some(number()?),
                "--looping" => looping = Some(number()?),
                other => bail!("there is no option {other}\n\n{USAGE}"),
            }
        }
        if seconds == 0 || concurrency == 0 {
            bail!("--seconds and --concurrency must be greater than 0");
        }
        let all = workloads.is_none();
        let unless_left_out = |given: Option<u64>, default| given.or(all.then_some(default)).filter(|count| *count > 0);
        Ok(Some(Self {
            argus: argus.context("--argus names the program to measure; `cargo xtask bench` sets it")?,
            workloads: workloads.unwrap_or_else(|| Workload::ALL.to_vec()),
            seconds: Duration::from_secs(seconds),
            warmup: Duration::from_secs(warmup),
            concurrency: usize::try_from(concurrency)?,
            sign_ins: unless_left_out(sign_ins, 10_000),
            providers: unless_left_out(providers, 200).map(usize::try_from).transpose()?,
            looping: unless_left_out(looping, 20).map(usize::try_from).transpose()?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Option<Options>> {
        Options::parse(&arguments.iter().map(|argument| (*argument).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn everything_is_measured_by_default() {
        let options = parse(&["--argus", "argus"]).expect("accepted").expect("no help");
        assert_eq!(options.workloads, Workload::ALL);
        assert_eq!((options.sign_ins, options.providers, options.looping), (Some(10_000), Some(200), Some(20)));
    }

    #[test]
    fn a_list_of_workloads_measures_nothing_else() {
        let options = parse(&["--argus", "argus", "--workload", "code,userinfo"]).expect("accepted").expect("no help");
        assert_eq!(options.workloads, [Workload::Code, Workload::UserInfo]);
        assert_eq!((options.sign_ins, options.providers, options.looping), (None, None, None));
    }

    #[test]
    fn what_is_named_is_measured_beside_a_list_of_workloads() {
        let options = parse(&["--argus", "argus", "--workload", "code", "--looping", "3", "--providers", "0"]).expect("accepted");
        assert!(options.is_some_and(|options| options.looping == Some(3) && options.providers.is_none()));
    }

    #[test]
    fn unknown_options_and_workloads_are_refused() {
        assert!(parse(&["--argus", "argus", "--fast", "1"]).is_err());
        assert!(parse(&["--argus", "argus", "--workload", "everything"]).is_err());
        assert!(parse(&["--argus", "argus", "--seconds", "x"]).is_err());
    }
}

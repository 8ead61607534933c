//! What a process used, as Linux tells it in `/proc`.

use std::process::Command;

use anyhow::{Context, Result};

/// A process whose use of the machine is watched.
pub(crate) struct Process {
    directory: String,
    ticks_per_second: f64,
}

impl Process {
    pub(crate) fn new(id: u32) -> Result<Self> {
        let ticks = Command::new("getconf").arg("CLK_TCK").output().context("getconf tells the unit of processor time")?;
        let ticks_per_second = String::from_utf8(ticks.stdout)?.trim().parse().context("getconf CLK_TCK")?;
        Ok(Self { directory: format!("/proc/{id}"), ticks_per_second })
    }

    /// Processor time of all its threads, user and system, in seconds. Read to the tick, usually 10 ms.
    pub(crate) fn processor_seconds(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("{}/stat", self.directory))?;
        Ok(ticks(&stat).context("/proc/PID/stat")? / self.ticks_per_second)
    }

    /// Proportional set size: memory of its own, and its share of what it shares.
    pub(crate) fn memory_kib(&self) -> Result<u64> {
        let rollup = std::fs::read_to_string(format!("{}/smaps_rollup", self.directory))?;
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).context("smaps_rollup has no Pss")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }
}

/// Fields 14 and 15, counted after the program's name, which may hold spaces and parentheses.
fn ticks(stat: &str) -> Option<f64> {
    let (_, after_name) = stat.rsplit_once(") ")?;
    let mut fields = after_name.split(' ').skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_found_behind_any_name() {
        let stat = "4321 (a b) c) S 1 2 3 4 5 6 7 8 9 10 70 30 1 2 20 0 3";
        assert_eq!(ticks(stat), Some(100.0));
    }
}

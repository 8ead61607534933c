//! The result, as a table that can be copied into a Markdown document.

use std::time::Duration;

use crate::load::Measured;
use crate::many;
use crate::workload::Workload;

pub(crate) fn print_header() {
    println!("| workload | CPU ms per operation | operations/s | p50 ms | p99 ms | driver's CPU ms |");
    println!("| --- | --- | --- | --- | --- | --- |");
}

pub(crate) fn print_row(workload: Workload, measured: &Measured) {
    let operations = measured.operations.max(1) as f64;
    println!(
        "| {} | {:.3} | {:.0} | {:.1} | {:.1} | {:.3} |",
        workload.name(),
        measured.server_seconds * 1000.0 / operations,
        measured.operations as f64 / measured.elapsed.as_secs_f64(),
        milliseconds(percentile(&measured.latencies, 50)),
        milliseconds(percentile(&measured.latencies, 99)),
        measured.driver_seconds * 1000.0 / operations,
    );
}

pub(crate) fn print_memory(before: u64, sign_ins: u64, after: u64) {
    println!("\nMemory of the server (PSS): {} MiB before, {} MiB after {sign_ins} further sign-ins", before / 1024, after / 1024);
}

pub(crate) fn print_many(providers: usize, measured: &many::Measured) {
    let many::Measured { started, answered, server_seconds, memory_kib: (before, after) } = measured;
    println!(
        "\n{providers} claim providers: started in {:.0} ms, all answered {:.0} ms later, CPU of the server {:.0} ms; \
         memory (PSS) {} MiB before, {} MiB after",
        milliseconds(*started),
        milliseconds(*answered),
        server_seconds * 1000.0,
        before / 1024,
        after / 1024,
    );
}

pub(crate) fn print_looping(loops: usize, alone: &Measured, beside: &Measured) {
    let row = |measured: &Measured| {
        let [p50, p99] = [50, 99].map(|percent| milliseconds(percentile(&measured.latencies, percent)));
        format!("p50 {p50:.1} ms, p99 {p99:.1} ms, of {} requests", measured.latencies.len())
    };
    println!("\nToken requests of a client alone: {}\nbeside {loops} looping claim providers: {}", row(alone), row(beside));
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The smallest latency that `percent` of all do not exceed.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_sorted_list() {
        let sorted: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&sorted, 50), Duration::from_millis(100));
        assert_eq!(percentile(&sorted, 99), Duration::from_millis(198));
        assert_eq!(percentile(&[], 99), Duration::ZERO);
        assert_eq!(percentile(&sorted[..1], 50), Duration::from_millis(1));
    }
}

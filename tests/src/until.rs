//! Waiting for what takes a while, without guessing how long: asked for again and again, and given up after a bound.

use std::time::{Duration, Instant};

/// After this long a test fails. Far more than anything takes, so that a busy machine fails no test.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks.
pub const PAUSE: Duration = Duration::from_millis(10);

/// Asks until there is an answer; returns it.
///
/// # Panics
/// When there is none after [`PATIENCE`].
pub async fn until<T>(what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
    until_within(PATIENCE, what, ask).await
}

/// As [`until`], for what is promised within a time.
///
/// # Panics
/// When it takes longer.
pub async fn until_within<T>(bound: Duration, what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        let answer = ask().await;
        assert!(started.elapsed() < bound, "{what}: not within {bound:?}");
        if let Some(answer) = answer {
            return answer;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

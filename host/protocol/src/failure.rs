//! The one way a failure of this server reaches the log: with its causes, under the correlation id of the request's span.

use std::error::Error;

/// Logs an error with its causes. Whoever asked is told that something failed, and no more.
pub fn log_failure(error: &dyn Error) {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    tracing::error!(error = text, "a request failed");
}

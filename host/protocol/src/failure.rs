//! The one way a failure of this server reaches the log: with its causes, under the correlation id of the request's span.

use std::error::Error;

/// Logs an error with its causes. Whoever asked is told that something failed, and no more.
pub fn log_failure(error: &dyn Error) {
    tracing::error!(error = with_causes(error), "a request failed");
}

/// An error with its causes, in one line.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

//! Lines that a provider writes into the trace of its invocation.
//!
//! The `log` import is the one call a guest can make into the host, so what it can cost is bounded here: one invocation was seen to make
//! 80,000 calls in 10 ms.

use serde::Serialize;

/// Lines kept of one invocation.
pub const MAX_LOG_LINES: usize = 64;
/// Bytes kept of one invocation, all lines together.
pub const MAX_LOG_BYTES: usize = 16 << 10;

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// For the author of the provider.
    Debug,
    /// For whoever follows an issuance.
    Info,
    /// For the operator.
    Warn,
}

/// A line written by a provider. The text is the guest's and not to be trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogLine {
    /// As the provider judged it.
    pub level: LogLevel,
    /// Without control characters other than line breaks.
    pub message: String,
}

/// Collects the lines of one invocation.
#[derive(Debug, Default)]
pub(crate) struct LogBuffer {
    lines: Vec<LogLine>,
    bytes: usize,
    full: bool,
}

impl LogBuffer {
    /// Keeps a line, or drops it, with one note at the first.
    pub(crate) fn push(&mut self, level: LogLevel, message: &str) {
        if self.full {
            return;
        }
        if self.lines.len() >= MAX_LOG_LINES || self.bytes + message.len() > MAX_LOG_BYTES {
            self.full = true;
            let message = format!("further lines were dropped: at most {MAX_LOG_LINES} lines and {MAX_LOG_BYTES} bytes are kept");
            self.lines.push(LogLine { level: LogLevel::Warn, message });
            return;
        }
        self.bytes += message.len();
        self.lines.push(LogLine { level, message: crate::text::short(message, message.len()) });
    }

    pub(crate) fn into_lines(self) -> Vec<LogLine> {
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_beyond_the_count_are_dropped_with_one_note() {
        let mut log = LogBuffer::default();
        (0..1_000).for_each(|_| log.push(LogLevel::Info, "x"));
        let lines = log.into_lines();
        assert_eq!(lines.len(), MAX_LOG_LINES + 1);
        assert!(lines[MAX_LOG_LINES].message.contains("dropped"));
    }

    #[test]
    fn lines_beyond_the_size_are_dropped_with_one_note() {
        let mut log = LogBuffer::default();
        (0..10).for_each(|_| log.push(LogLevel::Debug, &"x".repeat(MAX_LOG_BYTES / 3)));
        assert_eq!(log.into_lines().len(), 4);
    }
}

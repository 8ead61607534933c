//! Lines for the trace of an invocation. A provider that calls nothing here doesn't import anything.
//!
//! The host keeps the first 64 lines and 16 KiB of an invocation and drops the rest.

use crate::bindings::argus::claims::log::{self, Level};

/// A line for the author of the provider.
pub fn debug(message: &str) {
    log::log(Level::Debug, message);
}

/// A line for whoever follows an issuance.
pub fn info(message: &str) {
    log::log(Level::Info, message);
}

/// A line for the operator.
pub fn warn(message: &str) {
    log::log(Level::Warn, message);
}

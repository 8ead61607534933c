//! The registry of claim providers: names, every version that was uploaded, which of them is current, and which may read what.
//!
//! A version is identified by the SHA-256 of its component. It waits until the facts it reads are approved; then it can be pinned by
//! an attachment, run in the shadow of the current version, or become current. Whatever would be current has to accept every
//! configuration that is stored for it, checked before anything changes.

pub(crate) mod approval;
pub(crate) mod attach;
mod catalogue;
mod lifecycle;
pub(crate) mod registration;
mod served;
mod upload;
mod view;

use argus_claims::builtin;

pub use argus_claims::check::{CheckReport, Finding, Outcome};
pub use catalogue::{CatalogueEntry, catalogue};
pub(crate) use lifecycle::accepted_by_clients;
pub use lifecycle::{approve, delete, delete_version, promote, roll_back, set_shadow};
pub(crate) use served::{LoadedVersion, Served, Shadow, Versions};
pub use upload::{Approve, Upload, Uploaded, upload};
pub use view::{LogView, ProviderSummary, ProviderView, VersionView, component, list, logs, show};

/// Why a text is no name for a claim provider that is not built in.
pub(crate) fn check_name(name: &str) -> Result<(), &'static str> {
    let is_name = (1..=64).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if !is_name {
        Err("must be 1 to 64 letters, digits, '-', '_' or '.', starting with a letter")
    } else if builtin::COMPONENTS.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
        Err("is the name of a built-in claim provider")
    } else {
        Ok(())
    }
}

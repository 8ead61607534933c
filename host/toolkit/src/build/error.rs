//! Why no component was built. Each message says what to do.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::contract::ContractError;
use crate::manifest::ManifestError;

/// Why no component was built.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The folder is not that of a provider.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A program of the tool chain is not installed, or not on the search path.
    #[error("`{tool}` was not found, which builds claim providers in {language}: {how}")]
    ToolMissing {
        /// Name of the program.
        tool: &'static str,
        /// For whom it is needed.
        language: &'static str,
        /// How to get it.
        how: &'static str,
    },
    /// A program of the tool chain is older than the build needs.
    #[error("`{tool}` has version {found}, {needed} or later is needed: {how}")]
    ToolTooOld {
        /// Name of the program.
        tool: &'static str,
        /// What it says of itself.
        found: String,
        /// The oldest that will do.
        needed: &'static str,
        /// How to get a newer one.
        how: &'static str,
    },
    /// A part of the tool chain that is installed apart.
    #[error("{what} is missing: {how}")]
    PartMissing {
        /// The part.
        what: &'static str,
        /// How to get it.
        how: &'static str,
    },
    /// A program of the tool chain failed, and said why.
    #[error("`{command}` failed ({status}):\n{output}")]
    ToolFailed {
        /// The command as one would type it.
        command: String,
        /// How it ended.
        status: String,
        /// What it printed, its last lines if it was much.
        output: String,
    },
    /// A program of the tool chain could not be run.
    #[error("`{command}` could not be run")]
    NotRun {
        /// The command as one would type it.
        command: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The tool chain ended well and its output is not where it should be.
    #[error("{} cannot be read, which the tool chain should have written", .path.display())]
    NoOutput {
        /// Where it should be.
        path: PathBuf,
        /// Why it cannot be read.
        #[source]
        source: io::Error,
    },
    /// The provider's own start failed while it was run to pre-initialise the component.
    #[error("the provider broke down while it was started to pre-initialise it: {reason}{}", printed(.output))]
    Start {
        /// The trap.
        reason: String,
        /// What the provider printed.
        output: String,
    },
    /// What the tool chain made is no module a claim provider can be made of.
    #[error("the tool chain's output is no claim provider: {0}")]
    NotAProvider(String),
    /// The component cannot be written.
    #[error("{} cannot be written", .path.display())]
    Write {
        /// Where to.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A fault of this program.
    #[error(transparent)]
    Contract(#[from] ContractError),
}

fn printed(output: &str) -> String {
    if output.trim().is_empty() { String::new() } else { format!("\n{}", output.trim_end()) }
}

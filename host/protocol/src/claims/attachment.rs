//! An attachment made ready: its provider loaded, its configuration validated, its plan known.

use std::sync::Arc;

use argus_domain::claim::{OnFailure, Target};
use argus_domain::issuance::Plan;

use crate::claim_providers::LoadedVersion;

/// One entry of a client's `openIDCustomClaims`, ready to run.
#[derive(Clone, Debug)]
pub struct PreparedAttachment {
    /// Place in the list.
    pub index: usize,
    /// Name of the claim provider.
    pub provider: String,
    /// The configuration as compact JSON, key order kept.
    pub configuration: Arc<str>,
    /// Where its claims go.
    pub targets: Vec<Target>,
    /// Its failure contract.
    pub on_failure: OnFailure,
    /// Whether it can run.
    pub state: AttachmentState,
    /// The version that runs in the shadow of this one, if any does.
    pub shadow: Option<PreparedShadow>,
}

/// Whether an attachment can run.
#[derive(Clone, Debug)]
pub enum AttachmentState {
    /// It can.
    Ready(Runnable),
    /// It cannot, for this reason: each issuance does what the failure contract says.
    Unavailable(String),
}

/// A version with the plan it made for a configuration.
#[derive(Clone, Debug)]
pub struct Runnable {
    /// The version.
    pub version: LoadedVersion,
    /// What it promised for this configuration.
    pub plan: Plan,
}

/// A shadow version, and whether it accepts the attachment's configuration.
#[derive(Clone, Debug)]
pub struct PreparedShadow {
    /// Its digest.
    pub digest: String,
    /// Which stay in the shadow this is.
    pub stay: u64,
    /// Ready to run, or the reason why every run fails.
    pub state: Result<Runnable, String>,
}

impl PreparedAttachment {
    fn plan(&self) -> Option<&Plan> {
        match &self.state {
            AttachmentState::Ready(runnable) => Some(&runnable.plan),
            AttachmentState::Unavailable(_) => None,
        }
    }

    /// Names of the claims it may set; none while it cannot run.
    pub fn claim_names(&self) -> impl Iterator<Item = &str> {
        self.plan().into_iter().flat_map(|plan| plan.claim_names.iter().map(|name| name.as_str()))
    }

    /// Whether a scope's claim gives way to this attachment.
    ///
    /// A provider of `groups` is there to limit what is shown, so both forms of the groups scope give way to it; and to an
    /// attachment that cannot run, since nobody knows whether it is one.
    pub fn takes_over(&self, claim: &str) -> bool {
        match (self.plan(), claim) {
            (None, "groups" | "groupstring") => true,
            (Some(_), "groupstring") => self.claim_names().any(|name| name == "groups" || name == "groupstring"),
            _ => self.claim_names().any(|name| name == claim),
        }
    }

    /// Whether a group may be shown to the client, as far as this attachment has a say.
    pub fn shows_group(&self, shortname: &str) -> bool {
        match self.plan() {
            None => false,
            Some(plan) if self.takes_over("groups") => {
                plan.groups_of_interest.is_empty() || plan.groups_of_interest.iter().any(|group| group == shortname)
            }
            Some(_) => true,
        }
    }
}

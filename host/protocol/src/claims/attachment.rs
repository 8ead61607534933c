//! An attachment made ready: its provider loaded, its configuration validated, its plan known.

use argus_claims::ClaimProviderComponent;
use argus_domain::claim::{OnFailure, Target};
use argus_domain::issuance::Plan;

/// One entry of a client's `openIDCustomClaims`, ready to run.
#[derive(Clone, Debug)]
pub struct PreparedAttachment {
    /// Place in the list.
    pub index: usize,
    /// Name of the claim provider.
    pub provider: String,
    /// The configuration as compact JSON, key order kept.
    pub configuration: String,
    /// Where its claims go.
    pub targets: Vec<Target>,
    /// Its failure contract.
    pub on_failure: OnFailure,
    /// Whether it can run.
    pub state: AttachmentState,
}

/// Whether an attachment can run.
#[derive(Clone, Debug)]
pub enum AttachmentState {
    /// It can.
    Ready {
        /// The provider's component.
        component: ClaimProviderComponent,
        /// What the provider promised for this configuration.
        plan: Plan,
    },
    /// It cannot, for this reason: each issuance does what the failure contract says.
    Unavailable(String),
}

impl PreparedAttachment {
    /// Names of the claims it may set; none while it cannot run.
    pub fn claim_names(&self) -> impl Iterator<Item = &str> {
        let plan = match &self.state {
            AttachmentState::Ready { plan, .. } => Some(plan),
            AttachmentState::Unavailable(_) => None,
        };
        plan.into_iter().flat_map(|plan| plan.claim_names.iter().map(|name| name.as_str()))
    }
}

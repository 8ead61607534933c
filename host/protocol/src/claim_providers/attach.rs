//! What has to hold for the claim providers attached to a client, whoever changes either: an import, the API, a new version.

use std::collections::HashMap;

use argus_claims::ConfigurationError;
use argus_domain::claim::ClaimProviderAttachment;
use argus_domain::issuance::Plan;
use argus_domain::{Pointer, Problem};
use argus_storage::StorageError;

use super::served::{LoadedVersion, Versions};

/// A version that is about to become the current one of its name.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) name: String,
    pub(crate) version: LoadedVersion,
}

/// What came of checking a list of attachments; pointers are relative to the list.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    found: Vec<Found>,
    /// Place and plan of each attachment whose configuration was accepted.
    pub(crate) plans: Vec<(usize, Plan)>,
}

#[derive(Debug)]
struct Found {
    /// The attachments that are at fault: two, where both set one claim.
    attachments: Vec<usize>,
    problem: Problem,
}

impl Checked {
    /// What is wrong.
    pub(crate) fn problems(&self) -> impl Iterator<Item = Problem> {
        self.found.iter().map(|found| found.problem.clone())
    }

    /// What is wrong with the attachments at some places; what is wrong with others was so before, or is somebody else's.
    pub(crate) fn problems_of(&self, is_meant: impl Fn(usize) -> bool) -> impl Iterator<Item = Problem> {
        self.found.iter().filter(move |found| found.attachments.iter().any(|place| is_meant(*place))).map(|found| found.problem.clone())
    }

    fn refuse(&mut self, attachments: &[usize], pointer: Pointer, message: impl Into<String>) {
        self.found.push(Found { attachments: attachments.to_vec(), problem: Problem::new(pointer, message) });
    }
}

/// Whether an attachment runs whatever is the current version of a name.
pub(crate) fn follows(attachment: &ClaimProviderAttachment, name: &str) -> bool {
    attachment.provider == name && attachment.digest.is_none()
}

/// Checks attachments against the versions they will run: configurations by schema and provider, claims set twice, targets, pins.
pub(crate) async fn check(
    versions: &Versions,
    candidates: &[Candidate],
    attachments: &[ClaimProviderAttachment],
) -> Result<Checked, StorageError> {
    let mut checked = Checked::default();
    let mut set_by: HashMap<String, usize> = HashMap::new();
    for (i, attachment) in attachments.iter().enumerate() {
        let at = Pointer::root().join(i);
        if attachment.targets().is_empty() {
            checked.refuse(&[i], at.join("targets"), "must name at least one of id_token, userinfo, access_token");
        }
        let component = match resolve(versions, candidates, attachment).await? {
            Ok(version) => version.component,
            Err(reason) => {
                checked.refuse(&[i], at.join(if attachment.digest.is_some() { "digest" } else { "provider" }), reason);
                continue;
            }
        };
        let plan = match component.validate_configuration(&attachment.configuration.to_string()).await {
            Ok(plan) => plan,
            Err(ConfigurationError::Problems(found)) => {
                for problem in found {
                    checked.refuse(&[i], at.join("configuration").append(&problem.pointer), problem.message);
                }
                continue;
            }
            Err(error) => {
                checked.refuse(&[i], at.join("configuration"), error.to_string());
                continue;
            }
        };
        for name in &plan.claim_names {
            if let Some(other) = set_by.insert(name.as_str().to_owned(), i) {
                checked.refuse(&[i, other], at.clone(), format!("sets the claim {name}, which entry {other} sets as well"));
            }
        }
        checked.plans.push((i, plan));
    }
    Ok(checked)
}

/// The version an attachment will run: the pinned one, the candidate of its name, or the current one.
async fn resolve(
    versions: &Versions,
    candidates: &[Candidate],
    attachment: &ClaimProviderAttachment,
) -> Result<Result<LoadedVersion, String>, StorageError> {
    let pin = attachment.digest.as_deref();
    let is_meant = |candidate: &&Candidate| {
        candidate.name == attachment.provider && pin.is_none_or(|pin| candidate.version.component.digest().to_string() == pin)
    };
    match candidates.iter().find(is_meant) {
        Some(candidate) => Ok(Ok(candidate.version.clone())),
        None => versions.stored(&attachment.provider, pin).await,
    }
}

/// A group or function nobody has is most likely misspelt, but may come to exist. Pointers are relative to the list.
pub(crate) fn warnings(checked: &Checked, knows_group: &dyn Fn(&str) -> bool, knows_function: &dyn Fn(&str) -> bool) -> Vec<Problem> {
    let mut warnings = Vec::new();
    for (i, plan) in &checked.plans {
        let at = Pointer::root().join(i).join("configuration");
        let mut warn = |message: String| warnings.push(Problem::new(at.clone(), message));
        // One empty name is how a provider says that nothing is of interest to it.
        if plan.groups_of_interest.iter().any(String::is_empty) {
            warn("no group can be shown with this configuration".to_owned());
        }
        for group in plan.groups_of_interest.iter().filter(|group| !group.is_empty() && !knows_group(group)) {
            warn(format!("no group has the short name {group}"));
        }
        for function in plan.functions_of_interest.iter().filter(|function| !function.is_empty() && !knows_function(function)) {
            warn(format!("no function is named {function}"));
        }
    }
    warnings
}

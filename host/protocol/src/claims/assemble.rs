//! Assembly: scope claims, then each attachment in its configured order, over one snapshot of the directory.
//!
//! The result depends on nothing but the snapshot, the request, the client's configuration and the digests of its claim
//! providers. A claim that a provider's plan names is the provider's alone: the scope's claim of that name is not shown, even
//! where the provider fails and its contract is to omit. A provider that fails does what its attachment's
//! contract says: the issuance fails, or the claims are left out and the omission is on record. No database transaction is
//! open while a provider runs.

use std::sync::OnceLock;

use argus_domain::claim::{ClaimSet, OnFailure, Target};
use argus_domain::directory::DirectorySnapshot;
use argus_domain::grant::SignIn;
use argus_domain::oauth::GrantType;
use argus_domain::scope::ScopeSet;
use argus_domain::time::Timestamp;
use serde::Serialize;
use thiserror::Error;
use utoipa::ToSchema;

use super::run::{Run, run};
use super::scope_claims::{scope_claims, scope_of};
use crate::registry::PreparedClient;
use crate::settings::Issuer;

/// What claims are asked for.
#[derive(Clone, Copy, Debug)]
pub struct AssemblyRequest<'a> {
    /// The user, read beforehand.
    pub user: &'a DirectorySnapshot,
    /// Granted scopes.
    pub scopes: &'a ScopeSet,
    /// Audiences of the access token.
    pub audiences: &'a [String],
    /// The sign-in behind the issuance.
    pub sign_in: &'a SignIn,
    /// The grant of this issuance.
    pub grant_type: GrantType,
    /// The moment of this issuance.
    pub issued_at: Timestamp,
    /// The tokens that are made now.
    pub targets: &'a [Target],
}

/// Claims by token, and where each came from.
#[derive(Clone, Debug, Default)]
pub struct Assembled {
    /// For the ID token.
    pub id_token: ClaimSet,
    /// For the UserInfo response.
    pub userinfo: ClaimSet,
    /// For the access token: claim providers only, and only where an attachment says so.
    pub access_token: ClaimSet,
    /// One entry for each run of a provider.
    pub runs: Vec<Run>,
    /// Claims of scopes that a provider replaced.
    pub replaced: Vec<Replaced>,
}

impl Assembled {
    fn target(&mut self, target: Target) -> &mut ClaimSet {
        match target {
            Target::IdToken => &mut self.id_token,
            Target::Userinfo => &mut self.userinfo,
            Target::AccessToken => &mut self.access_token,
        }
    }
}

/// A scope's claim that a provider replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Replaced {
    /// The claim.
    pub claim: String,
    /// The scope that gave it.
    pub scope: String,
    /// The provider whose claim stands.
    pub provider: String,
}

/// An attachment with the contract `fail` failed, so nothing may be issued.
#[derive(Clone, Debug, Error)]
#[error("claim provider {} (attachment {}) failed: {}", .0.origin.provider, .0.origin.attachment, .0.reason())]
pub struct ProviderFailed(pub Box<Run>);

/// Assembles the claims of one issuance.
pub async fn assemble(issuer: &Issuer, client: &PreparedClient, request: AssemblyRequest<'_>) -> Result<Assembled, ProviderFailed> {
    let from_scopes = scope_claims(issuer, request.user, request.sign_in, request.scopes);
    let mut assembled = Assembled::default();
    for target in request.targets.iter().filter(|target| **target != Target::AccessToken) {
        for (name, value) in from_scopes.iter() {
            match client.attachments.iter().find(|attachment| attachment.targets.contains(target) && attachment.takes_over(name)) {
                None => drop(assembled.target(*target).set(name, value.clone())),
                Some(attachment) => note_replaced(&mut assembled.replaced, name, &attachment.provider),
            }
        }
    }
    // Made when the first shadow run needs it.
    let shared = OnceLock::new();
    for attachment in &client.attachments {
        for target in request.targets.iter().filter(|target| attachment.targets.contains(target)) {
            let (run, claims) = run(issuer, client, attachment, *target, request, &shared).await;
            if run.failure.is_some() {
                match attachment.on_failure {
                    OnFailure::Fail => return Err(ProviderFailed(Box::new(run))),
                    OnFailure::Omit => tracing::warn!(provider = run.origin.provider, reason = run.reason(), "claims omitted"),
                }
            }
            assembled.target(*target).merge(claims);
            assembled.runs.push(run);
        }
    }
    Ok(assembled)
}

fn note_replaced(replaced: &mut Vec<Replaced>, claim: &str, provider: &str) {
    let scope = scope_of(claim).unwrap_or_default();
    let entry = Replaced { claim: claim.to_owned(), scope: scope.to_owned(), provider: provider.to_owned() };
    if !replaced.contains(&entry) {
        replaced.push(entry);
    }
}

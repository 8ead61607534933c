//! Assembly: scope claims, then each attachment in its configured order, over one snapshot of the directory.
//!
//! The result depends on nothing but the snapshot, the request, the client's configuration and the digests of its claim
//! providers. A claim that a provider's plan names is the provider's alone: the scope's claim of that name is not shown, even
//! where the provider fails and its contract is to omit. A provider that fails does what its attachment's
//! contract says: the issuance fails, or the claims are left out and the omission is on record. No database transaction is
//! open while a provider runs.

use argus_domain::claim::{ClaimSet, OnFailure, Target};
use argus_domain::directory::DirectorySnapshot;
use argus_domain::grant::SignIn;
use argus_domain::issuance::{Issuance, IssuanceClient, IssuanceRequest, IssuanceSession};
use argus_domain::oauth::GrantType;
use argus_domain::scope::ScopeSet;
use argus_domain::time::Timestamp;
use serde::Serialize;
use thiserror::Error;

use super::attachment::{AttachmentState, PreparedAttachment};
use super::scope_claims::scope_claims;
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
    pub origins: Vec<Origin>,
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

/// One run of one attached claim provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// Place in `openIDCustomClaims`.
    pub attachment: usize,
    /// Name of the claim provider.
    pub provider: String,
    /// SHA-256 of its component; absent when no version of it could be loaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Revision of the client's configuration.
    pub revision: u64,
    /// Where the claims went.
    pub target: Target,
    /// Names of the claims.
    pub claims: Vec<String>,
    /// Time of the run, in microseconds.
    pub duration_us: u64,
    /// Why the claims were left out, where they were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub omitted: Option<String>,
}

/// A scope's claim that a provider replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("claim provider {provider} (attachment {attachment}) failed: {reason}")]
pub struct ProviderFailed {
    /// Place in `openIDCustomClaims`.
    pub attachment: usize,
    /// Name of the claim provider.
    pub provider: String,
    /// SHA-256 of its component, if one was loaded.
    pub digest: Option<String>,
    /// The failure, for operators.
    pub reason: String,
}

/// Assembles the claims of one issuance.
pub async fn assemble(issuer: &Issuer, client: &PreparedClient, request: AssemblyRequest<'_>) -> Result<Assembled, ProviderFailed> {
    let (from_scopes, sources) = scope_claims(issuer, request.user, request.sign_in, request.scopes);
    let mut assembled = Assembled::default();
    for target in request.targets.iter().filter(|target| **target != Target::AccessToken) {
        for (name, value) in from_scopes.iter() {
            match client.attachments.iter().find(|attachment| attachment.targets.contains(target) && attachment.takes_over(name)) {
                None => drop(assembled.target(*target).set(name, value.clone())),
                Some(attachment) => note_replaced(&mut assembled.replaced, name, &sources, &attachment.provider),
            }
        }
    }
    for attachment in &client.attachments {
        for target in request.targets.iter().filter(|target| attachment.targets.contains(target)) {
            let (origin, claims) = run(issuer, client, attachment, *target, request).await;
            if let Some(reason) = &origin.omitted {
                match attachment.on_failure {
                    OnFailure::Fail => {
                        return Err(ProviderFailed {
                            attachment: origin.attachment,
                            provider: origin.provider,
                            digest: origin.digest,
                            reason: reason.clone(),
                        });
                    }
                    OnFailure::Omit => tracing::warn!(provider = origin.provider, reason, "claims omitted"),
                }
            }
            assembled.target(*target).merge(claims);
            assembled.origins.push(origin);
        }
    }
    Ok(assembled)
}

fn note_replaced(replaced: &mut Vec<Replaced>, claim: &str, sources: &[(&'static str, &'static str)], provider: &str) {
    let scope = sources.iter().find(|(name, _)| *name == claim).map_or("", |(_, scope)| scope);
    let entry = Replaced { claim: claim.to_owned(), scope: scope.to_owned(), provider: provider.to_owned() };
    if !replaced.contains(&entry) {
        replaced.push(entry);
    }
}

async fn run(
    issuer: &Issuer,
    client: &PreparedClient,
    attachment: &PreparedAttachment,
    target: Target,
    request: AssemblyRequest<'_>,
) -> (Origin, ClaimSet) {
    let mut origin = Origin {
        attachment: attachment.index,
        provider: attachment.provider.clone(),
        digest: None,
        revision: client.client.revision,
        target,
        claims: Vec::new(),
        duration_us: 0,
        omitted: None,
    };
    let (component, plan, approved) = match &attachment.state {
        AttachmentState::Ready { component, plan, approved } => (component, plan, *approved),
        AttachmentState::Unavailable(reason) => {
            origin.omitted = Some(reason.clone());
            return (origin, ClaimSet::new());
        }
    };
    origin.digest = Some(component.digest().to_string());
    let scopes: Vec<&str> = request.scopes.iter().collect();
    let audiences: Vec<&str> = request.audiences.iter().map(String::as_str).collect();
    let client_id = client.client.id.to_string();
    let issuance = Issuance {
        user: request.user,
        client: IssuanceClient {
            id: &client_id,
            name: &client.client.settings.name,
            customer: client.client.customer.map(argus_domain::ids::CustomerId::get),
        },
        request: IssuanceRequest {
            issuer: issuer.as_str(),
            target,
            grant_type: request.grant_type.as_str(),
            scopes: &scopes,
            audiences: &audiences,
            issued_at: u64::try_from(request.issued_at.unix_seconds()).unwrap_or(0),
        },
        session: IssuanceSession {
            authenticated_at: u64::try_from(request.sign_in.authenticated_at.unix_seconds()).unwrap_or(0),
            amr: &request.sign_in.amr,
            acr: None,
            federated_by: request.sign_in.federated_by.as_deref(),
            client_ip: request.sign_in.client_ip.as_deref(),
        },
    };
    let invocation = component.claims(&attachment.configuration, plan, approved, &issuance).await;
    origin.duration_us = u64::try_from(invocation.duration.as_micros()).unwrap_or(u64::MAX);
    metrics::histogram!("argus_claim_provider_duration_seconds", "provider" => attachment.provider.clone()).record(invocation.duration);
    for line in &invocation.log {
        tracing::debug!(provider = attachment.provider, line = ?line, "claim provider log");
    }
    let mut claims = ClaimSet::new();
    match invocation.outcome {
        Ok(provided) => {
            for claim in provided {
                origin.claims.push(claim.name.as_str().to_owned());
                claims.set(claim.name.as_str(), claim.value);
            }
        }
        Err(error) => {
            metrics::counter!("argus_claim_provider_failures_total", "provider" => attachment.provider.clone(), "kind" => error.kind())
                .increment(1);
            origin.omitted = Some(error.to_string());
        }
    }
    (origin, claims)
}

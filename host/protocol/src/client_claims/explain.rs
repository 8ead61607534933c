//! Why a claim is there, or why not: in sentences, from the facts that decide.

use std::collections::BTreeMap;

use argus_domain::claim::{ClaimName, ClaimNameError, ClaimSet, OnFailure, Target};
use argus_domain::grant::SignIn;
use argus_domain::ids::ClientId;
use argus_domain::scope::ScopeSet;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::preview::{find_user, make, scopes, values_read};
use super::{Result, prepared};
use crate::administrator::Administrator;
use crate::argus::Argus;
use crate::claims::assemble::{Assembled, ProviderFailed};
use crate::claims::attachment::{AttachmentState, PreparedAttachment};
use crate::claims::run::Run;
use crate::claims::scope_claims::{scope_claims, scope_of};
use crate::registry::PreparedClient;

/// What is to be explained.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExplainRequest {
    /// User name.
    pub user: String,
    /// The claim.
    pub claim: String,
    /// Scopes asked for; absent = all that the client is allowed.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
}

/// The explanation.
#[derive(Debug, Serialize, ToSchema)]
pub struct Explanation {
    /// Where the claim is.
    pub present: BTreeMap<&'static str, bool>,
    /// Its value, from the first place it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// Why, each a sentence.
    pub statements: Vec<String>,
}

/// Explains a claim of a user at a client.
#[tracing::instrument(name = "client_claims.explain", skip_all)]
pub async fn explain(argus: &Argus, id: ClientId, request: ExplainRequest, by: &Administrator) -> Result<Explanation> {
    let client = prepared(argus, id, None).await?;
    let user = find_user(argus, &request.user).await?;
    let granted = scopes(&client, request.scopes.as_deref())?;
    let made = make(argus, &client, &user, &granted).await?;
    let assembled = made.map(|made| made.assembled);
    let empty = Assembled::default();
    let sets = assembled.as_ref().unwrap_or(&empty);
    let claim = request.claim.as_str();
    let places = [(Target::IdToken, &sets.id_token), (Target::Userinfo, &sets.userinfo), (Target::AccessToken, &sets.access_token)];
    let mut statements = Vec::new();
    if let Err(ClaimNameError::Reserved(_)) = ClaimName::parse(claim) {
        statements.push(format!("{claim} is a claim of the protocol: the server sets it, and no scope or claim provider can."));
    }
    if !user.enabled {
        statements.push(format!("{} is disabled and gets no token.", user.username));
    }
    if !granted.contains("openid") {
        statements.push("Without scope openid there is neither an ID token nor UserInfo.".to_owned());
    }
    let sign_in = SignIn { authenticated_at: argus.now(), amr: Vec::new(), client_ip: None, federated_by: None };
    let from_scopes = scope_claims(&argus.settings().issuer, &user, &sign_in, &granted);
    statements.extend(of_scope(&client, claim, &granted, &from_scopes));
    let count = statements.len();
    statements.extend(client.attachments.iter().filter_map(|attachment| of_attachment(attachment, claim, &assembled)));
    let is_set = statements.len() > count;
    if let Err(ProviderFailed(run)) = &assembled {
        statements.push(format!(
            "No token is issued: attachment {} ({}) failed, and its contract is `fail`: {}.",
            run.origin.attachment,
            run.origin.provider,
            run.reason()
        ));
    }
    if !is_set && scope_of(claim).is_none() {
        statements.push(format!("No scope gives {claim}, and no claim provider attached to this client sets it."));
    }
    values_read(argus, id, &user, "explanation", by).await?;
    Ok(Explanation {
        present: places.iter().map(|(target, set)| (target.as_str(), set.get(claim).is_some())).collect(),
        value: places.iter().find_map(|(_, set)| set.get(claim).cloned()),
        statements,
    })
}

fn of_scope(client: &PreparedClient, claim: &str, granted: &ScopeSet, from_scopes: &ClaimSet) -> Option<String> {
    let scope = scope_of(claim)?;
    if !client.allows_scope(scope) {
        return Some(format!("Scope {scope} would give {claim} as well, but this client may not ask for it."));
    }
    if !granted.contains(scope) {
        return Some(format!("Scope {scope} gives {claim}: the client is allowed it, and has to ask for it."));
    }
    if let Some(attachment) = client.attachments.iter().find(|attachment| attachment.takes_over(claim)) {
        return Some(format!("Scope {scope} gives {claim}, but claim provider {} is attached and decides instead.", attachment.provider));
    }
    Some(match (from_scopes.get(claim), claim) {
        (Some(_), _) => format!("Scope {scope} gives {claim}."),
        (None, "client_ip") => format!("Scope {scope} gives {claim}: the address of a sign-in, of which there is none here."),
        (None, _) => format!("Scope {scope} gives {claim} to users of whom the directory knows it; of this user it does not."),
    })
}

/// What an attachment has to do with a claim, if anything.
fn of_attachment(
    attachment: &PreparedAttachment,
    claim: &str,
    assembled: &std::result::Result<Assembled, ProviderFailed>,
) -> Option<String> {
    let place = format!("Attachment {} ({})", attachment.index, attachment.provider);
    let runnable = match &attachment.state {
        AttachmentState::Unavailable(reason) => return Some(format!("{place} cannot run, so nobody knows what it sets: {reason}.")),
        AttachmentState::Ready(runnable) => runnable,
    };
    if !runnable.plan.claim_names.iter().any(|name| name.as_str() == claim) {
        return None;
    }
    let digest = runnable.version.component.digest().to_string();
    let targets: Vec<&str> = attachment.targets.iter().map(|target| target.as_str()).collect();
    let reads = runnable.version.component.metadata().needs.intersection(runnable.version.approved);
    let sets =
        format!("{place}, version {}, sets {claim} in {}; it reads {reads}", digest.get(..12).unwrap_or(&digest), targets.join(", "));
    let runs: Vec<&Run> = match assembled {
        Ok(assembled) => assembled.runs.iter().filter(|run| run.origin.attachment == attachment.index).collect(),
        Err(ProviderFailed(run)) if run.origin.attachment == attachment.index => vec![run],
        Err(_) => Vec::new(),
    };
    let found = match runs.first() {
        None => "none of its targets is made with these scopes".to_owned(),
        Some(run) if run.failure.is_some() && attachment.on_failure == OnFailure::Omit => {
            format!("for this user it failed, and its claims are left out: {}", run.reason())
        }
        Some(run) if run.failure.is_some() => format!("for this user it failed: {}", run.reason()),
        Some(run) if run.origin.claims.iter().any(|name| name == claim) => {
            format!("for this user it did, in {} µs", run.origin.duration_us)
        }
        Some(run) => {
            let log = run.log.iter().map(|line| line.message.as_str()).collect::<Vec<_>>().join("; ");
            if log.is_empty() {
                "for this user it chose not to".to_owned()
            } else {
                format!("for this user it chose not to, and logged: {log}")
            }
        }
    };
    Some(format!("{sets}. Here {found}."))
}

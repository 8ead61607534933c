//! What a client would be told about a user. The claims come from the function that issues, and the tokens are made by the code that
//! issues: they are measured, and go nowhere.

use std::collections::BTreeMap;

use argus_domain::audit::AuditEventKind;
use argus_domain::claim::{ClaimProviderAttachment, ClaimSet, Target};
use argus_domain::directory::DirectorySnapshot;
use argus_domain::grant::SignIn;
use argus_domain::ids::{ClientId, ClientSessionId};
use argus_domain::oauth::GrantType;
use argus_domain::scope::ScopeSet;
use argus_storage::users;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Result, prepared};
use crate::administrator::{AdministrationError, Administrator};
use crate::argus::Argus;
use crate::claims::assemble::{Assembled, ProviderFailed};
use crate::claims::scope_claims::scope_of;
use crate::registry::PreparedClient;
use crate::token::{Issue, jti};

/// What is to be previewed.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviewRequest {
    /// User name.
    pub user: String,
    /// Scopes asked for; absent = all that the client is allowed.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
    /// Claim providers in place of those that are saved.
    #[serde(default, rename = "openIDCustomClaims")]
    pub open_id_custom_claims: Option<Vec<ClaimProviderAttachment>>,
}

/// What a client would be told.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// In the ID token; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<AnswerPreview>,
    /// In the access token.
    pub access_token: AnswerPreview,
    /// At UserInfo; absent where it would not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo: Option<AnswerPreview>,
    /// Each run of a claim provider, with what it logged.
    #[schema(value_type = Vec<Object>)]
    pub attachments: Vec<Value>,
    /// Claims of scopes that a provider replaced.
    #[schema(value_type = Vec<crate::claims::assemble::Replaced>)]
    pub replaced: Vec<Value>,
}

/// One token or answer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnswerPreview {
    /// The claims beyond those of the protocol, in their order.
    #[schema(value_type = Object)]
    pub claims: ClaimSet,
    /// Their size as JSON, in bytes.
    pub bytes: usize,
    /// Size of the whole token or answer, in bytes.
    pub token_bytes: usize,
    /// Where each claim comes from: `scope`, or `provider` with `digest` and `attachment`.
    #[schema(value_type = BTreeMap<String, Object>)]
    pub origins: BTreeMap<String, Value>,
    /// Size of each claim, name included, in bytes.
    pub claim_bytes: BTreeMap<String, usize>,
}

/// Previews what a client is told about a user.
#[tracing::instrument(name = "client_claims.preview", skip_all)]
pub async fn preview(argus: &Argus, id: ClientId, request: PreviewRequest, by: &Administrator) -> Result<Preview> {
    let client = prepared(argus, id, request.open_id_custom_claims).await?;
    let user = find_user(argus, &request.user).await?;
    let scopes = scopes(&client, request.scopes.as_deref())?;
    match make(argus, &client, &user, &scopes).await? {
        Ok(made) => {
            values_read(argus, id, &user, "preview", by).await?;
            Ok(made.into_preview(&user))
        }
        Err(failed) => Err(AdministrationError::refused(failed.to_string())),
    }
}

/// That an administrator saw values of a user is on record.
pub(super) async fn values_read(argus: &Argus, client: ClientId, user: &DirectorySnapshot, of: &str, by: &Administrator) -> Result<()> {
    let event = by.event(argus, AuditEventKind::ClaimValuesRead).client(client).subject(user.subject.as_str()).with("of", of);
    Ok(argus.record(event).await?)
}

pub(super) async fn find_user(argus: &Argus, username: &str) -> Result<DirectorySnapshot> {
    let found = users::snapshot_by_username(&mut *argus.store().read().await?, username).await?;
    found.ok_or_else(|| AdministrationError::NotFound(format!("no user is named {username}")))
}

/// The scopes to be granted: those asked for, which the client has to be allowed, or all it is allowed.
pub(super) fn scopes(client: &PreparedClient, asked: Option<&[String]>) -> Result<ScopeSet> {
    let Some(asked) = asked else { return Ok(client.scopes.clone()) };
    if let Some(scope) = asked.iter().find(|scope| !client.allows_scope(scope)) {
        return Err(AdministrationError::refused(format!("scope {scope} is not allowed for this client")));
    }
    Ok(asked.iter().cloned().collect())
}

/// Claims and the sizes of what carries them.
pub(super) struct Made {
    pub(super) assembled: Assembled,
    pub(super) id_token_bytes: Option<usize>,
    pub(super) access_token_bytes: usize,
}

/// Makes what an issuance now would make, for a user who has just signed in with a password.
pub(super) async fn make(
    argus: &Argus,
    client: &PreparedClient,
    user: &DirectorySnapshot,
    scopes: &ScopeSet,
) -> Result<std::result::Result<Made, ProviderFailed>> {
    let now = argus.now();
    let sign_in = SignIn { authenticated_at: now, amr: vec!["pwd".to_owned()], client_ip: None, federated_by: None };
    let session = ClientSessionId::new(argus.random().sortable_uuid(now));
    // As long as most libraries make it; it is part of the ID token's size.
    let nonce = jti(argus.random());
    let issue =
        Issue { client, user, session, scopes, sign_in: &sign_in, nonce: Some(&nonce), grant_type: GrantType::AuthorizationCode, now };
    let audiences = argus.registry().audiences(&argus.settings().issuer, client, scopes).await?;
    let targets: &[Target] =
        if issue.is_openid() { &[Target::IdToken, Target::Userinfo, Target::AccessToken] } else { &[Target::AccessToken] };
    let assembled = match issue.assemble(argus, &audiences, targets).await {
        Ok(assembled) => assembled,
        Err(failed) => return Ok(Err(failed)),
    };
    let issued = issue.sign(argus, &audiences, assembled.clone());
    let issued = issued.map_err(|error| AdministrationError::Conflict(format!("no token can be made: {error}")))?;
    Ok(Ok(Made { assembled, id_token_bytes: issued.id_token.map(|token| token.len()), access_token_bytes: issued.access_token.len() }))
}

impl Made {
    /// Size of the UserInfo answer.
    pub(super) fn userinfo_bytes(&self, user: &DirectorySnapshot) -> usize {
        let mut answer = ClaimSet::new();
        answer.set("sub", user.subject.as_str());
        answer.merge(self.assembled.userinfo.clone());
        json_bytes(&answer)
    }

    fn into_preview(self, user: &DirectorySnapshot) -> Preview {
        let userinfo_bytes = self.userinfo_bytes(user);
        let answer = |target: Target, claims: &ClaimSet, token_bytes: usize| AnswerPreview {
            bytes: json_bytes(claims),
            token_bytes,
            origins: claims.iter().map(|(name, _)| (name.to_owned(), origin(&self.assembled, target, name))).collect(),
            claim_bytes: claims.iter().map(|(name, value)| (name.to_owned(), json_bytes(&name) + 1 + json_bytes(value))).collect(),
            claims: claims.clone(),
        };
        let assembled = &self.assembled;
        Preview {
            id_token: self.id_token_bytes.map(|bytes| answer(Target::IdToken, &assembled.id_token, bytes)),
            userinfo: self.id_token_bytes.map(|_| answer(Target::Userinfo, &assembled.userinfo, userinfo_bytes)),
            access_token: answer(Target::AccessToken, &assembled.access_token, self.access_token_bytes),
            attachments: assembled.runs.iter().map(attachment).collect(),
            replaced: assembled.replaced.iter().map(|replaced| json!(replaced)).collect(),
        }
    }
}

fn attachment(run: &crate::claims::run::Run) -> Value {
    let mut entry = json!(run.origin);
    entry["outcome"] = if run.failure.is_some() { "omitted" } else { "ok" }.into();
    entry["log"] = json!(run.log);
    if let Some(reason) = entry.as_object_mut().and_then(|entry| entry.remove("omitted")) {
        entry["reason"] = reason;
    }
    entry
}

fn origin(assembled: &Assembled, target: Target, claim: &str) -> Value {
    let run = assembled.runs.iter().find(|run| run.origin.target == target && run.origin.claims.iter().any(|name| name == claim));
    match run {
        Some(run) => json!({"provider": run.origin.provider, "digest": run.origin.digest, "attachment": run.origin.attachment}),
        None => json!({"scope": scope_of(claim)}),
    }
}

fn json_bytes(value: &impl Serialize) -> usize {
    serde_json::to_vec(value).map_or(0, |bytes| bytes.len())
}

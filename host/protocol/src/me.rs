//! `/api/v1/me`: who the bearer acts for, as far as the token's scopes allow.

use argus_domain::ids::SubjectIdentifier;
use argus_storage::users;
use serde_json::{Map, Value, json};

use crate::access::{Bearer, BearerError, authorize_bearer};
use crate::argus::Argus;

/// Profile of the user behind an access token with scope `profile`; groups with scope `groups`.
#[tracing::instrument(name = "me", skip_all)]
pub async fn me(argus: &Argus, token: &str) -> Result<Value, BearerError> {
    let Bearer { claims, client, scopes } = authorize_bearer(argus, token, "profile").await?;
    let user = {
        let mut reader = argus.store().read().await?;
        users::snapshot_by_subject(&mut reader, &SubjectIdentifier::new(claims.sub.as_str())).await?
    };
    let user = user.filter(|user| user.enabled).ok_or(BearerError::InvalidToken)?;
    let mut answer = Map::new();
    answer.insert("subject".to_owned(), user.subject.as_str().into());
    answer.insert("username".to_owned(), user.username.as_str().into());
    answer.insert("name".to_owned(), user.name.as_str().into());
    answer.insert("picture".to_owned(), argus.settings().issuer.url(&format!("/pictures/{}", user.picture_key)).into());
    if scopes.contains("email") {
        answer.insert("email".to_owned(), json!(user.email));
        answer.insert("emailVerified".to_owned(), user.email_verified.into());
    }
    if scopes.contains("phone") {
        answer.insert("phone".to_owned(), json!(user.phone));
        answer.insert("phoneVerified".to_owned(), user.phone_verified.into());
    }
    if scopes.contains("groups") {
        // Where a claim provider limits the groups a client is shown, they are limited here as well.
        let shown = user.groups.iter().filter(|group| client.attachments.iter().all(|attachment| attachment.shows_group(&group.shortname)));
        let groups = shown.map(|group| json!({"shortname": group.shortname, "name": group.name})).collect();
        answer.insert("groups".to_owned(), Value::Array(groups));
    }
    Ok(Value::Object(answer))
}

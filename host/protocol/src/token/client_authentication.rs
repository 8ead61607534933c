//! Client authentication at the token, revocation and introspection endpoints (RFC 6749 §2.3, §3.2.1).
//!
//! A confidential client may send its secret in the header or in the form, whichever it was registered for: both carry the
//! same proof, and libraries choose by themselves. Two methods in one request are refused, and a public client proves
//! nothing, whatever it sends.

use std::sync::Arc;

use argus_domain::client::ClientType;
use argus_domain::ids::ClientId;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use crate::argus::Argus;
use crate::params::{Params, Repeated};
use crate::registry::PreparedClient;

/// Why a client is not who it says.
#[derive(Debug, Error)]
pub enum ClientAuthenticationError {
    /// A parameter twice.
    #[error(transparent)]
    Repeated(#[from] Repeated),
    /// Header and form both carry credentials, or name two clients.
    #[error("use one client authentication method")]
    TwoMethods,
    /// No `client_id` anywhere.
    #[error("the client did not identify itself")]
    Missing,
    /// The header is not `Basic` with two form-urlencoded parts.
    #[error("the Authorization header is not HTTP Basic of a client id and secret")]
    MalformedBasic,
    /// Unknown or disabled client, wrong secret, a secret missing, or one where none can be.
    #[error("client authentication failed")]
    Failed {
        /// The client named, for the audit trail; none when it is not registered.
        client: Option<ClientId>,
    },
    /// The registry could not be read.
    #[error(transparent)]
    Storage(#[from] argus_storage::StorageError),
}

/// Credentials as presented.
struct Presented {
    client_id: String,
    secret: Option<String>,
}

/// Finds out which client is asking, and proves it for a confidential one.
pub async fn authenticate(
    argus: &Argus,
    form: &Params,
    authorization: Option<&str>,
) -> Result<Arc<PreparedClient>, ClientAuthenticationError> {
    let presented = read(form, authorization)?;
    let Ok(id) = presented.client_id.parse::<ClientId>() else {
        return Err(ClientAuthenticationError::Failed { client: None });
    };
    let client = argus.registry().client(id).await?.ok_or(ClientAuthenticationError::Failed { client: None })?;
    let proven = match (client.client.settings.r#type, &presented.secret) {
        (ClientType::Public, secret) => secret.is_none(),
        (ClientType::Confidential, Some(secret)) => client.client.accepts_secret(secret, argus.now()),
        (ClientType::Confidential, None) => false,
    };
    if proven && client.client.settings.enabled { Ok(client) } else { Err(ClientAuthenticationError::Failed { client: Some(id) }) }
}

fn read(form: &Params, authorization: Option<&str>) -> Result<Presented, ClientAuthenticationError> {
    let id_in_form = form.once("client_id")?;
    let secret_in_form = form.once("client_secret")?;
    let Some(header) = authorization else {
        let client_id = id_in_form.ok_or(ClientAuthenticationError::Missing)?.to_owned();
        return Ok(Presented { client_id, secret: secret_in_form.map(str::to_owned) });
    };
    let (client_id, secret) = parse_basic(header).ok_or(ClientAuthenticationError::MalformedBasic)?;
    if secret_in_form.is_some() || id_in_form.is_some_and(|id| id != client_id) {
        return Err(ClientAuthenticationError::TwoMethods);
    }
    // A public client that knows only Basic sends its id with an empty password.
    Ok(Presented { client_id, secret: Some(secret).filter(|secret| !secret.is_empty()) })
}

/// RFC 6749 §2.3.1: both parts are form-urlencoded before they are joined.
fn parse_basic(header: &str) -> Option<(String, String)> {
    let (scheme, credentials) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((form_decode(id)?, form_decode(secret)?))
}

fn form_decode(text: &str) -> Option<String> {
    // A pair separator would make the parser see two parameters; inside one value it is an error of the client's.
    if text.contains(['&', '=']) {
        return Some(text.to_owned());
    }
    form_urlencoded::parse(text.as_bytes()).next().map_or(Some(String::new()), |(name, _)| Some(name.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(credentials: &str) -> String {
        format!("Basic {}", STANDARD.encode(credentials))
    }

    #[test]
    fn both_parts_of_basic_are_form_decoded() {
        assert_eq!(parse_basic(&basic("my%20id:se%3Acret%2B")), Some(("my id".into(), "se:cret+".into())));
        assert_eq!(parse_basic(&basic("id:")), Some(("id".into(), String::new())));
        assert_eq!(parse_basic(&basic("id")), None);
        assert_eq!(parse_basic("Bearer x"), None);
        assert_eq!(parse_basic("Basic ***"), None);
    }

    #[test]
    fn two_methods_at_once_are_refused() {
        let form = Params::parse("client_id=a&client_secret=b").unwrap();
        assert!(matches!(read(&form, Some(&basic("a:b"))), Err(ClientAuthenticationError::TwoMethods)));
        let form = Params::parse("client_id=other").unwrap();
        assert!(matches!(read(&form, Some(&basic("a:b"))), Err(ClientAuthenticationError::TwoMethods)));
        let form = Params::parse("client_id=a&client_id=a").unwrap();
        assert!(matches!(read(&form, None), Err(ClientAuthenticationError::Repeated(_))));
    }

    #[test]
    fn the_form_alone_will_do() {
        let presented = read(&Params::parse("client_id=a&client_secret=b%2Bc").unwrap(), None).unwrap();
        assert_eq!((presented.client_id.as_str(), presented.secret.as_deref()), ("a", Some("b+c")));
    }
}

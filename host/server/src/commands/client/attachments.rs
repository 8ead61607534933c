//! A client's attachments: read, and changed unless somebody else changed them meanwhile.

use std::fs;

use anyhow::{Context, Result, bail};
use axum::body::Bytes;
use axum::http::header::{ETAG, HeaderMap, HeaderValue, IF_MATCH};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::note;
use crate::administration::wire::clients::ClientClaims;
use crate::administration::{Api, Refused, json_headers, path, read};

/// The member of the document that is a list of attachments.
pub(super) const MEMBER: &str = "openIDCustomClaims";

/// Attachments of a client as they were read.
pub(super) struct Attachments {
    path: String,
    /// Of the revision that was read.
    etag: HeaderValue,
    /// In order.
    pub(super) list: Vec<Value>,
}

/// The path of a client's claims, and of what is below it.
pub(super) fn path_of(client: &str, below: &[&str]) -> String {
    path(&[&["clients", client, "claims"], below].concat())
}

impl Attachments {
    pub(super) async fn of(api: &Api, client: &str) -> Result<Self> {
        let path = path_of(client, &[]);
        let answer = api.call(Method::GET, &path, HeaderMap::new(), Bytes::new()).await?;
        let etag = answer.header(&ETAG).and_then(|etag| HeaderValue::from_str(etag).ok());
        let etag = etag.context("the server did not say which revision it sent")?;
        let ClientClaims { attachments: list, .. } = read(&answer.json().await?)?;
        Ok(Self { path, etag, list })
    }

    /// Stores the list, and returns the answer.
    pub(super) async fn store(&self, api: &Api) -> Result<Value> {
        let mut headers = json_headers();
        headers.insert(IF_MATCH, self.etag.clone());
        let body = json!({MEMBER: self.list}).to_string();
        let answer = match api.call(Method::PUT, &self.path, headers, body.into()).await {
            Err(error) if error.downcast_ref::<Refused>().is_some_and(|refused| refused.status == StatusCode::PRECONDITION_FAILED) => {
                bail!("somebody else changed the client meanwhile, and nothing was changed here: look at it and run the command again")
            }
            answer => answer?.json().await?,
        };
        for warning in read::<ClientClaims>(&answer)?.warnings {
            note(&format!("warning: {warning}"));
        }
        Ok(answer)
    }
}

/// A JSON document as an argument: itself, or `@` and the file it is in.
pub(super) fn document(argument: &str) -> Result<Value> {
    let Some(file) = argument.strip_prefix('@') else {
        return serde_json::from_str(argument).with_context(|| format!("{argument} is no JSON; a file is named by @FILE"));
    };
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    serde_json::from_str(&text).with_context(|| format!("{file} is no JSON"))
}

/// The attachments in a document: a list, or an object with the member that has it.
pub(super) fn attachments_in(argument: &str) -> Result<Vec<Value>> {
    match document(argument)? {
        Value::Array(list) => Ok(list),
        Value::Object(mut members) => match members.remove(MEMBER) {
            Some(Value::Array(list)) => Ok(list),
            _ => bail!("the document has no list {MEMBER}"),
        },
        _ => bail!("the document has to be a list of attachments, or an object with a list {MEMBER}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_given_or_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("claims.json");
        fs::write(&file, r#"{"openIDCustomClaims": [{"provider": "level"}]}"#).unwrap();
        let list = vec![json!({"provider": "level"})];
        assert_eq!(attachments_in(&format!("@{}", file.display())).unwrap(), list);
        assert_eq!(attachments_in(r#"[{"provider": "level"}]"#).unwrap(), list);
        for (argument, told) in [
            ("@missing.json", "cannot read missing.json"),
            ("{", "is no JSON"),
            ("{}", "has no list openIDCustomClaims"),
            ("1", "has to be a list"),
        ] {
            let error = format!("{:#}", attachments_in(argument).unwrap_err());
            assert!(error.contains(told), "{argument}: {error}");
        }
    }
}

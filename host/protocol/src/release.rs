//! What a client is told about a user, in words for that user: on the consent page, and in the account.

use argus_domain::claim::ClaimSet;
use argus_domain::scope::{DEPRECATED_SCOPES, ScopeSet, describe_standard};
use argus_storage::StorageError;
use serde_json::Value;

use crate::argus::Argus;
use crate::claims::assemble::Assembled;

/// A scope, in words.
#[derive(Clone, Debug)]
pub struct ReleasedScope {
    /// The scope.
    pub scope: String,
    /// What it means.
    pub description: String,
}

/// A claim with its value.
#[derive(Clone, Debug)]
pub struct ReleasedClaim {
    /// The claim.
    pub name: String,
    /// Its value, readable.
    pub value: String,
    /// The claim provider it comes from; absent for scopes.
    pub provider: Option<String>,
}

/// Scopes in words.
pub(crate) async fn scopes(argus: &Argus, scopes: &ScopeSet) -> Result<Vec<ReleasedScope>, StorageError> {
    let mut released: Vec<ReleasedScope> = Vec::new();
    for scope in scopes.iter() {
        let description = match describe_standard(scope) {
            Some(description) => description.to_owned(),
            None => argus.registry().describe_scope(scope).await?,
        };
        // The two forms of the groups scope say the same thing to a user.
        if !(DEPRECATED_SCOPES.contains(&scope) && released.iter().any(|known| known.description == description)) {
            released.push(ReleasedScope { scope: scope.to_owned(), description });
        }
    }
    Ok(released)
}

/// The claims of all answers together.
pub(crate) fn claims(assembled: Assembled) -> Vec<ReleasedClaim> {
    let mut all = ClaimSet::new();
    for claims in [assembled.id_token, assembled.userinfo, assembled.access_token] {
        all.merge(claims);
    }
    let origin = |name: &str| {
        let run = assembled.runs.iter().find(|run| run.origin.claims.iter().any(|claim| claim == name));
        run.map(|run| run.origin.provider.clone())
    };
    all.iter().map(|(name, value)| ReleasedClaim { name: name.to_owned(), value: readable(value), provider: origin(name) }).collect()
}

/// A value as a person reads it: yes or no, lists of plain values with commas, text as it is, everything else as JSON.
fn readable(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) if values.is_empty() => "none".to_owned(),
        Value::Array(values) if values.iter().all(|value| !value.is_array() && !value.is_object()) => {
            values.iter().map(readable).collect::<Vec<_>>().join(", ")
        }
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_read_like_text() {
        for (value, text) in [
            (json!(["group1", "group2"]), "group1, group2"),
            (json!([]), "none"),
            (json!(true), "yes"),
            (json!(1), "1"),
            (json!({"a": 1}), r#"{"a":1}"#),
            (json!("x"), "x"),
        ] {
            assert_eq!(readable(&value), text);
        }
    }
}

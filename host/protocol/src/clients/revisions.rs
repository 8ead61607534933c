//! The saved changes of a client: who changed what, and going back.

use argus_domain::ids::ClientId;
use argus_storage::clients;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{ClientView, Result, change, find};
use crate::administrator::{AdministrationError, Administrator};
use crate::argus::Argus;
use crate::import::changes;

/// A saved change.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Revision {
    /// Its number; the first is 1.
    pub revision: u64,
    /// Who saved it.
    pub actor: String,
    /// When.
    pub at: i64,
    /// Each member that differs from the revision before, with the values `from` and `to`.
    #[schema(value_type = Object)]
    pub changes: Value,
}

/// The saved changes of a client, the latest first.
pub async fn revisions(argus: &Argus, id: ClientId) -> Result<Vec<Revision>> {
    find(argus, id).await?;
    let stored = clients::list_revisions(&mut *argus.store().read().await?, id).await?;
    let mut before = Value::Null;
    let mut revisions = Vec::with_capacity(stored.len());
    for saved in stored {
        let settings = serde_json::to_value(&saved.settings).unwrap_or_default();
        let (revision, actor, at) = (saved.revision, saved.actor, saved.at.unix_seconds());
        revisions.push(Revision { revision, actor, at, changes: changes(&before, &settings) });
        before = settings;
    }
    revisions.reverse();
    Ok(revisions)
}

/// Takes a client that is at `revision` back to what it was at another. That is a change like any other: it has to be allowed today,
/// and is a revision of its own.
#[tracing::instrument(name = "clients.restore", skip_all)]
pub async fn restore(argus: &Argus, id: ClientId, revision: u64, to: u64, by: &Administrator) -> Result<ClientView> {
    let now = serde_json::to_value(&find(argus, id).await?.settings).unwrap_or_default();
    let saved = clients::revision(&mut *argus.store().read().await?, id, to).await?;
    let saved = saved.ok_or_else(|| AdministrationError::NotFound(format!("client {id} has no revision {to}")))?;
    let then = serde_json::to_value(&saved.settings).unwrap_or_default();
    let mut patch: Map<String, Value> = then.as_object().cloned().unwrap_or_default();
    // A member that was not there then goes.
    for member in now.as_object().into_iter().flat_map(Map::keys) {
        patch.entry(member.clone()).or_insert(Value::Null);
    }
    change(argus, id, revision, patch, by).await
}

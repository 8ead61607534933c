//! Clients by name, a page at a time.

use argus_domain::claim::ClaimProviderAttachment;
use argus_domain::client::ClientType;
use argus_domain::ids::ClientId;
use argus_domain::{Pointer, Problem};
use argus_storage::clients::{self, ClientRow};
use serde::Serialize;
use utoipa::ToSchema;

use super::Result;
use crate::administrator::AdministrationError;
use crate::argus::Argus;

/// Clients of one page, where nobody says.
pub const DEFAULT_LIMIT: u32 = 50;
/// Most clients of one page.
pub const MAX_LIMIT: u32 = 200;

/// A client in the list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClientSummary {
    /// `client_id`
    pub client_id: ClientId,
    /// Display name.
    pub name: String,
    /// Confidential or public.
    pub r#type: ClientType,
    /// Whether it gets tokens.
    pub enabled: bool,
    /// Counts the saved changes.
    pub revision: u64,
    /// Its claim providers.
    #[serde(rename = "openIDCustomClaims")]
    pub open_id_custom_claims: Vec<ClaimProviderAttachment>,
}

/// A page of clients as programs read it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClientSummaries {
    /// In order of name.
    pub clients: Vec<ClientSummary>,
    /// What `after` is for the next page; absent when this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A page of clients.
#[derive(Clone, Debug)]
pub struct ClientPage {
    /// In order of name.
    pub clients: Vec<ClientRow>,
    /// Name and id of the last, where there are more.
    pub next: Option<(String, ClientId)>,
}

/// Clients whose name holds a text, after one of them; or the client whose id the text is.
pub async fn list(argus: &Argus, text: &str, after: Option<(&str, ClientId)>, limit: u32) -> Result<ClientPage> {
    let limit = limit.clamp(1, MAX_LIMIT);
    let mut reader = argus.store().read().await?;
    if let Ok(id) = text.parse::<ClientId>()
        && let Some(client) = clients::find(&mut reader, id).await?
    {
        let row = ClientRow { id, name: client.settings.name, enabled: client.settings.enabled };
        return Ok(ClientPage { clients: vec![row], next: None });
    }
    let mut found = clients::page(&mut reader, text, after, limit + 1).await?;
    let is_last = u32::try_from(found.len()).is_ok_and(|found| found <= limit);
    if !is_last {
        found.pop();
    }
    let next = if is_last { None } else { found.last().map(|client| (client.name.clone(), client.id)) };
    Ok(ClientPage { clients: found, next })
}

/// The same for programs, which hand back the `next` of the page before.
///
/// # Errors
/// [`AdministrationError::Refused`] when `after` is none that was handed out.
pub async fn summaries(argus: &Argus, text: &str, after: Option<&str>, limit: u32) -> Result<ClientSummaries> {
    let cursor = match after {
        None => None,
        Some(after) => Some(cursor(after).ok_or_else(|| {
            let wrong = Problem::new(Pointer::root().join("after"), "is no `next` of a page of clients");
            AdministrationError::problems("the query cannot be meant", vec![wrong])
        })?),
    };
    let page = list(argus, text, cursor, limit).await?;
    let mut reader = argus.store().read().await?;
    let mut summaries = Vec::with_capacity(page.clients.len());
    for row in &page.clients {
        // Deleted since it was listed: it is not there.
        let Some(client) = clients::find(&mut reader, row.id).await? else { continue };
        summaries.push(ClientSummary {
            client_id: client.id,
            name: client.settings.name,
            r#type: client.settings.r#type,
            enabled: client.settings.enabled,
            revision: client.revision,
            open_id_custom_claims: client.settings.open_id_custom_claims,
        });
    }
    Ok(ClientSummaries { clients: summaries, next: page.next.map(|(name, id)| format!("{id}.{name}")) })
}

fn cursor(text: &str) -> Option<(&str, ClientId)> {
    let (id, name) = text.split_once('.')?;
    Some((name, id.parse().ok()?))
}

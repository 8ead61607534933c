//! Clients by name, a page at a time.

use argus_domain::ids::ClientId;
use argus_storage::clients::{self, ClientRow};

use super::Result;
use crate::argus::Argus;

/// Clients of one page.
const PAGE: u32 = 50;

/// A page of clients.
#[derive(Clone, Debug)]
pub struct ClientPage {
    /// In order of name.
    pub clients: Vec<ClientRow>,
    /// Name and id of the last, where there are more.
    pub next: Option<(String, ClientId)>,
}

/// Clients whose name holds a text, after one of them; or the client whose id the text is.
pub async fn list(argus: &Argus, text: &str, after: Option<(&str, ClientId)>) -> Result<ClientPage> {
    let mut reader = argus.store().read().await?;
    if let Ok(id) = text.parse::<ClientId>()
        && let Some(client) = clients::find(&mut reader, id).await?
    {
        let row = ClientRow { id, name: client.settings.name, enabled: client.settings.enabled };
        return Ok(ClientPage { clients: vec![row], next: None });
    }
    let mut found = clients::page(&mut reader, text, after, PAGE + 1).await?;
    let is_last = u32::try_from(found.len()).is_ok_and(|found| found <= PAGE);
    if !is_last {
        found.pop();
    }
    let next = if is_last { None } else { found.last().map(|client| (client.name.clone(), client.id)) };
    Ok(ClientPage { clients: found, next })
}

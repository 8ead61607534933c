//! What claim providers in service want to be told: for whoever configures one.

use argus_storage::claim_providers;
use serde::Serialize;
use serde_json::Value;

use crate::administrator::AdministrationError;
use crate::argus::Argus;

/// A claim provider that can be attached.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CatalogueEntry {
    /// The name attachments use.
    pub name: String,
    /// What its author says of it.
    pub description: String,
    /// JSON Schema of its configuration.
    pub schema: Value,
}

/// Every claim provider with a version in service, by name.
pub async fn catalogue(argus: &Argus) -> Result<Vec<CatalogueEntry>, AdministrationError> {
    let stored = claim_providers::list(&mut *argus.store().read().await?).await?;
    let mut entries = Vec::new();
    for name in stored.into_iter().map(|provider| provider.name) {
        let Ok(version) = argus.registry().versions().stored(&name, None).await? else { continue };
        let metadata = version.component.metadata();
        let schema = serde_json::from_str(&metadata.configuration_schema).unwrap_or(Value::Null);
        entries.push(CatalogueEntry { name, description: metadata.description.clone(), schema });
    }
    Ok(entries)
}

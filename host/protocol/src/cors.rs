//! Which web pages may call the endpoints a browser client needs: those of registered clients, no others.

use argus_storage::StorageError;

use crate::argus::Argus;

/// Whether `origin` is the origin of a redirect URI of an enabled client.
pub async fn allowed_origin(argus: &Argus, origin: &str) -> Result<bool, StorageError> {
    Ok(argus.registry().origins().await?.contains(origin))
}

//! What we tell identity providers of ourselves.

use argus_saml::metadata::SpMetadata;

use super::FederationError;
use super::upstreams::{acs_url, any, entity_id};
use crate::argus::Argus;

/// Our metadata for a connection, signed. A disabled connection has them too: it is set up before it is switched on.
pub async fn service_provider_metadata(argus: &Argus, slug: &str) -> Result<String, FederationError> {
    let upstream = any(argus, slug).await?;
    let (issuer, keys) = (&argus.settings().issuer, &upstream.saml()?.keys);
    let metadata = SpMetadata {
        id: &format!("_{}", argus.random().uuid().simple()),
        entity_id: &entity_id(issuer, slug),
        acs_url: &acs_url(issuer, slug),
        signing_certificates: &keys.signing_certificates,
        encryption_certificates: if upstream.settings.encryption { &keys.encryption_certificates } else { &[] },
        name_id_format: upstream.settings.name_id_format.as_deref(),
    };
    metadata.sign(&keys.signing).map_err(|error| FederationError::Message(error.into()))
}

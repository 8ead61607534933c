//! Federation: users of upstream identity providers come in here, whatever those speak.
//!
//! | module | what it does |
//! |---|---|
//! | `upstreams` | connections as the use cases see them: read once, cached |
//! | `saml_keys` | the keys of the service provider |
//! | `depart` | sends a browser to an identity provider, and remembers it |
//! | `arrive` | takes the answer of an identity provider, and begins a session for the user it is about |
//! | `oidc` | OpenID Connect: the request, and what is made of the answer |
//! | `upstream_http` | requests to identity providers, which the server sends |
//! | `link` | somebody who comes in for the first time tells who they are here |
//! | `identity` | what an identity provider says of its user |
//! | `mapping` | which of that becomes what of a user here |
//! | `enter` | the one gate: who the user is here, and whether they may come in |
//! | `connections` | connections as administrators see and change them |
//! | `rollover` | metadata that identity providers publish, and the approval of their keys |
//! | `metadata` | what we tell identity providers of ourselves |
//!
//! A subject is ours: it is drawn when a user is added, and equal names at two identity providers are two users.

mod arrive;
mod connections;
mod depart;
mod enter;
mod identity;
mod link;
mod mapping;
mod metadata;
mod oidc;
mod rollover;
mod saml_keys;
mod upstream_http;
mod upstreams;

use argus_storage::StorageError;
use thiserror::Error;

pub use arrive::{Arrival, Arrived, authorization_response, saml_response};
pub use connections::{CertificateView, ConnectionView, KeysView, UpstreamRefusal, delete, list, refusals_of, save, show};
pub use depart::{Departure, Waiting, depart};
pub use link::{LinkError, LinkPage, add, link, link_page};
pub use metadata::service_provider_metadata;
pub use openidconnect::{HttpRequest, HttpResponse};
pub use rollover::{Looked, approve, refresh};
pub(crate) use rollover::{fetch as fetch_metadata, look_at_all};
pub use saml_keys::{Rotated, rotate_saml_keys};
pub use upstream_http::{UpstreamHttp, UpstreamHttpError};
pub use upstreams::{UpstreamChoice, choices, serving, warnings};
pub(crate) use upstreams::{Upstreams, check_metadata, forced_for, is_enabled, open_client_secret, seal_client_secret};

use crate::authorize::AuthorizePageError;

/// Why nobody came in. What an identity provider's message breaks is for the audit trail, never for the browser that brought it.
#[derive(Debug, Error)]
pub enum FederationError {
    /// No such connection, or a disabled one.
    #[error("There is no sign-in at this address.")]
    UnknownConnection,
    /// The answer was refused, or its user may not come in.
    #[error("The sign-in at your organisation was not accepted here.")]
    Refused,
    /// The identity provider cannot be asked.
    #[error("The sign-in at your organisation cannot be reached at the moment. Try again shortly.")]
    Unreachable,
    /// Too many browsers of one address are under way.
    #[error("Too many sign-ins from your network are under way. Try again in a few minutes.")]
    TooMany,
    /// The request that the sign-in was for.
    #[error(transparent)]
    Request(#[from] AuthorizePageError),
    /// A message to the identity provider cannot be made.
    #[error("The service is not available at the moment. Try again shortly.")]
    Message(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database is out of reach.
    #[error("The service is not available at the moment. Try again shortly.")]
    Unavailable(#[from] StorageError),
}

impl FederationError {
    /// HTTP status of the page.
    pub fn status(&self) -> u16 {
        match self {
            Self::UnknownConnection => 404,
            Self::Refused => 403,
            Self::TooMany => 429,
            Self::Request(error) => error.status(),
            Self::Unreachable | Self::Message(_) | Self::Unavailable(_) => 503,
        }
    }
}

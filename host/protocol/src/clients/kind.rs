//! Kinds of clients, each with the settings that it is best off with.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// What a client is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClientKind {
    /// An application on a server, which keeps a secret.
    Web,
    /// An application in a browser.
    Spa,
    /// An application on a phone or a computer.
    Native,
    /// A program that acts for itself.
    Service,
}

impl ClientKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Web, Self::Spa, Self::Native, Self::Service];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Spa => "spa",
            Self::Native => "native",
            Self::Service => "service",
        }
    }

    /// The kind of a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The members of a client's settings that come with the kind.
    pub fn settings(self) -> Map<String, Value> {
        let (client_type, grant_types) = match self {
            Self::Web => ("confidential", json!(["authorization_code", "refresh_token"])),
            Self::Spa | Self::Native => ("public", json!(["authorization_code", "refresh_token"])),
            Self::Service => ("confidential", json!(["client_credentials"])),
        };
        Map::from_iter([("type".to_owned(), json!(client_type)), ("grantTypes".to_owned(), grant_types)])
    }
}

//! Typed identifiers: one type per kind, so that none is mistaken for another.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// From the number in the directory.
            pub const fn new(id: u64) -> Self {
                Self(id)
            }

            /// The number in the directory.
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String, format = "uuid")]
        pub struct $name(Uuid);

        impl $name {
            /// From a UUID.
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// The UUID.
            pub const fn get(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            /// Accepts the canonical form only: 36 characters, lower case, so that one id has one spelling.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let id = Uuid::parse_str(text)?;
                if id.hyphenated().to_string() == text { Ok(Self(id)) } else { Uuid::parse_str("not canonical").map(Self) }
            }
        }
    };
}

number_id!(
    /// A user, in the directory.
    UserId
);
number_id!(
    /// A customer, shown as `customer_id`.
    CustomerId
);
number_id!(
    /// A domain, shown as `domain_id`.
    DomainId
);
number_id!(
    /// A group, in the directory.
    GroupId
);
uuid_id!(
    /// A relying party: the `client_id` of RFC 6749 §2.2.
    ClientId
);
uuid_id!(
    /// The grant a client lives on; the `sid` of its tokens.
    ClientSessionId
);
uuid_id!(
    /// A sign-in of a user in one browser.
    BrowserSessionId
);

/// The `sub` of a user: stable, opaque, never reused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct SubjectIdentifier(String);

impl SubjectIdentifier {
    /// From its text.
    pub fn new(subject: impl Into<String>) -> Self {
        Self(subject.into())
    }

    /// The text, as in tokens.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SubjectIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ClientId {
    /// The id that belongs to a text: always the same, and nobody else's (a UUID of version 8 over its SHA-256).
    pub fn derived_from(text: &str) -> Self {
        let digest = digest(&SHA256, text.as_bytes());
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(digest.as_ref()).for_each(|(byte, of_digest)| *byte = *of_digest);
        Self::new(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_id_has_one_spelling() {
        let text = "021269c5-04c3-4399-a206-32659c489803";
        assert_eq!(text.parse::<ClientId>().map(|id| id.to_string()).ok().as_deref(), Some(text));
        for other in
            ["021269C5-04C3-4399-A206-32659C489803", "021269c504c34399a20632659c489803", "{021269c5-04c3-4399-a206-32659c489803}", ""]
        {
            assert!(other.parse::<ClientId>().is_err(), "{other}");
        }
    }
}

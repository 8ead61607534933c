//! The directory: who the users are, whom they belong to and what they may do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::ids::{CustomerId, DomainId, SubjectIdentifier, UserId};

/// A named thing with a number: a group, a customer or a domain, as claims show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Number in the directory.
    pub id: u64,
    /// Short name, unique among its kind.
    pub shortname: String,
    /// Name for people.
    pub name: String,
}

/// A function (a named permission) granted to a user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FunctionGrant {
    /// Name of the function.
    pub function: String,
    /// The customer the grant is for; none = every customer.
    pub customer: Option<u64>,
}

/// Everything the directory knows of one user, read in one query at the start of an issuance.
///
/// Lists are sorted by name, so the same directory always gives the same claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectorySnapshot {
    /// Number in the directory.
    pub id: UserId,
    /// The stable, opaque `sub`.
    pub subject: SubjectIdentifier,
    /// What the user types to sign in.
    pub username: String,
    /// Display name.
    pub name: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Whether the address was verified.
    pub email_verified: bool,
    /// Telephone number, E.164 by convention.
    pub phone: Option<String>,
    /// Whether the number was verified.
    pub phone_verified: bool,
    /// The customer the user belongs to.
    pub customer: Option<Named>,
    /// The domain of that customer.
    pub domain: Option<Named>,
    /// Groups the user is a member of, by short name.
    pub groups: Vec<Named>,
    /// Role names, sorted.
    pub roles: Vec<String>,
    /// Functions granted.
    pub functions: Vec<FunctionGrant>,
    /// Which of these groups and functions come from an upstream identity provider alone.
    pub federated: FederatedMemberships,
    /// Free attributes of the organisation.
    pub attributes: BTreeMap<String, Vec<String>>,
    /// Unguessable path segment of the user's picture.
    pub picture_key: String,
    /// Whether the user administers this installation.
    pub admin: bool,
    /// A disabled user signs in nowhere and receives no token.
    pub enabled: bool,
}

/// What upstream identity providers gave a user, and administrators did not: replaced at each sign-in there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FederatedMemberships {
    /// Short names.
    pub groups: Vec<String>,
    /// Functions granted.
    pub functions: Vec<FunctionGrant>,
}

/// Top of the hierarchy: customers belong to a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Number, shown as `domain_id`.
    pub id: DomainId,
    /// Unique short name.
    pub shortname: String,
    /// Name for people.
    pub name: String,
}

/// An organisation whose users sign in here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Number, shown as `customer_id`.
    pub id: CustomerId,
    /// The domain it belongs to.
    pub domain: DomainId,
    /// Unique short name, shown as `customer_shortname`.
    pub shortname: String,
    /// Name for people, shown as `customer_name`.
    pub name: String,
}

/// What user names are compared by: whatever the case of a letter, and however a keyboard composes it (RFC 8265 §3.3).
pub fn username_key(username: &str) -> String {
    username.to_lowercase().nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_name_is_one_in_every_form() {
        assert_eq!(username_key("\u{c5}SE"), username_key("a\u{30a}se"));
    }
}

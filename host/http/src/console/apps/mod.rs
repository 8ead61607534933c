//! `/apps`: clients that users register for themselves.

pub(crate) mod claims;
pub(crate) mod client;
pub(crate) mod list;
pub(crate) mod new;

use super::Visitor;
use crate::protocol::own_clients::Owner;

fn owner(visitor: &Visitor) -> Owner {
    Owner::of_session(&visitor.user, visitor.meta.clone())
}

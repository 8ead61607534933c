//! Pages for people who are signed in here: what they see and do about themselves.

pub(crate) mod account;

mod next;
mod visitor;

pub(crate) use next::NextPage;
pub(crate) use visitor::Visitor;

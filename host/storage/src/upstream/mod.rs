//! Identity providers of organisations: connections, who came in through them, and who is on the way.

pub mod idps;
pub mod keys;
pub mod links;
pub mod refusals;
pub mod requests;

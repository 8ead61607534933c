//! The directory, for administrators.

pub mod sessions;
pub mod users;

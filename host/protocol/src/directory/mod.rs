//! The directory, for administrators.

pub mod entries;
pub mod sessions;
pub mod users;

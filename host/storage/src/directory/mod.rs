//! The directory around the users: domains, customers, groups, roles and functions.

pub mod customers;
pub mod domains;
pub mod functions;
pub mod groups;
pub mod roles;

//! What the API answers, as far as this program reads it. Members it does not know are passed over: the server may be newer.

pub(crate) mod clients;
pub(crate) mod providers;
pub(crate) mod report;
pub(crate) mod traces;

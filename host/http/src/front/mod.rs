//! Endpoints that browsers are sent to: authorization, sign-in, consent, sign-out.

pub(crate) mod authorize;
pub(crate) mod consent;
pub(crate) mod federation;
pub(crate) mod home;
pub(crate) mod link;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod welcome;

pub(crate) mod answer;
pub(crate) mod redirect;

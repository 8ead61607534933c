//! Claims: the one place where what a token says about a user comes together.
//!
//! [`assemble::assemble`] serves code redemption, refresh, UserInfo, the consent page and the command line alike, so that
//! what is previewed is what is issued.

pub mod assemble;
pub mod attachment;
pub mod scope_claims;

//! Claims: the one place where what a token says about a user comes together.
//!
//! [`assemble::assemble`] serves code redemption, refresh, UserInfo, the consent page and the previews of administrators alike, so that
//! what is shown there is what is issued.

pub mod assemble;
pub mod attachment;
pub(crate) mod record;
pub mod run;
pub mod scope_claims;

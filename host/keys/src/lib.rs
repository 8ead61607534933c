//! Keys of Argus: what signs, what seals, what hashes.
//!
//! | module | what it does |
//! |---|---|
//! | [`seal`] | AES-256-GCM for what has to be stored but not read: private keys, pending requests, successors |
//! | [`signing_key`] | one signing key: made, sealed, opened, published |
//! | [`key_ring`] | every published key: signs and verifies JWTs, serves the JWKS |
//! | [`rotation`] | when a key is made, signs, stops and goes |
//! | [`password`] | argon2id on threads of its own |

pub mod key_ring;
pub mod password;
pub mod rotation;
pub mod saml_key;
pub mod seal;
pub mod signing_key;

mod system_random;

pub use key_ring::{KeyRing, TokenType, VerifyError};
pub use seal::SealingKey;
pub use system_random::SystemRandom;

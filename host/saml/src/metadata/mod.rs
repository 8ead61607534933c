//! Metadata (SAML 2.0 Metadata): what is read of an identity provider's, and what is told of us.
//!
//! Metadata are pinned as they were read and looked at by an administrator: signatures on them are not verified here, and the
//! addresses in them are not followed.

mod idp;
mod sp;

pub use self::idp::{Binding, IdpMetadata, SsoService};
pub use self::sp::{SpMetadata, SpMetadataError};

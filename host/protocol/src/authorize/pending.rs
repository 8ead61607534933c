//! A request that waits for sign-in or consent, sealed, in the hands of the browser.
//!
//! Nothing is stored for it, so a visitor without an account cannot fill the disk. It carries the parameters as they came:
//! they are validated again from the start when the browser comes back, whatever changed in between.

use std::time::Duration;

use argus_domain::Timestamp;
use argus_domain::grant::Consent;
use argus_domain::ids::SubjectIdentifier;
use argus_keys::seal::Purpose;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::AuthorizePageError;
use crate::argus::Argus;
use crate::params::Params;

/// How long a user may take to sign in and to decide.
const LIFETIME: Duration = Duration::from_secs(3600);

/// A request and the moment it arrived: a sign-in after that moment satisfies `prompt=login` and `max_age`.
#[derive(Serialize, Deserialize)]
pub(crate) struct PendingAuthorization {
    #[serde(rename = "p")]
    parameters: Vec<(String, String)>,
    #[serde(rename = "t")]
    pub(crate) requested_at: Timestamp,
    /// The consent page that was shown.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub(crate) shown: Option<Shown>,
}

/// What a consent page asked, and whom: nobody else's word counts, and for nothing else.
#[derive(Serialize, Deserialize)]
pub(crate) struct Shown {
    #[serde(rename = "u")]
    pub(crate) to: SubjectIdentifier,
    #[serde(rename = "a")]
    pub(crate) asked: Consent,
}

impl PendingAuthorization {
    pub(crate) fn new(params: &Params, requested_at: Timestamp) -> Self {
        Self { parameters: params.pairs().to_vec(), requested_at, shown: None }
    }

    pub(crate) fn params(&self) -> Params {
        Params::from_pairs(self.parameters.clone())
    }

    pub(crate) fn seal(&self, argus: &Argus) -> String {
        // Strings and numbers always serialize.
        let clear = serde_json::to_vec(self).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(argus.sealing().seal(Purpose::PendingAuthorization, &clear))
    }

    pub(crate) fn open(argus: &Argus, sealed: &str) -> Result<Self, AuthorizePageError> {
        let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| AuthorizePageError::Expired)?;
        let clear = argus.sealing().open(Purpose::PendingAuthorization, &sealed).map_err(|_| AuthorizePageError::Expired)?;
        let pending: Self = serde_json::from_slice(&clear).map_err(|_| AuthorizePageError::Expired)?;
        if argus.now().since(pending.requested_at) < LIFETIME { Ok(pending) } else { Err(AuthorizePageError::Expired) }
    }
}

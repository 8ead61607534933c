//! The use cases this crate serves, by the names it uses for them: the one place that knows how `argus-protocol` is laid out.

pub(crate) use argus_protocol::access::{self, BearerError};
pub(crate) use argus_protocol::account::password::{self, ChangePasswordError};
pub(crate) use argus_protocol::account::{self, applications, sessions};
pub(crate) use argus_protocol::administrator::{AdministrationError, Administrator};
pub(crate) use argus_protocol::authorize::{self, AuthorizationResponse, AuthorizeOutcome, AuthorizePageError, ResponseMode};
pub(crate) use argus_protocol::consent::{self, ConsentOutcome, ConsentPage};
pub(crate) use argus_protocol::end_session::{self, EndSessionOutcome, EndSessionPageError};
pub(crate) use argus_protocol::federation::{self, Arrived, FederationError, LinkError, Waiting};
#[cfg(test)]
pub(crate) use argus_protocol::release::{ReleasedClaim, ReleasedScope};
pub(crate) use argus_protocol::session::SignedIn;
pub(crate) use argus_protocol::settings::Issuer;
pub(crate) use argus_protocol::sign_in::{self, NewSession, SignInError};
pub(crate) use argus_protocol::userinfo::{self, UserInfoError};
pub(crate) use argus_protocol::{Argus, OAuthError, Params, RequestMeta, log_failure};
pub(crate) use argus_protocol::{
    audit, claim_providers, client_claims, clients, cors, directory, export, import, introspect, key_management, me, one_time_link,
    overview, own_clients, picture, revoke, session, token, trace,
};

//! Making tokens: claims assembled, access token (RFC 9068), ID token (OpenID Connect Core §2) and refresh token signed.

use argus_domain::claim::Target;
use argus_domain::directory::DirectorySnapshot;
use argus_domain::grant::SignIn;
use argus_domain::ids::{ClientId, ClientSessionId};
use argus_domain::oauth::GrantType;
use argus_domain::scope::ScopeSet;
use argus_domain::signing::SigningAlgorithm;
use argus_domain::{Random, Timestamp};
use argus_keys::TokenType;
use argus_keys::key_ring::{SignError, at_hash};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{TokenError, TokenResponse};
use crate::argus::Argus;
use crate::claims::assemble::{Assembled, AssemblyRequest, ProviderFailed, assemble};
use crate::registry::PreparedClient;
use crate::rollout;
use crate::settings::seconds;

/// Claims of a refresh token. Only this server reads them, and what it stored decides.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RefreshTokenClaims {
    pub(crate) iss: String,
    pub(crate) sub: String,
    pub(crate) aud: String,
    pub(crate) exp: i64,
    pub(crate) iat: i64,
    pub(crate) jti: String,
    pub(crate) client_id: String,
    /// The client session, which is the family.
    pub(crate) sid: ClientSessionId,
    /// Place in the family.
    pub(crate) generation: u64,
}

/// What tokens are made for.
pub(crate) struct Issue<'a> {
    pub(crate) client: &'a PreparedClient,
    pub(crate) user: &'a DirectorySnapshot,
    pub(crate) session: ClientSessionId,
    pub(crate) scopes: &'a ScopeSet,
    pub(crate) sign_in: &'a SignIn,
    pub(crate) nonce: Option<&'a str>,
    pub(crate) grant_type: GrantType,
    pub(crate) now: Timestamp,
}

/// Tokens of a user, made but not yet on record.
pub(crate) struct Issued {
    pub(crate) access_token: String,
    pub(crate) expires_in: u64,
    pub(crate) id_token: Option<String>,
    pub(crate) assembled: Assembled,
    pub(crate) jti: String,
}

impl Issued {
    /// The answer to the client. With it, shadow versions get their turn.
    pub(super) fn into_response(
        mut self,
        argus: &Argus,
        scopes: &ScopeSet,
        refresh_token: Option<String>,
        correlation_id: &str,
    ) -> TokenResponse {
        argus.rollout().submit(&mut self.assembled, correlation_id);
        TokenResponse {
            access_token: self.access_token,
            token_type: "Bearer",
            expires_in: self.expires_in,
            scope: scopes.to_string(),
            refresh_token,
            id_token: self.id_token,
        }
    }
}

impl Issue<'_> {
    /// Assembles the claims and signs access and ID token.
    pub(crate) async fn make(&self, argus: &Argus) -> Result<Issued, TokenError> {
        let audiences = argus.registry().audiences(&argus.settings().issuer, self.client, self.scopes).await?;
        let targets: &[Target] = if self.is_openid() { &[Target::IdToken, Target::AccessToken] } else { &[Target::AccessToken] };
        let assembled = self.assemble(argus, &audiences, targets).await;
        rollout::observe(argus, &assembled);
        Ok(self.sign(argus, &audiences, assembled?)?)
    }

    /// An ID token is for OpenID Connect requests only (OpenID Connect Core §3.1.2.1).
    pub(crate) fn is_openid(&self) -> bool {
        self.scopes.contains("openid")
    }

    /// The claims.
    pub(crate) async fn assemble(&self, argus: &Argus, audiences: &[String], targets: &[Target]) -> Result<Assembled, ProviderFailed> {
        let request = AssemblyRequest {
            user: self.user,
            scopes: self.scopes,
            audiences,
            sign_in: self.sign_in,
            grant_type: self.grant_type,
            issued_at: self.now,
            targets,
        };
        assemble(&argus.settings().issuer, self.client, request).await
    }

    /// The tokens with these claims.
    pub(crate) fn sign(&self, argus: &Argus, audiences: &[String], mut assembled: Assembled) -> Result<Issued, SignError> {
        let subject = self.user.subject.as_str();
        let lifetime = access_token_lifetime(argus, self.client);
        let jti = jti(argus.random());
        let access = AccessTokenRequest {
            client: self.client.client.id,
            subject,
            audiences,
            scopes: self.scopes,
            session: Some(self.session),
            jti: &jti,
            now: self.now,
            lifetime,
        };
        let access_token = access.sign(argus, std::mem::take(&mut assembled.access_token).into_object())?;
        let id_token = match self.is_openid() {
            false => None,
            true => Some(self.id_token(argus, subject, &access_token, std::mem::take(&mut assembled.id_token).into_object())?),
        };
        Ok(Issued { access_token, expires_in: lifetime.into(), id_token, assembled, jti })
    }

    fn id_token(&self, argus: &Argus, subject: &str, access_token: &str, claims: Map<String, Value>) -> Result<String, SignError> {
        let algorithm = self.client.client.settings.id_token_signed_response_alg;
        let now = self.now.unix_seconds();
        let mut token = Map::new();
        let mut set = |name: &str, value: Value| token.insert(name.to_owned(), value);
        set("iss", argus.settings().issuer.as_str().into());
        set("sub", subject.into());
        set("aud", self.client.client.id.to_string().into());
        set("exp", (now + i64::from(argus.settings().tokens.id_token_seconds)).into());
        set("iat", now.into());
        set("auth_time", self.sign_in.authenticated_at.unix_seconds().into());
        if let Some(nonce) = self.nonce {
            set("nonce", nonce.into());
        }
        set("amr", self.sign_in.amr.clone().into());
        set("at_hash", at_hash(algorithm, access_token).into());
        set("sid", self.session.to_string().into());
        token.extend(claims);
        argus.keys().sign(algorithm, TokenType::IdToken, &token)
    }

    /// Signs the refresh token of one generation.
    pub(super) fn refresh_token(&self, argus: &Argus, generation: u64, expires_at: Timestamp) -> Result<String, SignError> {
        let issuer = argus.settings().issuer.as_str();
        let claims = RefreshTokenClaims {
            iss: issuer.to_owned(),
            sub: self.user.subject.as_str().to_owned(),
            aud: issuer.to_owned(),
            exp: expires_at.unix_seconds(),
            iat: self.now.unix_seconds(),
            jti: jti(argus.random()),
            client_id: self.client.client.id.to_string(),
            sid: self.session,
            generation,
        };
        argus.keys().sign(SigningAlgorithm::default(), TokenType::RefreshToken, &claims)
    }
}

/// An access token to be signed.
pub(super) struct AccessTokenRequest<'a> {
    pub(super) client: ClientId,
    pub(super) subject: &'a str,
    pub(super) audiences: &'a [String],
    pub(super) scopes: &'a ScopeSet,
    pub(super) session: Option<ClientSessionId>,
    pub(super) jti: &'a str,
    pub(super) now: Timestamp,
    /// Seconds.
    pub(super) lifetime: u32,
}

impl AccessTokenRequest<'_> {
    /// RFC 9068 §2.2; one audience is a string, several are a list.
    pub(super) fn sign(&self, argus: &Argus, claims: Map<String, Value>) -> Result<String, SignError> {
        let now = self.now.unix_seconds();
        let mut token = Map::new();
        let mut set = |name: &str, value: Value| token.insert(name.to_owned(), value);
        set("iss", argus.settings().issuer.as_str().into());
        set("sub", self.subject.into());
        set("aud", if let [audience] = self.audiences { audience.as_str().into() } else { self.audiences.to_vec().into() });
        set("exp", (now + i64::from(self.lifetime)).into());
        set("iat", now.into());
        set("jti", self.jti.into());
        set("client_id", self.client.to_string().into());
        if !self.scopes.is_empty() {
            set("scope", self.scopes.to_string().into());
        }
        if let Some(session) = self.session {
            set("sid", session.to_string().into());
        }
        token.extend(claims);
        argus.keys().sign(SigningAlgorithm::default(), TokenType::AccessToken, &token)
    }
}

/// The client's access token lifetime within the server's maximum, in seconds.
pub(super) fn access_token_lifetime(argus: &Argus, client: &PreparedClient) -> u32 {
    let tokens = &argus.settings().tokens;
    client.client.settings.access_token_lifetime_seconds.unwrap_or(tokens.access_token_seconds).min(tokens.access_token_max_seconds)
}

/// When the refresh tokens of a session opened now stop working.
pub(super) fn refresh_token_end(argus: &Argus, client: &PreparedClient, now: Timestamp) -> Timestamp {
    let tokens = &argus.settings().tokens;
    let lifetime = client.client.settings.refresh_token_lifetime_seconds.unwrap_or(tokens.refresh_token_seconds);
    now.after(seconds(lifetime.min(tokens.refresh_token_max_seconds)))
}

/// 128 random bits.
pub(crate) fn jti(random: &dyn Random) -> String {
    let mut bytes = [0_u8; 16];
    random.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

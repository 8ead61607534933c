//! Signing in to a server as the person at the terminal, for the administration API: a native application of that server itself
//! (RFC 8252), with code, PKCE and a loopback redirect.
//!
//! The ID token is not looked at: this program asks the server who may do what, and decides nothing by itself. Tokens are never
//! printed or logged.

mod authorization_server;
mod callback;
mod page;
mod store;
mod window;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use argus_domain::pkce::CodeChallenge;
use argus_domain::secret::{Secret, SecretHash};
use argus_domain::{Clock, Random};
use argus_keys::SystemRandom;
use argus_protocol::settings::Issuer;

use self::authorization_server::AuthorizationServer;
use self::callback::{Callback, Expected};
use self::store::{TokenStore, Tokens};
use crate::commands::note;
use crate::https::Https;

/// How long a person may take.
const PATIENCE: Duration = Duration::from_secs(5 * 60);
/// An access token with less left is refreshed, so that it does not end on its way.
const LEAST_LEFT: Duration = Duration::from_secs(30);
/// An access token of somebody else's making, for programs that cannot open a browser.
const ACCESS_TOKEN: &str = "ARGUS_TOKEN";

/// What lets this program in.
pub(crate) enum Credential {
    /// A token from the environment.
    Given(Secret),
    /// A person's sign-in.
    Session(Session),
}

/// A person's sign-in at a server, kept from one command to the next.
pub(crate) struct Session {
    server: Issuer,
    store: TokenStore,
    clock: Clock,
    random: Arc<dyn Random>,
}

impl Credential {
    /// `ARGUS_TOKEN`, or the sign-in at the server, whether there is one yet or not.
    pub(crate) fn for_server(server: &Issuer) -> Result<Self> {
        match std::env::var(ACCESS_TOKEN) {
            Ok(token) if !token.is_empty() => Ok(Self::Given(Secret::new(token))),
            _ => Ok(Self::Session(Session::at(server)?)),
        }
    }

    /// A token to send. Signs in where there is none.
    pub(crate) async fn access_token(&self, https: &Https) -> Result<Secret> {
        match self {
            Self::Given(token) => Ok(token.clone()),
            Self::Session(session) => match session.current(None, https).await? {
                Some(token) => Ok(token),
                None => session.sign_in(https).await,
            },
        }
    }

    /// A token in place of one that the server did not accept; none when there can be no other.
    pub(crate) async fn instead_of(&self, refused: &Secret, https: &Https) -> Result<Option<Secret>> {
        match self {
            Self::Given(_) => {
                note("the access token in ARGUS_TOKEN was not accepted: set it to a valid one, or unset it to sign in with a browser");
                Ok(None)
            }
            Self::Session(session) => match session.current(Some(refused), https).await? {
                Some(token) => Ok(Some(token)),
                None => session.sign_in(https).await.map(Some),
            },
        }
    }
}

impl Session {
    /// The sign-in of whoever runs this program.
    pub(crate) fn at(server: &Issuer) -> Result<Self> {
        let store = TokenStore::in_folder(TokenStore::folder(|name| std::env::var_os(name))?);
        Ok(Self { server: server.clone(), store, clock: Clock::system(), random: Arc::new(SystemRandom) })
    }

    /// The access token, refreshed if need be; none when there is no sign-in, or its refresh token is dead.
    async fn current(&self, refused: Option<&Secret>, https: &Https) -> Result<Option<Secret>> {
        let usable = |tokens: &Tokens| {
            let refused = refused.is_some_and(|refused| SecretHash::of(refused.expose()).matches(tokens.access_token.expose()));
            !refused && tokens.expires_at > self.clock.now().after(LEAST_LEFT).unix_seconds()
        };
        let key = self.server.as_str();
        let Some(tokens) = self.store.read()?.remove(key) else { return Ok(None) };
        if usable(&tokens) {
            return Ok(Some(tokens.access_token));
        }
        // A refresh token works once. Of two commands at once, the second waits here and finds what the first was given.
        let locked = self.store.lock().await?;
        let Some(tokens) = locked.read()?.remove(key) else { return Ok(None) };
        if usable(&tokens) {
            return Ok(Some(tokens.access_token));
        }
        let Some(refresh_token) = &tokens.refresh_token else {
            locked.set(key, None)?;
            return Ok(None);
        };
        let server = AuthorizationServer::discover(https, &self.server).await?;
        let granted = server.refresh(refresh_token).await?;
        match granted {
            Some(granted) => {
                let next = granted.into_tokens(self.clock.now(), tokens.refresh_token);
                let access_token = next.access_token.clone();
                // Stored before it is used: the old refresh token is dead by now.
                locked.set(key, Some(next))?;
                Ok(Some(access_token))
            }
            None => {
                locked.set(key, None)?;
                Ok(None)
            }
        }
    }

    /// Has a person sign in with a browser, and keeps the tokens.
    pub(crate) async fn sign_in(&self, https: &Https) -> Result<Secret> {
        // Before anybody types a password for nothing.
        self.store.check()?;
        let server = AuthorizationServer::discover(https, &self.server).await?;
        let callback = Callback::bind().await?;
        let (state, verifier) = (Secret::new(self.random.token()), Secret::new(self.random.token()));
        let url = server.authorization_url(callback.redirect_uri(), &state, &CodeChallenge::of(verifier.expose()));
        note(&format!("Sign in to {} with a browser, at\n\n{url}\n", self.server.as_str()));
        window::open(&url);
        let redirect_uri = callback.redirect_uri().to_owned();
        let expected = Expected { state: state.hash(), issuer: self.server.as_str().to_owned() };
        let code = callback.code(expected, PATIENCE).await.context("nobody signed in")?;
        let granted = server.redeem(&code, &verifier, &redirect_uri).await?;
        let tokens = granted.into_tokens(self.clock.now(), None);
        let access_token = tokens.access_token.clone();
        self.store.lock().await?.set(self.server.as_str(), Some(tokens))?;
        note(&format!("signed in to {}", self.server.as_str()));
        Ok(access_token)
    }

    /// Forgets the sign-in and revokes its refresh token (RFC 7009), with which the server ends its access tokens; says whether there
    /// was one.
    pub(crate) async fn sign_out(&self, https: &Https) -> Result<bool> {
        let key = self.server.as_str();
        let locked = self.store.lock().await?;
        let Some(tokens) = locked.read()?.remove(key) else { return Ok(false) };
        // Forgotten first: it is gone from here even when the server cannot be reached.
        locked.set(key, None)?;
        let token = tokens.refresh_token.as_ref().unwrap_or(&tokens.access_token);
        let revoked = async { AuthorizationServer::discover(https, &self.server).await?.revoke(token).await };
        revoked.await.context("the sign-in is forgotten here, but the server could not be told; its tokens end by themselves")?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests;

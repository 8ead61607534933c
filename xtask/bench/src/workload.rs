//! The workloads: what one operation of each is.

use std::sync::Arc;

use anyhow::{Context, Result};

use crate::browser::Browser;
use crate::document::{CLAIMS, Credentials, LOOPING, PASSWORD, PLAIN, SERVICE, SHADOWED, WITH_CLAIMS, username};
use crate::http::Connection;
use crate::installation::Installation;
use crate::relying_party::{self, RelyingParty, Tokens};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workload {
    /// Authorization request by a signed-in browser, code exchanged with PKCE for all tokens.
    Code,
    /// The same with both built-in claim providers.
    CodeClaims,
    /// The same with versions in the shadow of both.
    CodeShadow,
    /// Refresh with rotation.
    Refresh,
    /// The same with both built-in claim providers.
    RefreshClaims,
    /// A token for the client itself.
    ClientCredentials,
    /// Claims for an access token.
    UserInfo,
    /// Whether an access token is live.
    Introspection,
    /// Discovery document and keys in turn.
    Discovery,
    /// As `Code`, from a browser without cookies: with password.
    SignIn,
    /// As `Code`, with a claim provider that loops and is left out. Measured is what it does to others.
    Looping,
}

impl Workload {
    /// Those with a figure of their own, in the order of measuring.
    pub(crate) const ALL: [Self; 10] = [
        Self::Code,
        Self::CodeClaims,
        Self::CodeShadow,
        Self::Refresh,
        Self::RefreshClaims,
        Self::ClientCredentials,
        Self::UserInfo,
        Self::Introspection,
        Self::Discovery,
        Self::SignIn,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::CodeClaims => "code-claims",
            Self::CodeShadow => "code-shadow",
            Self::Refresh => "refresh",
            Self::RefreshClaims => "refresh-claims",
            Self::ClientCredentials => "client-credentials",
            Self::UserInfo => "userinfo",
            Self::Introspection => "introspection",
            Self::Discovery => "discovery",
            Self::SignIn => "sign-in",
            Self::Looping => "looping",
        }
    }

    pub(crate) fn parse(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|workload| workload.name() == name);
        found.with_context(|| format!("there is no workload `{name}`"))
    }

    fn credentials(self) -> &'static Credentials {
        match self {
            Self::CodeClaims | Self::RefreshClaims => &WITH_CLAIMS,
            Self::CodeShadow => &SHADOWED,
            Self::ClientCredentials => &SERVICE,
            Self::Looping => &LOOPING,
            _ => &PLAIN,
        }
    }

    fn claims(self) -> &'static [&'static str] {
        match self {
            Self::CodeClaims | Self::CodeShadow => &CLAIMS,
            _ => &[],
        }
    }
}

/// One virtual user: a browser and a relying party on a connection of their own.
pub(crate) struct VirtualUser {
    workload: Workload,
    connection: Connection,
    browser: Browser,
    relying_party: RelyingParty,
    tokens: Option<Tokens>,
    operations: u64,
}

impl VirtualUser {
    /// Makes a virtual user and signs it in, unless signing in is what is measured.
    pub(crate) async fn prepare(installation: &Arc<Installation>, workload: Workload, number: usize) -> Result<Self> {
        let mut user = Self {
            workload,
            connection: Connection::new(&installation.authority),
            browser: Browser::new(&installation.origin, &username(number), PASSWORD),
            relying_party: RelyingParty::new(&installation.origin, workload.credentials(), number),
            tokens: None,
            operations: 0,
        };
        if !matches!(workload, Workload::ClientCredentials | Workload::Discovery | Workload::SignIn) {
            user.tokens = Some(user.sign_in().await?);
        }
        Ok(user)
    }

    /// One operation.
    pub(crate) async fn operate(&mut self) -> Result<()> {
        self.operations += 1;
        match self.workload {
            Workload::Code | Workload::CodeClaims | Workload::CodeShadow | Workload::Looping => self.sign_in().await.map(drop),
            Workload::SignIn => {
                self.browser.clear_cookies();
                self.sign_in().await.map(drop)
            }
            Workload::Refresh | Workload::RefreshClaims => {
                let tokens = self.relying_party.refresh(&mut self.connection, &tokens(&self.tokens)?.refresh_token).await?;
                self.tokens = Some(tokens);
                Ok(())
            }
            Workload::ClientCredentials => self.relying_party.client_credentials(&mut self.connection, "bench:read").await,
            Workload::UserInfo => relying_party::user_info(&mut self.connection, &tokens(&self.tokens)?.access_token).await,
            Workload::Introspection => self.relying_party.introspect(&mut self.connection, &tokens(&self.tokens)?.access_token).await,
            Workload::Discovery if self.operations.is_multiple_of(2) => {
                relying_party::document(&mut self.connection, "/.well-known/jwks.json", "\"keys\"").await
            }
            Workload::Discovery => relying_party::document(&mut self.connection, "/.well-known/openid-configuration", "\"issuer\"").await,
        }
    }

    async fn sign_in(&mut self) -> Result<Tokens> {
        self.relying_party.sign_in(&mut self.connection, &mut self.browser, self.workload.claims()).await
    }
}

fn tokens(tokens: &Option<Tokens>) -> Result<&Tokens> {
    tokens.as_ref().context("a virtual user that was not signed in")
}

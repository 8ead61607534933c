//! What the tests of this crate share: an engine with a compiling process, and one issuance.
#![expect(dead_code, reason = "each test binary uses a part of this")]

use std::collections::BTreeMap;
use std::path::Path;

use argus_claims::{ClaimProviderComponent, CompilerProcess, Engine, EngineLimits, Invocation, LoadError, Registry};
use argus_domain::claim::Target;
use argus_domain::directory::{DirectorySnapshot, FunctionGrant, Named};
use argus_domain::facts::Facts;
use argus_domain::ids::{SubjectIdentifier, UserId};
use argus_domain::issuance::{Issuance, IssuanceClient, IssuanceRequest, IssuanceSession, Plan};
use tempfile::TempDir;

/// An engine with an empty cache.
pub(crate) struct Sandbox {
    pub(crate) registry: Registry,
    pub(crate) directory: TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self::with(EngineLimits::default())
    }

    pub(crate) fn with(limits: EngineLimits) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        Self { registry: registry(limits, directory.path()), directory }
    }

    /// Loads a guest of `tests/guests`.
    pub(crate) async fn load(&self, guest: &str) -> Result<ClaimProviderComponent, LoadError> {
        self.registry.load(argus_test_guests::guest(guest)).await
    }

    /// Loads a guest, has it check `{}` and runs it.
    pub(crate) async fn run(&self, guest: &str) -> Invocation {
        invoke(&self.load(guest).await.expect("loads"), "{}", &issuance(&alice())).await
    }

    /// The same engine serves the next as if nothing had been.
    pub(crate) async fn still_works(&self) {
        let claims = self.run("good").await.outcome.expect("the good guest is well");
        assert_eq!(claims[0].name.as_str(), "level");
        assert_eq!(claims[0].value, "gold");
    }
}

/// A registry over a cache directory.
pub(crate) fn registry(limits: EngineLimits, cache: &Path) -> Registry {
    let compiler = CompilerProcess { program: env!("CARGO_BIN_EXE_argus-compile-component").into(), args: vec![] };
    Registry::new(Engine::new(limits, cache, compiler).expect("an engine"))
}

/// Checks a configuration and runs the provider with it.
pub(crate) async fn invoke(component: &ClaimProviderComponent, configuration: &str, issuance: &Issuance<'_>) -> Invocation {
    let plan: Plan = component.validate_configuration(configuration).await.expect("the configuration is accepted");
    component.claims(configuration, &plan, Facts::ALL, issuance).await
}

/// A user without anything.
pub(crate) fn alice() -> DirectorySnapshot {
    DirectorySnapshot {
        id: UserId::new(7),
        subject: SubjectIdentifier::new("c3ViamVjdA"),
        username: "alice".into(),
        name: "Alice A".into(),
        email: Some("alice@example.com".into()),
        email_verified: true,
        phone: None,
        phone_verified: false,
        customer: None,
        domain: None,
        groups: vec![],
        roles: vec![],
        functions: vec![],
        attributes: BTreeMap::new(),
        federated: Default::default(),
        picture_key: "unguessable".into(),
        admin: false,
        enabled: true,
    }
}

/// A user in groups.
pub(crate) fn member_of(groups: &[&str]) -> DirectorySnapshot {
    let groups = groups.iter().zip(1..).map(|(name, id)| Named { id, shortname: (*name).into(), name: format!("Group {name}") }).collect();
    DirectorySnapshot { groups, ..alice() }
}

/// A user with functions, each for one customer or for every one.
pub(crate) fn granted(functions: &[(&str, Option<u64>)]) -> DirectorySnapshot {
    let functions = functions.iter().map(|(name, customer)| FunctionGrant { function: (*name).into(), customer: *customer }).collect();
    DirectorySnapshot { functions, ..alice() }
}

/// An issuance of an ID token for a client without a customer.
pub(crate) fn issuance(user: &DirectorySnapshot) -> Issuance<'_> {
    for_customer(user, None)
}

/// An issuance of an ID token for a client of a customer.
pub(crate) fn for_customer(user: &DirectorySnapshot, customer: Option<u64>) -> Issuance<'_> {
    Issuance {
        user,
        client: IssuanceClient { id: "021269c5-04c3-4399-a206-32659c489803", name: "Case desk", customer },
        request: IssuanceRequest {
            issuer: "https://id.example.com",
            target: Target::IdToken,
            grant_type: "authorization_code",
            scopes: &["openid", "profile"],
            audiences: &["https://cases.example.com"],
            issued_at: 1_750_000_000,
        },
        session: IssuanceSession { authenticated_at: 1_749_999_000, amr: &[], acr: None, federated_by: None, client_ip: Some("192.0.2.1") },
    }
}

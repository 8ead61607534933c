//! The server's engine, and one issuance.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use argus_claims::{ClaimProviderComponent, CompilerProcess, Engine, EngineLimits, Invocation, Registry};
use argus_domain::claim::Target;
use argus_domain::directory::DirectorySnapshot;
use argus_domain::facts::Facts;
use argus_domain::ids::{SubjectIdentifier, UserId};
use argus_domain::issuance::{Issuance, IssuanceClient, IssuanceRequest, IssuanceSession};
use tempfile::TempDir;

/// A component as the server has it loaded, and the directory of its compiled code.
pub(crate) struct Loaded {
    pub(crate) provider: ClaimProviderComponent,
    _cache: TempDir,
}

pub(crate) async fn load(component: &Path) -> Loaded {
    let cache = tempfile::tempdir().expect("a folder");
    let compiler = CompilerProcess { program: env!("CARGO_BIN_EXE_argus-toolkit-compile-component").into(), args: vec![] };
    let registry = Registry::new(Engine::new(EngineLimits::default(), cache.path(), compiler).expect("an engine"));
    let bytes = fs::read(component).expect("the component");
    // The time 10,000 groups take is not what is tested, and a test runs beside others.
    let provider = registry.load(bytes).await.unwrap_or_else(|error| panic!("{error}")).with_budget_ms(5_000);
    Loaded { provider, _cache: cache }
}

impl Loaded {
    /// Has a configuration checked and runs the provider with it.
    pub(crate) async fn run(&self, configuration: &str, user: &DirectorySnapshot) -> Invocation {
        let plan = self.provider.validate_configuration(configuration).await.expect("accepted");
        self.provider.claims(configuration, &plan, Facts::ALL, &issuance(user)).await
    }
}

/// A user with attributes and nothing else.
pub(crate) fn user(attributes: &[(&str, &[&str])]) -> DirectorySnapshot {
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
        attributes: attributes
            .iter()
            .map(|(name, values)| ((*name).into(), values.iter().map(|value| (*value).into()).collect()))
            .collect::<BTreeMap<_, _>>(),
        federated: Default::default(),
        picture_key: "unguessable".into(),
        admin: false,
        enabled: true,
    }
}

fn issuance(user: &DirectorySnapshot) -> Issuance<'_> {
    Issuance {
        user,
        client: IssuanceClient { id: "021269c5-04c3-4399-a206-32659c489803", name: "Case desk", customer: Some(3) },
        request: IssuanceRequest {
            issuer: "https://id.example.com",
            target: Target::Userinfo,
            grant_type: "authorization_code",
            scopes: &["openid", "profile"],
            audiences: &["https://cases.example.com"],
            issued_at: 1_750_000_000,
        },
        session: IssuanceSession {
            authenticated_at: 1_749_999_000,
            amr: amr(),
            acr: None,
            federated_by: Some("upstream"),
            client_ip: Some("192.0.2.1"),
        },
    }
}

fn amr() -> &'static [String] {
    static AMR: std::sync::LazyLock<Vec<String>> = std::sync::LazyLock::new(|| vec!["pwd".into(), "otp".into()]);
    &AMR
}

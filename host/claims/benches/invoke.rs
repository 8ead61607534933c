//! Processor time of one fresh invocation, beside one ES256 signature on the same machine at the same moment.
//!
//! The goal is a ratio: an invocation of a built-in provider costs at most 1.5 signatures. Processor time of this thread is measured, not
//! elapsed time, so that other work on the machine disturbs little.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Duration;

use argus_claims::{ClaimProviderComponent, CompilerProcess, Engine, EngineLimits, Registry, builtin};
use argus_domain::claim::Target;
use argus_domain::directory::{DirectorySnapshot, FunctionGrant, Named};
use argus_domain::facts::Facts;
use argus_domain::ids::{SubjectIdentifier, UserId};
use argus_domain::issuance::{Issuance, IssuanceClient, IssuanceRequest, IssuanceSession};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use criterion::{Criterion, criterion_group, criterion_main};
use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::{Builder, Runtime};

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

fn timed(work: impl FnOnce()) -> Duration {
    let started = processor_time();
    work();
    processor_time() - started
}

/// 20 groups and 10 functions, as a user of a larger organisation has.
fn user() -> DirectorySnapshot {
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
        groups: (0..20).map(|id| Named { id, shortname: format!("group{id:02}"), name: format!("Group number {id}") }).collect(),
        roles: vec![],
        functions: (0..10).map(|id| FunctionGrant { function: format!("argusFunction{id}"), customer: Some(id % 3) }).collect(),
        attributes: BTreeMap::new(),
        picture_key: String::new(),
        admin: false,
        enabled: true,
    }
}

fn issuance(user: &DirectorySnapshot) -> Issuance<'_> {
    Issuance {
        user,
        client: IssuanceClient { id: "021269c5-04c3-4399-a206-32659c489803", name: "Case desk", customer: Some(1) },
        request: IssuanceRequest {
            issuer: "https://id.example.com",
            target: Target::IdToken,
            grant_type: "authorization_code",
            scopes: &["openid", "profile", "email"],
            audiences: &["https://cases.example.com"],
            issued_at: 1_750_000_000,
        },
        session: IssuanceSession { authenticated_at: 1_749_999_000, amr: &[], acr: None, federated_by: None, client_ip: None },
    }
}

fn invocation(criterion: &mut Criterion, runtime: &Runtime, name: &str, component: &ClaimProviderComponent, configuration: &str) {
    let user = user();
    let issuance = issuance(&user);
    let plan = runtime.block_on(component.validate_configuration(configuration)).expect("a plan");
    criterion.bench_function(name, |bencher| {
        bencher.iter_custom(|iterations| {
            timed(|| {
                runtime.block_on(async {
                    for _ in 0..iterations {
                        let invocation = component.claims(configuration, &plan, Facts::ALL, &issuance).await;
                        assert!(black_box(invocation).outcome.is_ok());
                    }
                });
            })
        });
    });
}

fn benches(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().expect("a directory");
    let compiler = CompilerProcess { program: env!("CARGO_BIN_EXE_argus-compile-component").into(), args: vec![] };
    let engine = Engine::new(EngineLimits::default(), directory.path(), compiler).expect("an engine");
    let registry = Registry::new(engine);
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let load = |bytes: &[u8]| runtime.block_on(registry.load(bytes)).expect("loads");

    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let message = [b'x'; 900];
    criterion.bench_function("ES256 signature", |bencher| {
        bencher.iter_custom(|iterations| {
            timed(|| {
                for _ in 0..iterations {
                    black_box(key.sign(&SystemRandom::new(), &message).expect("signed"));
                }
            })
        });
    });
    invocation(criterion, &runtime, "trivial component", &load(argus_test_guests::guest("good")), "{}");
    let groups = r#"{"stringified":false,"allowedGroups":["group01","group05","group09","group15","other"]}"#;
    invocation(criterion, &runtime, "userGroups", &load(builtin::component("userGroups").expect("built in")), groups);
    let roles = r#"{"claimName":"roles","roleMapping":{"argusFunction1":"a","argusFunction4":"b","argusFunction7":"c","argusFunction9":"d","x":"e"}}"#;
    invocation(criterion, &runtime, "functionRoleMapping", &load(builtin::component("functionRoleMapping").expect("built in")), roles);
}

criterion_group!(all, benches);
criterion_main!(all);

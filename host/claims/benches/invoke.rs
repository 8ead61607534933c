//! Processor time of one fresh invocation and of one load, beside one ES256 signature on the same machine at the same moment.
//!
//! The goal is a ratio: an invocation of a built-in provider costs at most 1.5 signatures. Processor time is measured, not elapsed time,
//! so that other work on the machine disturbs little: of this thread for what runs on it, of the process for a load, part of which runs
//! on a thread of its own.
//!
//! The examples in `examples/claim-providers` are measured as far as `argus plugin build` has built them.

#![expect(clippy::print_stderr, reason = "says what is left out")]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
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

/// The examples, each with a configuration that makes it look through what [`user`] has.
const EXAMPLES: [(&str, &str); 4] = [
    (
        "rust-clearance",
        r#"{"claim":"clearance","levels":[
            {"name":"restricted","functions":["argusFunction1"]},
            {"name":"confidential","functions":["argusFunction4","argusFunction7"]},
            {"name":"secret","functions":["somethingElse"]}]}"#,
    ),
    (
        "go-cost-center",
        r#"{"claim":"cost_center","rules":[
            {"customer":"acme","group":"sales","costCenter":"4100"},
            {"customer":"other","costCenter":"4000"},
            {"group":"group19","costCenter":"7000"}]}"#,
    ),
    (
        "js-display-name",
        r#"{"claim":"display_name","defaultLocale":"en",
            "formats":{"en":"{givenName} {familyName}","nb":"{familyName}, {givenName}","zh-Hant":"{familyName}{givenName}"}}"#,
    ),
    (
        "python-regions",
        r#"{"claim":"regions","rules":[
            {"when":{"group":"group19"},"regions":["NO","SE","DK"]},
            {"when":{"customer":"acme"},"regions":["GB","NO"]},
            {"when":{"attribute":"office","equals":"oslo"},"regions":["NO-03"]}]}"#,
    ),
];

fn processor_time(of: ClockId) -> Duration {
    let time = clock_gettime(of);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

fn timed(of: ClockId, work: impl FnOnce()) -> Duration {
    let started = processor_time(of);
    work();
    processor_time(of) - started
}

/// 20 groups and 10 functions, as a user of a larger organisation has.
fn user() -> DirectorySnapshot {
    let attributes = [("familyName", "Nordmann"), ("givenName", "Kari"), ("locale", "nb-NO"), ("office", "oslo")];
    DirectorySnapshot {
        id: UserId::new(7),
        subject: SubjectIdentifier::new("c3ViamVjdA"),
        username: "alice".into(),
        name: "Alice A".into(),
        email: Some("alice@example.com".into()),
        email_verified: true,
        phone: None,
        phone_verified: false,
        customer: Some(Named { id: 1, shortname: "acme".into(), name: "Acme".into() }),
        domain: None,
        groups: (0..20).map(|id| Named { id, shortname: format!("group{id:02}"), name: format!("Group number {id}") }).collect(),
        roles: vec![],
        functions: (0..10).map(|id| FunctionGrant { function: format!("argusFunction{id}"), customer: Some(id % 3) }).collect(),
        attributes: attributes.map(|(name, value)| (name.to_owned(), vec![value.to_owned()])).into(),
        federated: Default::default(),
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

/// A component with its configuration.
type Attached<'a> = (&'a ClaimProviderComponent, &'a str);

/// One invocation of each component in turn, as at an issuance.
fn invocations(criterion: &mut Criterion, runtime: &Runtime, name: &str, attached: &[Attached<'_>]) {
    let user = user();
    let issuance = issuance(&user);
    let planned: Vec<_> = attached
        .iter()
        .map(|(component, configuration)| {
            let plan = runtime.block_on(component.validate_configuration(configuration)).expect("a plan");
            (component, configuration, plan)
        })
        .collect();
    criterion.bench_function(name, |bencher| {
        bencher.iter_custom(|iterations| {
            timed(ClockId::ThreadCPUTime, || {
                runtime.block_on(async {
                    for _ in 0..iterations {
                        for (component, configuration, plan) in &planned {
                            let invocation = component.claims(configuration, plan, Facts::ALL, &issuance).await;
                            assert!(black_box(invocation).outcome.is_ok());
                        }
                    }
                });
            })
        });
    });
}

/// What a server does with a component it compiled before: each load is into a registry of its own, from the directory of compiled code.
fn load(criterion: &mut Criterion, runtime: &Runtime, name: &str, engine: &Engine, component: &Arc<[u8]>) {
    criterion.bench_function(&format!("load {name}"), |bencher| {
        bencher.iter_custom(|iterations| {
            timed(ClockId::ProcessCPUTime, || {
                for _ in 0..iterations {
                    let registry = Registry::new(engine.clone());
                    black_box(runtime.block_on(registry.load(Arc::clone(component))).expect("loads"));
                }
            })
        });
    });
}

fn signature(criterion: &mut Criterion) {
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let message = [b'x'; 900];
    criterion.bench_function("ES256 signature", |bencher| {
        bencher.iter_custom(|iterations| {
            timed(ClockId::ThreadCPUTime, || {
                for _ in 0..iterations {
                    black_box(key.sign(&SystemRandom::new(), &message).expect("signed"));
                }
            })
        });
    });
}

fn benches(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().expect("a directory");
    let compiler = CompilerProcess { program: env!("CARGO_BIN_EXE_argus-compile-component").into(), args: vec![] };
    // Compiling isn't what is measured, and may take long on a machine that does other work.
    let limits = EngineLimits { compile_timeout_ms: 600_000, compile_cpu_seconds: 600, ..EngineLimits::default() };
    let engine = Engine::new(limits, directory.path(), compiler).expect("an engine");
    let registry = Registry::new(engine.clone());
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let loaded = |bytes: &[u8]| runtime.block_on(registry.load(bytes)).expect("loads");

    signature(criterion);
    let trivial = loaded(argus_test_guests::guest("good"));
    invocations(criterion, &runtime, "trivial component", &[(&trivial, "{}")]);
    let groups = r#"{"stringified":false,"allowedGroups":["group01","group05","group09","group15","other"]}"#;
    let user_groups = loaded(builtin::component("userGroups").expect("built in"));
    invocations(criterion, &runtime, "userGroups", &[(&user_groups, groups)]);
    let roles = r#"{"claimName":"roles","roleMapping":{"argusFunction1":"a","argusFunction4":"b","argusFunction7":"c","argusFunction9":"d","x":"e"}}"#;
    let role_mapping = loaded(builtin::component("functionRoleMapping").expect("built in"));
    invocations(criterion, &runtime, "functionRoleMapping", &[(&role_mapping, roles)]);
    invocations(criterion, &runtime, "both built-in", &[(&user_groups, groups), (&role_mapping, roles)]);
    load(criterion, &runtime, "userGroups", &engine, &builtin::component("userGroups").expect("built in").into());

    for (name, configuration) in EXAMPLES {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../examples/claim-providers/{name}/{name}.wasm"));
        let Ok(bytes) = std::fs::read(&file) else {
            eprintln!("{name} is left out: `argus plugin build examples/claim-providers/{name}` builds it");
            continue;
        };
        invocations(criterion, &runtime, name, &[(&loaded(&bytes), configuration)]);
        load(criterion, &runtime, name, &engine, &bytes.into());
    }
}

criterion_group!(all, benches);
criterion_main!(all);

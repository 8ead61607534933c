//! What reads and durable writes cost: elapsed time, since a commit waits for the disk.
//!
//! SQLite runs as in production, on the disk the build directory is on. PostgreSQL is the server of the tests, which does not wait
//! for the disk (`fsync=off`): its figures show the way to a server and back. Where there is no PostgreSQL, this says so.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot prepare its work has to end")]

use std::cell::Cell;
use std::time::{Duration, Instant};

use argus_domain::Timestamp;
use argus_domain::grant::{AuthorizationGrant, AuthorizationGrantState, ClientSession, RefreshTokenFamily, SignIn};
use argus_domain::ids::{BrowserSessionId, ClientId, ClientSessionId, GroupId, SubjectIdentifier, UserId};
use argus_domain::scope::ScopeSet;
use argus_domain::secret::SecretHash;
use argus_storage::users::{Memberships, NewUser, UserProfile};
use argus_storage::{DatabaseSettings, Store, authorization_grants, client_sessions, functions, groups, roles, users, versions};
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime};
use futures_util::future::try_join_all;
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_750_000_000);
const LATER: Timestamp = Timestamp::from_unix_seconds(1_760_000_000);

fn sign_in() -> SignIn {
    SignIn { authenticated_at: NOW, amr: vec!["pwd".to_owned()], client_ip: Some("192.0.2.7".to_owned()), federated_by: None }
}

/// A user with 20 groups, 3 roles and 10 functions, as one of a larger organisation has.
async fn add_user(store: &Store) -> UserId {
    store
        .write(|tx| {
            Box::pin(async move {
                let mut memberships = Memberships::default();
                for number in 0..20 {
                    let group = groups::upsert(tx, &format!("group{number:02}"), "A group of the organisation").await?;
                    memberships.groups.push(GroupId::new(group.id));
                }
                for number in 0..3 {
                    memberships.roles.push(roles::upsert(tx, &format!("role{number}")).await?.id);
                }
                for number in 0..10 {
                    memberships.functions.push((functions::upsert(tx, &format!("function{number}"), "").await?.id, None));
                }
                let profile =
                    UserProfile { username: "alice".to_owned(), name: "Alice A".to_owned(), enabled: true, ..UserProfile::default() };
                let (subject, picture_key) = (SubjectIdentifier::new("c3ViamVjdA"), "picture".to_owned());
                let user = users::insert(tx, &NewUser { subject, picture_key, password_hash: None, profile }, NOW).await?;
                users::replace_memberships(tx, user, &memberships).await?;
                Ok(user)
            })
        })
        .await
        .unwrap()
}

fn grant(number: u64, user: UserId) -> AuthorizationGrant {
    AuthorizationGrant {
        code_hash: SecretHash::of(&format!("code {number}")),
        client: ClientId::new(Uuid::from_u128(1)),
        user,
        browser_session: BrowserSessionId::new(Uuid::from_u128(2)),
        client_session: ClientSessionId::new(Uuid::from_u128(3)),
        redirect_uri: "https://case.example/callback".to_owned(),
        scopes: ScopeSet::parse("openid profile").unwrap(),
        nonce: Some("n-0S6_WzA2Mj".to_owned()),
        code_challenge: None,
        sign_in: sign_in(),
        expires_at: LATER,
        state: AuthorizationGrantState::Approved,
    }
}

async fn open_session(store: &Store, user: UserId) -> ClientSessionId {
    let session = ClientSession {
        id: ClientSessionId::new(Uuid::from_u128(3)),
        client: ClientId::new(Uuid::from_u128(1)),
        user,
        browser_session: BrowserSessionId::new(Uuid::from_u128(2)),
        scopes: ScopeSet::parse("openid profile").unwrap(),
        sign_in: sign_in(),
        created_at: NOW,
        expires_at: LATER,
        revoked_at: None,
        refresh: Some(RefreshTokenFamily { generation: 1, rotated_at: NOW, successor: None }),
    };
    let id = session.id;
    store
        .write(move |tx| {
            let session = session.clone();
            Box::pin(async move { client_sessions::insert(tx, &session).await })
        })
        .await
        .unwrap();
    id
}

/// One counter counts: the smallest write there is.
async fn count(store: &Store) -> Result<u64, argus_storage::StorageError> {
    store.write(|tx| Box::pin(async move { versions::bump(tx, "registry").await })).await
}

/// Takes codes one after the other; only the taking is timed.
fn take_codes(runtime: &Runtime, store: &Store, user: UserId, first: u64, codes: u64) -> Duration {
    runtime.block_on(async {
        let insertions = (first..first + codes)
            .map(|number| store.write(move |tx| Box::pin(async move { authorization_grants::insert(tx, &grant(number, user)).await })));
        try_join_all(insertions).await.unwrap();
        let started = Instant::now();
        for number in first..first + codes {
            let hash = SecretHash::of(&format!("code {number}"));
            let taken = store.write(move |tx| {
                let hash = hash.clone();
                Box::pin(async move { authorization_grants::redeem(tx, &hash, NOW).await })
            });
            assert!(taken.await.unwrap());
        }
        started.elapsed()
    })
}

fn engine(group: &mut BenchmarkGroup<'_, WallTime>, url: String) {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    // Room for as many codes as a measurement takes: they are stored before the clock starts.
    let settings = DatabaseSettings { write_queue: 1_000_000, ..DatabaseSettings::new(url) };
    let (store, user, session) = runtime.block_on(async {
        let store = Store::connect(&settings, "main").await.unwrap();
        store.migrate().await.unwrap();
        let user = add_user(&store).await;
        let session = open_session(&store, user).await;
        (store, user, session)
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("snapshot read", |bencher| {
        bencher.iter(|| runtime.block_on(async { users::snapshot(&mut store.read().await.unwrap(), user).await.unwrap().unwrap() }));
    });
    group.bench_function("single durable write", |bencher| bencher.iter(|| runtime.block_on(count(&store)).unwrap()));
    let next = Cell::new(0);
    group.bench_function("code taken", |bencher| {
        bencher.iter_custom(|codes| take_codes(&runtime, &store, user, next.replace(next.get() + codes), codes));
    });
    let mut generation = 1;
    group.bench_function("refresh token rotated", |bencher| {
        bencher.iter(|| {
            let expected = generation;
            let rotation =
                store.write(move |tx| Box::pin(async move { client_sessions::rotate(tx, session, expected, NOW, &[7; 600]).await }));
            assert!(runtime.block_on(rotation).unwrap());
            generation += 1;
        });
    });
    group.throughput(Throughput::Elements(64));
    group.bench_function("64 concurrent durable writes", |bencher| {
        bencher.iter(|| runtime.block_on(try_join_all((0..64).map(|_| count(&store)))).unwrap());
    });
    runtime.block_on(store.close());
}

fn sqlite(criterion: &mut Criterion) {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    engine(&mut criterion.benchmark_group("sqlite"), format!("sqlite:{}", directory.path().join("argus.db").display()));
}

#[expect(clippy::print_stderr, reason = "figures that are missing have to be accounted for")]
fn postgres(criterion: &mut Criterion) {
    match std::panic::catch_unwind(argus_test_postgres::database) {
        Ok(Some(url)) => engine(&mut criterion.benchmark_group("postgres"), url),
        Ok(None) | Err(_) => eprintln!("no figures of PostgreSQL: it is not available, as said above"),
    }
}

criterion_group!(benches, sqlite, postgres);
criterion_main!(benches);

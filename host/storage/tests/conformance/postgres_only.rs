//! What only PostgreSQL has: connections that break, deadlocks, commits that are refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use argus_storage::audit::{self, AuditFilter};
use argus_storage::{DatabaseSettings, StorageError, Store, claim_providers, shadow_runs, versions};
use argus_test_postgres::Server;
use tokio::sync::Barrier;

use crate::database::Database;
use crate::gate::{Gate, begin};
use crate::samples::{add_version, event, shadow_count, shadow_sample};

fn database_name(url: &str) -> &str {
    url.split(['/', '?']).nth(3).unwrap()
}

/// Ends every connection of the stores on a database, and waits until they are gone.
fn kill_connections(url: &str) {
    let name = database_name(url);
    let sql = format!(
        "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE datname = '{name}' AND application_name LIKE 'argus/%'"
    );
    let ended = Server::shared().run("postgres", &sql);
    assert!(!ended.is_empty() && ended.lines().all(|line| line == "t"), "{ended}");
}

/// A write that counts its runs, counts in the database and tells of it.
async fn count_and_tell(
    store: &Store,
    runs: &Arc<AtomicU32>,
    meanwhile: impl Fn() + Clone + Send + Sync + 'static,
) -> Result<u64, StorageError> {
    let runs = Arc::clone(runs);
    store
        .write(move |tx| {
            let (runs, meanwhile) = (Arc::clone(&runs), meanwhile.clone());
            Box::pin(async move {
                runs.fetch_add(1, Ordering::SeqCst);
                tx.audit(&event("told")).await?;
                let count = versions::bump(tx, "first").await?;
                tokio::task::block_in_place(meanwhile);
                versions::bump(tx, "second").await?;
                Ok(count)
            })
        })
        .await
}

/// What stands in the database: both counters, and the number of events, whose chain is whole.
async fn standing(store: &Store) -> (Option<u64>, Option<u64>, usize) {
    let counters = ask!(store, versions::get_all);
    let events = ask!(store, audit::list, &AuditFilter::default(), None, 100).records.len();
    assert_eq!(ask!(store, audit::verify).iter().map(|(_, count)| *count).sum::<u64>(), events as u64);
    (counters.get("first").copied(), counters.get("second").copied(), events)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_lost_while_idle_cost_nothing() {
    let Some(database) = Database::postgres() else { return };
    let store = database.store().await;
    let runs = Arc::default();
    for round in 1..=3 {
        assert_eq!(count_and_tell(&store, &runs, || {}).await.unwrap(), round);
        assert_eq!(standing(&store).await.2 as u64, round);
        kill_connections(&database.url);
    }
    // Read first as well.
    assert_eq!(standing(&store).await, (Some(3), Some(3), 3));
    store.ping().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_whose_connection_was_lost_reads_on() {
    let Some(database) = Database::postgres() else { return };
    let store = database.store().await;
    count_and_tell(&store, &Arc::default(), || {}).await.unwrap();
    let mut reader = store.read().await.unwrap();
    assert_eq!(versions::get_all(&mut reader).await.unwrap().len(), 2);
    kill_connections(&database.url);
    assert_eq!(versions::get_all(&mut reader).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_whose_connection_was_lost_runs_again_from_its_beginning() {
    let Some(database) = Database::postgres() else { return };
    let store = database.store().await;
    let runs = Arc::new(AtomicU32::new(0));
    let (url, counted) = (database.url.clone(), Arc::clone(&runs));
    let kill_once = move || {
        if counted.load(Ordering::SeqCst) == 1 {
            kill_connections(&url);
        }
    };
    assert_eq!(count_and_tell(&store, &runs, kill_once).await.unwrap(), 1, "nothing of the first run is left");
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    assert_eq!(standing(&store).await, (Some(1), Some(1), 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_whose_connection_is_lost_each_time_is_given_up_and_leaves_nothing() {
    let Some(database) = Database::postgres() else { return };
    let store = database.store().await;
    let runs = Arc::new(AtomicU32::new(0));
    let url = database.url.clone();
    let outcome = count_and_tell(&store, &runs, move || kill_connections(&url)).await;
    assert!(outcome.as_ref().is_err_and(StorageError::is_unavailable), "{outcome:?}");
    assert_eq!(runs.load(Ordering::SeqCst), 4);
    assert_eq!(standing(&store).await, (None, None, 0));
    assert_eq!(count_and_tell(&store, &runs, || {}).await.unwrap(), 1);
    assert_eq!(standing(&store).await, (Some(1), Some(1), 1));
}

/// Runs PL/pgSQL at the commit of each write that counts.
async fn at_commit(database: &Database, body: &str) {
    let sql = format!(
        "CREATE SEQUENCE commits; CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$; \
         CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON versions DEFERRABLE INITIALLY DEFERRED \
         FOR EACH ROW WHEN (NEW.name = 'second') EXECUTE FUNCTION at_commit()"
    );
    database.run(&sql).await;
}

/// Whether it took place nobody can tell, so it is neither acknowledged nor repeated.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_was_cut_off_is_an_error_and_not_repeated() {
    let Some(database) = Database::postgres() else { return };
    let store = database.store().await;
    at_commit(&database, "IF nextval('commits') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;").await;
    let runs = Arc::new(AtomicU32::new(0));
    let outcome = count_and_tell(&store, &runs, || {}).await;
    assert!(outcome.as_ref().is_err_and(StorageError::is_unavailable), "{outcome:?}");
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert_eq!(standing(&store).await, (None, None, 0));
    assert_eq!(count_and_tell(&store, &runs, || {}).await.unwrap(), 1);
    assert_eq!(standing(&store).await, (Some(1), Some(1), 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_could_not_be_serialised_is_tried_again() {
    let Some(database) = Database::postgres() else { return };
    let store = database.store().await;
    at_commit(&database, "IF nextval('commits') <= 3 THEN RAISE SQLSTATE '40001'; END IF;").await;
    let runs = Arc::new(AtomicU32::new(0));
    assert_eq!(count_and_tell(&store, &runs, || {}).await.unwrap(), 1);
    assert_eq!(runs.load(Ordering::SeqCst), 4);
    assert_eq!(standing(&store).await, (Some(1), Some(1), 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_is_refused_is_an_error_and_leaves_nothing() {
    let Some(database) = Database::postgres() else { return };
    let store = database.store().await;
    at_commit(&database, "IF nextval('commits') = 1 THEN RAISE EXCEPTION 'no'; END IF;").await;
    let runs = Arc::new(AtomicU32::new(0));
    let outcome = count_and_tell(&store, &runs, || {}).await;
    assert!(matches!(outcome, Err(StorageError::Driver(_))), "{outcome:?}");
    assert_eq!((runs.load(Ordering::SeqCst), standing(&store).await), (1, (None, None, 0)));
    assert_eq!(count_and_tell(&store, &runs, || {}).await.unwrap(), 1);
    assert_eq!(standing(&store).await, (Some(1), Some(1), 1));
}

/// Both nodes take one row and then want the other's: PostgreSQL ends one of them after a second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_nodes_that_block_each_other_both_succeed() {
    let Some(database) = Database::postgres() else { return };
    let both_have_one = Arc::new(Barrier::new(2));
    let write = |store: &Store, names: [&'static str; 2]| {
        let (store, barrier, runs) = (store.clone(), Arc::clone(&both_have_one), Arc::new(AtomicU32::new(0)));
        async move {
            let counted = Arc::clone(&runs);
            let outcome = store
                .write(move |tx| {
                    let (barrier, runs) = (Arc::clone(&barrier), Arc::clone(&counted));
                    Box::pin(async move {
                        tx.audit(&event("told")).await?;
                        versions::bump(tx, names[0]).await?;
                        if runs.fetch_add(1, Ordering::SeqCst) == 0 {
                            barrier.wait().await;
                        }
                        versions::bump(tx, names[1]).await
                    })
                })
                .await;
            outcome.map(|_| runs.load(Ordering::SeqCst))
        }
    };
    let (one, two) = (database.node("one").await, database.node("two").await);
    count_and_tell(&one, &Arc::default(), || {}).await.unwrap();
    let (first, second) = tokio::join!(write(&one, ["first", "second"]), write(&two, ["second", "first"]));
    assert!(first.unwrap() + second.unwrap() > 2, "PostgreSQL ended one of them, which ran again");
    assert_eq!(standing(&one).await, (Some(3), Some(3), 3));
}

/// What is told of a version waits until it is known whether that is deleted; then there is nothing to tell, and no error.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_of_a_version_while_it_is_deleted_waits_and_is_dropped() {
    let Some(database) = Database::postgres() else { return };
    let (one, two) = (database.node("one").await, database.node("two").await);
    add_version(&one, "level", "one").await;
    let deleted = Arc::new(Barrier::new(2));
    let delete = {
        let (deleted, url) = (Arc::clone(&deleted), database.url.clone());
        one.write(move |tx| {
            let (deleted, url) = (Arc::clone(&deleted), url.clone());
            Box::pin(async move {
                let outcome = claim_providers::delete_version(tx, "level", "one").await?;
                deleted.wait().await;
                let sql =
                    format!("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = '{}' AND wait_event_type = 'Lock'", database_name(&url));
                tokio::task::block_in_place(|| while Server::shared().run("postgres", &sql) != "1" {});
                Ok(outcome)
            })
        })
    };
    let tell = async {
        deleted.wait().await;
        commit!(two, tx, [], async {
            shadow_runs::add_counts(tx, "level", "one", &shadow_count(1, [1, 1, 1])).await?;
            shadow_runs::add_sample(tx, "level", "one", &shadow_sample(1), 10).await
        })
        .await
    };
    let (deleted, told) = tokio::join!(delete, tell);
    assert!(deleted.unwrap());
    told.unwrap();
    assert_eq!(database.count("claim_provider_shadow_counts").await, 0);
}

/// A restart: every connection ends, and new ones are refused for a while.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_out_of_reach_is_unavailable_and_used_again_when_it_is_back() {
    let Some(database) = Database::postgres() else { return };
    let store = database.store().await;
    let runs = Arc::default();
    assert_eq!(count_and_tell(&store, &runs, || {}).await.unwrap(), 1);
    let name = database.url.split(['/', '?']).nth(3).unwrap();
    let server = Server::shared();
    server.run("postgres", &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"));
    kill_connections(&database.url);
    let written = count_and_tell(&store, &runs, || {}).await;
    assert!(written.as_ref().is_err_and(StorageError::is_unavailable), "{written:?}");
    assert!(store.ping().await.is_err_and(|error| error.is_unavailable()));
    assert!(Store::connect(&DatabaseSettings::new(database.url.clone()), "late").await.is_err_and(|error| error.is_unavailable()));
    server.run("postgres", &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"));
    assert_eq!(count_and_tell(&store, &runs, || {}).await.unwrap(), 2);
    assert_eq!(standing(&store).await, (Some(2), Some(2), 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_that_waited_when_the_connection_broke_are_committed_once() {
    let Some(database) = Database::postgres() else { return };
    let store = database.store().await;
    let gate = Gate::close(&store).await;
    let writes = (0..40).map(|_| commit!(store, tx, [], versions::bump(tx, "first")));
    let mut writes = std::pin::pin!(futures_util::future::join_all(writes));
    begin(writes.as_mut());
    kill_connections(&database.url);
    // Its commit was under way when the connection broke, as far as anybody can tell.
    assert!(gate.open().await.is_err_and(|error| error.is_unavailable()));
    let counted: Vec<u64> = writes.await.into_iter().map(Result::unwrap).collect();
    assert_eq!(counted, (1..=40).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_copy_is_left_to_the_tools_of_postgresql() {
    let Some(database) = Database::postgres() else { return };
    let refused = database.store().await.backup(&std::env::temp_dir().join("never made.db")).await;
    assert!(matches!(refused, Err(StorageError::Configuration(_))), "{refused:?}");
}

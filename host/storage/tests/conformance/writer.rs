//! The writer: what waits is committed together, what fails fails alone, what is acknowledged stays.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argus_domain::ids::DomainId;
use argus_storage::audit::{self, AuditFilter};
use argus_storage::{BoxFuture, DatabaseSettings, StorageError, Store, Tx, domains, users, versions};
use futures_util::FutureExt;
use futures_util::future::{join_all, join3};

use crate::database::Database;
use crate::gate::{Gate, begin};
use crate::samples::{add_user, event};

on_both_engines!(
    writes_that_wait_are_committed_together_64_at_a_time,
    a_write_that_fails_fails_alone,
    a_write_that_panics_fails_alone,
    a_statement_that_failed_fails_its_write_whatever_that_says,
    after_a_failure_a_write_does_nothing_more,
    all_writes_of_a_batch_may_fail,
    a_batch_without_failure_runs_once,
    what_is_not_committed_nobody_else_sees,
    a_write_nobody_waits_for_is_committed,
    what_was_acknowledged_is_there_when_the_database_is_opened_again,
    closing_commits_what_waits_and_lets_nothing_in,
    a_full_queue_refuses_and_loses_nothing,
    a_read_given_up_halfway_spoils_nothing,
    more_readers_than_connections_wait_for_each_other,
);

fn unrelated() -> StorageError {
    StorageError::Configuration("a failure of this write alone".to_owned())
}

/// Counts under a name and tells of it in the trail.
async fn count_and_tell(tx: &mut Tx, name: &str) -> Result<u64, StorageError> {
    tx.audit(&event(name)).await?;
    versions::bump(tx, name).await
}

fn counting(store: &Store, name: impl Into<String>) -> impl Future<Output = Result<u64, StorageError>> + Send + 'static {
    let (store, name) = (store.clone(), name.into());
    async move { commit!(store, tx, [name], count_and_tell(tx, &name)).await }
}

/// What the trail tells of, in order.
async fn told(store: &Store) -> Vec<String> {
    let page = ask!(store, audit::list, &AuditFilter::default(), None, 10_000);
    page.records
        .iter()
        .map(|record| serde_json::from_str::<serde_json::Value>(&record.body).unwrap()["correlationId"].as_str().unwrap().to_owned())
        .collect()
}

async fn writes_that_wait_are_committed_together_64_at_a_time(database: Database) {
    let store = database.store().await;
    let gate = Gate::close(&store).await;
    let writes = (0..65).map(|number| {
        let (outside, name) = (store.clone(), format!("write {number}"));
        store.write(move |tx| {
            let (outside, name) = (outside.clone(), name.clone());
            Box::pin(async move {
                versions::bump(tx, &name).await?;
                let committed = versions::get_all(&mut *outside.read().await?).await?;
                Ok((versions::get_all(tx).await?.len(), committed.len()))
            })
        })
    });
    let mut writes = pin!(join_all(writes));
    begin(writes.as_mut());
    gate.open().await.unwrap();
    let seen: Vec<_> = writes.await.into_iter().map(Result::unwrap).collect();
    let together = (1..=64).map(|within| (within, 0));
    assert_eq!(seen, together.chain([(65, 64)]).collect::<Vec<_>>(), "writes seen from within and from outside");
}

/// Queues three writes, of which the one in the middle is `bad`; returns how that ended and how often it ran.
async fn between_neighbours<F>(store: &Store, bad: F) -> (Result<u64, StorageError>, usize)
where
    F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<u64, StorageError>> + Send + Sync + 'static,
{
    let runs = Arc::new(AtomicUsize::new(0));
    let (bad, counted) = (Arc::new(bad), Arc::clone(&runs));
    let gate = Gate::close(store).await;
    let middle = store.write(move |tx| {
        let (bad, counted) = (Arc::clone(&bad), Arc::clone(&counted));
        Box::pin(async move {
            counted.fetch_add(1, Ordering::SeqCst);
            count_and_tell(tx, "bad").await?;
            bad(tx).await
        })
    });
    let mut all = pin!(join3(counting(store, "before"), middle, counting(store, "after")));
    begin(all.as_mut());
    gate.open().await.unwrap();
    let (before, middle, after) = all.await;
    // 1: the run that was undone left nothing behind.
    assert_eq!((before.unwrap(), after.unwrap()), (1, 1));
    (middle, runs.load(Ordering::SeqCst))
}

/// Nothing of the write in the middle, everything of its neighbours.
async fn assert_only_neighbours(store: &Store) {
    assert_eq!(ask!(store, versions::get_all).into_keys().collect::<Vec<_>>(), ["after", "before"]);
    assert_eq!(told(store).await, ["before", "after"]);
    assert_eq!(ask!(store, audit::verify), [("main".to_owned(), 2)]);
}

async fn a_write_that_fails_fails_alone(database: Database) {
    let store = database.store().await;
    let (outcome, runs) = between_neighbours(&store, |_| Box::pin(async { Err(unrelated()) })).await;
    assert!(matches!(outcome, Err(StorageError::Configuration(_))), "{outcome:?}");
    assert_eq!(runs, 2, "once with the others, once behind a savepoint");
    assert_only_neighbours(&store).await;
}

async fn a_write_that_panics_fails_alone(database: Database) {
    let store = database.store().await;
    let (outcome, _) = between_neighbours(&store, |_| Box::pin(async { panic!("on purpose, to see who is harmed") })).await;
    assert!(matches!(outcome, Err(StorageError::Driver(_))), "{outcome:?}");
    assert_only_neighbours(&store).await;
    assert_eq!(counting(&store, "later").await.unwrap(), 1, "the writer goes on");
    // A write may panic before it gives a future.
    let outcome = store.write(|_| -> BoxFuture<'_, Result<(), StorageError>> { panic!("on purpose, at once") }).await;
    assert!(matches!(outcome, Err(StorageError::Driver(_))), "{outcome:?}");
    assert_eq!(counting(&store, "later").await.unwrap(), 2);
}

async fn a_statement_that_failed_fails_its_write_whatever_that_says(database: Database) {
    let store = database.store().await;
    commit!(store, tx, [], domains::upsert(tx, Some(DomainId::new(1)), "acme", "Acme")).await.unwrap();
    let (outcome, _) = between_neighbours(&store, |tx| {
        Box::pin(async move {
            let refused = domains::upsert(tx, Some(DomainId::new(1)), "other", "Other").await;
            assert!(refused.is_err());
            Ok(7)
        })
    })
    .await;
    assert!(outcome.as_ref().is_err_and(StorageError::is_conflict), "{outcome:?}");
    assert_only_neighbours(&store).await;
}

async fn after_a_failure_a_write_does_nothing_more(database: Database) {
    let store = database.store().await;
    commit!(store, tx, [], domains::upsert(tx, Some(DomainId::new(1)), "acme", "Acme")).await.unwrap();
    let (outcome, _) = between_neighbours(&store, |tx| {
        Box::pin(async move {
            let refused = domains::upsert(tx, Some(DomainId::new(1)), "other", "Other").await.unwrap_err();
            let read = domains::list(tx).await.unwrap_err();
            let written = versions::bump(tx, "bad").await.unwrap_err();
            assert_eq!([read.to_string(), written.to_string()], [refused.to_string(), refused.to_string()]);
            Err(refused)
        })
    })
    .await;
    assert!(outcome.as_ref().is_err_and(StorageError::is_conflict), "{outcome:?}");
    assert_only_neighbours(&store).await;
}

async fn all_writes_of_a_batch_may_fail(database: Database) {
    let store = database.store().await;
    let gate = Gate::close(&store).await;
    let mut writes = pin!(join_all((0..64).map(|_| {
        store.write(|tx| {
            Box::pin(async move {
                count_and_tell(tx, "bad").await?;
                Err::<(), _>(unrelated())
            })
        })
    })));
    begin(writes.as_mut());
    gate.open().await.unwrap();
    assert!(writes.await.iter().all(Result::is_err));
    assert!(ask!(store, versions::get_all).is_empty());
    assert_eq!(ask!(store, audit::verify), []);
    assert_eq!(counting(&store, "good").await.unwrap(), 1);
    assert_eq!(ask!(store, audit::verify), [("main".to_owned(), 1)]);
}

async fn a_batch_without_failure_runs_once(database: Database) {
    let store = database.store().await;
    let (outcome, runs) = between_neighbours(&store, |_| Box::pin(async { Ok(7) })).await;
    assert_eq!((outcome.unwrap(), runs), (7, 1));
    assert_eq!(told(&store).await, ["before", "bad", "after"]);
}

async fn what_is_not_committed_nobody_else_sees(database: Database) {
    let (store, other) = (database.store().await, database.node("other").await);
    let (here, there) = (store.clone(), other.clone());
    let seen = store
        .write(move |tx| {
            let (here, there) = (here.clone(), there.clone());
            Box::pin(async move {
                versions::bump(tx, "one").await?;
                let seen = [versions::get_all(&mut *here.read().await?).await?, versions::get_all(&mut *there.read().await?).await?];
                Ok(seen.map(|seen| seen.len()))
            })
        })
        .await;
    assert_eq!(seen.unwrap(), [0, 0]);
    assert_eq!([ask!(store, versions::get_all).len(), ask!(other, versions::get_all).len()], [1, 1]);
}

async fn a_write_nobody_waits_for_is_committed(database: Database) {
    let store = database.store().await;
    let gate = Gate::close(&store).await;
    {
        let mut given_up = Box::pin(counting(&store, "given up"));
        begin(given_up.as_mut());
    }
    gate.open().await.unwrap();
    assert_eq!(counting(&store, "later").await.unwrap(), 1);
    assert_eq!(told(&store).await, ["given up", "later"]);
}

async fn what_was_acknowledged_is_there_when_the_database_is_opened_again(database: Database) {
    const WRITES: u64 = 200;
    for close in [true, false] {
        let store = database.store().await;
        let writes = (0..WRITES).map(|number| tokio::spawn(counting(&store, format!("write {number}, closed: {close}"))));
        for acknowledged in join_all(writes).await {
            assert_eq!(acknowledged.unwrap().unwrap(), 1);
        }
        if close {
            store.close().await;
        }
        drop(store);
        let store = database.open("main").await;
        let found = ask!(store, versions::get_all);
        let missing = (0..WRITES).filter(|number| !found.contains_key(&format!("write {number}, closed: {close}"))).count();
        assert_eq!(missing, 0);
    }
    assert_eq!(ask!(database.open("main").await, audit::verify), [("main".to_owned(), WRITES * 2)]);
}

async fn closing_commits_what_waits_and_lets_nothing_in(database: Database) {
    let store = database.store().await;
    let mut reader = store.read().await.unwrap();
    let gate = Gate::close(&store).await;
    let mut writes = pin!(join_all((0..100).map(|number| counting(&store, format!("write {number}")))));
    begin(writes.as_mut());
    let mut closing = pin!(store.close());
    begin(closing.as_mut());
    gate.open().await.unwrap();
    assert!(writes.await.iter().all(Result::is_ok));
    closing.await;
    let write = counting(&store, "late").await;
    assert!(write.as_ref().is_err_and(StorageError::is_unavailable), "{write:?}");
    assert!(store.read().await.is_err_and(|error| error.is_unavailable()));
    assert!(store.ping().await.is_err_and(|error| error.is_unavailable()));
    assert_eq!(versions::get_all(&mut reader).await.unwrap().len(), 100, "who is reading may end");
    drop(reader);
    store.close().await;
    assert_eq!(ask!(database.open("main").await, versions::get_all).len(), 100);
}

/// Takes the five seconds that a caller waits for a place.
async fn a_full_queue_refuses_and_loses_nothing(database: Database) {
    database.store().await;
    let settings = DatabaseSettings { write_queue: 1, ..DatabaseSettings::new(database.url.clone()) };
    let store = Store::connect(&settings, "main").await.unwrap();
    let gate = Gate::close(&store).await;
    let mut waiting = pin!(counting(&store, "waiting"));
    begin(waiting.as_mut());
    let refused = counting(&store, "refused").await;
    assert!(refused.as_ref().is_err_and(StorageError::is_unavailable), "{refused:?}");
    gate.open().await.unwrap();
    assert_eq!(waiting.await.unwrap(), 1);
    assert_eq!(told(&store).await, ["waiting"]);
}

/// A request whose client is gone is dropped wherever it stands; its connection goes back to the pool.
async fn a_read_given_up_halfway_spoils_nothing(database: Database) {
    let store = database.store().await;
    add_user(&store, "alice").await;
    add_user(&store, "bob").await;
    let settings = DatabaseSettings { read_connections: 1, ..DatabaseSettings::new(database.url.clone()) };
    let store = Store::connect(&settings, "main").await.unwrap();
    for polls in (0..6).cycle().take(120) {
        {
            let mut reader = store.read().await.unwrap();
            let mut given_up = pin!(users::snapshot_by_username(&mut reader, "alice"));
            for _ in 0..polls {
                if given_up.as_mut().now_or_never().is_some() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        assert_eq!(ask!(store, users::snapshot_by_username, "bob").unwrap().username, "bob");
    }
}

async fn more_readers_than_connections_wait_for_each_other(database: Database) {
    let store = database.store().await;
    add_user(&store, "alice").await;
    let readers = (0..100).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { ask!(store, users::snapshot_by_username, "alice").unwrap().username })
    });
    for read in join_all(readers).await {
        assert_eq!(read.unwrap(), "alice");
    }
}

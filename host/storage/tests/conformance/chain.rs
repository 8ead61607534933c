//! Verifying the audit trail: whoever changes it with the database's own tools is found out.

use argus_domain::audit::{AuditEvent, ChainError};
use argus_storage::Store;
use argus_storage::audit::{self, AuditVerifyError};

use crate::database::Database;
use crate::samples::{MINUTE, NOW, event};

on_both_engines!(
    an_empty_trail_is_whole,
    a_long_trail_is_walked_to_its_end,
    every_change_of_the_trail_is_found,
    what_was_changed_beside_the_hashed_text_is_found,
    a_trail_that_was_changed_is_written_on_and_stays_broken,
);

const EVENTS: u64 = 5;

async fn tell(store: &Store, event: &AuditEvent) {
    let event = event.clone();
    commit!(store, tx, [event], tx.audit(&event)).await.unwrap();
}

/// Two chains of five events each.
async fn two_chains(database: &Database) -> Store {
    let (main, other) = (database.node("main").await, database.node("other").await);
    for number in 1..=EVENTS {
        for store in [&main, &other] {
            tell(store, &event(&format!("event {number}"))).await;
        }
    }
    main
}

async fn broken(store: &Store) -> ChainError {
    match audit::verify(&mut store.read().await.unwrap()).await {
        Err(AuditVerifyError::Chain(error)) => error,
        other => panic!("the change was not found: {other:?}"),
    }
}

fn altered(sequence: u64) -> ChainError {
    ChainError::Altered { node: "main".to_owned(), sequence }
}

fn gap(expected: u64, found: u64) -> ChainError {
    ChainError::Gap { node: "main".to_owned(), expected, found }
}

fn truncated(last: u64, recorded: u64) -> ChainError {
    ChainError::Truncated { node: "main".to_owned(), last, recorded }
}

async fn an_empty_trail_is_whole(database: Database) {
    assert_eq!(ask!(database.store().await, audit::verify), []);
}

/// Longer than what is read at once.
async fn a_long_trail_is_walked_to_its_end(database: Database) {
    let store = database.store().await;
    store
        .write(|tx| {
            Box::pin(async move {
                for number in 0..1_201 {
                    tx.audit(&event(&number.to_string())).await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
    assert_eq!(ask!(store, audit::verify), [("main".to_owned(), 1_201)]);
    database.run("UPDATE audit_events SET body = body || ' ' WHERE sequence = 1201").await;
    assert_eq!(broken(&store).await, altered(1_201));
}

/// Applies each change to a whole trail, expects it to be found, and takes it back.
async fn assert_found(database: &Database, store: &Store, changes: &[(&str, ChainError)]) {
    database.run("CREATE TABLE events_before AS SELECT * FROM audit_events; CREATE TABLE heads_before AS SELECT * FROM audit_heads").await;
    for (change, expected) in changes {
        database.run(change).await;
        assert_eq!(broken(store).await, *expected, "{change}");
        for (table, before) in [("audit_events", "events_before"), ("audit_heads", "heads_before")] {
            database.run(&format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM {before}")).await;
        }
        assert_eq!(ask!(store, audit::verify).len(), 2, "whole again after {change}");
    }
}

async fn every_change_of_the_trail_is_found(database: Database) {
    let store = two_chains(&database).await;
    let changes = [
        ("UPDATE audit_events SET body = '{}' WHERE node = 'main' AND sequence = 3", altered(3)),
        ("UPDATE audit_events SET body = body || ' ' WHERE node = 'main' AND sequence = 3", altered(3)),
        ("UPDATE audit_events SET hash = 'x' WHERE node = 'main' AND sequence = 5", altered(5)),
        // Removed.
        ("DELETE FROM audit_events WHERE node = 'main' AND sequence = 1", gap(1, 2)),
        ("DELETE FROM audit_events WHERE node = 'main' AND sequence = 3", gap(3, 4)),
        ("DELETE FROM audit_events WHERE node = 'main' AND sequence = 5", truncated(4, 5)),
        ("DELETE FROM audit_events WHERE node = 'main'", truncated(0, 5)),
        // Removed, and the hole closed.
        (
            "DELETE FROM audit_events WHERE node = 'main' AND sequence = 3; \
             UPDATE audit_events SET sequence = 3 WHERE node = 'main' AND sequence = 4; \
             UPDATE audit_events SET sequence = 4 WHERE node = 'main' AND sequence = 5",
            altered(3),
        ),
        // Out of order.
        (
            "UPDATE audit_events SET sequence = 9 WHERE node = 'main' AND sequence = 2; \
             UPDATE audit_events SET sequence = 2 WHERE node = 'main' AND sequence = 3; \
             UPDATE audit_events SET sequence = 3 WHERE node = 'main' AND sequence = 9",
            altered(2),
        ),
        // Taken from another chain.
        (
            "UPDATE audit_events SET body = (SELECT body FROM audit_events WHERE node = 'other' AND sequence = 2), \
             hash = (SELECT hash FROM audit_events WHERE node = 'other' AND sequence = 2) WHERE node = 'main' AND sequence = 2",
            altered(2),
        ),
        // The head: removed, put back, or forged.
        ("DELETE FROM audit_heads WHERE node = 'main'", truncated(5, 0)),
        ("UPDATE audit_heads SET sequence = 6 WHERE node = 'main'", truncated(5, 6)),
        ("UPDATE audit_heads SET sequence = 4 WHERE node = 'main'", altered(4)),
        ("UPDATE audit_heads SET hash = 'x' WHERE node = 'main'", altered(5)),
        (
            "UPDATE audit_heads SET sequence = 4, hash = (SELECT hash FROM audit_events WHERE node = 'main' AND sequence = 4) \
             WHERE node = 'main'",
            truncated(5, 4),
        ),
        // Added before the first, behind the last, or under a name of its own.
        (
            "INSERT INTO audit_events SELECT node, 0, at, event, client_id, subject, correlation_id, body, hash FROM audit_events \
             WHERE node = 'main' AND sequence = 1",
            gap(1, 0),
        ),
        (
            "INSERT INTO audit_events SELECT node, 6, at, event, client_id, subject, correlation_id, body, hash FROM audit_events \
             WHERE node = 'main' AND sequence = 5",
            truncated(6, 5),
        ),
        (
            "INSERT INTO audit_events SELECT 'nobody', sequence, at, event, client_id, subject, correlation_id, body, hash \
             FROM audit_events WHERE node = 'main'",
            ChainError::Truncated { node: "nobody".to_owned(), last: 5, recorded: 0 },
        ),
    ];
    assert_found(&database, &store, &changes).await;
}

/// The columns that a listing filters and sorts by repeat what the text says: changed, they hide an event.
async fn what_was_changed_beside_the_hashed_text_is_found(database: Database) {
    let store = two_chains(&database).await;
    let changes = [
        ("UPDATE audit_events SET at = at + 1 WHERE node = 'main' AND sequence = 3", altered(3)),
        ("UPDATE audit_events SET event = 'sign_in.failed' WHERE node = 'main' AND sequence = 3", altered(3)),
        ("UPDATE audit_events SET client_id = NULL WHERE node = 'main' AND sequence = 3", altered(3)),
        ("UPDATE audit_events SET subject = 'nobody' WHERE node = 'main' AND sequence = 3", altered(3)),
        ("UPDATE audit_events SET correlation_id = '' WHERE node = 'main' AND sequence = 3", altered(3)),
    ];
    assert_found(&database, &store, &changes).await;
}

async fn a_trail_that_was_changed_is_written_on_and_stays_broken(database: Database) {
    let store = two_chains(&database).await;
    database.run("DELETE FROM audit_events WHERE node = 'main' AND sequence = 5").await;
    tell(&store, &AuditEvent { at: NOW.after(MINUTE), ..event("later") }).await;
    assert_eq!(broken(&store).await, gap(5, 6));
}

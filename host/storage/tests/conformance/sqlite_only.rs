//! What only SQLite has: a file, its mode, its journal, and copies of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use argus_storage::audit::{self, AuditFilter};
use argus_storage::{DatabaseSettings, StorageError, Store, users};

use crate::database::Database;
use crate::samples::{add_user, event};

fn mode(file: &Path) -> u32 {
    fs::metadata(file).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn the_files_are_for_their_owner_only() {
    let database = Database::sqlite();
    let store = database.store().await;
    add_user(&store, "alice").await;
    for name in ["argus.db", "argus.db-wal", "argus.db-shm"] {
        assert_eq!(mode(&database.file(name)), 0o600, "{name}");
    }
}

/// Bytes 18 and 19 of the header: 2 stands for a write-ahead log.
#[tokio::test]
async fn the_journal_is_a_write_ahead_log() {
    let database = Database::sqlite();
    database.store().await.close().await;
    assert_eq!(fs::read(database.file("argus.db")).unwrap()[18..20], [2, 2]);
}

#[tokio::test]
async fn a_copy_made_in_use_is_whole_and_for_its_owner_only() {
    let database = Database::sqlite();
    let store = database.store().await;
    for name in ["alice", "bob"] {
        add_user(&store, name).await;
        commit!(store, tx, [], async { tx.audit(&event("told")).await }).await.unwrap();
    }
    let copy = database.file("copy.db");
    store.backup(&copy).await.unwrap();
    add_user(&store, "carol").await;
    assert_eq!(mode(&copy), 0o600);
    let copied = Store::connect(&DatabaseSettings::new(format!("sqlite:{}", copy.display())), "main").await.unwrap();
    let migrated = copied.migrate().await.unwrap();
    assert_eq!(migrated.from, migrated.to);
    assert_eq!(ask!(copied, users::count), 2);
    assert_eq!(ask!(copied, audit::verify), [("main".to_owned(), 2)]);
    assert_eq!(add_user(&copied, "dave").await, ask!(store, users::find_by_username, "carol").unwrap().id, "the numbers go on");
}

#[tokio::test]
async fn a_copy_overwrites_nothing() {
    let database = Database::sqlite();
    let store = database.store().await;
    let copy = database.file("copy.db");
    fs::write(&copy, "something else").unwrap();
    assert!(matches!(store.backup(&copy).await, Err(StorageError::Configuration(_))));
    assert_eq!(fs::read(&copy).unwrap(), b"something else");
}

/// Half a copy is worse than none: somebody may come to rely on it.
#[tokio::test]
async fn a_copy_that_fails_leaves_no_file() {
    let database = Database::sqlite();
    let store = database.store().await;
    add_user(&store, "alice").await;
    store.close().await;
    let page = database.number("SELECT rootpage FROM sqlite_master WHERE name = 'users'").await;
    let mut pages = fs::read(database.file("argus.db")).unwrap();
    pages.chunks_mut(4096).nth(usize::try_from(page).unwrap() - 1).unwrap().fill(0xff);
    fs::write(database.file("argus.db"), pages).unwrap();
    let copy = database.file("copy.db");
    assert!(database.open("main").await.backup(&copy).await.is_err());
    assert!(!copy.exists());
    // Nothing keeps the next one from succeeding.
    let other = Database::sqlite();
    other.store().await.backup(&copy).await.unwrap();
}

#[tokio::test]
async fn a_copy_needs_a_directory() {
    let database = Database::sqlite();
    let outcome = database.open("main").await.backup(&database.file("missing/copy.db")).await;
    assert!(outcome.as_ref().is_err_and(StorageError::is_unavailable), "{outcome:?}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let database = Database::sqlite();
    let text = "Dear diary, ".repeat(1_000);
    fs::write(database.file("argus.db"), &text).unwrap();
    let refused = Store::connect(&DatabaseSettings::new(database.url.clone()), "main").await.err().unwrap();
    assert!(refused.is_unavailable(), "{refused:?}");
    assert_eq!(fs::read_to_string(database.file("argus.db")).unwrap(), text);
}

#[tokio::test]
async fn a_missing_directory_is_told() {
    let database = Database::sqlite();
    let url = format!("sqlite:{}", database.file("missing/argus.db").display());
    let refused = Store::connect(&DatabaseSettings::new(url), "main").await.err().unwrap();
    assert!(refused.is_unavailable(), "{refused:?}");
}

/// Takes the five seconds that a process waits for another that is writing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_another_process_holds_is_unavailable_until_it_lets_go() {
    let database = Database::sqlite();
    let (store, other) = (database.node("one").await, database.node("two").await);
    let gate = crate::gate::Gate::close(&other).await;
    let add = |name: &'static str| {
        let (store, event) = (store.clone(), event(name));
        async move { commit!(store, tx, [event], async { tx.audit(&event).await }).await }
    };
    let refused = add("refused").await.unwrap_err();
    assert!(refused.is_unavailable(), "{refused:?}");
    assert_eq!(ask!(store, users::count), 0, "reading goes on meanwhile");
    gate.open().await.unwrap();
    add("told").await.unwrap();
    assert_eq!(ask!(store, audit::list, &AuditFilter::default(), None, 10).records.len(), 1);
}

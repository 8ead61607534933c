//! The conformance suite of the storage: every case runs on SQLite and on PostgreSQL, so that the two cannot drift apart.
//!
//! A case is a function that takes a fresh [`Database`](database::Database). `on_both_engines!` makes two tests of it, for example
//! `codes::sqlite::a_code_is_taken_once` and `codes::postgres::a_code_is_taken_once`. What only one engine has stands in the
//! module of that engine.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

/// Makes a test per engine of each case.
macro_rules! on_both_engines {
    ($($case:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    super::$case(crate::database::Database::sqlite()).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let Some(database) = crate::database::Database::postgres() else { return };
                    super::$case(database).await;
                }
            )*
        }
    };
}

/// `commit!(store, tx, [a, b], work(tx, &a, &b))`: a write that clones what it needs at each run.
macro_rules! commit {
    ($store:expr, $tx:ident, [$($needed:ident),*], $work:expr) => {{
        $(let $needed = Clone::clone(&$needed);)*
        $store.write(move |$tx| {
            $(let $needed = Clone::clone(&$needed);)*
            Box::pin(async move { $work.await })
        })
    }};
}

/// `ask!(store, find_by_x, x)`: a read that succeeds.
macro_rules! ask {
    ($store:expr, $read:path $(, $argument:expr)* $(,)?) => {
        $read(&mut *$store.read().await.unwrap() $(, $argument)*).await.unwrap()
    };
}

mod database;
mod gate;
mod samples;

mod audit;
mod browser_sessions;
mod chain;
mod claim_provider_removal;
mod claim_providers;
mod claim_traces;
mod client_sessions;
mod clients;
mod codes;
mod consents;
mod console;
mod directory;
mod inconsistent;
mod maintenance;
mod migrations;
mod nodes;
mod postgres_only;
mod resources;
mod revoked_tokens;
mod shadow_runs;
mod signing_keys;
mod snapshots;
mod sqlite_only;
mod upstream;
mod users;
mod writer;

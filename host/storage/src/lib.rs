//! The database of Argus: one code for SQLite and PostgreSQL.
//!
//! # The recipe
//! A repository is a module of plain functions named by what they do (`find_by_x`, `insert`, `redeem`, `rotate`, `revoke`,
//! `list`). Reads take a [`Connection`], writes a [`Tx`]; a [`Tx`] is a [`Connection`] too. SQL stays in this crate, in the
//! dialect both engines share (`$1` parameters, `ON CONFLICT`, `RETURNING`, 64-bit integers for numbers, flags and times in
//! milliseconds, JSON as text); where they cannot agree, two texts stand side by side. A transition of something that is used
//! once is a compare-and-swap in the `WHERE` clause, and its loser is a value, not an error. Rows become domain values by
//! conversions that refuse what cannot be ([`StorageError::Inconsistent`]).
//!
//! # One writer
//! Every write goes through [`Store::write`] to one task per process, which commits up to 64 waiting jobs in one transaction,
//! on both engines:
//! - A commit is what a write costs: with `synchronous=FULL`, committing together halves the CPU time of a token request and
//!   multiplies the rate that the disk's sync allows.
//! - The audit trail is a chain of hashes per node. With one writer it is serial without a lock, and its events cost one
//!   statement per batch instead of three per event.
//! - Nobody can hold a transaction across anything slow: the job gets the transaction, not the caller.
//!
//! On PostgreSQL the jobs of one node run one after another; nodes run beside each other. A batch that met a deadlock or lost its
//! connection before the commit is run again; one whose commit was under way is an error, since nobody can tell its outcome.
//!
//! ```no_run
//! # use argus_storage::{DatabaseSettings, StorageError, Store, users, versions};
//! # async fn example() -> Result<(), StorageError> {
//! let store = Store::connect(&DatabaseSettings::new("sqlite:argus.db"), "main").await?;
//! store.migrate().await?;
//! let user = users::find_by_username(&mut *store.read().await?, "alice").await?;
//! store.write(|tx| Box::pin(async move { versions::bump(tx, "registry").await })).await?;
//! # Ok(())
//! # }
//! ```

mod chain;
mod connection;
mod directory;
mod error;
mod migrations;
mod pool;
mod row;
mod settings;
mod sql;
mod store;
mod tx;
mod value;
mod writer;

pub mod audit;
pub mod authorization_grants;
pub mod browser_sessions;
pub mod claim_providers;
pub mod claim_traces;
pub mod client_requests;
pub mod client_sessions;
pub mod clients;
pub mod consents;
pub mod maintenance;
pub mod one_time_links;
pub mod resources;
pub mod revoked_tokens;
pub mod shadow_runs;
pub mod signing_keys;
pub mod upstream;
pub mod users;
pub mod versions;

pub use connection::Connection;
pub use directory::{customers, domains, functions, groups, roles};
pub use error::{Cause, StorageError};
pub use futures_util::future::BoxFuture;
pub use migrations::Migrated;
pub use pool::Reader;
pub use settings::DatabaseSettings;
pub use sql::Engine;
pub use store::Store;
pub use tx::Tx;

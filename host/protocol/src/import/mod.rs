//! Import: a document applied whole, or not at all.
//!
//! First everything is read and checked, against the document and against what is stored, claim providers compiled and
//! configurations validated, and every problem is told with its JSON pointer. Passwords are hashed once nothing is wrong. All this
//! takes time, and no transaction is open. Then one transaction writes it all. A registry that changed in between is noticed, and
//! nothing is written.

mod apply;
pub(crate) mod client;
mod clients;
mod diff;
mod directory;
pub(crate) mod entry;
mod providers;
mod stored;
pub(crate) mod upstream_idp;
mod upstream_idps;
pub(crate) mod user;
mod users;

use argus_claims::Digest;
use argus_domain::audit::AuditEventKind;
use argus_domain::document::{Document, read_text};
use argus_domain::ids::ClientId;
use argus_domain::secret::Secret;
use argus_domain::{Pointer, Problem};
use argus_keys::password::HashingError;
use argus_storage::StorageError;
use serde::Serialize;
use thiserror::Error;
use utoipa::ToSchema;

use crate::administrator::{AdministrationError, Administrator};
use crate::argus::{Argus, RequestMeta};

pub(crate) use diff::changes;
pub(crate) use stored::user_entry;

/// Reads a file that the document names, or says why it cannot.
pub type ReadFile<'a> = dyn Fn(&str) -> Result<Vec<u8>, String> + Send + Sync + 'a;

/// Why nothing was imported.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The document has these problems.
    #[error("the document was refused: {}", .0.first().map_or_else(String::new, ToString::to_string))]
    Refused(Vec<Problem>),
    /// Somebody else changed the registry in the meantime.
    #[error("the installation was changed while the document was being checked; import it again")]
    Concurrent,
    /// Passwords could not be hashed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The database is out of reach.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// How often one entry is tried while other changes of the registry come between.
const ATTEMPTS: u32 = 5;

impl From<ImportError> for AdministrationError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Concurrent => Self::concurrent(),
            ImportError::Storage(error) => error.into(),
            ImportError::Refused(problems) => Self::problems("the document was refused; nothing was changed", problems),
            ImportError::Hashing(error) => Self::Conflict(error.to_string()),
        }
    }
}

/// What an import did.
#[derive(Debug, Default)]
pub struct ImportReport {
    /// Secrets that were made for new confidential clients: shown once, stored nowhere.
    pub secrets: Vec<(ClientId, Secret)>,
    /// Ids of new public clients, which have no secret that would tell them, with their names.
    pub public_clients: Vec<(ClientId, String)>,
    /// What is odd, but allowed.
    pub warnings: Vec<Problem>,
    /// Entries that were new.
    pub created: usize,
    /// Entries that were changed.
    pub changed: usize,
    /// Entries that were as the document says already.
    pub unchanged: usize,
    /// Those that were new or changed, in the order of the document's sections.
    pub entries: Vec<ImportedEntry>,
}

/// An entry that an import adds or changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportedEntry {
    /// The member of the document.
    pub section: &'static str,
    /// What the entry is found by.
    pub key: String,
    /// Whether there was none before.
    pub is_new: bool,
}

impl ImportReport {
    /// One line for people.
    pub fn summary(&self) -> String {
        format!("imported: {} new, {} changed, {} as they were", self.created, self.changed, self.unchanged)
    }
}

/// Applies a document.
#[tracing::instrument(name = "import", skip_all)]
pub async fn import(
    argus: &Argus,
    text: &str,
    read_file: &ReadFile<'_>,
    actor: &str,
    meta: &RequestMeta,
) -> Result<ImportReport, ImportError> {
    let (mut changes, warnings) = check(argus, text, read_file).await?;
    changes.users = users::hash_passwords(argus, changes.users).await?;
    let by = Administrator { actor: actor.to_owned(), meta: meta.clone() };
    apply::apply(argus, changes, warnings, Some(AuditEventKind::DocumentImported), &by).await
}

/// Says what an import would do, and does nothing. Passwords are not compared: of users for whom nothing else changes it is not told.
#[tracing::instrument(name = "import.dry_run", skip_all)]
pub async fn dry_run(argus: &Argus, text: &str, read_file: &ReadFile<'_>) -> Result<ImportReport, ImportError> {
    let (changes, warnings) = check(argus, text, read_file).await?;
    let mut report = ImportReport { warnings, ..ImportReport::default() };
    changes.count(&mut report);
    Ok(report)
}

/// What a document changes, checked, with what is odd about it.
async fn check(argus: &Argus, text: &str, read_file: &ReadFile<'_>) -> Result<(apply::Changes, Vec<Problem>), ImportError> {
    let document: Document = read_text(text).map_err(|problem| ImportError::Refused(vec![problem]))?;
    let stored = stored::load(argus.store()).await?;
    let mut problems = Problems::default();
    let directory = directory::read(&document, &stored, &mut problems);
    let users = users::read(argus, &document, &stored, &directory, &mut problems).await?;
    let providers = providers::read(argus, &document, read_file, &mut problems).await?;
    let context = clients::Context { argus, stored: &stored, directory: &directory, users: &users, providers: &providers };
    let clients = clients::read(&context, &document, &mut problems).await?;
    let upstream_idps = upstream_idps::read(argus, &document, &stored, &directory, read_file, &mut problems).await?;
    if !problems.found.is_empty() {
        problems.found.sort();
        return Err(ImportError::Refused(problems.found));
    }
    let changes =
        apply::Changes { registry_version: stored.registry_version, directory, users, providers, clients, upstream_idps, request: None };
    Ok((changes, problems.warnings))
}

/// Tells one state of an entry from another: the hash of everything that can be changed, as entity tags carry it.
pub(crate) fn tag(entry: &impl Serialize) -> String {
    let mut digest = Digest::of(&serde_json::to_vec(entry).unwrap_or_default()).to_string();
    digest.truncate(32);
    digest
}

/// Compares the tag of the entry that was read, none for a new one, with that of the entry that is there.
fn expect(
    tag: Option<&str>,
    found: Option<&str>,
    taken: impl FnOnce() -> String,
    missing: impl FnOnce() -> String,
) -> Result<(), AdministrationError> {
    match (tag, found) {
        (None, Some(_)) => Err(AdministrationError::Conflict(taken())),
        (Some(_), None) => Err(AdministrationError::NotFound(missing())),
        (Some(expected), Some(found)) if expected != found => Err(AdministrationError::Outdated),
        _ => Ok(()),
    }
}

/// What was found wrong, or odd, so far.
#[derive(Debug, Default)]
struct Problems {
    found: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl Problems {
    fn refuse(&mut self, pointer: Pointer, message: impl Into<String>) {
        self.found.push(Problem::new(pointer, message));
    }

    fn warn(&mut self, pointer: Pointer, message: impl Into<String>) {
        self.warnings.push(Problem::new(pointer, message));
    }

    /// Where the document is one entry at `base`: nothing, if nothing is wrong; else the refusal, with the places within the entry.
    fn within_entry(&mut self, base: &str, detail: &str) -> Result<(), AdministrationError> {
        if self.found.is_empty() {
            return Ok(());
        }
        self.found.sort();
        let found = self.found.drain(..).map(|problem| problem.outside(base)).collect();
        Err(AdministrationError::problems(detail, found))
    }

    /// The value, or `None` with the problem noted.
    fn take<T>(&mut self, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.found.push(problem)).ok()
    }
}

/// An entry of the document that differs from what is stored, if anything is.
#[derive(Clone, Debug)]
struct Change<T> {
    entry: T,
    kind: ChangeKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ChangeKind {
    New,
    Changed,
    Unchanged,
}

impl ChangeKind {
    fn of<T: PartialEq>(stored: Option<&T>, entry: &T) -> Self {
        match stored {
            None => Self::New,
            Some(stored) if stored == entry => Self::Unchanged,
            Some(_) => Self::Changed,
        }
    }
}

//! One client, written by the rules of a document: what a document may say of a client, a request may, and nothing else.

use argus_domain::client_request::Wanted;
use argus_domain::document::Document;
use argus_domain::ids::ClientId;
use argus_domain::secret::Secret;
use argus_domain::{Pointer, Problem};
use serde_json::{Map, Value};

use super::{ATTEMPTS, ImportError, ImportReport, Problems, apply, clients, directory, stored};
use crate::administrator::{AdministrationError, Administrator};
use crate::argus::Argus;

/// Where the client stands that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// It is not there.
    New,
    /// It is at this revision.
    Revision(u64),
}

/// What an owner's write comes with.
#[derive(Default)]
pub(crate) struct Terms {
    /// The version of the registry that it was decided at; absent = whatever it is.
    pub(crate) registry_version: Option<u64>,
    /// What the owner asks administrators for with it.
    pub(crate) request: Option<Wanted>,
}

/// What was written.
pub(crate) struct Written {
    /// A secret that was made, to be shown once.
    pub(crate) secret: Option<Secret>,
    /// What is odd, but allowed.
    pub(crate) warnings: Vec<Problem>,
}

/// Writes a client: all members of a new one, or those that change, `null` for one that goes.
pub(crate) async fn write(
    argus: &Argus,
    id: ClientId,
    members: Map<String, Value>,
    expected: Expected,
    by: &Administrator,
) -> Result<Written, AdministrationError> {
    write_on(argus, id, members, expected, Terms::default(), by).await
}

/// The same on terms.
pub(crate) async fn write_on(
    argus: &Argus,
    id: ClientId,
    members: Map<String, Value>,
    expected: Expected,
    terms: Terms,
    by: &Administrator,
) -> Result<Written, AdministrationError> {
    let mut attempts = ATTEMPTS;
    let ImportReport { mut secrets, warnings, .. } = loop {
        let (mut changes, warnings) = read(argus, id, members.clone(), expected).await?;
        if terms.registry_version.is_some_and(|version| version != changes.registry_version) {
            return Err(AdministrationError::concurrent());
        }
        changes.request = terms.request.clone().map(|wanted| (id, wanted));
        match apply::apply(argus, changes, warnings, None, by).await {
            Err(ImportError::Concurrent) if attempts > 1 => attempts -= 1,
            done => break done?,
        }
    };
    Ok(Written { secret: secrets.pop().map(|(_, secret)| secret), warnings: warnings.iter().map(in_client).collect() })
}

/// Whether a client could be written so.
pub(crate) async fn check(argus: &Argus, id: ClientId, members: Map<String, Value>, expected: Expected) -> Result<(), AdministrationError> {
    read(argus, id, members, expected).await.map(drop)
}

/// What is to be written, checked, and what is odd about it.
async fn read(
    argus: &Argus,
    id: ClientId,
    mut members: Map<String, Value>,
    expected: Expected,
) -> Result<(apply::Changes, Vec<Problem>), AdministrationError> {
    for (member, why) in [("clientId", "is given by the server"), ("secret", "is made by the server")] {
        if members.contains_key(member) {
            let problem = Problem::new(Pointer::root().join(member), why);
            return Err(AdministrationError::problems("this is no client; nothing was changed", vec![problem]));
        }
    }
    members.insert("clientId".to_owned(), Value::String(id.to_string()));
    let document = Document { clients: vec![Value::Object(members)], ..Document::default() };
    let stored = stored::load(argus.store()).await?;
    let mut problems = Problems::default();
    let directory = directory::read(&Document::default(), &stored, &mut problems);
    let context = clients::Context { argus, stored: &stored, directory: &directory, users: &[], providers: &[] };
    let changes = clients::read(&context, &document, &mut problems).await?;
    let found =
        changes.first().and_then(|change| change.before.as_ref()).map_or(Expected::New, |(revision, _)| Expected::Revision(*revision));
    if problems.found.is_empty() && found != expected {
        return Err(AdministrationError::Outdated);
    }
    problems.within_entry("/clients/0", "this client cannot be so; nothing was changed")?;
    let changes = apply::Changes { clients: changes, ..apply::Changes::none(stored.registry_version, directory) };
    Ok((changes, problems.warnings))
}

/// The place within the client of a place within the document.
fn in_client(problem: &Problem) -> Problem {
    problem.clone().outside("/clients/0")
}

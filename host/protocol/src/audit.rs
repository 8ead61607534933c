//! Reading the audit trail as people and programs see it. Its rules are in [`argus_domain::audit`].

use argus_domain::audit::{AuditEventKind, AuditRecord};
use argus_domain::ids::{ClientId, SubjectIdentifier};
use argus_domain::{Pointer, Problem, Timestamp};
use argus_storage::audit::{self, AuditCursor, AuditFilter, AuditOrder, AuditPage, AuditVerifyError};
use argus_storage::{StorageError, Store};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::administrator::AdministrationError;
use crate::argus::Argus;
use crate::params::Params;

/// Events of one page where the request does not say.
pub const DEFAULT_LIMIT: u32 = 100;
/// Most events of one page.
pub const MAX_LIMIT: u32 = 500;

/// A page of the trail.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditListing {
    /// In the order that was asked for, each with its place in the chain.
    #[schema(value_type = Vec<argus_domain::audit::AuditEvent>)]
    pub events: Vec<Value>,
    /// What `after` is for the next page; absent when this is the last as things are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Which events are asked for.
#[derive(Clone, Debug)]
pub struct AuditQuery {
    filter: AuditFilter,
    after: Option<AuditCursor>,
    limit: u32,
}

impl AuditQuery {
    /// Reads `since` (seconds since 1970), `event`, `client`, `subject`, `correlationId`, `order`, `after` and `limit`.
    ///
    /// # Errors
    /// [`AdministrationError::Refused`] with a problem for each that cannot be meant: a filter that is overlooked would show too much.
    pub fn parse(params: &Params) -> Result<Self, AdministrationError> {
        let mut problems = Vec::new();
        let mut wrong = |name: &str, message: String| problems.push(Problem::new(Pointer::root().join(name), message));
        let since = params.get("since").and_then(|since| match since.parse::<u32>() {
            Ok(seconds) => Some(Timestamp::from_unix_seconds(i64::from(seconds))),
            Err(_) => {
                wrong("since", "must be a number of seconds since 1970".to_owned());
                None
            }
        });
        let event = params.get("event").and_then(|name| {
            event_named(name).or_else(|| {
                wrong("event", format!("no event is named so; there are {}", event_names()));
                None
            })
        });
        let after = params.get("after").and_then(|cursor| {
            cursor.parse().ok().or_else(|| {
                wrong("after", "must be the `next` of a page".to_owned());
                None
            })
        });
        let order = match params.get("order") {
            None | Some("oldest") => AuditOrder::OldestFirst,
            Some("newest") => AuditOrder::NewestFirst,
            Some(_) => {
                wrong("order", "must be `oldest` or `newest`, which is to come first".to_owned());
                AuditOrder::OldestFirst
            }
        };
        let limit = params.get("limit").map_or(Ok(DEFAULT_LIMIT), str::parse);
        if !matches!(limit, Ok(1..=MAX_LIMIT)) {
            wrong("limit", format!("must be a number from 1 to {MAX_LIMIT}"));
        }
        if !problems.is_empty() {
            return Err(AdministrationError::problems("the query cannot be meant", problems));
        }
        let filter = AuditFilter {
            beside_tokens: false,
            since,
            event,
            client_id: params.get("client").map(str::to_owned),
            subject: params.get("subject").map(str::to_owned),
            correlation_id: params.get("correlationId").map(str::to_owned),
            order,
        };
        Ok(Self { filter, after, limit: limit.unwrap_or(DEFAULT_LIMIT) })
    }
}

/// A page of the trail.
#[tracing::instrument(name = "audit.list", skip_all)]
pub async fn list(argus: &Argus, query: &AuditQuery) -> Result<AuditListing, AdministrationError> {
    let page = audit::list(&mut *argus.store().read().await?, &query.filter, query.after.as_ref(), query.limit).await?;
    Ok(AuditListing { events: page.records.iter().map(event).collect(), next: page.next.map(|cursor| cursor.to_string()) })
}

impl AuditQuery {
    /// The latest events about a client.
    pub(crate) fn latest_of_client(client: ClientId, limit: u32) -> Self {
        let filter = AuditFilter { client_id: Some(client.to_string()), order: AuditOrder::NewestFirst, ..AuditFilter::default() };
        Self { filter, after: None, limit }
    }

    /// Nothing from before a moment.
    pub(crate) fn since(mut self, moment: Timestamp) -> Self {
        self.filter.since = Some(moment);
        self
    }

    /// The latest events about a user, but for tokens that were issued.
    pub(crate) fn latest_of_user(subject: &SubjectIdentifier) -> Self {
        let order = AuditOrder::NewestFirst;
        let filter = AuditFilter { subject: Some(subject.to_string()), beside_tokens: true, order, ..AuditFilter::default() };
        Self { filter, after: None, limit: DEFAULT_LIMIT }
    }
}

/// The whole trail that a query asks for, whatever its limit, some hundred lines of JSON at a time.
pub struct AuditLines {
    store: Store,
    query: AuditQuery,
    is_done: bool,
}

/// Every event that a query asks for.
pub fn lines(argus: &Argus, query: AuditQuery) -> AuditLines {
    AuditLines { store: argus.store().clone(), query: AuditQuery { limit: MAX_LIMIT, ..query }, is_done: false }
}

impl AuditLines {
    /// The next lines; none at the end.
    pub async fn next(&mut self) -> Option<Result<String, StorageError>> {
        if self.is_done {
            return None;
        }
        let page = match self.page().await {
            Ok(page) => page,
            Err(error) => {
                self.is_done = true;
                return Some(Err(error));
            }
        };
        self.is_done = page.next.is_none();
        self.query.after = page.next;
        Some(Ok(page.records.iter().map(|record| format!("{}\n", event(record))).collect()))
    }

    async fn page(&self) -> Result<AuditPage, StorageError> {
        audit::list(&mut *self.store.read().await?, &self.query.filter, self.query.after.as_ref(), self.query.limit).await
    }
}

/// What came of checking the chains.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verified {
    /// Whether nothing was altered, removed or put in.
    pub whole: bool,
    /// Events of each node whose chain is whole.
    pub nodes: Vec<VerifiedNode>,
    /// What is broken, and where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
}

/// A chain that is whole.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerifiedNode {
    /// The node.
    pub node: String,
    /// Its events.
    pub events: u64,
}

/// Checks every chain of the trail.
#[tracing::instrument(name = "audit.verify", skip_all)]
pub async fn verify(argus: &Argus) -> Result<Verified, AdministrationError> {
    match audit::verify(&mut *argus.store().read().await?).await {
        Ok(nodes) => {
            let nodes = nodes.into_iter().map(|(node, events)| VerifiedNode { node, events }).collect();
            Ok(Verified { whole: true, nodes, broken: None })
        }
        Err(AuditVerifyError::Chain(broken)) => Ok(Verified { whole: false, nodes: Vec::new(), broken: Some(broken.to_string()) }),
        Err(AuditVerifyError::Storage(error)) => Err(error.into()),
    }
}

/// The kind of events with this name.
pub fn event_named(name: &str) -> Option<AuditEventKind> {
    AuditEventKind::ALL.iter().find(|kind| kind.as_str() == name).copied()
}

/// Every name of an event, for a message.
pub fn event_names() -> String {
    let known: Vec<_> = AuditEventKind::ALL.iter().map(|kind| kind.as_str()).collect();
    known.join(", ")
}

/// An event with its place in the chain. One whose text was altered into something that is no JSON is shown as it lies there: hiding it
/// would help whoever did it.
pub fn event(record: &AuditRecord) -> Value {
    let mut event = match serde_json::from_str(&record.body) {
        Ok(Value::Object(members)) => members,
        _ => serde_json::Map::from_iter([("altered".to_owned(), record.body.as_str().into())]),
    };
    event.insert("node".into(), record.node.as_str().into());
    event.insert("sequence".into(), record.sequence.into());
    event.insert("hash".into(), json!(record.hash));
    Value::Object(event)
}

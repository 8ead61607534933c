//! Appending to this node's audit chain, once per batch.
//!
//! The head of the chain is remembered from commit to commit and advanced by compare-and-swap. Only when another process wrote
//! under the same node's name in between (the command line beside a server) is it read again: the row is ours from the
//! swap until the commit, so the second try holds.

use std::sync::LazyLock;

use argus_domain::Timestamp;
use argus_domain::audit::{AuditEvent, AuditEventKind, ChainHash};

use crate::connection::Connection;
use crate::error::StorageError;
use crate::row::to_json;
use crate::sql::Sql;
use crate::value::Value;

/// Events written by one statement.
const MAX_ROWS: usize = 16;
const COLUMNS: [&str; 9] = ["node", "sequence", "at", "event", "client_id", "subject", "correlation_id", "body", "hash"];

/// `INSERT` with one row, with two, and so on: a text per number of rows, so that each is prepared once.
static INSERTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    (1..=MAX_ROWS)
        .map(|rows| {
            let row = |row: usize| {
                let parameters: Vec<String> = (1..=COLUMNS.len()).map(|column| format!("${}", row * COLUMNS.len() + column)).collect();
                format!("({})", parameters.join(", "))
            };
            let values: Vec<String> = (0..rows).map(row).collect();
            format!("INSERT INTO audit_events ({}) VALUES {}", COLUMNS.join(", "), values.join(", "))
        })
        .collect()
});

const ADVANCE: &str = "UPDATE audit_heads SET sequence = $2, hash = $3 WHERE node = $1 AND sequence = $4 AND hash = $5";
const READ_HEAD: Sql = Sql::pair(
    "SELECT sequence, hash FROM audit_heads WHERE node = $1",
    "SELECT sequence, hash FROM audit_heads WHERE node = $1 FOR UPDATE",
);
const FIRST_HEAD: &str = "INSERT INTO audit_heads (node, sequence, hash) VALUES ($1, 0, '') ON CONFLICT (node) DO NOTHING";

/// An event that waits for its place.
pub(crate) struct PendingEvent {
    at: Timestamp,
    kind: AuditEventKind,
    client_id: Option<String>,
    subject: Option<String>,
    correlation_id: String,
    /// The text that is hashed.
    body: String,
}

impl PendingEvent {
    pub(crate) fn new(event: &AuditEvent) -> Result<Self, StorageError> {
        Ok(Self {
            at: event.at,
            kind: event.event,
            client_id: event.client_id.clone(),
            subject: event.subject.clone(),
            correlation_id: event.correlation_id.clone(),
            body: to_json(event)?,
        })
    }
}

#[derive(Clone)]
struct Head {
    sequence: u64,
    hash: ChainHash,
}

impl Head {
    /// The links of `bodies` behind this head.
    fn links(&self, node: &str, events: &[PendingEvent]) -> Vec<Head> {
        let mut head = self.clone();
        let link = |event: &PendingEvent| {
            let sequence = head.sequence + 1;
            head = Head { sequence, hash: head.hash.next(node, sequence, &event.body) };
            head.clone()
        };
        events.iter().map(link).collect()
    }
}

/// This node's chain.
pub(crate) struct Chain {
    node: String,
    /// As of the last commit; none when it has to be read.
    head: Option<Head>,
    /// What the head becomes if the transaction under way is committed.
    next: Option<Head>,
}

impl Chain {
    pub(crate) fn new(node: String) -> Self {
        Self { node, head: None, next: None }
    }

    /// Appends the events of a batch, just before its commit.
    pub(crate) async fn append(&mut self, connection: &mut Connection, events: &[PendingEvent]) -> Result<(), StorageError> {
        if events.is_empty() {
            return Ok(());
        }
        let links = match self.head.take() {
            Some(head) => {
                let links = head.links(&self.node, events);
                if advance(connection, &self.node, &head, &links).await? { Some(links) } else { None }
            }
            None => None,
        };
        let links = match links {
            Some(links) => links,
            None => {
                let head = read_head(connection, &self.node).await?;
                let links = head.links(&self.node, events);
                if !advance(connection, &self.node, &head, &links).await? {
                    return Err(StorageError::inconsistent("audit_heads", "sequence", &self.node));
                }
                links
            }
        };
        insert(connection, &self.node, events, &links).await?;
        self.next = links.into_iter().next_back();
        Ok(())
    }

    /// The transaction was committed.
    pub(crate) fn committed(&mut self) {
        if let Some(next) = self.next.take() {
            self.head = Some(next);
        }
    }

    /// The transaction was not committed, or nobody knows.
    pub(crate) fn rolled_back(&mut self) {
        self.head = None;
        self.next = None;
    }
}

async fn advance(connection: &mut Connection, node: &str, from: &Head, links: &[Head]) -> Result<bool, StorageError> {
    let Some(to) = links.last() else { return Ok(true) };
    let values = [node.into(), to.sequence.into(), to.hash.as_str().into(), from.sequence.into(), from.hash.as_str().into()];
    Ok(connection.execute(ADVANCE, &values).await? == 1)
}

async fn read_head(connection: &mut Connection, node: &str) -> Result<Head, StorageError> {
    connection.execute(FIRST_HEAD, &[node.into()]).await?;
    let row = connection.fetch_optional(READ_HEAD, &[node.into()]).await?;
    let row = row.ok_or_else(|| StorageError::inconsistent("audit_heads", "node", node))?;
    Ok(Head { sequence: row.number(0)?, hash: ChainHash::from_stored(row.text(1)?) })
}

async fn insert(connection: &mut Connection, node: &str, events: &[PendingEvent], links: &[Head]) -> Result<(), StorageError> {
    for (events, links) in events.chunks(MAX_ROWS).zip(links.chunks(MAX_ROWS)) {
        let mut values: Vec<Value<'_>> = Vec::with_capacity(events.len() * COLUMNS.len());
        for (event, link) in events.iter().zip(links) {
            values.push(node.into());
            values.push(link.sequence.into());
            values.push(event.at.into());
            values.push(event.kind.as_str().into());
            values.push(event.client_id.as_deref().into());
            values.push(event.subject.as_deref().into());
            values.push(event.correlation_id.as_str().into());
            values.push(event.body.as_str().into());
            values.push(link.hash.as_str().into());
        }
        let text: &'static str = &INSERTS[events.len() - 1];
        connection.execute(text, &values).await?;
    }
    Ok(())
}

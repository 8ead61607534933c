//! Reading the audit trail, and verifying its chains. Writing it is [`Tx::audit`](crate::Tx::audit).

use std::fmt;
use std::str::FromStr;

use argus_domain::Timestamp;
use argus_domain::audit::{AuditEventKind, AuditRecord, ChainError, ChainHash, ChainVerifier};
use serde::Deserialize;

use crate::connection::Connection;
use crate::error::StorageError;
use crate::row::Row;

/// Records read at a time while verifying.
const PAGE: u32 = 500;
/// The most events of one request that are told. A request causes a few; an import, one for everything it changes.
const REQUEST_EVENTS: u32 = 100;

/// Which events to list, and from which end; absent members filter nothing.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// At or after this time.
    pub since: Option<Timestamp>,
    /// Of this kind.
    pub event: Option<AuditEventKind>,
    /// Concerning this client.
    pub client_id: Option<String>,
    /// Concerning the user with this `sub`.
    pub subject: Option<String>,
    /// Caused by the request with this correlation id.
    pub correlation_id: Option<String>,
    /// None of tokens that were issued, of which there are far more than of anything else.
    pub beside_tokens: bool,
    /// The oldest first where it does not say.
    pub order: AuditOrder,
}

/// Which end of the trail a listing begins at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuditOrder {
    /// As it was written.
    #[default]
    OldestFirst,
    /// The latest first.
    NewestFirst,
}

/// Where a page ended.
#[derive(Clone, Debug)]
pub struct AuditCursor {
    at: Timestamp,
    node: String,
    sequence: u64,
}

/// `at.sequence.node`, for a client that hands it back.
impl fmt::Display for AuditCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.at.unix_millis(), self.sequence, self.node)
    }
}

impl FromStr for AuditCursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.splitn(3, '.');
        let mut part = || parts.next().ok_or(());
        let at = Timestamp::from_unix_millis(part()?.parse().map_err(drop)?);
        // The engines' integers have a sign.
        let sequence = part()?.parse::<u64>().ok().filter(|sequence| i64::try_from(*sequence).is_ok()).ok_or(())?;
        Ok(Self { at, sequence, node: part()?.to_owned() })
    }
}

/// A page of the trail.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// The records, in the order that was asked for.
    pub records: Vec<AuditRecord>,
    /// Where the next page begins; none when this was the last.
    pub next: Option<AuditCursor>,
}

/// Why the trail could not be verified, or where it is broken.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AuditVerifyError {
    /// It could not be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A chain is broken.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

/// The listing by the filter that an index answers, in both orders.
macro_rules! select_events {
    ($($indexed:literal)?) => {
        [select_events!(@ " " $($indexed)?), select_events!(@ " DESC" $($indexed)?)]
    };
    (@ $order:literal $($indexed:literal)?) => {
        concat!(
            "SELECT node, sequence, body, hash, at FROM audit_events WHERE (at, node, sequence) > ($1, $2, $3) ",
            "AND (at, node, sequence) < ($4, $5, $6) AND ($7 IS NULL OR event = $7) AND ($8 IS NULL OR client_id = $8) ",
            "AND ($9 IS NULL OR subject = $9) AND ($10 IS NULL OR correlation_id = $10) ",
            "AND ($12 = 0 OR event NOT IN ('token.issued', 'token.refreshed')) ",
            $("AND ", $indexed, " ",)?
            "ORDER BY at", $order, ", node", $order, ", sequence", $order, " LIMIT $11"
        )
    };
}

impl AuditFilter {
    fn select(&self) -> &'static str {
        let [oldest_first, newest_first] = if self.correlation_id.is_some() {
            select_events!("correlation_id = $10")
        } else if self.subject.is_some() {
            // Before the client: of one user there are fewer.
            select_events!("subject = $9")
        } else if self.client_id.is_some() {
            select_events!("client_id = $8")
        } else if self.event.is_some() {
            select_events!("event = $7")
        } else {
            select_events!()
        };
        if self.order == AuditOrder::OldestFirst { oldest_first } else { newest_first }
    }
}

/// At most `limit` events in order of time, beyond `after` when that is given.
pub async fn list(
    connection: &mut Connection,
    filter: &AuditFilter,
    after: Option<&AuditCursor>,
    limit: u32,
) -> Result<AuditPage, StorageError> {
    let since = AuditCursor { at: filter.since.unwrap_or(Timestamp::from_unix_millis(i64::MIN)), node: String::new(), sequence: 0 };
    let end = AuditCursor { at: Timestamp::from_unix_millis(i64::MAX), node: String::new(), sequence: 0 };
    let (from, to) = match filter.order {
        AuditOrder::OldestFirst => (after.unwrap_or(&since), &end),
        AuditOrder::NewestFirst => (&since, after.unwrap_or(&end)),
    };
    let values = [
        from.at.into(),
        (&from.node).into(),
        from.sequence.into(),
        to.at.into(),
        (&to.node).into(),
        to.sequence.into(),
        filter.event.map(AuditEventKind::as_str).into(),
        filter.client_id.as_deref().into(),
        filter.subject.as_deref().into(),
        filter.correlation_id.as_deref().into(),
        limit.into(),
        filter.beside_tokens.into(),
    ];
    let sql = filter.select();
    let rows = connection.fetch_all(sql, &values).await?;
    let records: Vec<AuditRecord> = rows.iter().map(record).collect::<Result<_, _>>()?;
    let full = u32::try_from(records.len()).is_ok_and(|found| found >= limit);
    let next = match (rows.last(), records.last()) {
        (Some(row), Some(record)) if full => Some(AuditCursor { at: row.time(4)?, node: record.node.clone(), sequence: record.sequence }),
        _ => None,
    };
    Ok(AuditPage { records, next })
}

/// The first 100 events of the request with a correlation id, in order of time.
pub async fn by_correlation_id(connection: &mut Connection, id: &str) -> Result<Vec<AuditRecord>, StorageError> {
    let sql = "SELECT node, sequence, body, hash FROM audit_events WHERE correlation_id = $1 ORDER BY at, node, sequence LIMIT $2";
    connection.fetch_all(sql, &[id.into(), REQUEST_EVENTS.into()]).await?.iter().map(record).collect()
}

/// Walks every node's chain from its first event to the head it had when this began; returns the number of events per node.
pub async fn verify(connection: &mut Connection) -> Result<Vec<(String, u64)>, AuditVerifyError> {
    let mut verified = Vec::new();
    for row in connection.fetch_all("SELECT node, sequence, hash FROM audit_heads ORDER BY node", &[]).await? {
        let (node, head, hash) = (row.text(0)?, row.number(1)?, ChainHash::from_stored(row.text(2)?));
        let mut verifier = ChainVerifier::new(&*node);
        let mut last = 0;
        while last < head {
            let sql = "SELECT node, sequence, body, hash, at, event, client_id, subject, correlation_id FROM audit_events \
                       WHERE node = $1 AND sequence > $2 AND sequence <= $3 ORDER BY sequence LIMIT $4";
            let rows = connection.fetch_all(sql, &[(&node).into(), last.into(), head.into(), PAGE.into()]).await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                let record = record(row)?;
                verifier.check(&record)?;
                if !agrees(row, &record.body)? {
                    return Err(ChainError::Altered { node, sequence: record.sequence }.into());
                }
                last = record.sequence;
            }
        }
        verified.push((node, verifier.finish(head, &hash)?));
    }
    // Events that no walk comes by: a head was removed or put back to hide that events are missing, or events were added.
    let sql = "SELECT e.node, MAX(e.sequence), COALESCE(MAX(h.sequence), 0) FROM audit_events e \
               LEFT JOIN audit_heads h ON h.node = e.node \
               WHERE h.node IS NULL OR e.sequence > h.sequence OR e.sequence < 1 GROUP BY e.node ORDER BY e.node";
    if let Some(row) = connection.fetch_optional(sql, &[]).await? {
        let node = row.text(0)?;
        return Err(match u64::try_from(row.int(1)?) {
            Ok(last) if last > 0 => ChainError::Truncated { node, last, recorded: row.number(2)? },
            _ => ChainError::Gap { node, expected: 1, found: 0 },
        }
        .into());
    }
    Ok(verified)
}

/// What stands beside the body of an event once more, for listings to filter and sort by. Not hashed: the body is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repeated {
    at: Timestamp,
    event: String,
    client_id: Option<String>,
    subject: Option<String>,
    correlation_id: String,
}

/// Whether the columns 4 to 8 say what the body says. One that was changed would hide its event from whoever looks for it.
fn agrees(row: &Row, body: &str) -> Result<bool, StorageError> {
    let Ok(told) = serde_json::from_str::<Repeated>(body) else { return Ok(false) };
    Ok(row.time(4)? == told.at
        && row.text(5)? == told.event
        && row.opt_text(6)? == told.client_id
        && row.opt_text(7)? == told.subject
        && row.text(8)? == told.correlation_id)
}

fn record(row: &Row) -> Result<AuditRecord, StorageError> {
    Ok(AuditRecord { node: row.text(0)?, sequence: row.number(1)?, body: row.text(2)?, hash: ChainHash::from_stored(row.text(3)?) })
}

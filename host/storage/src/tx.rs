//! The transaction a write runs in.

use std::ops::{Deref, DerefMut};

use argus_domain::audit::AuditEvent;

use crate::chain::PendingEvent;
use crate::connection::Connection;
use crate::error::StorageError;

/// A write in progress. Reads go through it as through any [`Connection`]; nothing of it is visible to others, and nothing is
/// acknowledged, before the batch it belongs to is committed.
pub struct Tx {
    pub(crate) connection: Connection,
    pub(crate) events: Vec<PendingEvent>,
}

impl Tx {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection, events: Vec::new() }
    }

    /// Puts an event on record, in the same transaction as what it tells of. Its place in the chain is given at the commit, so
    /// that all events of a batch cost one statement; if this write fails, its events vanish with it.
    pub async fn audit(&mut self, event: &AuditEvent) -> Result<(), StorageError> {
        self.events.push(PendingEvent::new(event)?);
        Ok(())
    }

    /// Puts events on record, in their order.
    pub async fn audit_all(&mut self, events: &[AuditEvent]) -> Result<(), StorageError> {
        for event in events {
            self.audit(event).await?;
        }
        Ok(())
    }
}

impl Deref for Tx {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

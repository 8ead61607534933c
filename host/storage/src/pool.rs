//! Connections for reading.
//!
//! A pool of our own, because a request makes one to three reads of some thirty microseconds each: the driver's pool asks the
//! connection whether it is alive before or after every use, which costs as much again.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::connection::Connection;
use crate::error::StorageError;
use crate::settings::{Opener, Purpose};

/// How long a reader waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(crate) struct Pool(Arc<Inner>);

struct Inner {
    opener: Opener,
    permits: Arc<Semaphore>,
    /// The one used last is used next: its caches are warm.
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    pub(crate) fn new(opener: Opener, size: u32) -> Self {
        let size = usize::try_from(size.max(1)).unwrap_or(1);
        Self(Arc::new(Inner { opener, permits: Arc::new(Semaphore::new(size)), idle: Mutex::new(Vec::with_capacity(size)) }))
    }

    pub(crate) async fn acquire(&self) -> Result<Reader, StorageError> {
        let permits = Arc::clone(&self.0.permits);
        let permit = match Arc::clone(&permits).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => tokio::time::timeout(ACQUIRE_TIMEOUT, permits.acquire_owned())
                .await
                .map_err(|_| StorageError::unavailable("no connection became free in time"))?
                .map_err(|_| StorageError::unavailable("the store is closed"))?,
        };
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => Connection::open(&self.0.opener, Purpose::Read).await?,
        };
        Ok(Reader { connection: Some(connection), pool: self.clone(), _permit: permit })
    }

    /// Closes what is idle and lets nobody in any more; what is out is closed on its return.
    pub(crate) async fn close(&self) {
        self.0.permits.close();
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle {
            connection.close().await;
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection for reading, back in its pool when dropped. Hold it for as long as you read, no longer.
pub struct Reader {
    /// None only while it is being dropped.
    connection: Option<Connection>,
    pool: Pool,
    _permit: OwnedSemaphorePermit,
}

impl Deref for Reader {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        match &self.connection {
            Some(connection) => connection,
            None => unreachable!("a reader has its connection until it is dropped"),
        }
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut Connection {
        match &mut self.connection {
            Some(connection) => connection,
            None => unreachable!("a reader has its connection until it is dropped"),
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && !connection.is_lost()
            && !self.pool.0.permits.is_closed()
        {
            self.pool.idle().push(connection);
        }
    }
}

//! Holding up the writer, so that what is written meanwhile is committed together.

use std::pin::Pin;

use argus_storage::{StorageError, Store};
use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Begins what is to wait: writes are queued when this returns.
///
/// # Panics
/// When there was nothing to wait for.
pub(crate) fn begin<F: Future>(mut future: Pin<&mut F>) {
    assert!(future.as_mut().now_or_never().is_none(), "nothing held this up");
}

/// A write that waits until the gate is opened.
pub(crate) struct Gate {
    opened: watch::Sender<bool>,
    held: JoinHandle<Result<(), StorageError>>,
}

impl Gate {
    /// Holds up the writer of a store. On return it is held.
    pub(crate) async fn close(store: &Store) -> Self {
        let (opened, waiting) = watch::channel(false);
        let (entering, mut entered) = watch::channel(false);
        let store = store.clone();
        let held = tokio::spawn(async move {
            store
                .write(move |_| {
                    let (mut waiting, entering) = (waiting.clone(), entering.clone());
                    Box::pin(async move {
                        entering.send_replace(true);
                        waiting.wait_for(|opened| *opened).await.unwrap();
                        Ok(())
                    })
                })
                .await
        });
        entered.wait_for(|entered| *entered).await.unwrap();
        Self { opened, held }
    }

    /// Lets the writer go on; returns how the write that held it ended.
    pub(crate) async fn open(self) -> Result<(), StorageError> {
        self.opened.send_replace(true);
        self.held.await.unwrap()
    }
}

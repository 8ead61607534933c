//! A write as it waits in the queue: run as often as need be, answered once.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use crate::error::StorageError;
use crate::tx::Tx;

/// A queued write, whatever it results in.
pub(crate) trait Job: Send {
    /// Runs the write; its result is kept until [`Job::answer`].
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, Result<(), StorageError>>;

    /// Tells the caller how it ended.
    fn answer(self: Box<Self>, outcome: Result<(), StorageError>);
}

pub(crate) type Reply<T> = oneshot::Sender<Result<T, StorageError>>;

struct Write<F, T> {
    work: F,
    value: Option<T>,
    reply: Reply<T>,
}

pub(crate) fn job<F, T>(work: F, reply: Reply<T>) -> Box<dyn Job>
where
    F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, StorageError>> + Send + 'static,
    T: Send + 'static,
{
    Box::new(Write { work, value: None, reply })
}

impl<F, T> Job for Write<F, T>
where
    F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, StorageError>> + Send + 'static,
    T: Send + 'static,
{
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, Result<(), StorageError>> {
        let Self { work, value, .. } = self;
        let run = async move {
            *value = Some(work(tx).await?);
            Ok(())
        };
        // The writer serves every request: a defect in one of them must not end it.
        Box::pin(AssertUnwindSafe(run).catch_unwind().map(|done| done.unwrap_or_else(|_| Err(StorageError::driver("the write panicked")))))
    }

    fn answer(self: Box<Self>, outcome: Result<(), StorageError>) {
        let Self { value, reply, .. } = *self;
        let answer = match (outcome, value) {
            (Ok(()), Some(value)) => Ok(value),
            (Ok(()), None) => Err(StorageError::driver("the write was not run")),
            (Err(error), _) => Err(error),
        };
        // Nobody may be waiting any more: a request that was given up. What it wrote stands.
        drop(reply.send(answer));
    }
}

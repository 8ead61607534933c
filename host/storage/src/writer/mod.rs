//! The one writer of a process.
//!
//! Jobs queue up while a commit is under way and are then committed together, at most [`MAX_BATCH`] in one transaction. On the
//! common path a batch has no savepoints: only when a job fails is everything rolled back and run again with a savepoint per
//! job, so that the failing ones fail alone.

mod job;

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};

use crate::chain::Chain;
use crate::connection::Connection;
use crate::error::StorageError;
use crate::settings::{Opener, Purpose};
use crate::tx::Tx;
use job::Job;

/// The most jobs of one transaction.
const MAX_BATCH: usize = 64;
/// How often a batch is run before its jobs are refused: after a lost connection, a deadlock, or a serialisation failure.
const MAX_ATTEMPTS: u32 = 4;
/// How long a caller waits for a place in a full queue.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(5);

enum Message {
    Write(Box<dyn Job>),
    Close(oneshot::Sender<()>),
}

/// The way to the writer.
#[derive(Clone)]
pub(crate) struct Queue(mpsc::Sender<Message>);

impl Queue {
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StorageError>
    where
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, StorageError>> + Send + 'static,
        T: Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Write(job::job(work, reply))).await?;
        answer.await.map_err(|_| StorageError::unavailable("the writer ended"))?
    }

    /// Lets no more jobs in, and waits until those that are in have been answered.
    pub(crate) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.0.send(Message::Close(done)).await.is_ok() {
            drop(closed.await);
        }
    }

    async fn send(&self, message: Message) -> Result<(), StorageError> {
        let message = match self.0.try_send(message) {
            Ok(()) => return Ok(()),
            Err(mpsc::error::TrySendError::Closed(_)) => return Err(StorageError::unavailable("the store is closed")),
            Err(mpsc::error::TrySendError::Full(message)) => message,
        };
        match self.0.send_timeout(message, QUEUE_TIMEOUT).await {
            Ok(()) => Ok(()),
            Err(mpsc::error::SendTimeoutError::Closed(_)) => Err(StorageError::unavailable("the store is closed")),
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => Err(StorageError::unavailable("too many writes are waiting")),
        }
    }
}

/// Starts the writer. It ends when the queue is closed or its last handle is dropped.
pub(crate) fn start(opener: Opener, node: String, queue: u32) -> Queue {
    let (sender, receiver) = mpsc::channel(usize::try_from(queue.max(1)).unwrap_or(1));
    tokio::spawn(Writer { opener, connection: None, chain: Chain::new(node) }.run(receiver));
    Queue(sender)
}

struct Writer {
    opener: Opener,
    connection: Option<Connection>,
    chain: Chain,
}

/// Why a batch was not committed.
enum Setback {
    /// A job failed: run the batch again, each job behind a savepoint.
    Job,
    /// Nothing was committed and the same work may succeed now.
    Again(StorageError),
    /// It is over.
    Over(StorageError),
}

impl Writer {
    async fn run(mut self, mut queue: mpsc::Receiver<Message>) {
        let mut messages = Vec::with_capacity(MAX_BATCH);
        let mut closers = Vec::new();
        while queue.recv_many(&mut messages, MAX_BATCH).await > 0 {
            let mut jobs = Vec::with_capacity(messages.len());
            for message in messages.drain(..) {
                match message {
                    Message::Write(job) => jobs.push(job),
                    Message::Close(done) => {
                        queue.close();
                        closers.push(done);
                    }
                }
            }
            if !jobs.is_empty() {
                self.serve(jobs).await;
            }
        }
        if let Some(connection) = self.connection.take() {
            connection.close().await;
        }
        for closer in closers {
            // Whoever asked may have stopped waiting.
            let _ = closer.send(());
        }
    }

    /// Commits a batch, as far as it can be, and answers every job.
    async fn serve(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        let mut savepoints = false;
        let mut attempts = 0;
        let refused = loop {
            match self.attempt(&mut jobs, savepoints).await {
                Ok(outcomes) => {
                    for (job, outcome) in jobs.into_iter().zip(outcomes) {
                        job.answer(outcome);
                    }
                    return;
                }
                Err(Setback::Job) => savepoints = true,
                Err(Setback::Again(error)) => {
                    attempts += 1;
                    if attempts == MAX_ATTEMPTS {
                        break error;
                    }
                }
                Err(Setback::Over(error)) => break error,
            }
        };
        tracing::warn!(error = %refused, cause = std::error::Error::source(&refused).map(tracing::field::display), jobs = jobs.len(), "writes were refused");
        for job in jobs {
            job.answer(Err(refused.clone()));
        }
    }

    /// One transaction. On success, one outcome per job.
    async fn attempt(&mut self, jobs: &mut [Box<dyn Job>], savepoints: bool) -> Result<Vec<Result<(), StorageError>>, Setback> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(&self.opener, Purpose::Write).await.map_err(Setback::Over)?,
        };
        if let Err(error) = connection.begin().await {
            // A connection that was lost while it lay idle, or a lock that another process holds on to.
            return Err(if connection.is_lost() {
                Setback::Again(error)
            } else {
                self.connection = Some(connection);
                Setback::Over(error)
            });
        }
        let mut tx = Tx::new(connection);
        let outcome = match run_jobs(&mut tx, jobs, savepoints).await {
            Ok(outcomes) => self.finish(&mut tx).await.map(|()| outcomes),
            Err(setback) => Err(setback),
        };
        let mut connection = tx.connection;
        if outcome.is_ok() {
            self.chain.committed();
        } else {
            self.chain.rolled_back();
            connection.roll_back().await;
        }
        if !connection.is_lost() {
            self.connection = Some(connection);
        }
        outcome
    }

    /// The audit events, then the commit.
    async fn finish(&mut self, tx: &mut Tx) -> Result<(), Setback> {
        self.chain.append(&mut tx.connection, &tx.events).await.map_err(|error| setback(&tx.connection, error))?;
        let committed = tx.connection.commit().await;
        committed.map_err(|error| {
            // Whether a commit that was under way when the connection broke took place, nobody can tell: it is not repeated, since
            // its jobs would then meet their own traces, and not acknowledged.
            if tx.connection.may_retry() && !tx.connection.is_lost() { Setback::Again(error) } else { Setback::Over(error) }
        })
    }
}

/// What a failure that is no job's own means for the batch.
fn setback(connection: &Connection, error: StorageError) -> Setback {
    if connection.is_lost() || connection.may_retry() { Setback::Again(error) } else { Setback::Over(error) }
}

async fn run_jobs(tx: &mut Tx, jobs: &mut [Box<dyn Job>], savepoints: bool) -> Result<Vec<Result<(), StorageError>>, Setback> {
    let mut outcomes = Vec::with_capacity(jobs.len());
    for job in jobs {
        if savepoints {
            tx.connection.savepoint().await.map_err(|error| setback(&tx.connection, error))?;
        }
        let events = tx.events.len();
        let outcome = job.run(tx).await;
        // A statement that failed has failed its job, whatever the job says: PostgreSQL would commit nothing of it.
        let outcome = outcome.and_then(|()| tx.connection.failure().cloned().map_or(Ok(()), Err));
        match (&outcome, savepoints) {
            (Ok(()), false) => {}
            (Ok(()), true) => tx.connection.release_savepoint().await.map_err(|error| setback(&tx.connection, error))?,
            (Err(error), _) if tx.connection.is_lost() || tx.connection.may_retry() => return Err(Setback::Again(error.clone())),
            (Err(_), false) => return Err(Setback::Job),
            (Err(_), true) => {
                tx.events.truncate(events);
                tx.connection.roll_back_to_savepoint().await.map_err(|error| setback(&tx.connection, error))?;
            }
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

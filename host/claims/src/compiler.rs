//! Compiling, in a child process with limits.
//!
//! The compiler can't be interrupted, and input exists that keeps it busy for very long: a function of 635 KB was seen to compile for
//! more than 20 seconds. So an upload is compiled by a process that the system stops when it takes too much, and that can be killed.
//! There is no other way to compile: nothing in the server's process runs the compiler.
//!
//! The child is this program again, started with a hidden subcommand that calls [`child_main`]. It reads a request from standard
//! input, writes the code to standard output and what is wrong to standard error.

mod child;

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;

use crate::cache::Artifact;
use crate::limits::EngineLimits;
use crate::text::short;

pub use child::child_main;

/// Exit code of a child that refused its input (`EX_DATAERR` of `sysexits.h`).
const REFUSED: i32 = 65;
/// Longest message taken from a child.
const MAX_MESSAGE_BYTES: u64 = 2_048;
/// Largest code taken from a child; a Python interpreter gives 35 MB.
const MAX_CODE_BYTES: u64 = 256 << 20;
/// Threads of the compiler: more would take memory from its limit and processors from the server.
const COMPILER_THREADS: &str = "2";

/// How to start a process that calls [`child_main`].
#[derive(Clone, Debug)]
pub struct CompilerProcess {
    /// Usually the server's own program.
    pub program: PathBuf,
    /// Arguments that make it call [`child_main`].
    pub args: Vec<OsString>,
}

/// Why a component could not be compiled.
#[derive(Debug, Error)]
pub enum CompileError {
    /// Not a valid component, in the compiler's words.
    #[error("the component is not valid: {0}")]
    Invalid(String),
    /// Stopped after `compile_timeout_ms`, or after `compile_cpu_seconds`.
    #[error("compiling the component took too long")]
    TimeExceeded,
    /// Needed more than `compile_memory_bytes`.
    #[error("compiling the component took too much memory")]
    MemoryExceeded,
    /// Ended without saying why.
    #[error("the compiling process ended with {status}: {message}")]
    Crashed {
        /// As the system reports it.
        status: String,
        /// Last words.
        message: String,
    },
    /// Could not be started or talked to.
    #[error("the compiling process could not be run")]
    Process(#[source] io::Error),
}

/// What the child is told before it gets the component: its limits, in two numbers of eight bytes.
struct Request {
    memory_bytes: u64,
    cpu_seconds: u64,
}

impl Request {
    const BYTES: usize = 16;

    fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..8].copy_from_slice(&self.memory_bytes.to_le_bytes());
        bytes[8..].copy_from_slice(&self.cpu_seconds.to_le_bytes());
        bytes
    }

    fn read(mut input: impl io::Read) -> io::Result<Self> {
        let mut number = || {
            let mut bytes = [0; 8];
            input.read_exact(&mut bytes).map(|()| u64::from_le_bytes(bytes))
        };
        Ok(Self { memory_bytes: number()?, cpu_seconds: number()? })
    }
}

/// The parent's side.
#[derive(Debug)]
pub(crate) struct Compiler {
    process: CompilerProcess,
    timeout: Duration,
    memory_bytes: u64,
    cpu_seconds: u64,
    /// One at a time of each kind: compilations are rare, and many children could take the memory of the server.
    serving: Semaphore,
    uploads: Semaphore,
}

/// Why something is compiled. What is uploaded may be made to take long, and nobody's sign-in is to wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To run it.
    Serving,
    /// To see whether it is accepted.
    Upload,
}

impl Compiler {
    pub(crate) fn new(process: CompilerProcess, limits: &EngineLimits) -> Self {
        Self {
            process,
            timeout: Duration::from_millis(limits.compile_timeout_ms),
            memory_bytes: limits.compile_memory_bytes,
            cpu_seconds: limits.compile_cpu_seconds,
            serving: Semaphore::new(1),
            uploads: Semaphore::new(1),
        }
    }

    /// Compiles a component. Waiting for another compilation to end doesn't count towards the limit.
    pub(crate) async fn compile(&self, component: &[u8], purpose: Purpose) -> Result<Artifact, CompileError> {
        let turns = match purpose {
            Purpose::Serving => &self.serving,
            Purpose::Upload => &self.uploads,
        };
        let _turn = turns.acquire().await.map_err(io::Error::other).map_err(CompileError::Process)?;
        let mut child = self.start().map_err(CompileError::Process)?;
        // A child that is dropped is killed, so a timeout leaves nothing behind; waiting for it avoids a zombie until then.
        match tokio::time::timeout(self.timeout, self.converse(&mut child, component)).await {
            Ok(answer) => answer,
            Err(_) => {
                child.kill().await.map_err(CompileError::Process)?;
                Err(CompileError::TimeExceeded)
            }
        }
    }

    fn start(&self) -> io::Result<Child> {
        Command::new(&self.process.program)
            .args(&self.process.args)
            // Secrets of the server may stand in its environment.
            .env_clear()
            .env("RAYON_NUM_THREADS", COMPILER_THREADS)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
    }

    async fn converse(&self, child: &mut Child, component: &[u8]) -> Result<Artifact, CompileError> {
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let request = Request { memory_bytes: self.memory_bytes, cpu_seconds: self.cpu_seconds }.to_bytes();
        let write = async {
            if let Some(mut input) = input {
                input.write_all(&request).await?;
                input.write_all(component).await?;
                input.shutdown().await?;
            }
            Ok::<_, io::Error>(())
        };
        // A child that gives up early closes its input: what it says of the reason counts, not that writing failed.
        let (_, code, message) = tokio::join!(write, read(output, MAX_CODE_BYTES), read(errors, MAX_MESSAGE_BYTES));
        let (code, message) = (code.map_err(CompileError::Process)?, message.map_err(CompileError::Process)?);
        let status = child.wait().await.map_err(CompileError::Process)?;
        judge(status, code, &message)
    }
}

/// Up to `limit` bytes; the rest is read and forgotten, so that the child never waits for a reader.
async fn read(from: Option<impl AsyncRead + Unpin>, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut from) = from {
        (&mut from).take(limit).read_to_end(&mut bytes).await?;
        tokio::io::copy(&mut from, &mut tokio::io::sink()).await?;
    }
    Ok(bytes)
}

fn judge(status: ExitStatus, code: Vec<u8>, message: &[u8]) -> Result<Artifact, CompileError> {
    let message = short(String::from_utf8_lossy(message).trim(), MAX_MESSAGE_BYTES as usize);
    match (status.code(), status.signal().and_then(rustix::process::Signal::from_named_raw)) {
        (Some(0), _) => Ok(Artifact::compiled(code)),
        (Some(REFUSED), _) => Err(CompileError::Invalid(message)),
        (_, Some(rustix::process::Signal::XCPU | rustix::process::Signal::KILL)) => Err(CompileError::TimeExceeded),
        // How a Rust program ends that is given no memory. Cranelift's own assertions end the same way, but with a message of theirs.
        (_, Some(rustix::process::Signal::ABORT)) if message.contains("memory allocation") => Err(CompileError::MemoryExceeded),
        _ => Err(CompileError::Crashed { status: status.to_string(), message }),
    }
}

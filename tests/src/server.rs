//! `argus serve` as a process that ends with the test run, however that ends.
//!
//! The server is the child of a shell that waits for a line on its standard input, which only this process holds open: the line
//! names a signal, and the end of the input means SIGKILL. What the server started ends with it: `kc.sh` leaves Java behind.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use crate::program;
use crate::until::{PATIENCE, PAUSE};

/// `$1` is the log, `$2` a folder to remove at the end, the rest the command.
const SUPERVISOR: &str = r#"
log=$1 remove=$2
shift 2
setsid "$@" </dev/null >>"$log" 2>&1 &
server=$!
echo "$server"
read -r signal || signal=KILL
kill -s "$signal" "$server"
wait "$server"
code=$?
kill -s KILL -- "-$server" 2>/dev/null
[ -z "$remove" ] || rm -rf "$remove"
exit "$code"
"#;

/// A running server.
pub struct Server {
    supervisor: Child,
    process: u32,
}

impl Server {
    /// Starts the server and returns when it answers on its port.
    pub(crate) fn start(config: &Path, log: &Path, port: u16, remove: Option<&Path>) -> Self {
        let mut command = Command::new(program::argus());
        command.args(["serve", "--config"]).arg(config);
        Self::supervise(&command, log, remove, &format!("http://127.0.0.1:{port}/.well-known/openid-configuration"), PATIENCE)
    }

    /// Starts a program and returns when it answers at an address.
    pub fn supervise(command: &Command, log: &Path, remove: Option<&Path>, probe: &str, patience: Duration) -> Self {
        let mut supervisor = Command::new("sh")
            .args(["-c", SUPERVISOR, "argus-tests"])
            .arg(log)
            .arg(remove.unwrap_or(Path::new("")))
            .arg(command.get_program())
            .args(command.get_args())
            .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(supervisor.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let server = Self { supervisor, process: line.trim().parse().unwrap() };
        let deadline = Instant::now() + patience;
        while !answers(probe) {
            let gone = server.has_ended();
            assert!(
                !gone && Instant::now() < deadline,
                "the server {}; its log:\n{}",
                if gone { "ended" } else { "does not answer" },
                fs::read_to_string(log).unwrap_or_default()
            );
            thread::sleep(PAUSE);
        }
        server
    }

    /// Whether the process ended by itself: it is a zombie until the supervisor looks at it.
    fn has_ended(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process)).unwrap_or_default();
        stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('Z'))
    }

    /// Sends a signal and waits for the end; returns the exit code, or 128 and the signal's number.
    pub(crate) fn end(mut self, signal: &str) -> i32 {
        let mut input = self.supervisor.stdin.take().unwrap();
        writeln!(input, "{signal}").unwrap();
        self.supervisor.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        let _ = self.supervisor.wait();
    }
}

/// Asks for a document that is there when the program is ready; no client library, so that it works inside and outside an asynchronous test.
fn answers(probe: &str) -> bool {
    let (host, path) = probe.trim_start_matches("http://").split_once('/').unwrap();
    let ask = || -> std::io::Result<String> {
        let mut connection = TcpStream::connect(host)?;
        connection.set_read_timeout(Some(Duration::from_secs(5)))?;
        let request = format!("GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        connection.write_all(request.as_bytes())?;
        // Some keep the connection open whatever they are asked for.
        let mut status = String::new();
        BufReader::new(connection).read_line(&mut status)?;
        Ok(status)
    };
    ask().is_ok_and(|status| status.starts_with("HTTP/1.1 200"))
}

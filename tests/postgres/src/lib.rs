//! PostgreSQL for tests: one server per process, started when the first test asks for a database, gone when the process ends,
//! however it ends.
//!
//! The server belongs to a shell that waits for the end of its standard input, which only this process holds open. It listens
//! on a socket in a directory of its own, so nothing on the machine can clash with it.
//!
//! A test that cannot have PostgreSQL fails and says what to install. Only `ARGUS_TEST_POSTGRES=off` leaves such tests out, and
//! each says so.

#![expect(clippy::print_stderr, reason = "tests have to say what they leave out")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Set to `off` to leave out the tests that need PostgreSQL.
pub const SWITCH: &str = "ARGUS_TEST_POSTGRES";

/// Starts the server, says so, waits for the end of its input, stops the server and removes its directory.
const SUPERVISOR: &str = r#"
"$1/initdb" --pgdata="$2/data" --username=argus --auth=trust --encoding=UTF8 --no-locale --no-sync --wal-segsize=1 >"$2/log" 2>&1 &&
"$1/pg_ctl" start --wait --pgdata="$2/data" --log="$2/log" --options="-c listen_addresses= -c unix_socket_directories=$2 \
    -c fsync=off -c full_page_writes=off -c max_connections=200 -c shared_buffers=32MB" >>"$2/log" 2>&1 && echo ready || cat "$2/log"
cat >/dev/null
"$1/pg_ctl" stop --mode=immediate --pgdata="$2/data" >>"$2/log" 2>&1
rm -rf "$2"
"#;

/// A running server.
pub struct Server {
    programs: PathBuf,
    directory: PathBuf,
    owner: Option<(u32, u32)>,
    databases: AtomicU32,
    /// Its standard input ends with this process.
    _supervisor: Child,
}

/// The URL of a new, empty database; none when tests on PostgreSQL were left out by `ARGUS_TEST_POSTGRES=off`.
///
/// # Panics
/// When there is no PostgreSQL to start, with what to do about it.
pub fn database() -> Option<String> {
    if std::env::var(SWITCH).is_ok_and(|value| value == "off") {
        eprintln!("left out: {SWITCH}=off");
        return None;
    }
    Some(Server::shared().create_database())
}

impl Server {
    /// The server of this process.
    ///
    /// # Panics
    /// When there is no PostgreSQL to start, with what to do about it.
    pub fn shared() -> &'static Self {
        static SERVER: LazyLock<Result<Server, String>> = LazyLock::new(Server::start);
        match &*SERVER {
            Ok(server) => server,
            Err(why) => panic!("no PostgreSQL for this test: {why}"),
        }
    }

    fn start() -> Result<Self, String> {
        let programs = find_programs()
            .ok_or_else(|| format!("it is not installed; `apt-get install postgresql`, or set {SWITCH}=off to leave these tests out"))?;
        let directory = tempfile::Builder::new()
            .prefix("argus-postgres-")
            .tempdir()
            .map_err(|error| format!("no temporary directory: {error}"))?
            .keep();
        let owner = server_account(&directory)?;
        if let Some((user, group)) = owner {
            chown(&directory, Some(user), Some(group)).map_err(|error| format!("cannot give away {}: {error}", directory.display()))?;
        }
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).map_err(|error| error.to_string())?;
        let mut command = Command::new("sh");
        command.args(["-c", SUPERVISOR, "argus-test-postgres"]).arg(&programs).arg(&directory);
        let mut supervisor = as_owner(command, owner)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot run sh: {error}"))?;
        let mut said = String::new();
        if let Some(output) = supervisor.stdout.take() {
            let mut lines = BufReader::new(output).lines();
            let first = lines.next().and_then(Result::ok).unwrap_or_default();
            if first != "ready" {
                // Lets the supervisor go on to its end, so that the rest of the log can be read.
                drop(supervisor.stdin.take());
                said = std::iter::once(first).chain(lines.map_while(Result::ok)).collect::<Vec<_>>().join("\n");
            }
        }
        if !said.is_empty() || supervisor.stdin.is_none() {
            return Err(format!("it did not start:\n{said}"));
        }
        Ok(Self { programs, directory, owner, databases: AtomicU32::new(0), _supervisor: supervisor })
    }

    /// Makes an empty database and returns its URL.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn create_database(&self) -> String {
        let name = format!("argus_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.run("postgres", &format!("CREATE DATABASE {name}"));
        format!("postgres://argus@localhost/{name}?host={}", self.directory.display())
    }

    /// Runs SQL in a database as the superuser and returns what it answers, row by row.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn run(&self, database: &str, sql: &str) -> String {
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--username=argus", "--host"]);
        command.arg(&self.directory).args(["--dbname", database, "--command", sql]);
        let output = as_owner(command, self.owner).stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("cannot run psql: {error}"));
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

/// The newest installed version's programs.
fn find_programs() -> Option<PathBuf> {
    let has_server = |path: &PathBuf| ["initdb", "pg_ctl", "psql"].iter().all(|program| path.join(program).is_file());
    let in_path = std::env::var_os("PATH").and_then(|path| std::env::split_paths(&path).find(has_server));
    in_path.or_else(|| {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(Result::ok);
        let number = |path: &Path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
        let newest = versions.map(|entry| entry.path()).filter(|path| has_server(&path.join("bin"))).max_by_key(|path| number(path))?;
        Some(newest.join("bin"))
    })
}

/// PostgreSQL refuses to run as root: then it runs as `postgres`, or as `nobody`.
fn server_account(own: &Path) -> Result<Option<(u32, u32)>, String> {
    let uid = fs::metadata(own).map_err(|error| error.to_string())?.uid();
    if uid != 0 {
        return Ok(None);
    }
    let accounts = fs::read_to_string("/etc/passwd").map_err(|error| format!("/etc/passwd: {error}"))?;
    let find = |name: &str| {
        let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut ids = line.split(':').skip(2).map(str::parse);
        Some((ids.next()?.ok()?, ids.next()?.ok()?))
    };
    find("postgres").or_else(|| find("nobody")).map(Some).ok_or_else(|| "running as root, and there is no account `postgres`".to_owned())
}

fn as_owner(mut command: Command, owner: Option<(u32, u32)>) -> Command {
    if let Some((user, group)) = owner {
        command.uid(user).gid(group).current_dir("/");
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_database_is_empty_and_answers() {
        let (Some(first), Some(second)) = (database(), database()) else { return };
        assert_ne!(first, second);
        assert_eq!(Server::shared().run("argus_0", "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
    }
}

//! A terminal: commands run by `sh`, which keeps its folder and variables from one block to the next, and the person in front of it,
//! who signs in with a browser when the program asks for it.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use argus_tests::installation::free_port;
use argus_tests::{Browser, Http, Landing, Person, program, until};
use tokio::io::{AsyncBufReadExt, BufReader};

/// Where the pages say that a server is: the default.
pub(crate) const SHOWN_ADDRESS: &str = "127.0.0.1:8080";

/// Alice of `examples/demo.json`, who is an administrator there.
const ALICE: Person = Person { username: "alice", password: "alice demo password" };

/// Takes up folder and variables from `$1`, and leaves them there at the end, whatever that is. The block follows.
const PROLOGUE: &str = r#"
exec 2>&1
set -ae
. "$1"
trap 'status=$?; { export -p; printf "cd \"%s\"\n" "$PWD"; } >"$1"; exit $status' EXIT
"#;

/// Ends the command when this process does: it holds the standard input open.
const SERVE: &str = r#"
. "$1"
eval "exec $3" </dev/null >"$2" 2>&1 &
server=$!
read -r _ || true
kill "$server"
wait "$server"
"#;

pub(crate) struct Shell {
    home: PathBuf,
    address: String,
    browser: Browser,
    server: Option<Child>,
}

impl Shell {
    pub(crate) fn in_home(home: &Path) -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        let url = format!("http://{address}");
        for folder in ["work", "bin", "config"] {
            fs::create_dir_all(home.join(folder)).unwrap();
        }
        std::os::unix::fs::symlink(program::argus(), home.join("bin/argus")).unwrap();
        fs::write(home.join("state"), format!("cd {:?}\n", home.join("work"))).unwrap();
        Self { home: home.to_owned(), address, browser: Browser::new(Http::new(&url, &url)), server: None }
    }

    /// Where a page begins.
    pub(crate) fn folder(&self) -> PathBuf {
        self.home.join("work")
    }

    /// A text of a page, with the address that the server has here.
    pub(crate) fn to_here(&self, text: &str) -> String {
        text.replace(SHOWN_ADDRESS, &self.address)
    }

    /// Runs a block. Returns its exit status, and what it printed with the address that the pages show.
    pub(crate) async fn run(&self, commands: &str) -> (i32, String) {
        let script = format!("{PROLOGUE}{}", self.to_here(commands));
        let mut command = tokio::process::Command::from(self.sh(&script));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut printed = String::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            printed += &format!("{line}\n");
            if line.starts_with(&format!("http://{}/oauth2/authorize?", self.address)) {
                self.sign_in(&line).await;
            }
        }
        let code = child.wait().await.unwrap().code().unwrap_or(-1);
        (code, printed.replace(&self.address, SHOWN_ADDRESS))
    }

    /// Starts a server in a second terminal, and returns when it answers.
    pub(crate) async fn serve(&mut self, command: &str) -> Result<(), String> {
        let mut shell = self.sh(SERVE);
        shell.arg(self.home.join("server.log")).arg(self.to_here(command).trim());
        self.server = Some(shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let url = format!("http://{}/.well-known/openid-configuration", self.address);
        let listening = async || reqwest::get(&url).await.ok().filter(|answer| answer.status().is_success()).map(|_| ());
        until("the server answers", listening).await;
        Ok(())
    }

    /// A shell in which the program is found, and serves where nobody else does.
    fn sh(&self, script: &str) -> Command {
        let mut path = OsString::from(self.home.join("bin"));
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh"]).arg(self.home.join("state"));
        command.env("PATH", path).env("XDG_CONFIG_HOME", self.home.join("config")).env("BROWSER", "true");
        command.env("ARGUS__ISSUER", format!("http://{}", self.address)).env("ARGUS__LISTEN", &self.address);
        // A compiler in a debug build on a busy machine takes ten times as long as that of a release.
        command.env("ARGUS__CLAIMS__COMPILE_TIMEOUT_MS", "600000").env("ARGUS__CLAIMS__COMPILE_CPU_SECONDS", "600");
        for variable in ["ARGUS_SERVER", "ARGUS_TOKEN", "CARGO_TARGET_DIR"] {
            command.env_remove(variable);
        }
        command
    }

    /// Goes where the program says, and back to the program with the answer.
    async fn sign_in(&self, url: &str) {
        let landing = self.browser.visit(url, Some(ALICE)).await;
        let Landing::Redirect(target) = &landing else { panic!("no redirect: {landing:?}") };
        let listener = Http::new(url, &target.origin().ascii_serialization());
        let _ = listener.get(target.as_str()).await.expect(200);
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.stdin.take().map(|mut input| input.write_all(b"end\n"));
            let _ = server.wait();
        }
    }
}

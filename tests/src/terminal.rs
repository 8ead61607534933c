//! Somebody at a terminal of their own: the program as a client of a server, with a home to keep its sign-in in and a browser that
//! goes where the program says.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;

use crate::browser::{Browser, Landing, Person};
use crate::http::Http;
use crate::installation::Output;
use crate::{Installation, program};

/// A person, a home and a browser.
pub struct Terminal {
    home: TempDir,
    browser: Browser,
    person: Person,
    server: String,
    sign_ins: AtomicUsize,
}

impl Terminal {
    /// A person who has not signed in yet.
    pub fn of(installation: &Installation, person: Person) -> Self {
        Self {
            home: tempfile::Builder::new().prefix("argus-tests-").tempdir().unwrap(),
            browser: installation.browser(),
            person,
            server: installation.issuer().to_owned(),
            sign_ins: AtomicUsize::new(0),
        }
    }

    /// A folder of the person's.
    pub fn home(&self) -> PathBuf {
        self.home.path().to_owned()
    }

    /// Where the program keeps the sign-in.
    pub fn tokens_file(&self) -> PathBuf {
        self.home.path().join("config/argus/tokens.json")
    }

    /// How often the program asked for a sign-in.
    pub fn sign_ins(&self) -> usize {
        self.sign_ins.load(Ordering::Relaxed)
    }

    /// Writes a file into the home, and returns its path.
    pub fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.home.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Runs a command of the program against the server, and signs in when it asks for it.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, &[]).await
    }

    /// The same with variables in its environment.
    pub async fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        let mut command = Command::new(program::argus());
        command.args(arguments).args(["--server", &self.server]).current_dir(self.home.path()).env_clear();
        command.env("XDG_CONFIG_HOME", self.home.path().join("config")).env("BROWSER", "true");
        // Found by name: the browser that does nothing.
        command.env("PATH", std::env::var_os("PATH").as_deref().unwrap_or(OsStr::new("")));
        command.envs(environment.iter().copied()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let read_stdout = tokio::spawn(async move {
            let mut text = String::new();
            stdout.read_to_string(&mut text).await.unwrap();
            text
        });
        let mut stderr = String::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            stderr += &format!("{line}\n");
            if line.starts_with(&format!("{}/oauth2/authorize?", self.server)) {
                self.sign_in(&line).await;
            }
        }
        let code = child.wait().await.unwrap().code().unwrap_or(-1);
        Output { code, stdout: read_stdout.await.unwrap(), stderr }
    }

    /// Goes where the program says, and back to the program with the answer.
    async fn sign_in(&self, url: &str) {
        self.sign_ins.fetch_add(1, Ordering::Relaxed);
        let landing = self.browser.visit(url, Some(self.person)).await;
        let Landing::Redirect(target) = &landing else { panic!("no redirect: {landing:?}") };
        assert_eq!((target.scheme(), target.host_str(), target.path()), ("http", Some("127.0.0.1"), "/callback"), "{target}");
        let listener = Http::new(&self.server, &target.origin().ascii_serialization());
        let page = listener.get(target.as_str()).await.expect(200);
        assert!(page.text.contains("You can close this window") && !page.text.contains("<script"), "{}", page.text);
    }
}

//! Opens a browser, where there is one to be opened.

use std::ffi::OsString;
use std::process::{Command, Stdio};

/// Opens a URL with the program that `BROWSER` names, or the desktop's. The URL was printed as well, so that failing is no error.
pub(super) fn open(url: &str) {
    let desktop = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let program = std::env::var_os("BROWSER").filter(|program| !program.is_empty()).unwrap_or_else(|| OsString::from(desktop));
    // Not waited for: some browsers stay in the foreground. What they print would be taken for this program's.
    let _ = Command::new(program).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
}

//! What must not change or stay untested: released versions of the claim provider contract, and the hostile guests.

use sha2::{Digest, Sha256};

use super::File;

const RELEASED: &str = "wit/RELEASED.sha256";
const GUESTS: &str = "tests/guests/";

pub(super) fn check(files: &[File]) -> Vec<String> {
    let mut problems = frozen_contracts(files);
    problems.extend(untested_guests(files));
    problems
}

/// A released WIT file never changes: components in the field were built against it.
fn frozen_contracts(files: &[File]) -> Vec<String> {
    let Some(released) = text_of(files, RELEASED) else { return vec![format!("{RELEASED} is missing")] };
    let mut problems = Vec::new();
    for line in released.lines() {
        let Some((expected, name)) = line.split_once("  ") else {
            problems.push(format!("{RELEASED}: not a line of sha256sum: {line}"));
            continue;
        };
        let path = format!("wit/{name}");
        match text_of(files, &path) {
            None => problems.push(format!("{path} was released and is gone")),
            Some(text) if hex(&Sha256::digest(text)) != expected => problems.push(format!("{path} was released and has changed")),
            Some(_) => {}
        }
    }
    problems
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A guest nobody runs proves nothing: its name has to occur in a test.
fn untested_guests(files: &[File]) -> Vec<String> {
    let is_test = |file: &&File| file.has_extension("rs") && !file.path.starts_with(GUESTS) && !file.path.starts_with("xtask/");
    let tests: Vec<&str> = files.iter().filter(is_test).filter_map(|file| file.text.as_deref()).collect();
    let guests = files.iter().filter_map(|file| {
        let name = file.path.strip_prefix(GUESTS)?.strip_prefix("src/")?;
        name.strip_suffix(".wat").or_else(|| name.strip_suffix(".wasm"))
    });
    guests
        .filter(|guest| !tests.iter().any(|text| text.contains(&guest.replace('-', "_")) || text.contains(*guest)))
        .map(|guest| format!("{GUESTS}: no test runs the guest {guest}"))
        .collect()
}

fn text_of<'a>(files: &'a [File], path: &str) -> Option<&'a str> {
    files.iter().find(|file| file.path == path)?.text.as_deref()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: Some(text.to_owned()) }
    }

    // SHA-256 of "a".
    const HASH: &str = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";

    #[test]
    fn a_released_file_stays_as_it_was() {
        let released = file(RELEASED, &format!("{HASH}  v/a.wit\n"));
        assert!(frozen_contracts(&[released, file("wit/v/a.wit", "a")]).is_empty());
    }

    #[test]
    fn a_changed_or_removed_released_file_is_told() {
        let released = || file(RELEASED, &format!("{HASH}  v/a.wit\n"));
        assert_eq!(frozen_contracts(&[released(), file("wit/v/a.wit", "b")]).len(), 1);
        assert_eq!(frozen_contracts(&[released()]).len(), 1);
    }

    #[test]
    fn a_guest_without_a_test_is_told() {
        let files = [
            file("tests/guests/src/spins-at-start.wat", ""),
            file("tests/guests/src/traps.wat", ""),
            file("host/claims/tests/limits.rs", "traps()"),
        ];
        assert_eq!(untested_guests(&files), ["tests/guests/: no test runs the guest spins-at-start"]);
    }
}

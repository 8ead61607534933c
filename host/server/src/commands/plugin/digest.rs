//! Versions by the beginning of their digest.

use anyhow::{Result, bail, ensure};

use super::super::text::short;
use crate::administration::wire::providers::{Provider, Version};

/// Fewer digits are too easily those of another version, today or next year.
const LEAST_DIGITS: usize = 8;
/// SHA-256 in hexadecimal digits.
const ALL_DIGITS: usize = 64;

/// The one version whose digest begins so.
pub(in super::super) fn resolve<'a>(provider: &'a Provider, beginning: &str) -> Result<&'a Version> {
    let is_digest = beginning.bytes().all(|byte| byte.is_ascii_hexdigit()) && (LEAST_DIGITS..=ALL_DIGITS).contains(&beginning.len());
    ensure!(is_digest, "{beginning:?} is no digest: give the first {LEAST_DIGITS} or more of its {ALL_DIGITS} hexadecimal digits");
    let (name, beginning) = (&provider.name, beginning.to_ascii_lowercase());
    let found: Vec<_> = provider.versions.iter().filter(|version| version.digest.starts_with(&beginning)).collect();
    match found[..] {
        [version] => Ok(version),
        [] if provider.versions.is_empty() => bail!("{name} has no versions"),
        [] => bail!("no version of {name} begins with {beginning}; there are {}", listed(provider.versions.iter())),
        _ => {
            let digests: Vec<_> = found.iter().map(|version| version.digest.as_str()).collect();
            bail!("{} versions of {name} begin with {beginning}: give more digits, as in {}", found.len(), digests.join(" or "))
        }
    }
}

/// The beginnings of digests, with commas between them.
pub(super) fn listed<'a>(versions: impl Iterator<Item = &'a Version>) -> String {
    versions.map(|version| short(&version.digest)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const A: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const B: &str = "0123456789abcdee0123456789abcdef0123456789abcdef0123456789abcdef";
    const C: &str = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

    fn provider(digests: &[&str]) -> Provider {
        let version = |digest: &&str| json!({"digest": digest, "state": "available", "uploadedBy": "alice", "uploadedAt": 1});
        let versions: Vec<_> = digests.iter().map(version).collect();
        serde_json::from_value(json!({"name": "level", "versions": versions})).unwrap()
    }

    #[test]
    fn a_beginning_of_one_version_is_enough() {
        for (beginning, digest) in [("ffffffff", C), ("FFFFFFFFFF", C), (A, A), (&B[..16], B)] {
            assert_eq!(resolve(&provider(&[A, B, C]), beginning).unwrap().digest, digest);
        }
    }

    #[test]
    fn what_is_short_unknown_or_ambiguous_is_refused() {
        for (beginning, told) in [
            ("fffffff", "first 8 or more"),
            ("", "first 8 or more"),
            ("gggggggg", "is no digest"),
            (&format!("{C}f"), "is no digest"),
            ("eeeeeeee", "no version of level begins with eeeeeeee; there are 0123456789ab"),
            ("01234567", "2 versions of level begin with 01234567"),
        ] {
            let error = resolve(&provider(&[A, B, C]), beginning).unwrap_err().to_string();
            assert!(error.contains(told), "{beginning}: {error}");
        }
        assert_eq!(resolve(&provider(&[]), A).unwrap_err().to_string(), "level has no versions");
    }
}

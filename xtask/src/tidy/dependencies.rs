//! Whose code is built in: licences, and one stack for TLS and cryptography.
//!
//! `deny.toml` says the same to cargo-deny, which also knows advisories; this check needs no further tool.

use super::licence;
use super::metadata::Workspace;

/// Licences that may be built into a program under Apache-2.0.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Packages that must not be built in, and why.
const BANNED: &[(&str, &str)] = &[
    ("openssl-sys", "one TLS and crypto stack: rustls on aws-lc-rs"),
    ("openssl", "one TLS and crypto stack: rustls on aws-lc-rs"),
    ("native-tls", "one TLS and crypto stack: rustls on aws-lc-rs"),
    ("ring", "one TLS and crypto stack: rustls on aws-lc-rs"),
    ("samael", "accepted forged SAML responses when it was tried"),
];

pub(super) fn check(workspace: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    for package in &workspace.packages {
        let named = format!("{}: {} {}", workspace.manifest, package.name, package.version);
        match &package.license {
            Some(license) if licence::is_allowed(license, LICENCES) => {}
            Some(license) => problems.push(format!("{named} has the licence {license}, which is not in the list of allowed ones")),
            None => problems.push(format!("{named} has no licence")),
        }
        if let Some((_, why)) = BANNED.iter().find(|(name, _)| *name == package.name) {
            problems.push(format!("{named} must not be built in: {why}"));
        }
        if package.member && package.description.as_deref().is_none_or(|description| description.trim().is_empty()) {
            problems.push(format!("{named} has no description"));
        }
    }
    problems
}

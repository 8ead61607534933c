//! `argus federation check`: judges a response as the server would, and tells which rule it breaks.
//!
//! For administrators who set up a connection, and for those who try to get past the verifier. Nothing is stored, so a response is
//! not found to be a replay.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use argus_domain::Timestamp;
use argus_saml::keys::DecryptionKey;
use argus_saml::{IdpMetadata, PendingRequest, Refusal, VerifiedAssertion, response};
use clap::Args;
use serde_json::{Map, Value, json};

use super::super::{print_error, print_json};

/// Exit status of wrong usage, as the command line parser has it.
const USAGE: u8 = 2;

#[derive(Debug, Args)]
pub(in crate::commands) struct CheckArgs {
    /// The metadata of the identity provider.
    #[arg(long, value_name = "FILE")]
    idp_metadata: PathBuf,
    /// The entity ID that we have at the identity provider.
    #[arg(long, value_name = "ID")]
    sp_entity_id: String,
    /// The address of our assertion consumer service.
    #[arg(long, value_name = "URL")]
    acs_url: String,
    /// The response: the XML document, decoded.
    #[arg(long, value_name = "FILE")]
    response: PathBuf,
    /// The time to judge by.
    #[arg(long, value_name = "RFC3339", value_parser = time)]
    at: Timestamp,
    /// The ID of the request that is to be answered.
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
    /// The private key that assertions are encrypted to, in PEM; twice while one is replaced by another.
    #[arg(long, value_name = "FILE")]
    decryption_key: Vec<PathBuf>,
    /// Allow AES-CBC in a signed response.
    #[arg(long)]
    allow_cbc: bool,
    /// Allow a response without a request.
    #[arg(long)]
    allow_unsolicited: bool,
    /// Seconds that clocks may differ by.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(..=180))]
    clock_skew: u64,
}

fn time(text: &str) -> Result<Timestamp, jiff::Error> {
    text.parse::<jiff::Timestamp>().map(|time| Timestamp::from_unix_millis(time.as_millisecond()))
}

pub(super) fn run(args: &CheckArgs) -> Result<ExitCode> {
    let files = match Files::read(args) {
        Ok(files) => files,
        Err(error) => {
            print_error(&error);
            return Ok(ExitCode::from(USAGE));
        }
    };
    match check(args, files) {
        Ok(assertion) => {
            print_json(&accepted(&assertion))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(refusal) => {
            print_json(&json!({"accepted": false, "rule": refusal.rule.name(), "reason": refusal.reason}))?;
            Ok(ExitCode::FAILURE)
        }
    }
}

struct Files {
    metadata: Vec<u8>,
    response: Vec<u8>,
    decryption_keys: Vec<DecryptionKey>,
}

impl Files {
    fn read(args: &CheckArgs) -> Result<Self> {
        let key = |path: &PathBuf| {
            let pem = String::from_utf8(read(path)?).with_context(|| format!("{} is not text", path.display()))?;
            DecryptionKey::from_pem(&pem).with_context(|| format!("cannot use {}", path.display()))
        };
        Ok(Self {
            metadata: read(&args.idp_metadata)?,
            response: read(&args.response)?,
            decryption_keys: args.decryption_key.iter().map(key).collect::<Result<_>>()?,
        })
    }
}

/// A file, or as much of it as shows that it is too large.
fn read(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(response::MAX_BYTES)?.saturating_add(1);
    let file = std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    file.take(limit).read_to_end(&mut bytes).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(bytes)
}

fn check(args: &CheckArgs, files: Files) -> Result<VerifiedAssertion, Refusal> {
    let connection = IdpMetadata::parse(&files.metadata)?
        .connection(&args.sp_entity_id, &args.acs_url)
        .with_decryption_keys(files.decryption_keys)
        .with_cbc(args.allow_cbc)
        .with_unsolicited(args.allow_unsolicited)
        .with_clock_skew(Duration::from_secs(args.clock_skew));
    let pending = args.request_id.as_ref().map(|id| PendingRequest { id: id.clone() });
    response::verify(&files.response, &connection, pending.as_ref(), args.at)
}

fn accepted(assertion: &VerifiedAssertion) -> Value {
    let attributes: Map<String, Value> =
        assertion.attributes().iter().map(|attribute| (attribute.name().to_owned(), attribute.values().into())).collect();
    json!({
        "accepted": true,
        "nameId": assertion.name_id().value(),
        "nameIdFormat": assertion.name_id().format(),
        "attributes": attributes,
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: CheckArgs,
    }

    fn sample(name: &str) -> String {
        format!("{}/../saml/tests/samples/{name}", env!("CARGO_MANIFEST_DIR"))
    }

    fn args(more: &[&str]) -> CheckArgs {
        let (metadata, response) = (sample("keycloak-idp-metadata.xml"), sample("kc-both.xml"));
        let (audience, acs) = ("https://sp.test/both", "http://127.0.0.1:7310/saml/acs");
        let line = ["x", "--idp-metadata", &metadata, "--response", &response, "--sp-entity-id", audience, "--acs-url", acs];
        let line = [&line[..], &["--at", "2026-11-22T03:05:17Z"], more].concat();
        Line::parse_from(line).args
    }

    #[test]
    fn an_accepted_response_is_told_with_its_values() {
        let args = args(&["--request-id", "_3802f48e119046c886be6c653cc156bb"]);
        let assertion = check(&args, Files::read(&args).unwrap()).unwrap();
        let expected = json!({
            "accepted": true,
            "nameId": "alice",
            "nameIdFormat": "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
            "attributes": {"email": ["alice@acme.test"], "groups": ["admins", "engineering"], "urn:oid:2.5.4.42": ["Alice"]},
        });
        assert_eq!(accepted(&assertion), expected);
    }

    #[test]
    fn without_a_request_a_response_is_unsolicited() {
        let args = args(&[]);
        assert_eq!(check(&args, Files::read(&args).unwrap()).unwrap_err().rule.name(), "unsolicited");
    }

    #[test]
    fn unreadable_files_are_wrong_usage() {
        for more in [["--decryption-key", "/nowhere"], ["--decryption-key", &sample("kc-both.xml")]] {
            assert!(Files::read(&args(&more)).is_err());
        }
    }
}

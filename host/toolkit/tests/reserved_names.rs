//! What the four languages' helpers take for claims of the protocol is what the server does. Whether a name is fit for a claim at all is
//! seen by the check that every template has to pass without a warning.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use argus_domain::claim::RESERVED_CLAIMS;

/// File, what stands before the list and behind it.
const LISTS: &[(&str, &str, &str)] = &[
    ("sdk/src/reserved.rs", "RESERVED_CLAIMS: &[&str] = &[", "];"),
    ("templates/go/argus/name.go", "reservedClaims = map[string]bool{", "\n}"),
    ("templates/js/argus.js", "RESERVED_CLAIMS = new Set([", "]);"),
    ("templates/python/argus.py", "_RESERVED_CLAIMS = frozenset(\n    \"\"\"", "\"\"\""),
];

#[test]
fn every_language_knows_the_claims_of_the_protocol() {
    let expected: BTreeSet<&str> = RESERVED_CLAIMS.iter().copied().collect();
    for (file, before, behind) in LISTS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins").join(file);
        let text = fs::read_to_string(path).expect("read");
        let list = text.split_once(before).and_then(|(_, rest)| rest.split_once(behind)).unwrap_or_else(|| panic!("{file} has {before}")).0;
        let is_part_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        // In Go each name is the key of a `true`.
        let names: BTreeSet<&str> = list.split(|c| !is_part_of_name(c)).filter(|name| !["", "true"].contains(name)).collect();
        assert_eq!(names, expected, "{file}");
    }
}

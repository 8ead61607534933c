//! RFC 6901 JSON Pointers.

/// The JSON Pointer of a path of keys and indices; an empty path is the whole document.
///
/// ```
/// assert_eq!(argus_claims_sdk::pointer(["roleMapping", "cases/read"]), "/roleMapping/cases~1read");
/// ```
pub fn pointer<S: AsRef<str>>(path: impl IntoIterator<Item = S>) -> String {
    let mut text = String::new();
    for segment in path {
        text.push('/');
        for character in segment.as_ref().chars() {
            match character {
                '~' => text.push_str("~0"),
                '/' => text.push_str("~1"),
                other => text.push(other),
            }
        }
    }
    text
}

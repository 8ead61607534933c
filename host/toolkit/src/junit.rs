//! Results as JUnit XML, which CI systems read. Only the part that all of them understand.

use std::fmt::Write as _;
use std::time::Duration;

/// One test.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// The file it is in.
    pub file: String,
    /// How long it took.
    pub duration: Duration,
    /// Why it failed, if it did: the first line stands in overviews.
    pub failure: Option<String>,
}

/// The report of a suite, as a whole XML document.
pub fn report(suite: &str, cases: &[Case]) -> String {
    let failures = cases.iter().filter(|case| case.failure.is_some()).count();
    let time: Duration = cases.iter().map(|case| case.duration).sum();
    let counts = format!("tests=\"{}\" failures=\"{failures}\" errors=\"0\" time=\"{:.6}\"", cases.len(), time.as_secs_f64());
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string can't fail.
    let _ = writeln!(xml, "<testsuites {counts}>");
    let _ = writeln!(xml, "  <testsuite name=\"{}\" {counts}>", escaped(suite));
    for case in cases {
        let _ = write!(
            xml,
            "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" time=\"{:.6}\"",
            escaped(suite),
            escaped(&case.name),
            escaped(&case.file),
            case.duration.as_secs_f64()
        );
        let _ = match &case.failure {
            None => writeln!(xml, "/>"),
            Some(failure) => {
                let first = failure.lines().next().unwrap_or_default();
                writeln!(xml, ">\n      <failure message=\"{}\">{}</failure>\n    </testcase>", escaped(first), escaped(failure))
            }
        };
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

/// For text and attributes alike. What XML 1.0 has no way to write is replaced.
fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '"' => written.push_str("&quot;"),
            '\'' => written.push_str("&apos;"),
            '\n' | '\t' => written.push(character),
            '\u{fffe}' | '\u{ffff}' => written.push('\u{fffd}'),
            other if other.is_control() => written.push('\u{fffd}'),
            other => written.push(other),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_every_test_and_escapes_what_it_quotes() {
        let case = |name: &str, failure: Option<&str>| Case {
            name: name.into(),
            file: format!("tests/{name}.json"),
            duration: Duration::from_micros(1_500),
            failure: failure.map(str::to_owned),
        };
        let xml = report("a&b", &[case("fine", None), case("<odd>", Some("claim `x` is \"1\"\u{1b}\n  got ']]>'"))]);
        assert_eq!(
            xml,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <testsuites tests=\"2\" failures=\"1\" errors=\"0\" time=\"0.003000\">\n\
             \x20 <testsuite name=\"a&amp;b\" tests=\"2\" failures=\"1\" errors=\"0\" time=\"0.003000\">\n\
             \x20   <testcase classname=\"a&amp;b\" name=\"fine\" file=\"tests/fine.json\" time=\"0.001500\"/>\n\
             \x20   <testcase classname=\"a&amp;b\" name=\"&lt;odd&gt;\" file=\"tests/&lt;odd&gt;.json\" time=\"0.001500\">\n\
             \x20     <failure message=\"claim `x` is &quot;1&quot;\u{fffd}\">claim `x` is &quot;1&quot;\u{fffd}\n  got &apos;]]&gt;&apos;</failure>\n\
             \x20   </testcase>\n\
             \x20 </testsuite>\n\
             </testsuites>\n"
        );
    }
}

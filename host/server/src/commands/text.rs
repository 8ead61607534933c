//! Text for people: tables, moments, digests. What comes from a server is never printed as it came, since it could move the
//! terminal's cursor.

use serde_json::Value;

use crate::logging::escape;

/// Digits of a digest that are shown.
const SHOWN_DIGITS: usize = 12;
/// Characters of a value that are shown.
const SHOWN_VALUE: usize = 60;

/// Columns with headings, two spaces between them.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new<const N: usize>(headings: [&str; N]) -> Self {
        Self { rows: vec![headings.map(str::to_owned).to_vec()] }
    }

    pub(super) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.map(|cell| escape(&cell)).to_vec());
    }

    /// The lines, each with its end; none when there are no rows.
    pub(super) fn text(&self) -> String {
        if self.rows.len() == 1 {
            return String::new();
        }
        let columns = self.rows[0].len();
        let width = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for row in &self.rows {
            let cells: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            text.push_str(cells.join("  ").trim_end());
            text.push('\n');
        }
        text
    }
}

/// The digits by which a digest is shown.
pub(super) fn short(digest: &str) -> String {
    escape(digest.get(..SHOWN_DIGITS).unwrap_or(digest))
}

/// A moment, given in seconds since 1970: the same on every machine, whatever its time zone.
pub(super) fn moment(seconds: i64) -> String {
    match jiff::Timestamp::from_second(seconds) {
        Ok(moment) => moment.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
        Err(_) => seconds.to_string(),
    }
}

/// Names, or that there are none.
pub(super) fn names(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { escape(&names.join(", ")) }
}

/// A value on one line, cut where it gets long.
pub(super) fn value(value: &Value) -> String {
    let text = escape(&value.to_string());
    if text.chars().count() <= SHOWN_VALUE {
        return text;
    }
    text.chars().take(SHOWN_VALUE - 1).chain(['…']).collect()
}

/// A number of things.
pub(super) fn count(number: u64, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(["NAME", "STATE", ""]);
        assert_eq!(table.text(), "");
        table.row(["é".to_owned(), "current\n".to_owned(), String::new()]);
        table.row(["longer".to_owned(), "x".to_owned(), "y".to_owned()]);
        assert_eq!(table.text(), "NAME    STATE\né       current\\n\nlonger  x          y\n");
    }

    #[test]
    fn moments_digests_and_values_are_short() {
        assert_eq!(moment(1_750_000_000), "2025-06-15 15:06:40Z");
        assert_eq!(moment(i64::MAX), i64::MAX.to_string());
        assert_eq!((short("0123456789abcdef").as_str(), short("01").as_str()), ("0123456789ab", "01"));
        assert_eq!(value(&json!(["a", {"b": 1}])), r#"["a",{"b":1}]"#);
        assert_eq!(value(&json!("x".repeat(100))).chars().count(), SHOWN_VALUE);
        assert_eq!((count(1, "user"), count(0, "user")), ("1 user".to_owned(), "0 users".to_owned()));
    }
}

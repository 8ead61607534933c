//! A text that matches a regular expression of a simple form.
//!
//! Literals, classes, the usual escapes, groups, alternatives and repetition; anything else is given up, and the schema then needs an
//! example. The result is only a guess: the schema decides.

use std::iter::Peekable;
use std::str::Chars;

/// Repetitions that are written out.
const MAX_REPEAT: usize = 200;
/// Groups in groups.
const MAX_DEPTH: u32 = 16;

/// A text of at least that many characters, if that can be had; `word` where any word will do.
pub(super) fn matching(pattern: &str, word: &str, least: usize) -> Option<String> {
    // Words in which the wanted text may already stand: a pattern that only excludes something.
    if matches!(pattern, r"^\S+$" | r"\S" | r"^\S*$" | "^.+$" | "^.*$" | ".+" | ".*" | ".") {
        let mut text = word.to_owned();
        text.extend(std::iter::repeat_n('x', least.saturating_sub(word.chars().count())));
        return Some(text);
    }
    let mut reader = Reader { rest: pattern.chars().peekable(), lacking: least };
    // What may be repeated without end is repeated until the text is long enough; the first round tells how long it is without.
    let first = reader.alternatives(0)?;
    let mut again = Reader { rest: pattern.chars().peekable(), lacking: least.saturating_sub(first.chars().count()) };
    let text = if again.lacking == 0 { first } else { again.lengthened()? };
    Some(text)
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    /// Characters to be added by the first repetition without end; nothing in the first round.
    lacking: usize,
}

impl Reader<'_> {
    /// The round in which repetitions without end fill what is lacking.
    fn lengthened(&mut self) -> Option<String> {
        self.alternatives_with(0, true)
    }

    fn alternatives(&mut self, depth: u32) -> Option<String> {
        self.alternatives_with(depth, false)
    }

    fn alternatives_with(&mut self, depth: u32, fill: bool) -> Option<String> {
        let first = self.sequence(depth, fill)?;
        while self.rest.next_if_eq(&'|').is_some() {
            self.sequence(depth, false)?;
        }
        // Whatever is left was not understood, but for the end of a group.
        (depth > 0 || self.rest.peek().is_none()).then_some(first)
    }

    fn sequence(&mut self, depth: u32, fill: bool) -> Option<String> {
        let mut text = String::new();
        while let Some(next) = self.rest.next_if(|next| !matches!(next, '|' | ')')) {
            if matches!(next, '^' | '$') {
                continue;
            }
            let atom = self.atom(next, depth, fill)?;
            let (least, endless) = self.repetition()?;
            let mut count = least;
            if fill && endless && self.lacking > 0 && !atom.is_empty() {
                count += self.lacking.div_ceil(atom.chars().count());
                self.lacking = 0;
            } else if endless && count == 0 {
                count = 1;
            }
            text.push_str(&atom.repeat(count.min(MAX_REPEAT)));
        }
        Some(text)
    }

    fn atom(&mut self, first: char, depth: u32, fill: bool) -> Option<String> {
        Some(match first {
            '.' => "x".to_owned(),
            '\\' => escaped(self.rest.next()?)?.to_string(),
            '[' => self.class()?.to_string(),
            '(' => {
                if depth >= MAX_DEPTH {
                    return None;
                }
                if self.rest.next_if_eq(&'?').is_some() {
                    // Only groups that do nothing but group.
                    self.rest.next_if_eq(&':')?;
                }
                let text = self.alternatives_with(depth + 1, fill)?;
                self.rest.next_if_eq(&')')?;
                text
            }
            '*' | '+' | '?' | '{' | '}' | ']' => return None,
            literal => literal.to_string(),
        })
    }

    /// A character of the class.
    fn class(&mut self) -> Option<char> {
        let negated = self.rest.next_if_eq(&'^').is_some();
        let mut ranges: Vec<(char, char)> = Vec::new();
        loop {
            let mut from = self.rest.next()?;
            match from {
                ']' if !ranges.is_empty() => break,
                '[' => return None,
                '\\' => {
                    let escape = self.rest.next()?;
                    match escape {
                        'd' => ranges.push(('0', '9')),
                        'w' => ranges.extend([('a', 'z'), ('0', '9'), ('_', '_'), ('A', 'Z')]),
                        's' => ranges.extend([(' ', ' '), ('\t', '\r')]),
                        'S' | 'W' | 'D' => return (!negated).then_some(if escape == 'W' { '-' } else { 'x' }),
                        _ => from = escaped(escape)?,
                    }
                    if matches!(escape, 'd' | 'w' | 's') {
                        continue;
                    }
                }
                _ => {}
            }
            let mut to = from;
            if self.rest.next_if_eq(&'-').is_some() {
                match self.rest.next()? {
                    // A hyphen at the end stands for itself.
                    ']' => {
                        ranges.extend([(from, from), ('-', '-')]);
                        break;
                    }
                    '\\' => to = escaped(self.rest.next()?)?,
                    last => to = last,
                }
            }
            ranges.push((from, to));
        }
        if !negated {
            return ranges.first().map(|(from, _)| *from);
        }
        let outside = |c: &char| !ranges.iter().any(|(from, to)| from <= c && c <= to);
        ('a'..='z').chain('A'..='Z').chain('0'..='9').chain("-_.:/ ".chars()).find(outside)
    }

    /// How often at least, and whether more often without end.
    fn repetition(&mut self) -> Option<(usize, bool)> {
        let found = match self.rest.peek() {
            Some('*') => (0, true),
            Some('+') => (1, true),
            Some('?') => (0, false),
            Some('{') => {
                self.rest.next();
                let mut digits = String::new();
                let end = loop {
                    match self.rest.next()? {
                        '}' => break '}',
                        ',' => break ',',
                        digit => digits.push(digit),
                    }
                };
                let least: usize = digits.parse().ok()?;
                let endless = end == ',' && {
                    let most: String = std::iter::from_fn(|| self.rest.next_if(char::is_ascii_digit)).collect();
                    self.rest.next_if_eq(&'}')?;
                    most.parse().map_or(true, |most: usize| most > least + 8)
                };
                self.rest.next_if_eq(&'?');
                // An upper bound may be met soon, so only a generous one counts as none.
                return Some((least, endless));
            }
            _ => return Some((1, false)),
        };
        self.rest.next();
        self.rest.next_if_eq(&'?');
        Some(found)
    }
}

fn escaped(escape: char) -> Option<char> {
    Some(match escape {
        'd' => '0',
        'w' | 'S' | 'D' => 'x',
        'W' => '-',
        's' => ' ',
        't' => '\t',
        'n' => '\n',
        'r' => '\r',
        other if other.is_ascii_punctuation() => other,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_patterns_are_matched() {
        for (pattern, text) in [
            (r"^\S+$", "word"),
            ("^[a-z][a-z0-9_-]*$", "aa"),
            ("^[A-Z]{3}$", "AAA"),
            (r"^\d{4}-\d{2}$", "0000-00"),
            ("^(foo|bar)/x?$", "foo/"),
            ("^(?:a|b){2,}$", "aa"),
            ("^[^a-y]$", "z"),
            (r"^https://[\w.-]+$", "https://a"),
            ("^[a-z0-9-]{1,32}$", "a"),
        ] {
            assert_eq!(matching(pattern, "word", 0).as_deref(), Some(text), "{pattern}");
        }
    }

    #[test]
    fn what_may_be_repeated_makes_a_text_long_enough() {
        assert_eq!(matching("^[a-z]+$", "word", 5).as_deref(), Some("aaaaa"));
        assert_eq!(matching(r"^\S+$", "word", 6).as_deref(), Some("wordxx"));
    }

    #[test]
    fn other_patterns_are_given_up() {
        for pattern in [r"^\p{L}+$", "(?i)a", "[[:alpha:]]", "(", "a{", "*"] {
            assert_eq!(matching(pattern, "word", 0), None, "{pattern}");
        }
    }
}

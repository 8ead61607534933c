//! Text for people: aligned, in colours where a terminal shows them.

use std::io::IsTerminal;

/// Columns of text in a terminal; elsewhere lines are as long as they are, for programs that look through them.
const WIDTH: usize = 110;

/// How a word is to look.
#[derive(Clone, Copy)]
pub(super) enum Colour {
    Green,
    Yellow,
    Red,
}

/// What standard output can show.
#[derive(Clone, Copy)]
pub(super) struct Terminal {
    is_terminal: bool,
    colours: bool,
}

impl Terminal {
    pub(super) fn of_stdout() -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        // https://no-color.org
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { is_terminal, colours: is_terminal && !unwanted }
    }

    /// A word of that width in a colour.
    pub(super) fn word(self, word: &str, width: usize, colour: Colour) -> String {
        let code = match colour {
            Colour::Green => 32,
            Colour::Yellow => 33,
            Colour::Red => 31,
        };
        if self.colours { format!("\u{1b}[{code}m{word:<width$}\u{1b}[0m") } else { format!("{word:<width$}") }
    }

    /// Text that goes on below itself, `indent` columns in.
    pub(super) fn wrapped(self, text: &str, indent: usize) -> String {
        let mut lines = String::new();
        for (number, line) in text.lines().enumerate() {
            if number > 0 {
                lines.push('\n');
                lines.extend(std::iter::repeat_n(' ', indent));
            }
            lines.push_str(&if self.is_terminal { broken(line, indent) } else { line.to_owned() });
        }
        lines
    }
}

fn broken(line: &str, indent: usize) -> String {
    let (mut text, mut column) = (String::new(), indent);
    for word in line.split(' ') {
        let width = word.chars().count();
        if column > indent && column + 1 + width > WIDTH {
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if !text.is_empty() {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += width;
    }
    text
}

/// `1 vector`, `2 vectors`.
pub(super) fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// 1,234,567
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// In microseconds, or in milliseconds where that reads better.
pub(super) fn duration(microseconds: u64) -> String {
    if microseconds < 10_000 { format!("{microseconds} µs") } else { format!("{:.1} ms", microseconds as f64 / 1_000.0) }
}

/// In KiB, or in MiB where that reads better.
pub(super) fn memory(bytes: usize) -> String {
    if bytes < 10 << 20 { format!("{} KiB", bytes.div_ceil(1 << 10)) } else { format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(
            (grouped(0), grouped(999), grouped(1_000), grouped(1_234_567)),
            ("0".into(), "999".into(), "1,000".into(), "1,234,567".into())
        );
        assert_eq!((duration(9_999), duration(12_345)), ("9999 µs".into(), "12.3 ms".into()));
        assert_eq!((memory(1), memory(64 << 20)), ("1 KiB".into(), "64.0 MiB".into()));
    }

    #[test]
    fn long_lines_go_on_below_themselves() {
        let terminal = Terminal { is_terminal: true, colours: false };
        let text = terminal.wrapped(&"word ".repeat(30), 10);
        assert!(text.lines().count() == 2 && text.lines().nth(1).is_some_and(|line| line.starts_with("          word")), "{text}");
        assert_eq!(Terminal { is_terminal: false, colours: false }.wrapped("a\nb", 2), "a\n  b");
    }
}

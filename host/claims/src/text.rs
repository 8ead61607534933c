//! Texts that a guest chose, before they reach an error message or a log.

/// At most `max` bytes of a text, cut at a character and marked with `…`, with control characters made visible but for line breaks.
pub(crate) fn short(text: &str, max: usize) -> String {
    let mut cut = text.len().min(max);
    while !text.is_char_boundary(cut) {
        cut -= 1;
    }
    let mut shown: String = text[..cut].chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect();
    if cut < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_at_a_character() {
        assert_eq!(short("abc", 3), "abc");
        assert_eq!(short("abcd", 3), "abc…");
        assert_eq!(short("aåå", 2), "a…");
        assert_eq!(short("a\u{1b}[31m", 20), "a\u{fffd}[31m");
    }
}

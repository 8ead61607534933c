//! Just enough HTML to fill in the pages of a sign-in: forms, their fields and their buttons.

/// A form of a page.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) fields: Vec<Field>,
}

/// An input or a button.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Field {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) value: String,
}

/// The forms of a page.
pub(crate) fn forms(page: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut open = false;
    for tag in tags(page) {
        match tag.name.as_str() {
            "form" => {
                open = true;
                forms.push(Form { action: tag.attribute("action"), fields: Vec::new() });
            }
            "/form" => open = false,
            "input" | "button" if open => {
                let kind = match (tag.attribute("type"), tag.name.as_str()) {
                    (kind, "button") if kind.is_empty() => "submit".to_owned(),
                    (kind, _) => kind,
                };
                let field = Field { kind, name: tag.attribute("name"), value: tag.attribute("value") };
                if let Some(form) = forms.last_mut() {
                    form.fields.push(field);
                }
            }
            _ => {}
        }
    }
    forms
}

struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn attribute(&self, name: &str) -> String {
        self.attributes.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }
}

fn tags(page: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once('<') {
        let name: String = after.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
        let (attributes, end) = attributes(&after[name.len()..]);
        tags.push(Tag { name: name.to_ascii_lowercase(), attributes });
        rest = end;
    }
    tags
}

/// Attributes up to the end of a tag, and what follows it.
fn attributes(mut text: &str) -> (Vec<(String, String)>, &str) {
    let mut attributes = Vec::new();
    loop {
        text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if text.is_empty() {
            return (attributes, text);
        }
        if let Some(after) = text.strip_prefix('>') {
            return (attributes, after);
        }
        let end = text.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>')).unwrap_or(text.len());
        // A stray `=` is no name: step over it.
        let (name, after) = text.split_at(end.max(usize::from(text.starts_with('='))));
        text = after;
        let mut value = "";
        if let Some(after) = text.strip_prefix('=') {
            (value, text) = match after.chars().next() {
                Some(quote @ ('"' | '\'')) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
                _ => after.split_at(after.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(after.len())),
            };
        }
        attributes.push((name.to_ascii_lowercase(), unescape(value)));
    }
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        match after.split_once(';').and_then(|(name, rest)| Some((entity(name)?, rest))) {
            Some((character, following)) => {
                plain.push(character);
                rest = following;
            }
            None => {
                plain.push('&');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(kind: &str, name: &str, value: &str) -> Field {
        Field { kind: kind.to_owned(), name: name.to_owned(), value: value.to_owned() }
    }

    #[test]
    fn forms_with_fields_and_buttons_are_found() {
        let page = r#"<p>a < b</p><form method="post" action="/login?a=1&amp;b=2">
            <input type=hidden name='csrf' value="x&quot;&#x2b;&#43;"><input name="username" autofocus required />
            <button name="decision" value="allow">Allow</button></form><input name="outside">"#;
        let expected = Form {
            action: "/login?a=1&b=2".to_owned(),
            fields: vec![field("hidden", "csrf", "x\"++"), field("", "username", ""), field("submit", "decision", "allow")],
        };
        assert_eq!(forms(page), [expected]);
    }

    #[test]
    fn broken_pages_come_to_an_end() {
        for page in ["<", "<form", "<form action", "<form action=\"x", "<form = >", "<form =", "&amp", "<input name=a"] {
            forms(page);
        }
    }
}

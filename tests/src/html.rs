//! As much of HTML as our own forms need.

/// The first form of a page.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) action: String,
    /// Names and values of its inputs.
    pub(crate) fields: Vec<(String, String)>,
    /// Names and values of its buttons.
    pub(crate) buttons: Vec<(String, String)>,
}

impl Form {
    pub(crate) fn first_of(html: &str) -> Option<Self> {
        let (_, rest) = html.split_once("<form ")?;
        let (form, _) = rest.split_once("</form>")?;
        let (opening, content) = form.split_once('>')?;
        let named = |tag: &str| {
            let elements = content.split(tag).skip(1).filter_map(|rest| rest.split_once('>').map(|(element, _)| element));
            elements.filter_map(|element| Some((attribute(element, "name")?, attribute(element, "value").unwrap_or_default()))).collect()
        };
        Some(Self { action: attribute(opening, "action")?, fields: named("<input "), buttons: named("<button ") })
    }

    pub(crate) fn asks_for(&self, field: &str) -> bool {
        self.fields.iter().any(|(name, _)| name == field)
    }

    pub(crate) fn set(&mut self, field: &str, value: &str) {
        self.fields.retain(|(name, _)| name != field);
        self.fields.push((field.to_owned(), value.to_owned()));
    }
}

fn attribute(element: &str, name: &str) -> Option<String> {
    // The space keeps `name` from being found at the end of another attribute's name; other pages break lines there.
    let element = format!(" {}", element.replace('\n', " "));
    let (_, rest) = element.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| unescape(value))
}

/// Named entities of XML, and decimal and hexadecimal ones.
pub(crate) fn unescape(text: &str) -> String {
    let mut clear = String::new();
    let mut parts = text.split('&');
    clear.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (entity, rest) = part.split_once(';').unwrap();
        let character = match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            number => {
                let code = match number.strip_prefix("#x") {
                    Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
                    None => number.trim_start_matches('#').parse(),
                };
                char::from_u32(code.unwrap()).unwrap()
            }
        };
        clear.push(character);
        clear.push_str(rest);
    }
    clear
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_with_its_fields_and_buttons() {
        let form = Form::first_of(
            r#"<p><form method="post" action="/consent?a=1&amp;b=2"><input type="hidden" name="csrf" value="a&#34;b&lt;">
            <input id="u" name="username" type="text"><button name="decision" value="allow">Allow</button></form>"#,
        )
        .unwrap();
        assert_eq!(form.action, "/consent?a=1&b=2");
        assert_eq!(form.fields, [("csrf".into(), "a\"b<".into()), ("username".into(), String::new())]);
        assert_eq!(form.buttons, [("decision".into(), "allow".into())]);
    }
}

//! XML that we write: elements with escaped attributes and text, and signatures to be filled in.

use bergshamra::core::algorithm::{ENVELOPED_SIGNATURE, EXC_C14N, SHA256};

use crate::keys::SigningKey;

/// An element, as text.
pub(crate) struct Element {
    name: &'static str,
    attributes: String,
    content: String,
}

impl Element {
    /// The name has a prefix, which this element or one around it declares.
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, attributes: String::new(), content: String::new() }
    }

    pub(crate) fn attribute(mut self, name: &str, value: &str) -> Self {
        self.attributes.push_str(&format!(" {name}=\"{}\"", escaped(value)));
        self
    }

    pub(crate) fn child(mut self, child: Element) -> Self {
        self.content.push_str(&child.into_string());
        self
    }

    pub(crate) fn text(mut self, text: &str) -> Self {
        self.content.push_str(&escaped(text));
        self
    }

    pub(crate) fn into_string(self) -> String {
        let Self { name, attributes, content } = self;
        if content.is_empty() { format!("<{name}{attributes}/>") } else { format!("<{name}{attributes}>{content}</{name}>") }
    }
}

/// A text that an XML parser gives back as it was; what XML cannot have goes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => escaped.push_str(&format!("&#{};", u32::from(c))),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            _ => escaped.push(c),
        }
    }
    escaped
}

/// A signature over the element with the ID, by the profile of SAML. The prefix `ds` is declared around it.
pub(crate) fn signature_template(id: &str, key: &SigningKey) -> Element {
    let method = |name, algorithm: &str| Element::new(name).attribute("Algorithm", algorithm);
    let transforms =
        Element::new("ds:Transforms").child(method("ds:Transform", ENVELOPED_SIGNATURE)).child(method("ds:Transform", EXC_C14N));
    let reference = Element::new("ds:Reference")
        .attribute("URI", &format!("#{id}"))
        .child(transforms)
        .child(method("ds:DigestMethod", SHA256))
        .child(Element::new("ds:DigestValue"));
    let signed_info = Element::new("ds:SignedInfo")
        .child(method("ds:CanonicalizationMethod", EXC_C14N))
        .child(method("ds:SignatureMethod", key.algorithm()))
        .child(reference);
    Element::new("ds:Signature").child(signed_info).child(Element::new("ds:SignatureValue"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let text = "a<b>&\"'c\t\n\r d]]>é";
        let written = Element::new("x").attribute("y", text).child(Element::new("z").text(&format!("{text}\0\u{1}"))).into_string();
        let document = uppsala::parse(&written).unwrap();
        let root = document.document_element().unwrap();
        assert_eq!(document.element(root).unwrap().get_attribute("y"), Some(text));
        assert_eq!(document.text_content_deep(root), text);
    }
}

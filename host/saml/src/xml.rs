//! Documents of others: parsed within limits, and looked at through [`Node`], which knows namespaces and nothing to resolve.
//!
//! A first pass over the text refuses what no SAML document has, before anything is allocated for it: the parser's own work grows
//! faster than the text when one element has very many attributes.

use uppsala::{Document, NodeId, NodeKind, Parser};

use crate::refusal::{Refusal, Rule, refuse};
use crate::response::MAX_BYTES;

/// Elements may be nested so deep.
const MAX_DEPTH: usize = 48;
/// Start and end tags in a document.
const MAX_TAGS: usize = 20_000;
/// Attributes and namespace declarations of one element.
const MAX_ATTRIBUTES: usize = 32;
/// Attributes and namespace declarations in a document.
const MAX_ALL_ATTRIBUTES: usize = 20_000;

/// Whether comments and processing instructions may be there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comments {
    /// In metadata, which people write. A value with a comment inside is refused all the same.
    Allowed,
    Refused,
}

/// Parses a document.
pub(crate) fn parse(text: &str, comments: Comments) -> Result<Document<'_>, Refusal> {
    if text.len() > MAX_BYTES {
        return refuse(Rule::Size, "The document is larger than 512 KiB.");
    }
    scan(text.strip_prefix('\u{feff}').unwrap_or(text), comments)?;
    let parser = Parser::new().with_forbid_dtd(true).with_forbid_entities(true).with_max_depth(MAX_DEPTH as u32);
    let Ok(document) = parser.parse(text) else {
        return refuse(Rule::WellFormed, "The document is not well-formed XML with namespaces.");
    };
    if let Some(declaration) = &document.xml_declaration {
        if declaration.version != "1.0" {
            return refuse(Rule::WellFormed, "The document is not XML 1.0.");
        }
        if declaration.encoding.as_ref().is_some_and(|encoding| !encoding.eq_ignore_ascii_case("UTF-8")) {
            return refuse(Rule::Encoding, "The document declares an encoding other than UTF-8.");
        }
    }
    // A namespace name is an absolute URI (Namespaces in XML §2.2): canonicalisers are known to give up, and sign nothing, on others.
    for element in document.descendants(document.root()).into_iter().filter_map(|id| document.element(id)) {
        if element.namespace_declarations.iter().any(|(_, uri)| !uri.is_empty() && !uri.contains(':')) {
            return refuse(Rule::WellFormed, "The document declares a namespace that is not an absolute URI.");
        }
    }
    Ok(document)
}

/// The root element.
pub(crate) fn root<'d, 't>(document: &'d Document<'t>) -> Result<Node<'d, 't>, Refusal> {
    match document.document_element() {
        Some(id) => Ok(Node { document, id }),
        None => refuse(Rule::WellFormed, "The document has no root element."),
    }
}

/// Text as UTF-8.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, Refusal> {
    if bytes.len() > MAX_BYTES {
        return refuse(Rule::Size, "The document is larger than 512 KiB.");
    }
    // UTF-16 of ASCII is UTF-8 with NUL in between.
    match std::str::from_utf8(bytes) {
        Ok(text) if !bytes.contains(&0) => Ok(text),
        _ => refuse(Rule::Encoding, "The document is not UTF-8."),
    }
}

fn scan(text: &str, comments: Comments) -> Result<(), Refusal> {
    let (mut rest, mut tags, mut depth, mut attributes) = (text, 0, 0_usize, 0);
    let after = |rest: &'_ str, end: &str| rest.find(end).map(|at| at + end.len());
    let mut is_first = true;
    while let Some(at) = rest.find('<') {
        is_first &= at == 0;
        rest = &rest[at..];
        tags += 1;
        if tags > MAX_TAGS {
            return refuse(Rule::Limits, "The document has too many elements.");
        }
        let end = if let Some(comment) = rest.strip_prefix("<!--") {
            if comments == Comments::Refused {
                return refuse(Rule::TextOnly, "The document has a comment.");
            }
            comment.find("-->").map(|at| at + 7)
        } else if rest.starts_with("<![CDATA[") {
            return refuse(Rule::TextOnly, "The document has a CDATA section.");
        } else if rest.starts_with("<!") {
            return refuse(Rule::Doctype, "The document has a document type declaration.");
        } else if rest.starts_with("<?") {
            let is_declaration = is_first && rest.strip_prefix("<?xml").is_some_and(|rest| rest.starts_with([' ', '\t', '\r', '\n']));
            if !is_declaration && comments == Comments::Refused {
                return refuse(Rule::TextOnly, "The document has a processing instruction.");
            }
            after(rest, "?>")
        } else if rest.starts_with("</") {
            depth = depth.saturating_sub(1);
            after(rest, ">")
        } else {
            let tag = start_tag(rest);
            if let Some(tag) = &tag {
                attributes += tag.attributes;
                depth += usize::from(!tag.is_empty);
                let nesting = depth + usize::from(tag.is_empty);
                if nesting > MAX_DEPTH {
                    return refuse(Rule::Limits, "Elements are nested too deep.");
                }
                if tag.attributes > MAX_ATTRIBUTES || attributes > MAX_ALL_ATTRIBUTES {
                    return refuse(Rule::Limits, "The document has too many attributes.");
                }
            }
            tag.map(|tag| tag.bytes)
        };
        is_first = false;
        match end {
            Some(end) => rest = &rest[end..],
            None => return refuse(Rule::WellFormed, "The document ends inside a tag."),
        }
    }
    Ok(())
}

struct Tag {
    bytes: usize,
    attributes: usize,
    is_empty: bool,
}

fn start_tag(text: &str) -> Option<Tag> {
    let (mut attributes, mut quote, mut previous) = (0, None, 0);
    for (index, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'=') => attributes += 1,
            (None, b'>') => return Some(Tag { bytes: index + 1, attributes, is_empty: previous == b'/' }),
            (None, _) => {}
        }
        previous = byte;
    }
    None
}

/// An element of a document.
#[derive(Clone, Copy)]
pub(crate) struct Node<'d, 't> {
    document: &'d Document<'t>,
    id: NodeId,
}

impl<'d, 't> Node<'d, 't> {
    pub(crate) fn id(self) -> NodeId {
        self.id
    }

    /// The namespace and the local name.
    pub(crate) fn name(self) -> (&'d str, &'d str) {
        match self.document.element(self.id) {
            Some(element) => (element.name.namespace_uri.as_deref().unwrap_or(""), &element.name.local_name),
            None => ("", ""),
        }
    }

    pub(crate) fn is(self, namespace: &str, local_name: &str) -> bool {
        self.name() == (namespace, local_name)
    }

    /// An attribute that is in no namespace. The DOM's own look-up ignores namespaces, so that `x:URI` would pass for `URI`.
    pub(crate) fn attribute(self, name: &str) -> Option<&'d str> {
        self.attributes().find(|(namespace, local_name, _)| namespace.is_none() && *local_name == name).map(|(_, _, value)| value)
    }

    /// Every attribute: namespace, local name, value.
    pub(crate) fn attributes(self) -> impl Iterator<Item = (Option<&'d str>, &'d str, &'d str)> {
        let attributes = self.document.element(self.id).map_or(&[][..], |element| &element.attributes);
        attributes.iter().map(|attribute| (attribute.name.namespace_uri.as_deref(), &*attribute.name.local_name, &*attribute.value))
    }

    /// The child elements.
    pub(crate) fn children(self) -> impl Iterator<Item = Node<'d, 't>> {
        let document = self.document;
        document.children_iter(self.id).filter(move |id| document.element(*id).is_some()).map(move |id| Node { document, id })
    }

    pub(crate) fn children_named(self, namespace: &'static str, local_name: &'static str) -> impl Iterator<Item = Node<'d, 't>> {
        self.children().filter(move |child| child.is(namespace, local_name))
    }

    /// The element and all below it.
    pub(crate) fn descendants(self) -> impl Iterator<Item = Node<'d, 't>> {
        let document = self.document;
        let below = document.descendants(self.id).into_iter().filter(move |id| *id != self.id && document.element(*id).is_some());
        std::iter::once(self).chain(below.map(move |id| Node { document, id }))
    }

    /// The text of an element that has nothing but text.
    pub(crate) fn text(self) -> Option<String> {
        let mut text = String::new();
        for child in self.document.children_iter(self.id) {
            match self.document.node_kind(child) {
                Some(NodeKind::Text(part)) => text.push_str(part),
                _ => return None,
            }
        }
        Some(text)
    }

    /// The text without white space around it; `None` as well if nothing is left.
    pub(crate) fn trimmed_text(self) -> Option<String> {
        let text = self.text()?;
        let trimmed = text.trim_matches([' ', '\t', '\r', '\n']);
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    /// Whether there is text beside child elements, which nothing would read.
    pub(crate) fn is_mixed(self) -> bool {
        let has_text = |id| matches!(self.document.node_kind(id), Some(NodeKind::Text(text)) if !text.trim().is_empty());
        self.children().next().is_some() && self.document.children_iter(self.id).any(has_text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Option<Rule> {
        parse(text, Comments::Refused).err().map(|refusal| refusal.rule)
    }

    #[test]
    fn plain_documents_are_read() {
        for text in ["<a/>", "<?xml version=\"1.0\" encoding='utf-8'?>\n<a b='>'>&lt;&#65;</a>\n", "\u{feff}<a/>", "<a:b xmlns:a='urn:x'/>"]
        {
            assert_eq!(rule(text), None, "{text}");
        }
    }

    #[test]
    fn documents_are_refused_by_the_rule_they_break() {
        let nested = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
        let attributes: String = (0..50_000).map(|n| format!(" a{n}='x'")).collect();
        let cases = [
            (String::new(), Rule::WellFormed),
            ("<a>".into(), Rule::WellFormed),
            ("<a/><b/>".into(), Rule::WellFormed),
            ("<a/>text".into(), Rule::WellFormed),
            ("text<a/>".into(), Rule::WellFormed),
            ("<a></b>".into(), Rule::WellFormed),
            ("<x:a/>".into(), Rule::WellFormed),
            ("<a b='1' b='2'/>".into(), Rule::WellFormed),
            ("<a xmlns:x='urn:x' xmlns:y='urn:x' x:b='1' y:b='2'/>".into(), Rule::WellFormed),
            ("<a>&b;</a>".into(), Rule::WellFormed),
            ("<a>\u{1}</a>".into(), Rule::WellFormed),
            ("<a>&#1;</a>".into(), Rule::WellFormed),
            ("<a>&#0;</a>".into(), Rule::WellFormed),
            ("<a b='<'/>".into(), Rule::WellFormed),
            ("<a b=1/>".into(), Rule::WellFormed),
            ("<a xmlns='relative'/>".into(), Rule::WellFormed),
            ("<?xml version='1.1'?><a/>".into(), Rule::WellFormed),
            ("<?xml version='1.0' encoding='UTF-16'?><a/>".into(), Rule::Encoding),
            ("<!DOCTYPE a><a/>".into(), Rule::Doctype),
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".into(), Rule::Doctype),
            ("<a>x<!-- -->y</a>".into(), Rule::TextOnly),
            ("<a/><!-- -->".into(), Rule::TextOnly),
            ("<a><![CDATA[x]]></a>".into(), Rule::TextOnly),
            ("<a><?b c?></a>".into(), Rule::TextOnly),
            (" <?xml version='1.0'?><a/>".into(), Rule::TextOnly),
            (nested(49), Rule::Limits),
            (nested(50_000), Rule::Limits),
            (format!("<a{attributes}/>"), Rule::Size),
            (format!("<a{}/>", &attributes[..9000]), Rule::Limits),
            ("<a>".repeat(20_001), Rule::Limits),
            (format!("<a>{}</a>", "<b/>".repeat(20_000)), Rule::Limits),
            ("x".repeat(MAX_BYTES + 1), Rule::Size),
        ];
        for (text, expected) in cases {
            assert_eq!(rule(&text), Some(expected), "{}", &text[..text.len().min(80)]);
        }
        assert_eq!(rule(&nested(48)), None);
    }
}

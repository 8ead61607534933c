//! Documents that are refused before they are documents: encodings, document types, and those that cost too much.

mod support;

use std::time::{Duration, Instant};

use argus_saml::{Rule, response};
use support::{Signed, UNSIGNED, connection, now, pending, rule, sign};

fn rule_of_bytes(document: &[u8]) -> Option<Rule> {
    response::verify(document, &connection(), Some(&pending()), now()).err().map(|refusal| refusal.rule)
}

#[test]
fn comments_and_their_kin_are_refused_although_the_signature_verifies() {
    let document = sign(UNSIGNED, Signed::Both);
    for (from, to) in [
        (">alice<", ">alice<!-- --><"),
        (">alice<", ">ali<!---->ce<"),
        (">alice<", ">ali<?x?>ce<"),
        (">alice<", "><![CDATA[alice]]><"),
        (">staff<", ">sta<!-- -->ff<"),
        (">https://sp.test/metadata<", ">https://sp.test/metadata<!-- --><"),
        ("<ds:DigestValue>", "<ds:DigestValue><!-- -->"),
        ("<samlp:Response", "<!-- --><samlp:Response"),
        ("</samlp:Response>", "</samlp:Response><!-- -->"),
        ("<samlp:Response", "<?xml-stylesheet href='http://127.0.0.1:9/'?><samlp:Response"),
    ] {
        assert!(document.contains(from));
        assert_eq!(rule(&document.replacen(from, to, 1)), Some(Rule::TextOnly), "{to}");
    }
}

#[test]
fn document_types_are_refused() {
    let document = sign(UNSIGNED, Signed::Both);
    for doctype in [
        "<!DOCTYPE x>",
        "<!DOCTYPE x SYSTEM 'http://127.0.0.1:9/x.dtd'>",
        "<!DOCTYPE x [<!ENTITY y 'alice'>]>",
        "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>",
        "<!DOCTYPE x [<!ENTITY % y SYSTEM 'http://127.0.0.1:9/'> %y;]>",
        "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>",
        "<!DOCTYPE samlp:Response [<!ATTLIST saml:Assertion ID ID #IMPLIED>]>",
        "<!doctype x>",
    ] {
        assert_eq!(rule(&format!("{doctype}{document}")), Some(Rule::Doctype), "{doctype}");
    }
    assert_eq!(rule(&document.replace(">alice<", ">&alice;<")), Some(Rule::WellFormed));
}

#[test]
fn other_encodings_and_what_is_not_well_formed_are_refused() {
    let document = sign(UNSIGNED, Signed::Both);
    let utf16 = |to: fn(u16) -> [u8; 2]| document.encode_utf16().flat_map(to).collect::<Vec<u8>>();
    assert_eq!(rule_of_bytes(&[&[0xff, 0xfe][..], &utf16(u16::to_le_bytes)].concat()), Some(Rule::Encoding));
    assert_eq!(rule_of_bytes(&utf16(u16::to_be_bytes)), Some(Rule::Encoding));
    assert_eq!(rule(&document.replace(">alice<", ">al\0ice<")), Some(Rule::Encoding));
    // Overlong, and a surrogate: other decoders have read a `<` or worse from these.
    for bytes in [&b"\xc0\xbc"[..], b"\xed\xa0\x80", b"\xe9", b"\xff"] {
        assert_eq!(rule_of_bytes(&[document.as_bytes(), bytes].concat()), Some(Rule::Encoding));
    }
    assert_eq!(rule(&format!("<?xml version='1.0' encoding='ISO-8859-1'?>{document}")), Some(Rule::Encoding));
    assert_eq!(rule(&format!("<?xml version='1.1'?>{document}")), Some(Rule::WellFormed));
    for broken in [
        String::new(),
        document[..document.len() - 1].to_owned(),
        document[..document.len() / 2].to_owned(),
        format!("{document}x"),
        format!("x{document}"),
        document.repeat(2),
        document.replace("<samlp:Status>", "<samlp:Status a=b>"),
        document.replace("<samlp:Status>", "<samlp:Status a='1' a='2'>"),
        document.replace("<samlp:Status>", "<undeclared:Status>"),
        document.replace(">alice<", ">al&#x0;ice<"),
        document.replace(">alice<", ">al&ice<"),
        document.replace("<samlp:Response", "<samlp:Response xmlns:x='relative'"),
    ] {
        assert_eq!(rule(&broken), Some(Rule::WellFormed), "{broken:.80}");
    }
    for harmless in [format!("\u{feff}{document}"), format!("<?xml version='1.0' encoding='utf-8'?>\r\n{document}\n")] {
        assert_eq!(rule(&harmless), None);
    }
}

#[test]
fn other_roots_are_refused() {
    let document = sign(UNSIGNED, Signed::Both);
    let assertion = &document[document.find("<saml:Assertion").unwrap()..document.find("</samlp:Response>").unwrap()];
    assert_eq!(rule(assertion), Some(Rule::Root));
    assert_eq!(rule(&document.replace("SAML:2.0:protocol", "SAML:1.1:protocol")), Some(Rule::Root));
    assert_eq!(rule(&document.replace("samlp:Response", "samlp:LogoutResponse")), Some(Rule::Root));
    assert_eq!(rule(&format!("<x>{document}</x>")), Some(Rule::Root));
}

#[test]
fn documents_that_cost_too_much_are_refused_in_time() {
    let document = sign(UNSIGNED, Signed::Both);
    let within = |extra: &str| document.replace("<samlp:Status>", &format!("<samlp:Extensions>{extra}</samlp:Extensions><samlp:Status>"));
    let many = |count: usize, what: &dyn Fn(usize) -> String| (0..count).map(what).collect::<String>();
    let enveloped = "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>";
    let assertion = &document[document.find("<saml:Assertion").unwrap()..document.find("</samlp:Response>").unwrap()];
    let cases = [
        ("nesting", format!("{}{}", "<a>".repeat(60_000), "</a>".repeat(60_000)), Rule::Limits),
        ("nesting without an end", "<a>".repeat(170_000), Rule::Limits),
        ("attributes", within(&format!("<x{}/>", many(40_000, &|n| format!(" a{n}='1'")))), Rule::Limits),
        ("namespaces", within(&format!("<x{}/>", many(15_000, &|n| format!(" xmlns:a{n}='u:{n}'")))), Rule::Limits),
        (
            "namespaces, nested",
            within(&format!("{}{}", many(40, &|n| format!("<x xmlns:a{n}='u:{n}'>")), "</x>".repeat(40))),
            Rule::SignatureInvalid,
        ),
        ("elements", within(&"<x/>".repeat(100_000)), Rule::Limits),
        ("assertions", document.replace(assertion, &assertion.repeat(100)), Rule::UniqueIds),
        ("transforms", document.replacen(enveloped, &enveloped.repeat(2000), 1), Rule::SignatureAlgorithm),
        ("text", document.replace(">alice<", &format!(">{}<", "a".repeat(20_000_000))), Rule::Size),
        ("text within the limit", document.replace(">alice<", &format!(">{}<", "a".repeat(500_000))), Rule::SignatureInvalid),
        ("elements within the limit", within(&"<x/>".repeat(19_000)), Rule::SignatureInvalid),
        (
            "attributes within the limit",
            within(&format!("<x{}/>", many(30, &|n| format!(" a{n}='1'"))).repeat(600)),
            Rule::SignatureInvalid,
        ),
        ("identifiers", within(&many(9_000, &|n| format!("<x Id='i{n}'/>"))), Rule::SignatureInvalid),
        ("line breaks", within(&format!("{}<x>", "\n".repeat(400_000))), Rule::WellFormed),
        ("character references", document.replace(">alice<", &format!(">{}<", "&#97;".repeat(100_000))), Rule::SignatureInvalid),
        ("ampersands", document.replace(">alice<", &format!(">{}<", "&".repeat(400_000))), Rule::WellFormed),
        ("quotes", format!("<a b='{}", "<".repeat(500_000)), Rule::WellFormed),
    ];
    for (name, document, expected) in cases {
        let begun = Instant::now();
        assert_eq!(rule(&document), Some(expected), "{name}");
        // Debug builds on a busy machine: far above what an optimised build needs, far below what a growth by the square takes.
        assert!(begun.elapsed() < Duration::from_secs(5), "{name}: {:?}", begun.elapsed());
    }
}

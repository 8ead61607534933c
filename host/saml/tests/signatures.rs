//! Signatures: algorithms, shapes, keys and references.

mod support;

use argus_saml::{Connection, Rule};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use support::{ACS, ECDSA_SHA256, IDP, RSA_SHA256, SP, Signed, UNSIGNED, connection, ec, idp, other, rule, rule_with, sign, sign_as};

const EXC_C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

fn signed_by(algorithm: &str) -> String {
    sign_as(UNSIGNED, Signed::Assertion, idp(), algorithm, |template| template)
}

fn signed_with(from: &str, to: &str) -> String {
    sign_as(UNSIGNED, Signed::Both, idp(), RSA_SHA256, |template| {
        assert!(template.contains(from), "{from}");
        template.replace(from, to)
    })
}

#[test]
fn allowed_algorithms_are_accepted() {
    let more = "http://www.w3.org/2001/04/xmldsig-more#";
    let pss = "http://www.w3.org/2007/05/xmldsig-more#";
    for name in ["rsa-sha256", "rsa-sha384", "rsa-sha512"] {
        assert_eq!(rule(&signed_by(&format!("{more}{name}"))), None, "{name}");
    }
    for name in ["sha256-rsa-MGF1", "sha384-rsa-MGF1", "sha512-rsa-MGF1"] {
        assert_eq!(rule(&signed_by(&format!("{pss}{name}"))), None, "{name}");
    }
    for digest in ["http://www.w3.org/2001/04/xmldsig-more#sha384", "http://www.w3.org/2001/04/xmlenc#sha512"] {
        assert_eq!(rule(&signed_with("http://www.w3.org/2001/04/xmlenc#sha256", digest)), None, "{digest}");
    }
}

#[test]
fn an_elliptic_curve_key_verifies_and_two_keys_may_be_pinned() {
    let document = sign_as(UNSIGNED, Signed::Both, ec(), ECDSA_SHA256, |template| template);
    let of = |keys| Connection::new(IDP, keys, SP, ACS);
    assert_eq!(rule_with(&document, &of(vec![ec().verification_key()])), None);
    assert_eq!(rule_with(&document, &of(vec![idp().verification_key(), ec().verification_key()])), None);
    assert_eq!(rule_with(&sign(UNSIGNED, Signed::Both), &of(vec![other().verification_key(), idp().verification_key()])), None);
    assert_eq!(rule(&document), Some(Rule::SignatureInvalid));
    assert_eq!(rule_with(&sign(UNSIGNED, Signed::Both), &of(vec![ec().verification_key()])), Some(Rule::SignatureInvalid));
    assert_eq!(rule_with(&document, &of(Vec::new())), Some(Rule::SigningKey));
}

#[test]
fn other_algorithms_are_refused_before_anything_is_computed() {
    let document = sign(UNSIGNED, Signed::Both);
    for algorithm in [
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
        "http://www.w3.org/2007/05/xmldsig-more#sha1-rsa-MGF1",
        "",
        "none",
    ] {
        assert_eq!(rule(&document.replace(RSA_SHA256, algorithm)), Some(Rule::SignatureAlgorithm), "{algorithm}");
    }
    for digest in ["http://www.w3.org/2000/09/xmldsig#sha1", "http://www.w3.org/2001/04/xmldsig-more#md5", ""] {
        let changed = document.replace("http://www.w3.org/2001/04/xmlenc#sha256", digest);
        assert_eq!(rule(&changed), Some(Rule::SignatureAlgorithm), "{digest}");
    }
    let method = format!("<ds:SignatureMethod Algorithm=\"{RSA_SHA256}\"/>");
    let truncated =
        format!("<ds:SignatureMethod Algorithm=\"{RSA_SHA256}\"><ds:HMACOutputLength>0</ds:HMACOutputLength></ds:SignatureMethod>");
    assert_eq!(rule(&document.replace(&method, &truncated)), Some(Rule::SignatureShape));
}

#[test]
fn other_canonicalisations_and_transforms_are_refused() {
    for algorithm in [
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
        "http://www.w3.org/2006/12/xml-c14n11",
        "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
    ] {
        assert_eq!(rule(&signed_with(EXC_C14N, algorithm)), Some(Rule::SignatureAlgorithm), "{algorithm}");
    }
    let document = sign(UNSIGNED, Signed::Both);
    let enveloped = "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>";
    let c14n = format!("<ds:Transform Algorithm=\"{EXC_C14N}\"/>");
    let xpath = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>false()</ds:XPath></ds:Transform>";
    let xslt = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"/>";
    for transforms in [
        String::new(),
        enveloped.to_owned(),
        c14n.clone(),
        format!("{c14n}{enveloped}"),
        format!("{enveloped}{enveloped}"),
        format!("{enveloped}{xpath}"),
        format!("{enveloped}{c14n}{xpath}"),
        format!("{enveloped}{c14n}{xslt}"),
        enveloped.repeat(2000),
    ] {
        let changed = document.replace(&format!("{enveloped}{c14n}"), &transforms);
        assert_eq!(rule(&changed), Some(Rule::SignatureAlgorithm), "{transforms:.200}");
    }
}

#[test]
fn a_prefix_list_is_accepted_within_bounds() {
    let list = |prefixes: &str| {
        signed_with(
            &format!("<ds:Transform Algorithm=\"{EXC_C14N}\"/>"),
            &format!(
                "<ds:Transform Algorithm=\"{EXC_C14N}\"><ec:InclusiveNamespaces xmlns:ec=\"{EXC_C14N}\" PrefixList=\"{prefixes}\"/></ds:Transform>"
            ),
        )
    };
    assert_eq!(rule(&list("saml samlp xs #default")), None);
    assert_eq!(rule(&list(&"x ".repeat(33))), Some(Rule::Limits));
    let document = list("xs").replace("PrefixList=", "PrefixList='' x='urn:x' PrefixLists=");
    assert_eq!(rule(&document), Some(Rule::SignatureShape));
}

#[test]
fn a_reference_leads_to_the_parent_and_nowhere_else() {
    let document = sign(UNSIGNED, Signed::Both);
    for uri in [
        "",
        "#",
        "#_response",
        "#other",
        "_assertion",
        "#xpointer(/)",
        "#xpointer(id('_assertion'))",
        "http://127.0.0.1:9/x",
        "http://127.0.0.1:9/x#_assertion",
        "file:///etc/passwd",
        "cid:x",
        "Cargo.toml",
    ] {
        let changed = document.replace("URI=\"#_assertion\"", &format!("URI=\"{uri}\""));
        assert_eq!(rule(&changed), Some(Rule::SignatureReference), "{uri}");
    }
    assert_eq!(rule(&document.replace(" URI=\"#_assertion\"", "")), Some(Rule::SignatureReference));
    // A look-up that ignores namespaces would take the first.
    let namespaced = document.replace("URI=\"#_assertion\"", "xmlns:x=\"urn:x\" x:URI=\"#_assertion\" URI=\"#_response\"");
    assert_eq!(rule(&namespaced), Some(Rule::SignatureShape));
}

#[test]
fn a_signature_has_exactly_its_parts() {
    let document = sign(UNSIGNED, Signed::Assertion);
    let part = |start: &str, end: &str| {
        let from = document.find(start).unwrap();
        let to = document[from..].find(end).unwrap() + from + end.len();
        document[from..to].to_owned()
    };
    let info = part("<ds:SignedInfo", "</ds:SignedInfo>");
    let value = part("<ds:SignatureValue", "</ds:SignatureValue>");
    let reference = part("<ds:Reference", "</ds:Reference>");
    let digest = part("<ds:DigestValue", "</ds:DigestValue>");
    let method = part("<ds:SignatureMethod", "/>");
    let cases = [
        (info.clone(), info.repeat(2)),
        (info.clone(), String::new()),
        (info.clone(), format!("<ds:Object>{info}</ds:Object>")),
        (value.clone(), value.repeat(2)),
        (value.clone(), String::new()),
        (value.clone(), "<ds:SignatureValue></ds:SignatureValue>".to_owned()),
        (value.clone(), "<ds:SignatureValue>*</ds:SignatureValue>".to_owned()),
        (value.clone(), format!("{value}<ds:Object/>")),
        (value.clone(), format!("{value}<ds:KeyInfo/><ds:KeyInfo/>")),
        (value.clone(), format!("{value}<ds:KeyInfo><ds:RetrievalMethod URI='http://127.0.0.1:9/'/></ds:KeyInfo>")),
        (reference.clone(), reference.repeat(2)),
        (reference.clone(), String::new()),
        (digest.clone(), digest.repeat(2)),
        (digest.clone(), String::new()),
        (digest.clone(), "<ds:DigestValue></ds:DigestValue>".to_owned()),
        // SHA-256 of nothing at all, which a canonicaliser that gives up has signed; and a digest that is shorter.
        (digest.clone(), "<ds:DigestValue>AAAA</ds:DigestValue>".to_owned()),
        (digest.clone(), "<ds:DigestValue><ds:X/></ds:DigestValue>".to_owned()),
        (method.clone(), method.repeat(2)),
        (method, String::new()),
    ];
    for (from, to) in cases {
        assert_eq!(rule(&document.replacen(&from, &to, 1)), Some(Rule::SignatureShape), "{to:.120}");
    }
    let void = "<ds:DigestValue>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=</ds:DigestValue>";
    assert_eq!(rule(&document.replacen(&digest, void, 1)), Some(Rule::SignatureInvalid));
}

#[test]
fn key_info_never_chooses_the_key() {
    let forged = UNSIGNED.replace(">alice<", ">admin<");
    let key_infos = [
        String::new(),
        "<ds:KeyName>idp</ds:KeyName>".to_owned(),
        other().key.data.to_key_value_xml("ds").map(|key| format!("<ds:KeyValue>{key}</ds:KeyValue>")).unwrap_or_default(),
        format!(
            "<dsig11:DEREncodedKeyValue xmlns:dsig11=\"http://www.w3.org/2009/xmldsig11#\">{}</dsig11:DEREncodedKeyValue>",
            STANDARD.encode(&other().public_der)
        ),
        "<ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data>".to_owned(),
    ];
    for key_info in key_infos {
        let with = |template: String| template.replace("</ds:Signature>", &format!("<ds:KeyInfo>{key_info}</ds:KeyInfo></ds:Signature>"));
        let document = sign_as(&forged, Signed::Both, other(), RSA_SHA256, with);
        assert_eq!(rule(&document), Some(Rule::SignatureInvalid), "{key_info}");
        let genuine = sign_as(UNSIGNED, Signed::Both, idp(), RSA_SHA256, with);
        assert_eq!(rule_with(&genuine, &connection()), None, "{key_info}");
    }
}

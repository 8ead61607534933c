//! Signature wrapping (Somorovsky et al., 2012) and its relatives: genuine signatures, moved to where a forged assertion needs them.

#![expect(clippy::unwrap_used, reason = "a test ends where its preparation fails")]

mod support;

use argus_saml::Rule;
use support::{Signed, UNSIGNED, fill_in, idp, rule, sign, template};

/// The parts of a signed document.
struct Parts {
    document: String,
    assertion: String,
    signature: String,
}

impl Parts {
    fn of(signed: Signed) -> Self {
        let document = sign(UNSIGNED, signed);
        let assertion = between(&document, "<saml:Assertion", "</saml:Assertion>");
        let signature = between(&document, "<ds:Signature", "</ds:Signature>");
        Self { document, assertion, signature }
    }

    fn with_assertion(&self, assertion: &str) -> String {
        self.document.replace(&self.assertion, assertion)
    }
}

fn between(document: &str, start: &str, end: &str) -> String {
    let from = document.find(start).unwrap();
    let to = document[from..].find(end).unwrap() + from + end.len();
    document[from..to].to_owned()
}

fn forged(assertion: &str) -> String {
    assertion.replace(">alice<", ">admin<").replace("_assertion", "_forged")
}

fn without(text: &str, part: &str) -> String {
    text.replace(part, "")
}

fn into(parent: &str, child: &str) -> String {
    let end = parent.rfind("</").unwrap();
    format!("{}{child}{}", &parent[..end], &parent[end..])
}

#[test]
fn the_eight_wrappings_are_refused() {
    let response = Parts::of(Signed::Response);
    let assertion = Parts::of(Signed::Assertion);
    let signed_response = &response.document;
    let forged_response = forged(&without(signed_response, &response.signature)).replace("_response", "_forged_response");
    let bare = without(&assertion.assertion, &assertion.signature);
    let evil = forged(&bare);
    let evil_with_signature = forged(&bare).replacen("</saml:Issuer>", &format!("</saml:Issuer>{}", assertion.signature), 1);
    let object =
        |content: &str| assertion.signature.replace("</ds:Signature>", &format!("<ds:Object>{content}</ds:Object></ds:Signature>"));
    let with = |signature: &str, text: &str| text.replacen("</saml:Issuer>", &format!("</saml:Issuer>{signature}"), 1);
    let response_object = response
        .signature
        .replace("</ds:Signature>", &format!("<ds:Object>{}</ds:Object></ds:Signature>", without(signed_response, &response.signature)));
    let cases = [
        ("1: the Response in an Object of the signature", with(&response_object, &forged_response)),
        ("2: the Response beside the signature", with(&format!("{}{signed_response}", response.signature), &forged_response)),
        ("3: the assertion after a forged one", assertion.with_assertion(&format!("{evil}{}", assertion.assertion))),
        ("4: the assertion in a forged one", assertion.with_assertion(&into(&evil, &assertion.assertion))),
        ("5: the signature moved to the forged one", assertion.with_assertion(&format!("{evil_with_signature}{bare}"))),
        ("6: the assertion in the signature, in a forged one", assertion.with_assertion(&with(&object(&bare), &evil))),
        (
            "7: the assertion in Extensions",
            assertion
                .document
                .replace(&assertion.assertion, &format!("<samlp:Extensions>{}</samlp:Extensions>{evil}", assertion.assertion)),
        ),
        ("8: the assertion in an Object of a forged one", assertion.with_assertion(&with(&object(&assertion.assertion), &evil))),
        ("the forged one after the assertion", assertion.with_assertion(&format!("{}{evil}", assertion.assertion))),
        ("the forged one in Advice", assertion.with_assertion(&into(&assertion.assertion, &format!("<saml:Advice>{evil}</saml:Advice>")))),
        (
            "the assertion in StatusDetail",
            assertion
                .with_assertion(&evil)
                .replace("</samlp:Status>", &format!("<samlp:StatusDetail>{}</samlp:StatusDetail></samlp:Status>", assertion.assertion)),
        ),
        (
            "the forged one of another namespace",
            assertion.with_assertion(&format!("<x:Assertion xmlns:x='urn:x'>{bare}</x:Assertion>{}", assertion.assertion)),
        ),
        (
            "the assertion below an element of its own",
            assertion.with_assertion(&format!("<x:y xmlns:x='urn:x'>{}</x:y>", assertion.assertion)),
        ),
    ];
    for (name, document) in cases {
        let refused = rule(&document);
        assert!(matches!(refused, Some(Rule::OneAssertion | Rule::Root | Rule::SignatureShape | Rule::UniqueIds)), "{name}: {refused:?}");
    }
}

#[test]
fn changed_values_and_removed_signatures_are_refused() {
    for (signed, expected) in [(Signed::Response, Rule::SignatureInvalid), (Signed::Assertion, Rule::SignatureInvalid)] {
        let document = sign(UNSIGNED, signed);
        for (from, to) in
            [(">alice<", ">admin<"), (">staff<", ">admins<"), ("12:05:00Z", "13:05:00Z"), ("alice@idp.test", "admin@idp.test")]
        {
            assert_eq!(rule(&document.replace(from, to)), Some(expected), "{from}");
        }
    }
    let parts = Parts::of(Signed::Both);
    assert_eq!(rule(&sign(UNSIGNED, Signed::Neither)), Some(Rule::SignatureMissing));
    assert_eq!(rule(&sign(UNSIGNED, Signed::Neither).replace(">alice<", ">admin<")), Some(Rule::SignatureMissing));
    // The signature of the Response goes; the one of the assertion stays and no longer fits.
    assert_eq!(rule(&parts.document.replacen(&parts.signature, "", 1).replace(">alice<", ">admin<")), Some(Rule::SignatureInvalid));
    // A signature that is present has to verify, even where another covers everything.
    let inner = between(&parts.assertion, "<ds:SignatureValue>", "</ds:SignatureValue>");
    let outer = between(&parts.document, "<ds:SignatureValue>", "</ds:SignatureValue>");
    assert_eq!(rule(&parts.document.replace(&outer, &inner)), Some(Rule::SignatureInvalid));
}

#[test]
fn an_assertion_without_signature_in_a_response_whose_signature_is_gone_is_refused() {
    let parts = Parts::of(Signed::Response);
    assert_eq!(rule(&without(&parts.document, &parts.signature)), Some(Rule::SignatureMissing));
}

#[test]
fn identifiers_are_unique_in_every_spelling() {
    let document = sign(UNSIGNED, Signed::Both);
    for attribute in ["ID", "Id", "id", "iD", "xml:id", "AssertionID"] {
        let polluted = document.replace("<samlp:Status>", &format!("<samlp:Status {attribute}='_assertion'>"));
        assert_eq!(rule(&polluted), Some(Rule::UniqueIds), "{attribute}");
    }
    let polluted = document.replace("<samlp:Status>", "<samlp:Status xmlns:x='urn:x' x:ID='_new'>");
    assert_eq!(rule(&polluted), Some(Rule::UniqueIds));
    let twice = document.replace(" ID=\"_assertion\"", " ID=\"_assertion\" Id=\"_assertion\"");
    assert_eq!(rule(&twice), Some(Rule::UniqueIds));
    assert_eq!(rule(&document.replace("_assertion", "_response")), Some(Rule::UniqueIds));
}

#[test]
fn signatures_elsewhere_are_refused() {
    let parts = Parts::of(Signed::Assertion);
    let unsigned = without(&parts.document, &parts.signature);
    let cases = [
        unsigned.replacen("</saml:Issuer>", &format!("</saml:Issuer>{}", parts.signature), 1),
        unsigned.replace("<saml:Subject>", &format!("<saml:Subject>{}", parts.signature)),
        unsigned.replace("<samlp:Status>", &format!("<samlp:Status>{}", parts.signature)),
        unsigned.replace("<samlp:Status>", &format!("<samlp:Extensions>{}</samlp:Extensions><samlp:Status>", parts.signature)),
        parts.document.replace(&parts.signature, &parts.signature.repeat(2)),
        parts.document.replace("http://www.w3.org/2000/09/xmldsig#\"", "urn:x\""),
    ];
    for document in cases {
        let refused = rule(&document);
        assert!(matches!(refused, Some(Rule::SignaturePosition | Rule::SignatureReference)), "{refused:?} {document}");
    }
}

#[test]
fn a_signature_of_the_response_does_not_pass_for_one_of_the_assertion() {
    let with_reference_to_response =
        UNSIGNED.replace("{response-signature}", "").replace("{assertion-signature}", &template("_response", support::RSA_SHA256));
    let document = fill_in(&with_reference_to_response, idp());
    assert_eq!(rule(&document), Some(Rule::SignatureReference));
}

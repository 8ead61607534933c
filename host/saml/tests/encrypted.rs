//! Encrypted assertions: what is decrypted, what is not, and that nobody can tell why not.

mod support;

use argus_saml::keys::DecryptionKey;
use argus_saml::{Connection, Refusal, Rule};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use support::{
    Encryption, GCM, Signed, UNSIGNED, connection, encrypt, encrypted_assertion, fill_in, idp, other, rule_with, sign, template,
    verify_with,
};

const AES128_CBC: &str = "http://www.w3.org/2001/04/xmlenc#aes128-cbc";
const RSA_1_5: &str = "http://www.w3.org/2001/04/xmlenc#rsa-1_5";
const OAEP11: &str = "http://www.w3.org/2009/xmlenc11#rsa-oaep";

fn ours() -> Connection {
    connection().with_decryption_keys(vec![other().decryption_key()])
}

fn signed_around(encrypted: &str) -> String {
    fill_in(&encrypted.replace("{response-signature}", &template("_response", support::RSA_SHA256)), idp())
}

/// Encrypted as asked, with the signatures asked for: inside before, outside after.
fn document(how: &Encryption, signed: Signed) -> String {
    let inner = matches!(signed, Signed::Assertion | Signed::Both);
    let placeholder = UNSIGNED.replace("{response-signature}", "<saml:Placeholder/>");
    let prepared = if inner { sign(&placeholder, Signed::Assertion) } else { placeholder.replace("{assertion-signature}", "") };
    let encrypted = encrypt(&prepared, how, other()).replace("<saml:Placeholder/>", "{response-signature}");
    if matches!(signed, Signed::Response | Signed::Both) {
        signed_around(&encrypted)
    } else {
        encrypted.replace("{response-signature}", "")
    }
}

fn constant() -> Refusal {
    Refusal { rule: Rule::Decryption, reason: "The assertion cannot be decrypted.".to_owned() }
}

#[test]
fn encrypted_assertions_are_accepted_if_something_is_signed() {
    let oaep = Encryption {
        transport: OAEP11,
        transport_name: OAEP11,
        digest: Some("http://www.w3.org/2001/04/xmlenc#sha256"),
        parameters: concat!(
            r#"<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>"#,
            r#"<x:MGF xmlns:x="http://www.w3.org/2009/xmlenc11#" Algorithm="http://www.w3.org/2009/xmlenc11#mgf1sha256"/>"#,
        ),
        ..GCM
    };
    let aes128 = Encryption { cipher: "http://www.w3.org/2009/xmlenc11#aes128-gcm", ..GCM };
    for how in [&GCM, &oaep, &aes128] {
        for signed in [Signed::Response, Signed::Assertion, Signed::Both] {
            assert_eq!(rule_with(&document(how, signed), &ours()), None, "{signed:?}");
        }
        assert_eq!(rule_with(&document(how, Signed::Neither), &ours()), Some(Rule::SignatureMissing));
    }
}

#[test]
fn either_of_two_decryption_keys_is_used() {
    let both = connection().with_decryption_keys(vec![idp().decryption_key(), other().decryption_key()]);
    assert_eq!(rule_with(&document(&GCM, Signed::Both), &both), None);
}

#[test]
fn cbc_is_for_signed_responses_that_ask_for_it() {
    let cbc = Encryption { cipher: AES128_CBC, ..GCM };
    let allowed = ours().with_cbc(true);
    assert_eq!(rule_with(&document(&cbc, Signed::Response), &allowed), None);
    assert_eq!(rule_with(&document(&cbc, Signed::Both), &allowed), None);
    assert_eq!(verify_with(&document(&cbc, Signed::Assertion), &allowed), Err(constant()));
    assert_eq!(verify_with(&document(&cbc, Signed::Both), &ours()), Err(constant()));
}

#[test]
fn every_fault_of_decryption_looks_the_same() {
    let good = document(&GCM, Signed::Assertion);
    let values: Vec<usize> = good.match_indices("<xenc:CipherValue>").map(|(at, tag)| at + tag.len()).collect();
    let tampered = |at: usize| {
        let mut bytes = good.clone().into_bytes();
        bytes[at + 40] = if bytes[at + 40] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    let encrypted = |plaintext: &str| {
        let start = good.find("<saml:EncryptedAssertion>").unwrap();
        let end = good.find("</saml:EncryptedAssertion>").unwrap() + "</saml:EncryptedAssertion>".len();
        format!("{}{}{}", &good[..start], encrypted_assertion(plaintext, &GCM, other()), &good[end..])
    };
    let cases = [
        ("tampered key", tampered(values[0])),
        ("tampered data", tampered(values[1])),
        ("short data", good.replace(&good[values[1]..good[values[1]..].find('<').unwrap() + values[1]], "AAAA")),
        ("no base64", good.replace(&good[values[0]..values[0] + 8], "********")),
        ("key transport of PKCS #1 v1.5", document(&Encryption { transport_name: RSA_1_5, ..GCM }, Signed::Both)),
        ("another cipher named", good.replace("aes256-gcm", "aes128-gcm")),
        ("unknown cipher", good.replace("aes256-gcm", "aes512-gcm")),
        ("triple DES", good.replace("http://www.w3.org/2009/xmlenc11#aes256-gcm", "http://www.w3.org/2001/04/xmlenc#tripledes-cbc")),
        ("no key", good.replace("xenc:EncryptedKey", "xenc:Other")),
        ("cipher reference", good.replacen("<xenc:CipherValue>", "<xenc:CipherReference URI='http://127.0.0.1:9/'/><xenc:CipherValue>", 1)),
        ("retrieval method", good.replacen("<xenc:EncryptedKey>", "<ds:RetrievalMethod URI='http://127.0.0.1:9/'/><xenc:EncryptedKey>", 1)),
        ("not XML", encrypted("alice")),
        ("a document type", encrypted("<!DOCTYPE x><x/>")),
        ("another element", encrypted("<x:NameID xmlns:x='urn:oasis:names:tc:SAML:2.0:assertion'>admin</x:NameID>")),
        ("two elements", encrypted("<a/><b/>")),
    ];
    for (name, document) in cases {
        assert_eq!(verify_with(&document, &ours()), Err(constant()), "{name}");
    }
    let wrong = connection().with_decryption_keys(vec![idp().decryption_key()]);
    assert_eq!(verify_with(&good, &wrong), Err(constant()), "wrong key");
    assert_eq!(verify_with(&good, &connection()), Err(constant()), "no key");
}

#[test]
fn what_was_encrypted_is_judged_like_any_document() {
    let assertion = &UNSIGNED[UNSIGNED.find("<saml:Assertion").unwrap()..UNSIGNED.find("</samlp:Response>").unwrap()];
    let bare = assertion.replace("{assertion-signature}", "");
    let around = |plaintext: &str| {
        let encrypted = encrypted_assertion(plaintext, &GCM, other());
        signed_around(&UNSIGNED.replace(assertion, &encrypted))
    };
    let signed_inside = {
        let document = sign(UNSIGNED, Signed::Assertion);
        document[document.find("<saml:Assertion").unwrap()..document.find("</samlp:Response>").unwrap()].to_owned()
    };
    let advice = bare
        .replace("<saml:AuthnStatement", &format!("<saml:Advice>{}</saml:Advice><saml:AuthnStatement", bare.replace("_assertion", "_2")));
    let cases = [
        ("as it is", bare.clone(), None),
        ("id of the response", bare.replace("_assertion", "_response"), Some(Rule::UniqueIds)),
        ("a second assertion", advice, Some(Rule::OneAssertion)),
        ("changed after it was signed", signed_inside.replace(">alice<", ">admin<"), Some(Rule::SignatureInvalid)),
        ("another audience", bare.replace(">https://sp.test/metadata<", ">https://other.test<"), Some(Rule::Audience)),
        ("another issuer", bare.replace("https://idp.test", "https://evil.test"), Some(Rule::Issuer)),
    ];
    for (name, plaintext, expected) in cases {
        assert_eq!(rule_with(&around(&plaintext), &ours()), expected, "{name}");
    }
}

/// CVE-2026-2092: a forged encrypted assertion first, the signed one second, the Response unsigned.
#[test]
fn an_encrypted_assertion_beside_a_signed_one_is_refused() {
    let signed = sign(UNSIGNED, Signed::Assertion);
    let assertion = &UNSIGNED[UNSIGNED.find("<saml:Assertion").unwrap()..UNSIGNED.find("</samlp:Response>").unwrap()];
    let forged = assertion.replace("{assertion-signature}", "").replace(">alice<", ">admin<").replace("_assertion", "_forged");
    let encrypted = encrypted_assertion(&forged, &GCM, other());
    let first = signed.replace("<saml:Assertion", &format!("{encrypted}<saml:Assertion"));
    assert_eq!(rule_with(&first, &ours()), Some(Rule::OneAssertion));
    let second = signed.replace("</samlp:Response>", &format!("{encrypted}</samlp:Response>"));
    assert_eq!(rule_with(&second, &ours()), Some(Rule::OneAssertion));
    let alone = sign(UNSIGNED, Signed::Neither);
    let start = alone.find("<saml:Assertion").unwrap();
    let alone = format!("{}{encrypted}</samlp:Response>", &alone[..start]);
    assert_eq!(rule_with(&alone, &ours()), Some(Rule::SignatureMissing));
}

#[test]
fn keys_are_read_in_both_forms() {
    let pem = &other().private_pem;
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let pkcs8 = STANDARD.decode(body).unwrap();
    // RFC 5208 §5: a version, an algorithm identifier, and the key of PKCS#1 in an octet string, behind 26 bytes in all.
    let label = "RSA PRIVATE KEY";
    let pkcs1 = format!("text before\n-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(&pkcs8[26..]));
    let connection = connection().with_decryption_keys(vec![DecryptionKey::from_pem(&pkcs1).unwrap()]);
    assert_eq!(rule_with(&document(&GCM, Signed::Both), &connection), None);
    for wrong in ["", "x", &pem.replace('M', "*"), &support::ec().private_pem] {
        assert!(DecryptionKey::from_pem(wrong).is_err());
    }
}

//! An identity provider for tests: its keys are made when the tests run, and it signs and encrypts whatever it is given.

#![expect(dead_code, reason = "each test binary uses a part of this")]
#![expect(clippy::unwrap_used, reason = "a test ends where its preparation fails")]

use std::sync::OnceLock;

use argus_domain::Timestamp;
use argus_saml::keys::{DecryptionKey, VerificationKey};
use argus_saml::{Connection, PendingRequest, Refusal, Rule, VerifiedAssertion, response};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bergshamra::crypto::keytransport::OaepParams;
use bergshamra::crypto::{cipher, keytransport};
use bergshamra::keys::loader;
use bergshamra::{DsigContext, Key, KeysManager};

pub(crate) const IDP: &str = "https://idp.test/metadata";
pub(crate) const SP: &str = "https://sp.test/metadata";
pub(crate) const ACS: &str = "https://sp.test/acs";
pub(crate) const REQUEST: &str = "_request";
pub(crate) const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
pub(crate) const ECDSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";

/// 2026-11-22T12:00:30Z, half a minute into the life of [`UNSIGNED`].
pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix_seconds(1_795_348_830)
}

/// A response with places for two signatures.
pub(crate) const UNSIGNED: &str = concat!(
    r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" "#,
    r#"ID="_response" Version="2.0" IssueInstant="2026-11-22T12:00:00Z" Destination="https://sp.test/acs" InResponseTo="_request">"#,
    r#"<saml:Issuer>https://idp.test/metadata</saml:Issuer>{response-signature}"#,
    r#"<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>"#,
    r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_assertion" Version="2.0" IssueInstant="2026-11-22T12:00:00Z">"#,
    r#"<saml:Issuer>https://idp.test/metadata</saml:Issuer>{assertion-signature}"#,
    r#"<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">alice</saml:NameID>"#,
    r#"<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData "#,
    r#"InResponseTo="_request" NotOnOrAfter="2026-11-22T12:05:00Z" Recipient="https://sp.test/acs"/></saml:SubjectConfirmation></saml:Subject>"#,
    r#"<saml:Conditions NotBefore="2026-11-22T12:00:00Z" NotOnOrAfter="2026-11-22T12:02:00Z"><saml:AudienceRestriction>"#,
    r#"<saml:Audience>https://sp.test/metadata</saml:Audience></saml:AudienceRestriction></saml:Conditions>"#,
    r#"<saml:AuthnStatement AuthnInstant="2026-11-22T12:00:00Z" SessionIndex="_session" SessionNotOnOrAfter="2026-11-22T20:00:00Z">"#,
    r#"<saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>"#,
    r#"</saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement><saml:Attribute Name="groups">"#,
    r#"<saml:AttributeValue>staff</saml:AttributeValue><saml:AttributeValue>engineering</saml:AttributeValue></saml:Attribute>"#,
    r#"<saml:Attribute Name="email"><saml:AttributeValue>alice@idp.test</saml:AttributeValue></saml:Attribute>"#,
    r#"</saml:AttributeStatement></saml:Assertion></samlp:Response>"#,
);

/// What is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signed {
    Response,
    Assertion,
    Both,
    Neither,
}

/// A key pair.
pub(crate) struct Pair {
    pub(crate) private_pem: String,
    pub(crate) public_der: Vec<u8>,
    pub(crate) key: Key,
}

fn pem(der: &[u8]) -> String {
    let encoded = STANDARD.encode(der);
    let lines: Vec<_> = encoded.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let label = "PRIVATE KEY";
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn rsa(size: KeySize) -> Pair {
    let pair = RsaKeyPair::generate(size).unwrap();
    let private: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    let private_pem = pem(private.as_ref());
    let key = loader::load_rsa_private_pem(private_pem.as_bytes()).unwrap();
    Pair { private_pem, public_der: public.as_ref().to_vec(), key }
}

/// The key of the identity provider.
pub(crate) fn idp() -> &'static Pair {
    static KEY: OnceLock<Pair> = OnceLock::new();
    KEY.get_or_init(|| rsa(KeySize::Rsa2048))
}

/// A key of somebody else, and ours for decryption.
pub(crate) fn other() -> &'static Pair {
    static KEY: OnceLock<Pair> = OnceLock::new();
    KEY.get_or_init(|| rsa(KeySize::Rsa2048))
}

/// A key on an elliptic curve.
pub(crate) fn ec() -> &'static Pair {
    static KEY: OnceLock<Pair> = OnceLock::new();
    KEY.get_or_init(|| {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        let private_pem = pem(pair.to_pkcs8v1().unwrap().as_ref());
        let key = loader::load_pem_auto(private_pem.as_bytes(), None).unwrap();
        Pair { private_pem, public_der: public.as_ref().to_vec(), key }
    })
}

impl Pair {
    pub(crate) fn verification_key(&self) -> VerificationKey {
        VerificationKey::from_spki_der(&self.public_der).unwrap()
    }

    pub(crate) fn decryption_key(&self) -> DecryptionKey {
        DecryptionKey::from_pem(&self.private_pem).unwrap()
    }
}

pub(crate) fn connection() -> Connection {
    Connection::new(IDP, vec![idp().verification_key()], SP, ACS)
}

pub(crate) fn pending() -> PendingRequest {
    PendingRequest { id: REQUEST.to_owned() }
}

pub(crate) fn verify(document: &str) -> Result<VerifiedAssertion, Refusal> {
    verify_with(document, &connection())
}

pub(crate) fn verify_with(document: &str, connection: &Connection) -> Result<VerifiedAssertion, Refusal> {
    response::verify(document.as_bytes(), connection, Some(&pending()), now())
}

/// The rule that a document breaks; `None` if it is accepted, which is said with the right values only.
pub(crate) fn rule(document: &str) -> Option<Rule> {
    rule_with(document, &connection())
}

pub(crate) fn rule_with(document: &str, connection: &Connection) -> Option<Rule> {
    match verify_with(document, connection) {
        Ok(assertion) => {
            assert_is_alice(&assertion);
            None
        }
        Err(refusal) => Some(refusal.rule),
    }
}

pub(crate) fn assert_is_alice(assertion: &VerifiedAssertion) {
    assert_eq!(assertion.name_id().value(), "alice");
    let attributes: Vec<_> = assertion.attributes().iter().map(|a| (a.name(), a.values().join(","))).collect();
    assert_eq!(attributes, [("groups", "staff,engineering".to_owned()), ("email", "alice@idp.test".to_owned())]);
}

/// A signature to be filled in.
pub(crate) fn template(id: &str, algorithm: &str) -> String {
    format!(
        concat!(
            r#"<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>"#,
            r#"<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>"#,
            r##"<ds:SignatureMethod Algorithm="{algorithm}"/><ds:Reference URI="#{id}"><ds:Transforms>"##,
            r#"<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>"#,
            r#"<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms>"#,
            r#"<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue></ds:DigestValue>"#,
            r#"</ds:Reference></ds:SignedInfo><ds:SignatureValue></ds:SignatureValue></ds:Signature>"#,
        ),
        algorithm = algorithm,
        id = id
    )
}

/// Fills in the first signature.
pub(crate) fn fill_in(document: &str, pair: &Pair) -> String {
    let mut keys = KeysManager::new();
    keys.add_key(pair.key.clone());
    bergshamra::sign(&DsigContext::new_permissive(keys), document).unwrap()
}

/// Signs what is asked for, with the key of the identity provider.
pub(crate) fn sign(document: &str, signed: Signed) -> String {
    sign_as(document, signed, idp(), RSA_SHA256, |template| template)
}

/// Signs with a key and an algorithm, after a change to the templates.
pub(crate) fn sign_as(document: &str, signed: Signed, pair: &Pair, algorithm: &str, change: impl Fn(String) -> String) -> String {
    let mut document = document.to_owned();
    if matches!(signed, Signed::Assertion | Signed::Both) {
        let template = change(template("_assertion", algorithm));
        document = document.replace("{assertion-signature}", &template);
        let response_signature = document.contains("{response-signature}");
        document = fill_in(&document.replace("{response-signature}", "<saml:Placeholder/>"), pair);
        if response_signature {
            document = document.replace("<saml:Placeholder/>", "{response-signature}");
        }
    }
    document = document.replace("{assertion-signature}", "");
    // The digest of the assertion does not know of the placeholder, which stands outside.
    if matches!(signed, Signed::Response | Signed::Both) {
        let template = change(template("_response", algorithm));
        document = fill_in(&document.replace("{response-signature}", &template), pair);
    }
    document.replace("{response-signature}", "")
}

/// How an assertion is encrypted.
#[derive(Clone)]
pub(crate) struct Encryption {
    pub(crate) cipher: &'static str,
    pub(crate) transport: &'static str,
    pub(crate) transport_name: &'static str,
    pub(crate) parameters: &'static str,
    pub(crate) digest: Option<&'static str>,
}

pub(crate) const GCM: Encryption = Encryption {
    cipher: "http://www.w3.org/2009/xmlenc11#aes256-gcm",
    transport: "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
    transport_name: "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
    parameters: "",
    digest: None,
};

/// Puts the assertion of a document into an EncryptedAssertion, encrypted to a key.
pub(crate) fn encrypt(document: &str, how: &Encryption, pair: &Pair) -> String {
    let start = document.find("<saml:Assertion").unwrap();
    let end = document.find("</saml:Assertion>").unwrap() + "</saml:Assertion>".len();
    let encrypted = encrypted_assertion(&document[start..end], how, pair);
    format!("{}{encrypted}{}", &document[..start], &document[end..])
}

pub(crate) fn encrypted_assertion(plaintext: &str, how: &Encryption, pair: &Pair) -> String {
    let cipher = cipher::from_uri(how.cipher).unwrap();
    let content_key: Vec<u8> = (0..cipher.key_size()).map(|n| n as u8).collect();
    let data = STANDARD.encode(cipher.encrypt(&content_key, plaintext.as_bytes()).unwrap());
    let parameters = OaepParams { digest_uri: how.digest.map(str::to_owned), mgf_uri: None, oaep_params: None };
    let transport = keytransport::from_uri_with_params(how.transport, parameters).unwrap();
    let public = pair.key.software_key().unwrap().unwrap();
    let key = STANDARD.encode(transport.encrypt(&public, &content_key).unwrap());
    let (cipher, transport, parameters) = (how.cipher, how.transport_name, how.parameters);
    format!(
        concat!(
            r#"<saml:EncryptedAssertion><xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" "#,
            r#"Type="http://www.w3.org/2001/04/xmlenc#Element"><xenc:EncryptionMethod Algorithm="{cipher}"/>"#,
            r#"<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><xenc:EncryptedKey>"#,
            r#"<xenc:EncryptionMethod Algorithm="{transport}">{parameters}</xenc:EncryptionMethod>"#,
            r#"<xenc:CipherData><xenc:CipherValue>{key}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo>"#,
            r#"<xenc:CipherData><xenc:CipherValue>{data}</xenc:CipherValue></xenc:CipherData>"#,
            r#"</xenc:EncryptedData></saml:EncryptedAssertion>"#,
        ),
        cipher = cipher,
        transport = transport,
        parameters = parameters,
        key = key,
        data = data
    )
}

/// A file of `tests/samples`.
pub(crate) fn sample(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/samples/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

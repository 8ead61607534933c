//! What we write: requests and metadata, read as an identity provider reads them.

mod support;

use std::io::Read;

use argus_domain::Timestamp;
use argus_saml::IdpMetadata;
use argus_saml::keys::{Certificate, SigningKey};
use argus_saml::metadata::{SpMetadata, SpMetadataError};
use argus_saml::request::{AuthnRequest, RequestError};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use support::{Pair, ec, idp};

fn request(destination: &str) -> AuthnRequest<'_> {
    AuthnRequest {
        id: "_id",
        issue_instant: Timestamp::from_unix_seconds(1_795_348_800),
        destination,
        acs_url: "https://sp.test/acs?a=1&b=2",
        issuer: "https://sp.test/metadata",
        name_id_format: Some("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"),
        force_authn: true,
    }
}

#[test]
fn a_request_is_signed_over_what_is_sent() {
    let verifies = |pair: &Pair, algorithm: &'static dyn VerificationAlgorithm, name: &str| {
        let key = SigningKey::from_pem(&pair.private_pem).unwrap();
        let url = request("https://idp.test/sso").redirect_url(Some("a handle+1"), Some(&key)).unwrap();
        let (signed, signature) = url.strip_prefix("https://idp.test/sso?").unwrap().split_once("&Signature=").unwrap();
        let decode = |text: &str| form_urlencoded::parse(format!("x={text}").as_bytes()).next().unwrap().1.into_owned();
        let signature = STANDARD.decode(decode(signature)).unwrap();
        UnparsedPublicKey::new(algorithm, &pair.public_der).verify(signed.as_bytes(), &signature).unwrap();
        let parameters: Vec<_> = form_urlencoded::parse(signed.as_bytes()).into_owned().collect();
        let names: Vec<_> = parameters.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["SAMLRequest", "RelayState", "SigAlg"]);
        assert_eq!(parameters[1].1, "a handle+1");
        assert_eq!(parameters[2].1, format!("http://www.w3.org/2001/04/xmldsig-more#{name}"));
        let mut xml = String::new();
        flate2::read::DeflateDecoder::new(&STANDARD.decode(&parameters[0].1).unwrap()[..]).read_to_string(&mut xml).unwrap();
        assert_eq!(xml, request("https://idp.test/sso").to_xml());
    };
    verifies(idp(), &RSA_PKCS1_2048_8192_SHA256, "rsa-sha256");
    verifies(ec(), &ECDSA_P256_SHA256_FIXED, "ecdsa-sha256");
}

#[test]
fn a_request_says_what_it_asks_for() {
    assert_eq!(
        request("https://idp.test/sso").to_xml(),
        concat!(
            r#"<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" "#,
            r#"ID="_id" Version="2.0" IssueInstant="2026-11-22T12:00:00.000Z" Destination="https://idp.test/sso" "#,
            r#"ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" "#,
            r#"AssertionConsumerServiceURL="https://sp.test/acs?a=1&amp;b=2" ForceAuthn="true">"#,
            r#"<saml:Issuer>https://sp.test/metadata</saml:Issuer><samlp:NameIDPolicy "#,
            r#"Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent" AllowCreate="true"/></samlp:AuthnRequest>"#,
        )
    );
}

#[test]
fn a_request_is_appended_to_a_query_and_unsigned_without_a_key() {
    let url = request("https://idp.test/sso?a=b").redirect_url(None, None).unwrap();
    assert!(url.starts_with("https://idp.test/sso?a=b&SAMLRequest=") && !url.contains("SigAlg"));
    assert_eq!(request("https://idp.test/#x").redirect_url(None, None), Err(RequestError::Destination));
    assert_eq!(request("https://idp.test/").redirect_url(Some(&"x".repeat(81)), None), Err(RequestError::RelayState));
}

#[test]
fn our_metadata_are_signed_and_carry_the_certificates_by_use() {
    let sample = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples/keycloak-idp-metadata.xml")).unwrap();
    let certificates: Vec<Certificate> = IdpMetadata::parse(&sample).unwrap().signing_certificates().to_vec();
    let metadata = SpMetadata {
        id: "_metadata",
        entity_id: "https://sp.test/a&b",
        acs_url: "https://sp.test/acs",
        signing_certificates: &certificates,
        encryption_certificates: &certificates,
        name_id_format: Some("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"),
    };
    for pair in [idp(), ec()] {
        let signed = metadata.sign(&SigningKey::from_pem(&pair.private_pem).unwrap()).unwrap();
        let mut keys = bergshamra::KeysManager::new();
        keys.add_key(bergshamra::keys::loader::load_spki_der(&pair.public_der).unwrap());
        assert!(bergshamra::verify(&bergshamra::DsigContext::new(keys), &signed).unwrap().is_valid());
        assert!(signed.contains("entityID=\"https://sp.test/a&amp;b\""));
        assert_eq!(signed.matches("use=\"signing\"").count(), 1);
        assert_eq!(signed.matches("use=\"encryption\"").count(), 1);
    }
    let key = SigningKey::from_pem(&idp().private_pem).unwrap();
    assert_eq!(SpMetadata { signing_certificates: &[], ..metadata }.sign(&key), Err(SpMetadataError::Certificates));
    let three = [certificates.clone(), certificates.clone(), certificates.clone()].concat();
    assert_eq!(SpMetadata { encryption_certificates: &three, ..metadata }.sign(&key), Err(SpMetadataError::Certificates));
}

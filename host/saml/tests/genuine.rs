//! Responses of real identity providers, by the clock of their IssueInstant, with the metadata that the providers publish.

#![expect(clippy::unwrap_used, reason = "a test ends where its preparation fails")]

mod support;

use argus_domain::Timestamp;
use argus_saml::{IdpMetadata, PendingRequest, Refusal, Rule, VerifiedAssertion, response};
use support::sample;

const ACS: &str = "http://127.0.0.1:7310/saml/acs";
const UNSPECIFIED: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";

/// A member of the file beside a response, which is flat JSON with strings.
fn member(name: &str, member: &str) -> Option<String> {
    let json = String::from_utf8(sample(&format!("{name}.xml.json"))).unwrap();
    let (_, rest) = json.split_once(&format!("\"{member}\": \""))?;
    rest.split('"').next().map(str::to_owned)
}

fn judge(name: &str, provider: &str, seconds: i64, allow: bool) -> Result<VerifiedAssertion, Refusal> {
    let metadata = IdpMetadata::parse(&sample(&format!("{provider}-idp-metadata.xml"))).unwrap();
    let connection = metadata.connection(member(name, "entity_id").unwrap(), ACS).with_cbc(true).with_unsolicited(allow);
    let pending = member(name, "request_id").map(|id| PendingRequest { id });
    let now = Timestamp::from_unix_seconds(seconds);
    response::verify(&sample(&format!("{name}.xml")), &connection, pending.as_ref(), now)
}

#[test]
fn responses_of_four_providers_are_accepted_with_their_values() {
    let persistent = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
    let transient = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
    let email = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
    let cases = [
        ("kc-assertion", "keycloak", 1_795_316_710, "alice", UNSPECIFIED, "groups", "admins engineering"),
        ("kc-response", "keycloak", 1_795_316_714, "alice", UNSPECIFIED, "groups", "admins engineering"),
        ("kc-both", "keycloak", 1_795_316_717, "alice", UNSPECIFIED, "groups", "admins engineering"),
        ("kc-signedreq", "keycloak", 1_795_316_725, "alice", UNSPECIFIED, "groups", "admins engineering"),
        ("crew-signed", "crewjam", 1_795_317_780, "alice@acme.test", transient, "urn:oid:1.3.6.1.4.1.5923.1.1.1.1", "engineering admins"),
        ("ssp", "ssp", 1_795_318_193, "alice", persistent, "groups", "engineering admins"),
        ("zit-signed", "zitadel", 1_795_317_439, "alice", email, "groups", "engineering admins"),
    ];
    for (name, provider, now, name_id, format, groups, values) in cases {
        let assertion = judge(name, provider, now, false).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        assert_eq!((assertion.name_id().value(), assertion.name_id().format()), (name_id, format), "{name}");
        let found = assertion.attributes().iter().find(|attribute| attribute.name() == groups).unwrap();
        assert_eq!(found.values().join(" "), values, "{name}");
    }
}

#[test]
fn what_was_not_asked_for_or_not_signed_is_refused() {
    assert_eq!(judge("kc-none", "keycloak", 1_795_316_717, false).unwrap_err().rule, Rule::SignatureMissing);
    let issued = 1_795_318_268;
    assert_eq!(judge("kc-idpinit", "keycloak", issued, false).unwrap_err().rule, Rule::Unsolicited);
    assert_eq!(judge("kc-idpinit", "keycloak", issued, true).unwrap().name_id().value(), "alice");
    // The providers of the samples share a key: the issuer still tells them apart.
    assert_eq!(judge("kc-both", "zitadel", 1_795_316_717, false).unwrap_err().rule, Rule::Issuer);
    assert_eq!(judge("kc-both", "keycloak", 1_795_316_717 + 3600, false).unwrap_err().rule, Rule::ValidityPeriod);
}

#[test]
fn assertions_that_are_encrypted_to_somebody_else_are_refused_alike() {
    let cases = [
        ("kc-encrypted", "keycloak", 1_795_316_718),
        ("kc-encasr", "keycloak", 1_795_316_721),
        ("crew-enc", "crewjam", 1_795_317_782),
        ("sspenc", "ssp", 1_795_318_193),
    ];
    let refusals: Vec<_> = cases.iter().map(|(name, provider, now)| judge(name, provider, *now, false).unwrap_err()).collect();
    assert!(refusals.iter().all(|refusal| refusal.rule == Rule::Decryption && *refusal == refusals[0]), "{refusals:?}");
}

#[test]
fn metadata_of_four_providers_are_read() {
    let cases = [
        ("keycloak", "http://127.0.0.1:7300/realms/acme", 2, true, 4),
        ("crewjam", "http://127.0.0.1:7330/metadata", 2, false, 1),
        ("ssp", "http://127.0.0.1:7350/idp", 1, false, 1),
        ("zitadel", "http://127.0.0.1:7320/saml/v2/metadata", 2, false, 1),
    ];
    for (name, entity_id, services, signed, formats) in cases {
        let metadata = IdpMetadata::parse(&sample(&format!("{name}-idp-metadata.xml"))).unwrap();
        assert_eq!(metadata.entity_id(), entity_id);
        assert_eq!(metadata.sso_services().len(), services, "{name}");
        assert_eq!(metadata.want_authn_requests_signed(), signed, "{name}");
        assert_eq!(metadata.name_id_formats().len(), formats, "{name}");
        assert_eq!(metadata.signing_certificates().len(), 1, "{name}");
        let certificate = &metadata.signing_certificates()[0];
        assert_eq!(certificate.sha256_fingerprint().len(), 64);
        assert!(certificate.not_after() > Timestamp::from_unix_seconds(1_795_316_717), "{name}");
    }
}

#[test]
fn metadata_that_nothing_could_be_verified_with_are_refused() {
    let text = String::from_utf8(sample("keycloak-idp-metadata.xml")).unwrap();
    let start = text.find("<md:KeyDescriptor").unwrap();
    let end = text.find("</md:KeyDescriptor>").unwrap() + "</md:KeyDescriptor>".len();
    let descriptor = &text[start..end];
    let certificate = &text[text.find("<ds:X509Certificate>").unwrap()..text.find("</ds:X509Certificate>").unwrap()];
    let role = &text[text.find("<md:IDPSSODescriptor").unwrap()..text.find("</md:EntityDescriptor>").unwrap()];
    let federation = "<md:EntitiesDescriptor xmlns:md='urn:oasis:names:tc:SAML:2.0:metadata'/>".to_owned();
    let cases = [
        ("no key", text.replace(descriptor, ""), Rule::MetadataSigningKey),
        ("encryption only", text.replace("use=\"signing\"", "use=\"encryption\""), Rule::MetadataSigningKey),
        ("unknown use", text.replace("use=\"signing\"", "use=\"\""), Rule::MetadataSigningKey),
        ("use in a namespace", text.replace("use=\"signing\"", "md:use=\"encryption\""), Rule::MetadataSigningKey),
        ("no certificate", text.replace(certificate, "<ds:X509Certificate>AAAA"), Rule::MetadataSigningKey),
        ("comment in the certificate", text.replace("<ds:X509Certificate>M", "<ds:X509Certificate>M<!-- -->"), Rule::MetadataSigningKey),
        ("no entity id", text.replace("entityID=", "entity="), Rule::Metadata),
        ("no role", text.replace(role, ""), Rule::Metadata),
        ("two roles", text.replace(role, &role.repeat(2)), Rule::Metadata),
        ("another protocol", text.replace("protocolSupportEnumeration=\"urn:oasis", "protocolSupportEnumeration=\"urn:x"), Rule::Metadata),
        ("a federation", federation, Rule::Metadata),
        ("a response", String::from_utf8(sample("kc-both.xml")).unwrap(), Rule::Metadata),
        ("a document type", format!("<!DOCTYPE x>{text}"), Rule::Doctype),
        ("nothing", String::new(), Rule::WellFormed),
        ("too large", " ".repeat(600_000), Rule::Size),
    ];
    for (name, document, expected) in cases {
        assert_eq!(IdpMetadata::parse(document.as_bytes()).unwrap_err().rule, expected, "{name}");
    }
    // A key without a use is for both; comments beside values do no harm.
    let commented = text.replace("use=\"signing\"", "").replace("<md:KeyDescriptor", "<!-- key --><?x y?><md:KeyDescriptor");
    assert_eq!(IdpMetadata::parse(commented.as_bytes()).unwrap().signing_certificates().len(), 1);
}

/// XML §2.11: line ends are normalised before anything else.
#[test]
fn line_ends_of_another_system_do_no_harm() {
    let metadata = IdpMetadata::parse(&sample("ssp-idp-metadata.xml")).unwrap();
    let connection = metadata.connection(member("ssp", "entity_id").unwrap(), ACS);
    let pending = PendingRequest { id: member("ssp", "request_id").unwrap() };
    let document = String::from_utf8(sample("ssp.xml")).unwrap();
    assert!(document.contains('\n'));
    for end in ["\r\n", "\r"] {
        let now = Timestamp::from_unix_seconds(1_795_318_193);
        response::verify(document.replace('\n', end).as_bytes(), &connection, Some(&pending), now).unwrap();
    }
}

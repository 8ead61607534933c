//! What a signed response says, one statement wrong at a time.

#![expect(clippy::unwrap_used, reason = "a test ends where its preparation fails")]

mod support;

use argus_domain::Timestamp;
use argus_saml::{Rule, response};
use support::{ACS, IDP, Signed, UNSIGNED, connection, now, pending, rule, sign, verify};

const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

fn changed(from: &str, to: &str) -> String {
    assert!(UNSIGNED.contains(from), "{from}");
    UNSIGNED.replacen(from, to, 1)
}

/// A change from the last place where the text is: that of the assertion, where the Response has the same.
fn changed_last(from: &str, to: &str) -> String {
    let at = UNSIGNED.rfind(from).unwrap();
    format!("{}{to}{}", &UNSIGNED[..at], &UNSIGNED[at + from.len()..])
}

#[test]
fn a_signed_response_is_accepted_with_its_values() {
    for signed in [Signed::Response, Signed::Assertion, Signed::Both] {
        let assertion = verify(&sign(UNSIGNED, signed)).unwrap();
        support::assert_is_alice(&assertion);
        assert_eq!(assertion.id(), "_assertion");
        assert_eq!(assertion.name_id().format(), "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent");
        assert_eq!(assertion.session_index(), Some("_session"));
        assert_eq!(assertion.authn_context_class(), Some("urn:oasis:names:tc:SAML:2.0:ac:classes:Password"));
        assert_eq!(assertion.authn_instant(), Timestamp::from_unix_seconds(1_795_348_800));
        assert_eq!(assertion.session_not_on_or_after(), Some(Timestamp::from_unix_seconds(1_795_377_600)));
        // Two minutes of validity and one of clock skew.
        assert_eq!(assertion.replay_until(), Timestamp::from_unix_seconds(1_795_348_800 + 180));
    }
}

#[test]
fn what_may_be_otherwise_is_accepted() {
    let issuer = format!("<saml:Issuer>{IDP}</saml:Issuer>");
    for document in [
        changed(&issuer, &format!("<saml:Issuer Format='urn:oasis:names:tc:SAML:2.0:nameid-format:entity'>\n {IDP}\n</saml:Issuer>")),
        changed(">alice<", ">\n  alice\t<"),
        changed(">alice<", ">&#97;lice<"),
        changed("<saml:AudienceRestriction>", "<saml:OneTimeUse/><saml:ProxyRestriction Count='0'/><saml:AudienceRestriction>"),
        changed("<saml:Audience>", "<saml:Audience>https://other.test</saml:Audience><saml:Audience>"),
        changed(" NotBefore=\"2026-11-22T12:00:00Z\"", ""),
        changed(" SessionNotOnOrAfter=\"2026-11-22T20:00:00Z\"", ""),
        changed("</samlp:Status>", "<samlp:StatusMessage>ok</samlp:StatusMessage></samlp:Status>"),
        changed("<samlp:Status>", "<samlp:Extensions><x:y xmlns:x='urn:x'/></samlp:Extensions><samlp:Status>"),
        changed("Version=\"2.0\"", "Version=\"2.0\" Consent=\"urn:x\" xml:lang=\"en\""),
        changed("<saml:SubjectConfirmation ", "<saml:SubjectConfirmation Method='urn:other'/><saml:SubjectConfirmation "),
    ] {
        assert_eq!(rule(&sign(&document, Signed::Both)), None, "{document}");
    }
    let no_destination = changed(&format!(" Destination=\"{ACS}\""), "");
    assert_eq!(rule(&sign(&no_destination, Signed::Assertion)), None);
}

#[test]
fn each_wrong_statement_is_refused_by_its_rule() {
    let confirmation = &UNSIGNED[UNSIGNED.find("<saml:SubjectConfirmation ").unwrap()..UNSIGNED.find("</saml:Subject>").unwrap()];
    let conditions = &UNSIGNED[UNSIGNED.find("<saml:Conditions").unwrap()..UNSIGNED.find("<saml:AuthnStatement").unwrap()];
    let authn = &UNSIGNED[UNSIGNED.find("<saml:AuthnStatement").unwrap()..UNSIGNED.find("<saml:AttributeStatement").unwrap()];
    let subject = &UNSIGNED[UNSIGNED.find("<saml:Subject>").unwrap()..UNSIGNED.find("<saml:Conditions").unwrap()];
    let issuer = format!("<saml:Issuer>{IDP}</saml:Issuer>");
    let name_id = "<saml:NameID Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\">alice</saml:NameID>";
    let restriction = "<saml:AudienceRestriction><saml:Audience>https://sp.test/metadata</saml:Audience></saml:AudienceRestriction>";
    let success = "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/>";
    let responder = "urn:oasis:names:tc:SAML:2.0:status:Responder";
    let cases = [
        ("response version", changed("Version=\"2.0\"", "Version=\"1.1\""), Rule::Version),
        ("assertion version", changed_last("Version=\"2.0\"", "Version=\"1.1\""), Rule::Version),
        ("no version", changed("Version=\"2.0\"", ""), Rule::Version),
        ("response issuer", changed(IDP, "https://evil.test"), Rule::Issuer),
        ("assertion issuer", changed_last(IDP, "https://evil.test"), Rule::Issuer),
        ("no response issuer", changed(&issuer, ""), Rule::Issuer),
        ("no assertion issuer", changed_last(&issuer, ""), Rule::Issuer),
        ("two issuers", changed(&issuer, &issuer.repeat(2)), Rule::Issuer),
        ("issuer with element", changed(IDP, &format!("{IDP}<x/>")), Rule::Structure),
        ("issuer of another format", changed("<saml:Issuer>", "<saml:Issuer Format='urn:x'>"), Rule::Issuer),
        ("issuer by prefix", changed(IDP, &format!("{IDP}/")), Rule::Issuer),
        ("destination", changed(ACS, "https://evil.test/acs"), Rule::Destination),
        ("empty destination", changed(ACS, ""), Rule::Destination),
        ("destination by prefix", changed(ACS, "https://sp.test/acs/../x"), Rule::Destination),
        ("no destination", changed(&format!(" Destination=\"{ACS}\""), ""), Rule::Destination),
        ("status", changed("status:Success", "status:Responder"), Rule::Status),
        ("no status code", changed(success, ""), Rule::Status),
        ("two status codes", changed(success, &success.repeat(2)), Rule::Status),
        (
            "success below failure",
            changed(success, &format!("<samlp:StatusCode Value='{responder}'>{success}</samlp:StatusCode>")),
            Rule::Status,
        ),
        ("no in-response-to", changed(" InResponseTo=\"_request\"", ""), Rule::InResponseTo),
        ("other in-response-to", changed("InResponseTo=\"_request\"", "InResponseTo=\"_other\""), Rule::InResponseTo),
        ("no in-response-to in confirmation", changed_last("InResponseTo=\"_request\" ", ""), Rule::InResponseTo),
        ("other in-response-to in confirmation", changed_last("\"_request\"", "\"_other\""), Rule::InResponseTo),
        ("no issue instant", changed("IssueInstant=\"2026-11-22T12:00:00Z\"", ""), Rule::Instant),
        ("issue instant of the assertion", changed_last("IssueInstant=\"2026-11-22T12:00:00Z\"", "IssueInstant=\"now\""), Rule::Instant),
        ("no subject", changed(subject, ""), Rule::Subject),
        ("two subjects", changed(subject, &subject.repeat(2)), Rule::Subject),
        ("no name id", changed(name_id, ""), Rule::NameId),
        ("two name ids", changed(name_id, &name_id.repeat(2)), Rule::NameId),
        ("empty name id", changed(">alice<", "><"), Rule::NameId),
        ("blank name id", changed(">alice<", "> \n <"), Rule::NameId),
        ("name id with an element", changed(">alice<", "><saml:x>alice</saml:x><"), Rule::NameId),
        ("name id with text and an element", changed(">alice<", ">alice<saml:x/><"), Rule::Structure),
        ("long name id", changed(">alice<", &format!(">{}<", "a".repeat(2000))), Rule::NameId),
        ("name id of another namespace", changed(name_id, "<x:NameID xmlns:x='urn:x'>alice</x:NameID>"), Rule::Subject),
        ("encrypted id", changed(name_id, "<saml:EncryptedID/>"), Rule::Subject),
        ("no confirmation", changed(confirmation, ""), Rule::SubjectConfirmation),
        ("two bearer confirmations", changed(confirmation, &confirmation.repeat(2)), Rule::SubjectConfirmation),
        ("holder of key", changed(BEARER, "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"), Rule::SubjectConfirmation),
        ("sender vouches", changed(BEARER, "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"), Rule::SubjectConfirmation),
        (
            "no confirmation data",
            changed(confirmation, &format!("<saml:SubjectConfirmation Method='{BEARER}'/>")),
            Rule::SubjectConfirmation,
        ),
        ("recipient", changed_last(ACS, "https://evil.test/acs"), Rule::Recipient),
        ("no recipient", changed(&format!(" Recipient=\"{ACS}\""), ""), Rule::Recipient),
        ("confirmation without an end", changed(" NotOnOrAfter=\"2026-11-22T12:05:00Z\"", ""), Rule::SubjectConfirmation),
        ("confirmation has expired", changed("12:05:00Z", "11:59:00Z"), Rule::ValidityPeriod),
        (
            "confirmation with a begin",
            changed("NotOnOrAfter=\"2026-11-22T12:05:00Z\"", "NotBefore=\"2026-11-22T11:00:00Z\" NotOnOrAfter=\"2026-11-22T12:05:00Z\""),
            Rule::SubjectConfirmation,
        ),
        ("no conditions", changed(conditions, ""), Rule::Conditions),
        ("two conditions", changed(conditions, &conditions.repeat(2)), Rule::Conditions),
        ("conditions without an end", changed(" NotOnOrAfter=\"2026-11-22T12:02:00Z\"", ""), Rule::Conditions),
        ("expired", changed("12:02:00Z", "11:59:30Z").replace("NotBefore=\"2026-11-22T12:00:00Z\"", ""), Rule::ValidityPeriod),
        ("not valid yet", changed("NotBefore=\"2026-11-22T12:00:00Z\"", "NotBefore=\"2026-11-22T12:01:31Z\""), Rule::ValidityPeriod),
        ("ends before it begins", changed("12:02:00Z", "12:00:00Z"), Rule::ValidityPeriod),
        ("local time", changed("12:02:00Z", "12:02:00+00:00"), Rule::Instant),
        ("no audience", changed(restriction, ""), Rule::Audience),
        ("other audience", changed(">https://sp.test/metadata<", ">https://other.test<"), Rule::Audience),
        ("audience by prefix", changed(">https://sp.test/metadata<", ">https://sp.test/metadata2<"), Rule::Audience),
        ("audience in an attribute", changed(">https://sp.test/metadata<", " x='https://sp.test/metadata'><"), Rule::Audience),
        ("empty restriction", changed(restriction, "<saml:AudienceRestriction/>"), Rule::Audience),
        (
            "a second restriction",
            changed(restriction, &format!("{restriction}{}", restriction.replace("sp.test", "other.test"))),
            Rule::Audience,
        ),
        ("unknown condition", changed("<saml:AudienceRestriction>", "<saml:Condition/><saml:AudienceRestriction>"), Rule::Conditions),
        (
            "one-time use twice",
            changed("<saml:AudienceRestriction>", "<saml:OneTimeUse/><saml:OneTimeUse/><saml:AudienceRestriction>"),
            Rule::Conditions,
        ),
        ("no authn statement", changed(authn, ""), Rule::AuthnStatement),
        ("no authn instant", changed("AuthnInstant=\"2026-11-22T12:00:00Z\" ", ""), Rule::AuthnStatement),
        ("session has ended", changed("20:00:00Z", "11:00:00Z"), Rule::SessionExpired),
        ("attribute twice", changed("Name=\"email\"", "Name=\"groups\""), Rule::Attributes),
        ("attribute without a name", changed("Name=\"email\"", "FriendlyName=\"email\""), Rule::Attributes),
        ("attribute with an element", changed(">staff<", "><saml:x>staff</saml:x><"), Rule::Attributes),
        ("attribute with text and an element", changed(">staff<", ">sta<saml:x/>ff<"), Rule::Structure),
        (
            "encrypted attribute",
            changed("<saml:Attribute Name=\"email\">", "<saml:EncryptedAttribute/><saml:Attribute Name=\"email\">"),
            Rule::Attributes,
        ),
        ("unknown statement", changed("<saml:AttributeStatement>", "<saml:Statement/><saml:AttributeStatement>"), Rule::Structure),
        ("unknown child of the response", changed("<samlp:Status>", "<samlp:Other/><samlp:Status>"), Rule::Structure),
        ("text in the response", changed("<samlp:Status>", "text<samlp:Status>"), Rule::Structure),
        ("no assertion id", changed(" ID=\"_assertion\"", ""), Rule::Structure),
    ];
    for (name, document, expected) in cases {
        // Without the ID there is nothing to refer to: only the Response can be signed.
        let signed = if name == "no assertion id" { Signed::Response } else { Signed::Both };
        assert_eq!(rule(&sign(&document, signed)), Some(expected), "{name}");
    }
}

#[test]
fn clocks_may_differ_by_the_skew_of_the_connection() {
    let document = sign(UNSIGNED, Signed::Both);
    let at = |seconds: i64, skew: u64| {
        let connection = connection().with_clock_skew(std::time::Duration::from_secs(skew));
        let now = Timestamp::from_unix_seconds(1_795_348_800 + seconds);
        response::verify(document.as_bytes(), &connection, Some(&pending()), now).err().map(|refusal| refusal.rule)
    };
    assert_eq!(at(-1, 0), Some(Rule::ValidityPeriod));
    assert_eq!(at(0, 0), None);
    assert_eq!(at(119, 0), None);
    assert_eq!(at(120, 0), Some(Rule::ValidityPeriod));
    assert_eq!(at(-60, 60), None);
    assert_eq!(at(-61, 60), Some(Rule::ValidityPeriod));
    assert_eq!(at(179, 60), None);
    assert_eq!(at(180, 60), Some(Rule::ValidityPeriod));
    assert_eq!(at(-180, 100_000), None);
    assert_eq!(at(-181, 100_000), Some(Rule::ValidityPeriod));
}

#[test]
fn unsolicited_responses_are_accepted_only_if_allowed_and_only_without_a_request() {
    let without = sign(&UNSIGNED.replace("InResponseTo=\"_request\"", ""), Signed::Both);
    let with = sign(UNSIGNED, Signed::Both);
    let request = pending();
    let judge = |document: &str, allowed, is_pending: bool| {
        let connection = connection().with_unsolicited(allowed);
        response::verify(document.as_bytes(), &connection, is_pending.then_some(&request), now()).err().map(|refusal| refusal.rule)
    };
    assert_eq!(judge(&without, false, false), Some(Rule::Unsolicited));
    assert_eq!(judge(&with, false, false), Some(Rule::Unsolicited));
    assert_eq!(judge(&without, true, false), None);
    assert_eq!(judge(&with, true, false), Some(Rule::InResponseTo));
    assert_eq!(judge(&without, true, true), Some(Rule::InResponseTo));
    assert_eq!(judge(&with, true, true), None);
}

//! Every page as it is rendered, with names that would do harm where they were not escaped.

use super::*;
use crate::protocol::{ConsentPage, ReleasedClaim, ReleasedScope};

const HOSTILE: &str = "Evil\" onload=\"alert(1)'><script>alert(1)</script>&amp;";
const TOKEN: &str = "csrf-token";

fn frame() -> Frame {
    Frame { stylesheet_version: "version".into(), script_version: "version".into(), ..Frame::new("", "id.example.com", true) }
}

fn sign_in(frame: &Frame) -> SignInForm<'_> {
    SignInForm {
        frame,
        client: Some("Case desk"),
        username: "",
        request: Some("sealed-request"),
        next: None,
        csrf: TOKEN,
        problem: None,
        upstreams: &[],
        finds_organisations: false,
    }
}

fn consent_page() -> ConsentPage {
    let scope = |scope: &str, description: &str| ReleasedScope { scope: scope.to_owned(), description: description.to_owned() };
    let claim = |name: &str, value: &str, provider: Option<&str>| ReleasedClaim {
        name: name.to_owned(),
        value: value.to_owned(),
        provider: provider.map(str::to_owned),
    };
    ConsentPage {
        pending: "sealed-request".to_owned(),
        client_name: "Case desk".to_owned(),
        user_name: "Alice Andersen".to_owned(),
        username: "alice".to_owned(),
        scopes: vec![
            scope("openid", "Sign you in"),
            scope("profile", "Your name, user name and picture"),
            scope("email", "Your e-mail address"),
            scope("cases:read", "Read cases in Cases"),
        ],
        claims: vec![
            claim("name", "Alice Andersen", None),
            claim("email", "alice.andersen@a-very-long-domain-name-of-some-organisation.example.com", None),
            claim("email_verified", "yes", None),
            claim("picture", "https://id.example.com/pictures/3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", None),
            claim("groups", "group1, group2", Some("userGroups")),
            claim("application_roles", "customRole1", Some("functionRoleMapping")),
        ],
        redirect_origin: "https://my.application".to_owned(),
    }
}

fn consent<'a>(frame: &'a Frame, page: &'a ConsentPage) -> ConsentForm<'a> {
    ConsentForm { frame, page, csrf: TOKEN }
}

fn form_post(frame: &Frame) -> FormPostPage<'_> {
    FormPostPage {
        frame,
        action: "https://my.application/oauth/callback?a=1&b=2",
        parameters: vec![("code", "the-code"), ("state", HOSTILE), ("iss", "https://id.example.com")],
    }
}

const CORRELATION_ID: &str = "0198c0de-0000-7000-8000-000000000000";

#[test]
fn sign_in_asks_for_user_name_and_password() {
    insta::assert_snapshot!(sign_in(&frame()).render().unwrap());
}

#[test]
fn sign_in_offers_identity_providers() {
    let frame = frame();
    let upstreams = [UpstreamLink { name: HOSTILE.to_owned(), href: "/login/acme?request=sealed-request".to_owned() }];
    let form =
        SignInForm { upstreams: &upstreams, finds_organisations: true, problem: Some(SignInProblem::NoOrganisation), ..sign_in(&frame) };
    insta::assert_snapshot!(form.render().unwrap());
}

#[test]
fn sign_in_tells_what_was_wrong_and_keeps_the_user_name() {
    let frame = frame();
    let form = SignInForm { username: "alice", problem: Some(SignInProblem::WrongCredentials), ..sign_in(&frame) };
    insta::assert_snapshot!(form.render().unwrap());
}

#[test]
fn sign_in_escapes_what_clients_and_browsers_sent() {
    let frame = frame();
    let form = SignInForm {
        client: Some(HOSTILE),
        username: HOSTILE,
        request: Some(HOSTILE),
        problem: Some(SignInProblem::TooManyAttempts),
        ..sign_in(&frame)
    };
    insta::assert_snapshot!(form.render().unwrap());
}

#[test]
fn the_status_of_the_sign_in_form_tells_the_problem() {
    let frame = frame();
    let status = |problem| SignInForm { problem, ..sign_in(&frame) }.respond(&[]).status().as_u16();
    assert_eq!(status(None), 200);
    assert_eq!(status(Some(SignInProblem::WrongCredentials)), 401);
    assert_eq!(status(Some(SignInProblem::TooManyAttempts)), 429);
    assert_eq!(status(Some(SignInProblem::Busy)), 503);
}

#[test]
fn consent_shows_scopes_in_words_and_claims_with_their_values() {
    insta::assert_snapshot!(consent(&frame(), &consent_page()).render().unwrap());
}

#[test]
fn consent_escapes_the_client_the_user_and_every_value() {
    let page = ConsentPage {
        client_name: HOSTILE.to_owned(),
        user_name: HOSTILE.to_owned(),
        username: HOSTILE.to_owned(),
        scopes: vec![ReleasedScope { scope: HOSTILE.to_owned(), description: HOSTILE.to_owned() }],
        claims: vec![ReleasedClaim { name: HOSTILE.to_owned(), value: HOSTILE.to_owned(), provider: Some(HOSTILE.to_owned()) }],
        ..consent_page()
    };
    insta::assert_snapshot!(consent(&frame(), &page).render().unwrap());
}

#[test]
fn sign_out_asks_first() {
    let frame = frame();
    let form = SignOutForm { frame: &frame, client: Some(HOSTILE), user: "Alice Andersen", request: "sealed-request", csrf: TOKEN };
    insta::assert_snapshot!(form.render().unwrap());
}

#[test]
fn signed_out_says_so() {
    insta::assert_snapshot!(SignedOutPage { frame: &frame() }.render().unwrap());
}

#[test]
fn home_shows_who_is_signed_in() {
    insta::assert_snapshot!(HomePage { frame: &frame(), user: Some(("Alice Andersen", "alice")), is_admin: true }.render().unwrap());
}

#[test]
fn home_offers_to_sign_in() {
    insta::assert_snapshot!(
        HomePage {
            frame: &Frame { stylesheet_version: "version".into(), ..Frame::new("/base", "id.example.com", true) },
            user: None,
            is_admin: false
        }
        .render()
        .unwrap()
    );
}

#[test]
fn a_posted_response_is_escaped_and_works_without_scripts() {
    insta::assert_snapshot!(form_post(&frame()).render().unwrap());
}

#[test]
fn an_error_page_says_what_to_do_and_where_the_log_tells_more() {
    let frame = frame();
    let sentence = format!("{HOSTILE} asked to send you to an address that is not registered for it");
    insta::assert_snapshot!(ErrorPage::of_request(sentence, StatusCode::BAD_REQUEST, &frame, CORRELATION_ID).render().unwrap());
}

#[test]
fn every_refusal_has_its_words() {
    let frame = frame();
    let all = [
        Refusal::NotFound,
        Refusal::QueryTooLong,
        Refusal::HeadersTooLarge,
        Refusal::BodyTooLarge,
        Refusal::NotAForm,
        Refusal::Malformed,
        Refusal::ForgedForm,
        Refusal::TimedOut,
        Refusal::Unavailable,
        Refusal::Failed,
    ];
    let lines = all.map(|refusal| {
        let page = ErrorPage::of_refusal(refusal, &frame, CORRELATION_ID).render().unwrap();
        let content = page.split("<main").nth(1).and_then(|rest| rest.split("</main>").next()).unwrap();
        format!("{refusal:?} {}\n{content}", refusal.status())
    });
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_page_with_a_form_lets_the_browser_name_its_origin() {
    let headers = sign_in(&frame()).respond(&["https://my.application"]).headers().clone();
    assert_eq!(headers[header::REFERRER_POLICY], "same-origin");
    let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("form-action 'self' https://my.application https:"), "{policy}");
    assert!(!policy.contains("script-src"), "{policy}");
}

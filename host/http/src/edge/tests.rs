//! The edge in front of handlers that do little.

use std::convert::Infallible;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Method, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tower::ServiceExt;

use super::*;
use crate::context::Meta;
use crate::endpoint;
use crate::form::{Form, Query};

const APP: &str = "https://app.example";

struct Here;

impl Surroundings for Here {
    fn correlation_id(&self) -> String {
        "0198c0de-0000-7000-8000-000000000000".to_owned()
    }

    fn allows_origin<'a>(&'a self, origin: &'a str) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(async move { origin == APP })
    }
}

fn router(endpoint: &'static Endpoint, request_timeout_seconds: u32) -> Router {
    let edge = Arc::new(Edge {
        surroundings: Arc::new(Here),
        settings: Arc::new(HttpSettings {
            max_body_bytes: 100,
            max_query_bytes: 100,
            max_header_bytes: 1000,
            request_timeout_seconds,
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
            ..HttpSettings::default()
        }),
        frame: Frame::new("", "id.example.com", true),
        https: true,
        endpoint,
        meters: Meters::default(),
    });
    let methods = get(|Query(params): Query| async move { params.get("a").unwrap_or("nothing").to_owned() })
        .post(|Form(params): Form| async move { params.get("a").unwrap_or("nothing").to_owned() })
        .put(|| async { panic!("the cause, which nobody may see") as &str })
        .patch(|Meta(meta): Meta| async move { format!("{} {}", meta.correlation_id, meta.address.unwrap_or_default()) })
        .delete(std::future::pending::<&'static str>);
    Router::new().route("/", methods.layer(from_fn_with_state(edge, guard)))
}

struct Answer {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    body: String,
}

async fn send(endpoint: &'static Endpoint, request: Request) -> Answer {
    answer(router(endpoint, 30), request).await
}

async fn answer(router: Router, request: Request) -> Answer {
    let response = router.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
    Answer { status: parts.status, headers: parts.headers, body }
}

fn request(method: Method, uri: &str, headers: &[(&'static str, &str)], body: &str) -> Request {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

#[tokio::test]
async fn every_answer_carries_its_correlation_id_and_security_headers() {
    let answer = send(&endpoint::LOGIN, request(Method::GET, "/?a=b", &[], "")).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "b"));
    assert_eq!(answer.headers["x-correlation-id"], "0198c0de-0000-7000-8000-000000000000");
    assert_eq!(answer.headers[header::X_FRAME_OPTIONS], "DENY");

    let answer = send(&endpoint::TOKEN, request(Method::OPTIONS, "/", &[], "")).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(answer.headers.contains_key(header::ALLOW));
    assert!(answer.headers.contains_key("x-correlation-id"));
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn the_handler_learns_correlation_id_and_client_address() {
    let mut asked = request(Method::PATCH, "/", &[("x-forwarded-for", "1.2.3.4, 198.51.100.7")], "");
    asked.extensions_mut().insert(ConnectInfo::<SocketAddr>("10.0.0.1:5000".parse().unwrap()));
    let answer = send(&endpoint::TOKEN, asked).await;
    assert_eq!(answer.body, "0198c0de-0000-7000-8000-000000000000 198.51.100.7");
}

#[tokio::test]
async fn limits_are_kept() {
    let long = format!("/?a={}", "x".repeat(99));
    assert_eq!(send(&endpoint::AUTHORIZE, request(Method::GET, &long, &[], "")).await.status, StatusCode::URI_TOO_LONG);
    assert_eq!(send(&endpoint::LOGIN, request(Method::GET, &long, &[], "")).await.status, StatusCode::OK);

    let large = "x".repeat(1000);
    let answer = send(&endpoint::TOKEN, request(Method::GET, "/", &[("x-large", &large)], "")).await;
    assert_eq!(answer.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);

    let answer = send(&endpoint::TOKEN, request(Method::POST, "/", &[FORM], &large)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.body, r#"{"error":"invalid_request","error_description":"the body is too large"}"#);
}

#[tokio::test]
async fn a_body_is_counted_as_it_arrives_not_by_what_it_announces() {
    let chunks = (0..3).map(|_| Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 40])));
    let body = Body::from_stream(futures_util::stream::iter(chunks));
    let asked = Request::post("/").header(FORM.0, FORM.1).body(body).unwrap();
    assert_eq!(send(&endpoint::TOKEN, asked).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_body_that_is_no_form_gets_an_oauth_error() {
    for headers in [&[][..], &[("content-type", "application/json")][..]] {
        let answer = send(&endpoint::TOKEN, request(Method::POST, "/", headers, "a=b")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
        assert!(answer.body.contains(r#""error":"invalid_request""#), "{}", answer.body);
        assert_eq!(
            (&answer.headers[header::CACHE_CONTROL], &answer.headers[header::PRAGMA]),
            (&"no-store".parse().unwrap(), &"no-cache".parse().unwrap())
        );
    }
}

#[tokio::test]
async fn people_get_a_page_where_programs_get_json() {
    let answer = send(&endpoint::LOGIN, request(Method::POST, "/", &[], "a=b")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
    assert!(answer.body.contains("0198c0de-0000-7000-8000-000000000000"));
    assert!(answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().starts_with("default-src 'none'"));
}

#[tokio::test]
async fn a_panic_is_a_constant_500() {
    let answer = send(&endpoint::TOKEN, request(Method::PUT, "/", &[("origin", APP)], "")).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(
        answer.body,
        r#"{"error":"server_error","error_description":"the request could not be completed; correlation id 0198c0de-0000-7000-8000-000000000000"}"#
    );
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], APP);

    let answer = send(&endpoint::LOGIN, request(Method::PUT, "/", &[], "")).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!answer.body.contains("the cause"));
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let answer = answer(router(&endpoint::TOKEN, 0), request(Method::DELETE, "/", &[], "")).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers[header::RETRY_AFTER], "1");
    assert!(answer.body.contains("temporarily_unavailable"));
}

fn preflight(origin: &str) -> Request {
    request(
        Method::OPTIONS,
        "/",
        &[("origin", origin), ("access-control-request-method", "POST"), ("access-control-request-headers", "authorization")],
        "",
    )
}

#[tokio::test]
async fn a_preflight_passes_for_origins_of_clients_and_no_other() {
    for endpoint in [
        &endpoint::TOKEN,
        &endpoint::REVOKE,
        &endpoint::USERINFO,
        &endpoint::ME,
        &endpoint::JWKS,
        &endpoint::OPENID_CONFIGURATION,
        &endpoint::AUTHORIZATION_SERVER,
    ] {
        let answer = send(endpoint, preflight(APP)).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
        assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], APP);
        assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_METHODS], endpoint.cors.unwrap());
        assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_HEADERS], "authorization, content-type");
        assert_eq!(answer.headers[header::VARY], "Origin");

        for origin in ["https://evil.example", "null", "https://app.example.evil.example", "http://app.example"] {
            let answer = send(endpoint, preflight(origin)).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN);
            assert!(!answer.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
            assert_eq!(answer.headers[header::VARY], "Origin");
        }
    }
}

#[tokio::test]
async fn pages_and_introspection_know_no_cors() {
    for endpoint in [&endpoint::AUTHORIZE, &endpoint::LOGIN, &endpoint::CONSENT, &endpoint::END_SESSION, &endpoint::INTROSPECT] {
        let answer = send(endpoint, preflight(APP)).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert!(!answer.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
        let answer = send(endpoint, request(Method::GET, "/", &[("origin", APP)], "")).await;
        assert!(!answer.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    }
}

#[tokio::test]
async fn errors_can_be_read_by_a_client_in_a_browser() {
    let answer = send(&endpoint::TOKEN, request(Method::POST, "/", &[("origin", APP)], "")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], APP);
    assert!(answer.headers[header::ACCESS_CONTROL_EXPOSE_HEADERS].to_str().unwrap().contains("WWW-Authenticate"));

    let answer = send(&endpoint::TOKEN, request(Method::POST, "/", &[("origin", "https://evil.example")], "")).await;
    assert!(!answer.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
}

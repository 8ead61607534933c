//! The API: cases that can be read and written, kept in memory.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use crate::access_token::{self, AccessToken};
use crate::bearer::{self, Refusal};
use crate::introspection::Introspection;
use crate::issuer::Issuer;

const READ: &str = "cases:read";
const WRITE: &str = "cases:write";

/// The API and whom it trusts.
pub(crate) struct Api {
    issuer: Arc<Issuer>,
    audience: String,
    introspection: Option<Introspection>,
    cases: Mutex<Vec<Case>>,
}

/// A case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Case {
    title: String,
    /// Who opened it: the `sub` of the token.
    opened_by: String,
    /// With which application.
    opened_with: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCase {
    title: String,
}

impl Api {
    pub(crate) fn new(issuer: Arc<Issuer>, audience: String, introspection: Option<Introspection>) -> Self {
        Self { issuer, audience, introspection, cases: Mutex::default() }
    }

    /// Lets a request pass that carries a good token with a scope.
    async fn authorize(&self, headers: &HeaderMap, scope: &'static str) -> Result<AccessToken, Refusal> {
        let token = bearer::token(headers)?;
        let verified = access_token::verify(token, &self.issuer, &self.audience).await.map_err(unavailable)?;
        let verified = verified.ok_or(Refusal::InvalidToken)?;
        if let Some(introspection) = &self.introspection
            && !introspection.is_live(token).await.map_err(unavailable)?
        {
            return Err(Refusal::InvalidToken);
        }
        if verified.has_scope(scope) { Ok(verified) } else { Err(Refusal::InsufficientScope(scope)) }
    }
}

fn unavailable(error: anyhow::Error) -> Refusal {
    eprintln!("no token can be judged: {error:#}");
    Refusal::Unavailable
}

pub(crate) fn router(api: Api) -> Router {
    Router::new().route("/cases", get(list).post(open)).with_state(Arc::new(api))
}

async fn list(State(api): State<Arc<Api>>, headers: HeaderMap) -> Result<Json<Vec<Case>>, Refusal> {
    api.authorize(&headers, READ).await?;
    Ok(Json(api.cases.lock().unwrap_or_else(PoisonError::into_inner).clone()))
}

/// The body is read after the token was judged: strangers are told nothing about it.
async fn open(State(api): State<Arc<Api>>, headers: HeaderMap, body: String) -> Result<(StatusCode, Json<Case>), Response> {
    let token = api.authorize(&headers, WRITE).await.map_err(IntoResponse::into_response)?;
    let new: NewCase = serde_json::from_str(&body).map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()).into_response())?;
    let case = Case { title: new.title, opened_by: token.sub, opened_with: token.client_id };
    api.cases.lock().unwrap_or_else(PoisonError::into_inner).push(case.clone());
    Ok((StatusCode::CREATED, Json(case)))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
    use tower::ServiceExt;

    use super::*;
    use crate::access_token::tests::{AUDIENCE, Signer, claims, header};

    async fn call(method: &str, scope: Option<&str>) -> Response {
        let signer = Signer::new();
        let api = Api::new(Arc::new(signer.issuer()), AUDIENCE.to_owned(), None);
        let mut request = Request::builder().method(method).uri("/cases");
        if let Some(scope) = scope {
            request = request.header(AUTHORIZATION, format!("Bearer {}", signer.sign(&header(), &claims(scope))));
        }
        let request = request.body(Body::from(r#"{"title":"A case"}"#)).expect("a request");
        router(api).oneshot(request).await.expect("a response")
    }

    #[tokio::test]
    async fn each_method_needs_its_own_scope() {
        assert_eq!(call("GET", Some("cases:read")).await.status(), StatusCode::OK);
        assert_eq!(call("GET", Some("cases:write")).await.status(), StatusCode::FORBIDDEN);
        assert_eq!(call("POST", Some("cases:write openid")).await.status(), StatusCode::CREATED);
        let refused = call("POST", Some("cases:read")).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
        assert_eq!(refused.headers()[WWW_AUTHENTICATE], r#"Bearer realm="cases", error="insufficient_scope", scope="cases:write""#);
    }

    #[tokio::test]
    async fn without_a_token_there_is_a_challenge_without_an_error() {
        let refused = call("GET", None).await;
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(refused.headers()[WWW_AUTHENTICATE], r#"Bearer realm="cases""#);
    }
}

//! Who calls the administration API, and what may be sent to it.

use std::convert::Infallible;

use argus_domain::document::read_text;
use argus_domain::{Pointer, Problem};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::authorization::Authorization;
use super::problem::{self, Problem as Refused};
use crate::app::App;
use crate::context::{Meta, RequestContext};
use crate::form;
use crate::operator::LocalOperator;
use crate::protocol::own_clients::Owner;
use crate::protocol::{AdministrationError, Administrator, RequestMeta, access};

/// How much of a body beyond the limit is listened to, in multiples of the limit.
const DRAINED: usize = 8;

/// Whoever sent a request, before it is known what they may do.
pub(crate) struct Caller {
    authorization: Authorization,
    is_operator: bool,
    pub(crate) meta: RequestMeta,
}

impl Caller {
    /// The administrator, if the caller is one and has a scope; else the answer that says what is missing.
    pub(crate) async fn with(self, app: &App, scope: &str) -> Result<Administrator, Refused> {
        self.check(app, scope).await
    }

    /// The same for several scopes, all of which are needed.
    pub(crate) async fn with_all(self, app: &App, first: &str, others: &[&str]) -> Result<Administrator, Refused> {
        for scope in others {
            self.check(app, scope).await?;
        }
        self.check(app, first).await
    }

    /// The user who called, with a token that has a scope.
    pub(crate) async fn owner(self, app: &App, scope: &str) -> Result<Owner, Refused> {
        let refused = |error| problem::of_bearer(app, &self.meta, &error);
        let token = access::bearer_token(&self.authorization.all(), None).map_err(refused)?;
        Owner::of_token(app.argus(), &token, scope, self.meta.clone()).await.map_err(refused)
    }

    async fn check(&self, app: &App, scope: &str) -> Result<Administrator, Refused> {
        if self.is_operator {
            return Ok(Administrator::operator(self.meta.clone()));
        }
        let refused = |error| problem::of_bearer(app, &self.meta, &error);
        let token = access::bearer_token(&self.authorization.all(), None).map_err(refused)?;
        Administrator::of_token(app.argus(), &token, scope, self.meta.clone()).await.map_err(refused)
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let authorization = Authorization::from_request_parts(parts, state).await?;
        let Meta(meta) = Meta::from_request_parts(parts, state).await?;
        Ok(Self { authorization, is_operator: parts.extensions.get::<LocalOperator>().is_some(), meta })
    }
}

/// The body of a request, not yet looked at: first it has to be known who sent it.
pub(crate) struct Body {
    request: Request,
    limit: usize,
}

impl<S: Sync> FromRequest<S> for Body {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &S) -> Result<Self, Infallible> {
        let limit = request.extensions().get::<RequestContext>().map_or(0, |context| context.max_body_bytes);
        Ok(Self { request, limit })
    }
}

impl Body {
    /// The bytes, of a content type.
    pub(crate) async fn bytes(self, content_type: &str, meta: &RequestMeta) -> Result<Vec<u8>, Refused> {
        self.bytes_where(|said| said.eq_ignore_ascii_case(content_type), content_type, meta).await
    }

    /// The bytes of an image, of which there are some.
    pub(crate) async fn image(self, meta: &RequestMeta) -> Result<Vec<u8>, Refused> {
        let is_image = |said: &str| said.get(..6).is_some_and(|kind| kind.eq_ignore_ascii_case("image/"));
        let bytes = self.bytes_where(is_image, "an image", meta).await?;
        if bytes.is_empty() { Err(problem::of_status(422, "the body is empty", meta)) } else { Ok(bytes) }
    }

    async fn bytes_where(self, is_it: impl Fn(&str) -> bool, what: &str, meta: &RequestMeta) -> Result<Vec<u8>, Refused> {
        let said = self.request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !is_it(said.split(';').next().unwrap_or_default().trim()) {
            return Err(problem::of_status(415, &format!("the body must be {what}"), meta));
        }
        let limit = self.limit;
        form::read_and_drain(self.request.into_body(), limit, limit.saturating_mul(DRAINED)).await.map_err(|_| {
            let detail = format!("the body is larger than {limit} bytes, or broke off");
            problem::of_status(413, &detail, meta)
        })
    }

    /// The text of a JSON document.
    pub(crate) async fn text(self, meta: &RequestMeta) -> Result<String, Refused> {
        let bytes = self.bytes("application/json", meta).await?;
        String::from_utf8(bytes).map_err(|_| problem::of_status(422, "the body is not UTF-8", meta))
    }

    /// A JSON object, strictly read.
    pub(crate) async fn json<T: DeserializeOwned>(self, meta: &RequestMeta) -> Result<T, Refused> {
        self.json_of("application/json", meta).await
    }

    /// The same, of a content type that says what the object is for.
    pub(crate) async fn json_of<T: DeserializeOwned>(self, content_type: &str, meta: &RequestMeta) -> Result<T, Refused> {
        let bytes = self.bytes(content_type, meta).await?;
        let refused = |problem: Problem| {
            let detail = "the body is not the JSON object that is expected here".to_owned();
            let error = AdministrationError::problems(detail, vec![problem]);
            problem::of_error(&error, meta)
        };
        let text = String::from_utf8(bytes).map_err(|_| refused(Problem::new(Pointer::root(), "is not UTF-8")))?;
        read_text(&text).map_err(refused)
    }
}

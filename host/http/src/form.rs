//! Parameters of a request: [`Query`], [`Form`], and [`GuardedForm`] for the forms of our own pages.

use argus_domain::{Pointer, Problem};
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use futures_util::StreamExt;

use crate::app::App;
use crate::browser::Browser;
use crate::context::RequestContext;
use crate::csrf;
use crate::protocol::{AdministrationError, Params};
use crate::refusal::Refusal;

/// The parameters in the query.
pub(crate) struct Query(pub(crate) Params);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Params::parse(parts.uri.query().unwrap_or("")).map(Self).map_err(|_| Refusal::Malformed)
    }
}

/// How many of a list are asked for: so many where nobody says, and no more than `most`.
pub(crate) fn limit(query: &Params, otherwise: u32, most: u32) -> Result<u32, AdministrationError> {
    let asked = query.get("limit").map_or(Ok(otherwise), str::parse).ok();
    asked.filter(|limit| (1..=most).contains(limit)).ok_or_else(|| {
        let wrong = Problem::new(Pointer::root().join("limit"), format!("must be a number from 1 to {most}"));
        AdministrationError::problems("the query cannot be meant", vec![wrong])
    })
}

/// Whether something is asked for; not where nobody says.
pub(crate) fn flag(query: &Params, name: &str) -> Result<bool, AdministrationError> {
    match query.get(name) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(AdministrationError::refused(format!("{name} must be true or false"))),
    }
}

/// The parameters in a form body, whose content type has to say so.
pub(crate) struct Form(pub(crate) Params);

impl<S: Sync> FromRequest<S> for Form {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        if !is_form(request.headers()) {
            return Err(Refusal::NotAForm);
        }
        let limits = request.extensions().get::<RequestContext>().map(|context| (context.max_body_bytes, context.max_drained_bytes));
        let (limit, drained) = limits.unwrap_or_default();
        let body = read_and_drain(request.into_body(), limit, limit.max(drained)).await?;
        let text = std::str::from_utf8(&body).map_err(|_| Refusal::Malformed)?;
        Params::parse(text).map(Self).map_err(|_| Refusal::Malformed)
    }
}

/// A form of one of our own pages, shown to have come from there: a handler that takes one cannot forget the check.
pub(crate) struct GuardedForm {
    pub(crate) browser: Browser,
    pub(crate) params: Params,
}

impl FromRequest<App> for GuardedForm {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let Ok(browser) = Browser::from_request_parts(&mut parts, app).await;
        let headers = parts.headers.clone();
        let Form(params) = Form::from_request(Request::from_parts(parts, body), app).await?;
        csrf::check(app.origin(), &headers, browser.csrf.as_deref(), params.get(csrf::FIELD)).map_err(|forgery| {
            tracing::warn!(?forgery, "a form was refused");
            Refusal::ForgedForm
        })?;
        Ok(Self { browser, params })
    }
}

/// Whether the body is announced as a form; parameters such as `charset` do not matter (RFC 6749 appendix B: it is UTF-8).
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or("");
        essence.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
}

/// The whole body, as long as it keeps to the limit; of a longer one, as much as `drained` is read and thrown away: most programs that
/// send a large file listen to the answer only when they have sent all of it.
pub(crate) async fn read_and_drain(body: Body, limit: usize, drained: usize) -> Result<Vec<u8>, Refusal> {
    let (mut bytes, mut length) = (Vec::new(), 0_usize);
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        // A client that hangs up half way gets no answer anyway.
        let chunk = chunk.map_err(|_| Refusal::Malformed)?;
        length = length.saturating_add(chunk.len());
        if length <= limit {
            bytes.extend_from_slice(&chunk);
        } else if length <= drained {
            bytes = Vec::new();
        } else {
            break;
        }
    }
    if length > limit { Err(Refusal::BodyTooLarge) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_type_decides_whatever_its_case_and_parameters() {
        let form = |value: &str| is_form(&HeaderMap::from_iter([(header::CONTENT_TYPE, value.parse().unwrap())]));
        assert!(form("application/x-www-form-urlencoded"));
        assert!(form("Application/X-WWW-Form-Urlencoded; charset=UTF-8"));
        assert!(!form("application/json"));
        assert!(!form("multipart/form-data; boundary=x"));
        assert!(!form("text/plain; application/x-www-form-urlencoded"));
        assert!(!is_form(&HeaderMap::new()));
    }
}

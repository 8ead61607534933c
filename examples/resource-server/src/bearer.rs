//! Bearer tokens in requests and the answers to those without a good one (RFC 6750).

use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

/// Why a request gets nothing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No token: the challenge carries no error code (§3).
    Missing,
    /// Credentials that cannot be read.
    Malformed,
    /// Expired, revoked, for another API, or no token at all: the caller learns no more.
    InvalidToken,
    /// A good token without the scope this needs.
    InsufficientScope(&'static str),
    /// The issuer is out of reach, so nothing can be said.
    Unavailable,
}

/// The token of the `Authorization` header. A token in the query would end up in logs, so it is not looked for.
pub(crate) fn token(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(Refusal::Missing)?;
    if values.next().is_some() {
        return Err(Refusal::Malformed);
    }
    let (scheme, token) = value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or(Refusal::Malformed)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refusal::Missing);
    }
    let token = token.trim_start_matches(' ');
    let is_token = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte));
    if is_token { Ok(token) } else { Err(Refusal::Malformed) }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Self::Missing => (StatusCode::UNAUTHORIZED, String::new()),
            Self::Malformed => (StatusCode::BAD_REQUEST, ", error=\"invalid_request\"".to_owned()),
            Self::InvalidToken => (StatusCode::UNAUTHORIZED, ", error=\"invalid_token\"".to_owned()),
            Self::InsufficientScope(scope) => (StatusCode::FORBIDDEN, format!(", error=\"insufficient_scope\", scope=\"{scope}\"")),
            Self::Unavailable => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        };
        (status, [(WWW_AUTHENTICATE, format!("Bearer realm=\"cases\"{error}"))]).into_response()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn the_scheme_is_read_in_any_case() {
        assert_eq!(token(&headers(&["Bearer a.b.c"])), Ok("a.b.c"));
        assert_eq!(token(&headers(&["bEARER  a.b.c"])), Ok("a.b.c"));
    }

    #[test]
    fn no_token_and_no_readable_token_differ() {
        assert_eq!(token(&headers(&[])), Err(Refusal::Missing));
        assert_eq!(token(&headers(&["Basic YTpi"])), Err(Refusal::Missing));
        for value in ["Bearer", "Bearer ", "Bearer a b", "Bearer a,b"] {
            assert_eq!(token(&headers(&[value])), Err(Refusal::Malformed), "{value}");
        }
        assert_eq!(token(&headers(&["Bearer a", "Bearer b"])), Err(Refusal::Malformed));
    }
}

//! The browser behind a request: its cookies, and what it says of where the request came from.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::request::Parts;

use crate::app::App;
use crate::context::Meta;
use crate::csrf;
use crate::protocol::RequestMeta;

/// Extracts what the handlers of pages need.
pub(crate) struct Browser {
    pub(crate) meta: RequestMeta,
    /// The session cookie.
    pub(crate) session: Option<String>,
    /// The CSRF cookie.
    pub(crate) csrf: Option<String>,
    /// What binds the browser to its sign-ins at identity providers.
    pub(crate) upstream: Option<String>,
    /// The browser says that another site made it send this request.
    cross_site: bool,
}

impl Browser {
    /// The token for a form, and the cookie to set when it is new. A good one is kept: another tab may have a form open.
    pub(crate) fn form_token(&self, app: &App) -> (String, Option<HeaderValue>) {
        match self.csrf.as_deref().filter(|token| csrf::is_token(token)) {
            Some(token) => (token.to_owned(), None),
            None => {
                let token = csrf::new_token(app.argus().random());
                let cookie = app.cookies().set_csrf(&token);
                (token, cookie)
            }
        }
    }

    /// Whether this request had to come without the session cookie: a `SameSite=Lax` cookie is not sent with a form that
    /// another site posts, even if its user is signed in here.
    pub(crate) fn may_hide_session(&self) -> bool {
        self.cross_site && self.session.is_none()
    }
}

impl FromRequestParts<App> for Browser {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let Meta(meta) = Meta::from_request_parts(parts, app).await?;
        let cookies = app.cookies();
        Ok(Self {
            meta,
            session: cookies.session(&parts.headers).map(str::to_owned),
            csrf: cookies.csrf(&parts.headers).map(str::to_owned),
            upstream: cookies.upstream(&parts.headers).map(str::to_owned),
            cross_site: parts.headers.get(csrf::SEC_FETCH_SITE).is_some_and(|site| site == "cross-site"),
        })
    }
}

//! Whoever works in the pages: [`Visitor`] for a page, [`VisitorForm`] for a form. Without a live session both lead to sign-in.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};

use super::{Instead, NextPage};
use crate::app::App;
use crate::browser::Browser;
use crate::context::RequestContext;
use crate::endpoint;
use crate::form::GuardedForm;
use crate::front::redirect::see_other;
use crate::pages::KeptFormPage;
use crate::protocol::{Administrator, Params, RequestMeta, SignedIn, log_failure, session};
use crate::refusal::Refusal;

/// A user in a browser.
pub(crate) struct Visitor {
    pub(crate) user: SignedIn,
    pub(crate) meta: RequestMeta,
    /// The token of the forms of the page.
    pub(crate) csrf: String,
    cookie: Option<HeaderValue>,
    /// The form that was sent, if one was.
    sent: Option<Sent>,
}

/// A form that was sent, and where to.
struct Sent {
    action: String,
    params: Params,
}

impl Sent {
    /// Passwords are typed again, and so are forms that hold nothing else.
    fn is_worth_keeping(&self) -> bool {
        !self.action.ends_with(endpoint::ACCOUNT_PASSWORD.path)
    }

    /// The form, to be sent again after a sign-in: nobody has to type twice what was typed once.
    fn keep(&self, app: &App, next: &NextPage) -> Response {
        KeptFormPage { frame: app.frame(), action: &self.action, pairs: self.params.pairs(), sign_in: &next.sign_in(app) }.respond()
    }
}

impl Visitor {
    async fn find(app: &App, browser: &Browser) -> Result<Option<SignedIn>, Response> {
        session::visit(app.argus(), browser.session.as_deref()).await.map_err(|error| {
            log_failure(&error);
            Refusal::Unavailable.into_response()
        })
    }

    /// The visitor that was found; nobody is led to the sign-in.
    fn of(app: &App, browser: Browser, user: Option<SignedIn>, uri: &Uri, sent: Option<Params>) -> Result<Self, Instead> {
        let sent = sent.map(|params| Sent { action: uri.path().to_owned(), params }).filter(Sent::is_worth_keeping);
        let Some(user) = user else {
            let asked = uri.path_and_query().map_or("", |path| path.as_str());
            let next = NextPage::parse(app.base(), asked).or_else(|| NextPage::parse(app.base(), uri.path()));
            return Err(match (next, &sent) {
                (Some(next), Some(sent)) => sent.keep(app, &next).into(),
                (Some(next), None) => see_other(&next.sign_in(app)).into(),
                (None, _) => Refusal::NotFound.into(),
            });
        };
        let (csrf, cookie) = browser.form_token(app);
        Ok(Self { user, meta: browser.meta, csrf, cookie, sent })
    }

    /// The administrator, if that is who it is. For others there is nothing here.
    pub(crate) fn administrator(&self) -> Result<Administrator, Instead> {
        Administrator::of_session(&self.user, self.meta.clone()).ok_or_else(|| Refusal::NotFound.into())
    }

    /// The same for what cannot be undone: after a recent sign-in only; `back` is the page that asks again.
    pub(crate) fn recent_administrator(&self, app: &App, back: &str) -> Result<Administrator, Instead> {
        let administrator = self.administrator()?;
        if self.user.is_recent(app.argus()) {
            return Ok(administrator);
        }
        Err(match (NextPage::parse(app.base(), back), &self.sent) {
            (Some(next), Some(sent)) => sent.keep(app, &next).into(),
            (Some(next), None) => see_other(&next.sign_in(app)).into(),
            (None, _) => Refusal::NotFound.into(),
        })
    }

    /// A page for this visitor, with the cookie that its forms need.
    pub(crate) fn show(self, mut page: Response) -> Response {
        if let Some(cookie) = self.cookie {
            page.headers_mut().append(header::SET_COOKIE, cookie);
        }
        page
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Ok(browser) = Browser::from_request_parts(parts, app).await;
        let user = Self::find(app, &browser).await?;
        Self::of(app, browser, user, &parts.uri, None).map_err(IntoResponse::into_response)
    }
}

/// A form of one of our own pages, sent by somebody who is signed in.
pub(crate) struct VisitorForm {
    pub(crate) visitor: Visitor,
    pub(crate) params: Params,
}

impl FromRequest<App> for VisitorForm {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let uri = request.uri().clone();
        let (mut parts, body) = request.into_parts();
        let Ok(browser) = Browser::from_request_parts(&mut parts, app).await;
        let user = Visitor::find(app, &browser).await?;
        // Large forms are for administrators: what others send is not held.
        if let Some(context) = parts.extensions.get_mut::<RequestContext>()
            && !user.as_ref().is_some_and(|user| user.is_admin)
        {
            context.max_drained_bytes = context.max_body_bytes;
            context.max_body_bytes = context.max_body_bytes.min(app.settings().max_body_bytes);
        }
        let request = Request::from_parts(parts, body);
        let GuardedForm { browser, params } = GuardedForm::from_request(request, app).await.map_err(IntoResponse::into_response)?;
        let visitor = Visitor::of(app, browser, user, &uri, Some(params.clone())).map_err(IntoResponse::into_response)?;
        Ok(Self { visitor, params })
    }
}

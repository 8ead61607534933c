//! The page at the root: who is signed in here.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::browser::Browser;
use crate::pages::HomePage;
use crate::protocol::{log_failure, session};
use crate::refusal::Refusal;

pub(crate) async fn get(State(app): State<App>, browser: Browser) -> Response {
    let user = match session::current(app.argus(), browser.session.as_deref()).await {
        Ok(user) => user,
        Err(error) => {
            log_failure(&error);
            return Refusal::Unavailable.into_response();
        }
    };
    let is_admin = user.as_ref().is_some_and(|user| user.is_admin);
    let user = user.as_ref().map(|user| (user.name.as_str(), user.username.as_str()));
    HomePage { frame: app.frame(), user, is_admin }.respond()
}

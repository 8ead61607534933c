//! `/account/sessions`

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::unavailable;
use crate::app::App;
use crate::console::visitor::{Visitor, VisitorForm};
use crate::endpoint;
use crate::front::redirect::see_other;
use crate::pages::{Section, SessionsPage, Shell};
use crate::protocol::sessions;
use crate::refusal::Refusal;

pub(crate) async fn get(State(app): State<App>, visitor: Visitor) -> Response {
    let sessions = match sessions::list(app.argus(), &visitor.user).await {
        Ok(sessions) => sessions,
        Err(error) => return unavailable(&error),
    };
    let page = SessionsPage { shell: Shell::new(app.frame(), &visitor, Section::Sessions), sessions: &sessions }.respond();
    visitor.show(page)
}

/// Ends one session, or all but this one. One that has ended before has ended: the list tells.
pub(crate) async fn post(State(app): State<App>, VisitorForm { visitor, params }: VisitorForm) -> Response {
    let ended = match params.get("session") {
        Some("others") => sessions::end_others(app.argus(), &visitor.user, &visitor.meta).await.map(drop),
        Some(id) => match id.parse() {
            Ok(id) => sessions::end(app.argus(), &visitor.user, id, &visitor.meta).await.map(drop),
            Err(_) => return Refusal::Malformed.into_response(),
        },
        None => return Refusal::Malformed.into_response(),
    };
    match ended {
        Ok(()) => see_other(&format!("{}{}", app.base(), endpoint::ACCOUNT_SESSIONS.path)),
        Err(error) => unavailable(&error),
    }
}

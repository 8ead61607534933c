//! `/account`: what is known of the user.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::unavailable;
use crate::app::App;
use crate::console::upload::{VisitorUpload, chosen_picture};
use crate::console::visitor::Visitor;
use crate::endpoint;
use crate::front::redirect::see_other;
use crate::pages::{OverviewPage, Section, Shell};
use crate::protocol::{AdministrationError, account, picture};
use crate::refusal::Refusal;

pub(crate) async fn get(State(app): State<App>, visitor: Visitor) -> Response {
    show(&app, visitor, None).await
}

/// Another picture, or with no file none.
pub(crate) async fn set_picture(State(app): State<App>, VisitorUpload { visitor, params, file }: VisitorUpload) -> Response {
    let Some(bytes) = chosen_picture(&params, file) else {
        return show(&app, visitor, Some(app.frame().texts.account.picture_none)).await;
    };
    match picture::set_own(app.argus(), &visitor.user, bytes, &visitor.meta).await {
        Ok(()) => see_other(&format!("{}{}", app.base(), endpoint::ACCOUNT.path)),
        Err(AdministrationError::Refused { detail, .. }) => show(&app, visitor, Some(&detail)).await,
        Err(error) => unavailable(&error),
    }
}

async fn show(app: &App, visitor: Visitor, picture_problem: Option<&str>) -> Response {
    let about = match account::about(app.argus(), &visitor.user).await {
        Ok(Some(about)) => about,
        // Gone since the session was looked up.
        Ok(None) => return Refusal::NotFound.into_response(),
        Err(error) => return unavailable(&error),
    };
    let events = match account::security_events(app.argus(), &visitor.user).await {
        Ok(events) => events,
        Err(error) => return unavailable(&error),
    };
    let page =
        OverviewPage { shell: Shell::new(app.frame(), &visitor, Section::Overview), about: &about, events: &events, picture_problem }
            .respond();
    visitor.show(page)
}

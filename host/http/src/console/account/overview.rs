//! `/account`: what is known of the user.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::unavailable;
use crate::app::App;
use crate::console::visitor::Visitor;
use crate::pages::{OverviewPage, Section, Shell};
use crate::protocol::account;
use crate::refusal::Refusal;

pub(crate) async fn get(State(app): State<App>, visitor: Visitor) -> Response {
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
    let page = OverviewPage { shell: Shell::new(app.frame(), &visitor, Section::Overview), about: &about, events: &events }.respond();
    visitor.show(page)
}

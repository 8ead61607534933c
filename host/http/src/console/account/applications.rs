//! `/account/applications`: who is told what about the user.

use argus_domain::ids::ClientId;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use super::unavailable;
use crate::app::App;
use crate::console::visitor::{Visitor, VisitorForm};
use crate::endpoint;
use crate::front::redirect::see_other;
use crate::pages::{ApplicationPage, ApplicationsPage, Section, Shell};
use crate::protocol::applications;
use crate::refusal::Refusal;

pub(crate) async fn list(State(app): State<App>, visitor: Visitor) -> Response {
    let applications = match applications::list(app.argus(), &visitor.user).await {
        Ok(applications) => applications,
        Err(error) => return unavailable(&error),
    };
    let shell = Shell::new(app.frame(), &visitor, Section::Applications);
    let page = ApplicationsPage { shell, applications: &applications }.respond();
    visitor.show(page)
}

pub(crate) async fn show(State(app): State<App>, visitor: Visitor, Path(client): Path<String>) -> Response {
    let Ok(client) = client.parse::<ClientId>() else { return Refusal::NotFound.into_response() };
    let released = match applications::released(app.argus(), &visitor.user, client, &visitor.meta).await {
        Ok(Some(released)) => released,
        Ok(None) => return Refusal::NotFound.into_response(),
        Err(error) => return unavailable(&error),
    };
    let shell = Shell::new(app.frame(), &visitor, Section::Applications);
    let page = ApplicationPage { shell, released: &released }.respond();
    visitor.show(page)
}

/// One that was revoked before is not in the list any more, which is what was asked for.
pub(crate) async fn revoke(State(app): State<App>, Path(client): Path<String>, VisitorForm { visitor, .. }: VisitorForm) -> Response {
    let Ok(client) = client.parse::<ClientId>() else { return Refusal::NotFound.into_response() };
    match applications::revoke(app.argus(), &visitor.user, client, &visitor.meta).await {
        Ok(_) => see_other(&format!("{}{}", app.base(), endpoint::ACCOUNT_APPLICATIONS.path)),
        Err(error) => unavailable(&error),
    }
}

//! `/api/v1/users`

use argus_domain::document::UserEntry;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::caller::{Body, Caller};
use super::conditional::{created, tag, tagged};
use super::openapi::{Api, number, text};
use super::problem::{Problem, failed};
use crate::answer;
use crate::app::App;
use crate::endpoint;
use crate::form::{Query, limit};
use crate::pages::path_segment;
use crate::protocol::Params;
use crate::protocol::directory::sessions::{self, SessionView};
use crate::protocol::directory::users::{self, UserFilter, UserPage, UserView};
use crate::protocol::one_time_link::{self, OneTimeLink};
use crate::protocol::picture;

const READ: &str = "directory:read";
const WRITE: &str = "directory:write";

type Answer = Result<Response, Problem>;

/// What this module serves.
pub(super) fn describe(api: &mut Api) {
    api.get(&endpoint::USERS, READ, "Users, in order of user name")
        .query("q", &text(), "Those whose user name, name or e-mail address holds it, whatever the case of its letters.")
        .query("group", &text(), "Those in the group with this short name.")
        .query("role", &text(), "Those with this role.")
        .query("function", &text(), "Those who were granted this function, for whichever customer.")
        .query("customer", &text(), "Those who belong to the customer with this short name.")
        .query("after", &text(), "The `next` of the page before.")
        .query("limit", &number(1, users::MAX_LIMIT.into()), "So many; 50 where it is not said.")
        .answers::<UserPage>(200, "A page of users.");
    api.post(&endpoint::USERS, WRITE, "Add a user")
        .body::<UserEntry>()
        .answers::<UserView>(201, "The user.")
        .tagged()
        .located()
        .conflicts("The user name is taken.");
    api.get(&endpoint::USER, READ, "A user").answers::<UserView>(200, "The user, never with a password.").tagged();
    api.patch(&endpoint::USER, WRITE, "Change a user")
        .note("A user who is disabled, or gets another password, is signed out everywhere.")
        .if_match()
        .merge_patch::<UserEntry>()
        .answers::<UserView>(200, "The user as it is now.")
        .tagged()
        .conflicts("The directory changed meanwhile.");
    api.delete(&endpoint::USER, WRITE, "Delete a user, with everything issued about the user")
        .if_match()
        .done("The user is gone.")
        .conflicts("The user owns clients.");
    api.post(&endpoint::USER_RESET_LINK, WRITE, "A link with which a user chooses a password")
        .answers::<OneTimeLink>(201, "It works once, for a day; links made before stop working.")
        .conflicts("The user is disabled.");
    let image = json!({"type": "string", "contentMediaType": "image/png"});
    api.put(&endpoint::USER_PICTURE, WRITE, "Give a user a picture")
        .note("PNG, JPEG or WebP by what is in it, 256 KiB at most. `picture` of tokens leads there.")
        .body_of("image/*", &image)
        .done("The picture is the user's.");
    api.delete(&endpoint::USER_PICTURE, WRITE, "Remove a user's picture").done("The user is shown by initials.");
    api.get(&endpoint::USER_SESSIONS, READ, "Where a user is signed in")
        .answers_all::<SessionView>(200, "The sign-ins, the latest used first.");
    api.delete(&endpoint::USER_SESSIONS, WRITE, "Sign a user out everywhere").done("The user is signed out.");
}

pub(crate) async fn list(State(app): State<App>, caller: Caller, Query(query): Query) -> Answer {
    let by = caller.with(&app, READ).await?;
    let limit = limit(&query, users::DEFAULT_LIMIT, users::MAX_LIMIT).map_err(|error| failed(&error, &by))?;
    let page = users::list(app.argus(), filter(&query), query.get("after"), limit).await.map_err(|error| failed(&error, &by))?;
    Ok(answer::json(StatusCode::OK, &page))
}

/// Whom a query asks for.
pub(crate) fn filter(query: &Params) -> UserFilter<'_> {
    UserFilter {
        text: query.get("q").map(str::trim),
        group: query.get("group"),
        role: query.get("role"),
        function: query.get("function"),
        customer: query.get("customer"),
    }
}

pub(crate) async fn create(State(app): State<App>, caller: Caller, body: Body) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    let members = body.json(&by.meta).await?;
    let user = users::create(app.argus(), members, &by).await.map_err(|error| failed(&error, &by))?;
    Ok(created(&app, &endpoint::USERS, path_segment(&user.entry.username), tagged(StatusCode::CREATED, &user.tag, &user)))
}

pub(crate) async fn show(State(app): State<App>, caller: Caller, Path(username): Path<String>) -> Answer {
    let by = caller.with(&app, READ).await?;
    let user = users::show(app.argus(), &username).await.map_err(|error| failed(&error, &by))?;
    Ok(tagged(StatusCode::OK, &user.tag, &user))
}

pub(crate) async fn change(State(app): State<App>, caller: Caller, Path(username): Path<String>, headers: HeaderMap, body: Body) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    let tag = tag(&headers, &by.meta)?;
    let patch = body.json_of("application/merge-patch+json", &by.meta).await?;
    let user = users::change(app.argus(), &username, tag, patch, &by).await.map_err(|error| failed(&error, &by))?;
    Ok(tagged(StatusCode::OK, &user.tag, &user))
}

pub(crate) async fn sessions(State(app): State<App>, caller: Caller, Path(username): Path<String>) -> Answer {
    let by = caller.with(&app, READ).await?;
    let sessions = sessions::list(app.argus(), &username).await.map_err(|error| failed(&error, &by))?;
    Ok(answer::json(StatusCode::OK, &sessions))
}

pub(crate) async fn end_sessions(State(app): State<App>, caller: Caller, Path(username): Path<String>) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    sessions::end_all(app.argus(), &username, &by).await.map_err(|error| failed(&error, &by))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(crate) async fn delete(State(app): State<App>, caller: Caller, Path(username): Path<String>, headers: HeaderMap) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    let tag = tag(&headers, &by.meta)?;
    users::delete(app.argus(), &username, tag, &by).await.map_err(|error| failed(&error, &by))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(crate) async fn reset_link(State(app): State<App>, caller: Caller, Path(username): Path<String>) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    let link = one_time_link::for_user(app.argus(), &username, &by).await.map_err(|error| failed(&error, &by))?;
    Ok(answer::json(StatusCode::CREATED, &link))
}

pub(crate) async fn set_picture(State(app): State<App>, caller: Caller, Path(username): Path<String>, body: Body) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    let bytes = body.image(&by.meta).await?;
    picture::set(app.argus(), &username, bytes, &by).await.map_err(|error| failed(&error, &by))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(crate) async fn delete_picture(State(app): State<App>, caller: Caller, Path(username): Path<String>) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    picture::set(app.argus(), &username, Vec::new(), &by).await.map_err(|error| failed(&error, &by))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

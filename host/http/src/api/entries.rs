//! `/api/v1/domains`, `customers`, `groups`, `roles`, `functions` and `resources`: the small entries, all handled alike.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use serde_json::{Map, Value};

use super::caller::{Body, Caller};
use super::conditional::{tag, tagged};
use super::problem::{Problem, failed};
use crate::answer::json;
use crate::app::App;
use crate::protocol::directory::entries::{self, Section};

type Answer = Result<Response, Problem>;

/// The scopes that reading and changing take: a resource is a client's business, everything else the directory's.
fn scopes(section: Section) -> (&'static str, &'static str) {
    match section {
        Section::Resources => ("clients:read", "clients:write"),
        _ => ("directory:read", "directory:write"),
    }
}

/// All of a section.
pub(crate) fn all(section: Section) -> MethodRouter<App> {
    get(move |State(app): State<App>, caller: Caller| async move {
        let by = caller.with(&app, scopes(section).0).await?;
        let views = entries::list(app.argus(), section).await.map_err(|error| failed(&error, &by))?;
        let body = Map::from_iter([(section.name().to_owned(), Value::Array(views.into_iter().map(|view| view.entry).collect()))]);
        Answer::Ok(json(StatusCode::OK, &body))
    })
}

/// One of a section.
pub(crate) fn one(section: Section) -> MethodRouter<App> {
    let show = move |State(app): State<App>, caller: Caller, Path(key): Path<String>| async move {
        let by = caller.with(&app, scopes(section).0).await?;
        let view = entries::show(app.argus(), section, &key).await.map_err(|error| failed(&error, &by))?;
        Answer::Ok(tagged(StatusCode::OK, &view.tag, &view))
    };
    // With `If-None-Match: *` for a new one (RFC 9110 §13.1.2), with `If-Match` for one that was read.
    let save = move |State(app): State<App>, caller: Caller, Path(key): Path<String>, headers: HeaderMap, body: Body| async move {
        let by = caller.with(&app, scopes(section).1).await?;
        let is_new = headers.get(header::IF_NONE_MATCH).is_some_and(|value| value == "*");
        let tag = if is_new { None } else { Some(tag(&headers, &by.meta)?) };
        let members = body.json(&by.meta).await?;
        let view = entries::save(app.argus(), section, &key, members, tag, &by).await.map_err(|error| failed(&error, &by))?;
        Answer::Ok(tagged(if is_new { StatusCode::CREATED } else { StatusCode::OK }, &view.tag, &view))
    };
    let delete = move |State(app): State<App>, caller: Caller, Path(key): Path<String>, headers: HeaderMap| async move {
        let by = caller.with(&app, scopes(section).1).await?;
        let tag = tag(&headers, &by.meta)?;
        entries::delete(app.argus(), section, &key, tag, &by).await.map_err(|error| failed(&error, &by))?;
        Answer::Ok(StatusCode::NO_CONTENT.into_response())
    };
    get(show).put(save).delete(delete)
}

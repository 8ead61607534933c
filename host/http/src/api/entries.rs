//! `/api/v1/domains`, `customers`, `groups`, `roles`, `functions` and `resources`: the small entries, all handled alike.

use argus_domain::document::{CustomerEntry, DomainEntry, FunctionEntry, GroupEntry, ResourceEntry, RoleEntry};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::caller::{Body, Caller};
use super::conditional::{new_or_tag, tag, tagged};
use super::openapi::Api;
use super::problem::{Problem, failed};
use crate::answer::json;
use crate::app::App;
use crate::endpoint::{self, Endpoint};
use crate::protocol::directory::entries::{self, Section};

type Answer = Result<Response, Problem>;

/// The scopes that reading and changing take: a resource is a client's business, everything else the directory's.
fn scopes(section: Section) -> (&'static str, &'static str) {
    match section {
        Section::Resources => ("clients:read", "clients:write"),
        _ => ("directory:read", "directory:write"),
    }
}

/// What this module serves.
pub(super) fn describe(api: &mut Api) {
    describe_section::<GroupEntry>(api, Section::Groups, [&endpoint::GROUPS, &endpoint::GROUP], "group");
    describe_section::<RoleEntry>(api, Section::Roles, [&endpoint::ROLES, &endpoint::ROLE], "role");
    describe_section::<FunctionEntry>(api, Section::Functions, [&endpoint::FUNCTIONS, &endpoint::FUNCTION], "function");
    describe_section::<CustomerEntry>(api, Section::Customers, [&endpoint::CUSTOMERS, &endpoint::CUSTOMER], "customer");
    describe_section::<DomainEntry>(api, Section::Domains, [&endpoint::DOMAINS, &endpoint::DOMAIN], "domain");
    describe_section::<ResourceEntry>(api, Section::Resources, [&endpoint::RESOURCES, &endpoint::RESOURCE], "resource");
}

fn describe_section<T: ToSchema>(api: &mut Api, section: Section, [list, one]: [&'static Endpoint; 2], name: &str) {
    let (read, write) = scopes(section);
    api.get(list, read, &format!("All {}", section.name())).answers_list::<T>(200, "The entries, by key.", section.name());
    api.get(one, read, &format!("A {name}")).answers::<T>(200, "The entry.").tagged();
    api.put(one, write, &format!("Make or change a {name}"))
        .if_none_match()
        .members::<T>()
        .answers::<T>(200, "The entry as it is now.")
        .tagged()
        .answers::<T>(201, "The new entry.")
        .tagged()
        .conflicts("The directory changed meanwhile.");
    api.delete(one, write, &format!("Delete a {name}")).if_match().done("It is gone.").conflicts("Something refers to it.");
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
    let save = move |State(app): State<App>, caller: Caller, Path(key): Path<String>, headers: HeaderMap, body: Body| async move {
        let by = caller.with(&app, scopes(section).1).await?;
        let tag = new_or_tag(&headers, &by.meta)?;
        let members = body.json(&by.meta).await?;
        let view = entries::save(app.argus(), section, &key, members, tag, &by).await.map_err(|error| failed(&error, &by))?;
        Answer::Ok(tagged(if tag.is_none() { StatusCode::CREATED } else { StatusCode::OK }, &view.tag, &view))
    };
    let delete = move |State(app): State<App>, caller: Caller, Path(key): Path<String>, headers: HeaderMap| async move {
        let by = caller.with(&app, scopes(section).1).await?;
        let tag = tag(&headers, &by.meta)?;
        entries::delete(app.argus(), section, &key, tag, &by).await.map_err(|error| failed(&error, &by))?;
        Answer::Ok(StatusCode::NO_CONTENT.into_response())
    };
    get(show).put(save).delete(delete)
}

//! `/admin/directory`: domains, customers, groups, roles, functions and resources.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::failed;
use crate::app::App;
use crate::console::Instead;
use crate::console::visitor::{Visitor, VisitorForm};
use crate::endpoint;
use crate::form::Query;
use crate::front::redirect::see_other;
use crate::pages::{self, EntriesPage, EntryForm, Shell};
use crate::protocol::AdministrationError;
use crate::protocol::directory::entries::{self, Section};
use crate::refusal::Refusal;

fn path(app: &App, section: Section) -> String {
    format!("{}{}/{}", app.base(), endpoint::ADMIN_DIRECTORY.path, section.name())
}

fn section(name: &str) -> Result<Section, Instead> {
    pages::SECTIONS.into_iter().find(|section| section.name() == name).ok_or_else(|| Refusal::NotFound.into())
}

pub(crate) async fn home(State(app): State<App>, visitor: Visitor) -> Result<Response, Instead> {
    visitor.administrator()?;
    Ok(see_other(&path(&app, Section::Groups)))
}

/// The entries, with the form of the one that is named by `key`.
pub(crate) async fn get(
    State(app): State<App>,
    visitor: Visitor,
    Path(name): Path<String>,
    Query(query): Query,
) -> Result<Response, Instead> {
    visitor.administrator()?;
    let section = section(&name)?;
    let form = match query.get("key") {
        None => EntryForm::default(),
        Some(key) => {
            let entry = entries::show(app.argus(), section, key).await.map_err(|error| failed(&app, &visitor.meta, &error))?;
            let typed = pages::members(section).iter().map(|member| (*member, EntriesPage::value(&entry, member))).collect();
            EntryForm { key: key.to_owned(), typed, tag: Some(entry.tag), problems: Vec::new() }
        }
    };
    show(&app, visitor, section, &form, None).await
}

async fn show(app: &App, visitor: Visitor, section: Section, form: &EntryForm, notice: Option<&str>) -> Result<Response, Instead> {
    let found = entries::list(app.argus(), section).await.map_err(|error| failed(app, &visitor.meta, &error))?;
    let shell = Shell::new(app.frame(), &visitor, pages::Section::Directory);
    let page = EntriesPage { shell, section, entries: &found, form, notice }.respond();
    Ok(visitor.show(page))
}

pub(crate) async fn post(
    State(app): State<App>,
    Path(name): Path<String>,
    VisitorForm { visitor, params }: VisitorForm,
) -> Result<Response, Instead> {
    let section = section(&name)?;
    let by = visitor.recent_administrator(&app, &path(&app, section))?;
    let typed: Vec<(&'static str, String)> =
        pages::members(section).iter().map(|member| (*member, params.get(member).unwrap_or_default().trim().to_owned())).collect();
    let tag = params.get("tag").map(str::to_owned);
    // The key of an entry that is there comes with the form; that of a new one was typed.
    let key = params.get("key").or_else(|| params.get(section.key())).unwrap_or_default().trim().to_owned();
    let mut form = EntryForm { key, typed, tag, problems: Vec::new() };
    let done = match (params.get("action"), &form.tag) {
        (Some("save"), tag) => {
            let members = members(section, &form);
            entries::save(app.argus(), section, &form.key, members, tag.as_deref(), &by).await.map(drop)
        }
        (Some("delete"), Some(tag)) => entries::delete(app.argus(), section, &form.key, tag, &by).await,
        _ => return Err(Refusal::Malformed.into()),
    };
    let notice = match done {
        Ok(()) => return Ok(see_other(&path(&app, section))),
        Err(AdministrationError::Refused { problems, .. }) if !problems.is_empty() => {
            form.problems = problems;
            None
        }
        Err(error @ (AdministrationError::Conflict(_) | AdministrationError::Outdated)) => Some(error.to_string()),
        Err(error) => return Err(failed(&app, &visitor.meta, &error).into()),
    };
    show(&app, visitor, section, &form, notice.as_deref()).await
}

/// The members of the entry that was typed, but for its key.
fn members(section: Section, form: &EntryForm) -> Map<String, Value> {
    let value = |member: &str, typed: &str| match member {
        "scopes" => json!(typed.split_whitespace().collect::<Vec<_>>()),
        _ => json!(typed),
    };
    let members = form.typed.iter().filter(|(member, _)| *member != section.key());
    members.map(|(member, typed)| ((*member).to_owned(), value(member, typed))).collect()
}

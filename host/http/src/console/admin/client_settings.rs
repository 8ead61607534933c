//! `/admin/clients/{client}/settings`: every setting of a client but its claim providers, which have a page of their own.

use argus_domain::document::read_text;
use argus_domain::ids::ClientId;
use argus_domain::{Pointer, Problem};
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Map, Value};

use super::failed;
use crate::app::App;
use crate::console::Instead;
use crate::console::visitor::{Visitor, VisitorForm};
use crate::endpoint;
use crate::front::redirect::see_other;
use crate::pages::{ClientSettingsPage, Section, SettingsForm, Shell};
use crate::protocol::AdministrationError;
use crate::protocol::clients::{self, ClientView};
use crate::refusal::Refusal;

/// What has a page or a button of its own.
const APART: [&str; 2] = ["openIDCustomClaims", "enabled"];

pub(crate) async fn get(State(app): State<App>, visitor: Visitor, Path(client): Path<String>) -> Result<Response, Instead> {
    visitor.administrator()?;
    let client = find(&app, &visitor, &client).await?;
    let text = serde_json::to_string_pretty(&members(&client)).unwrap_or_default();
    let form = SettingsForm { text, revision: client.revision, problems: Vec::new() };
    Ok(show(&app, visitor, &client, &form))
}

async fn find(app: &App, visitor: &Visitor, client: &str) -> Result<ClientView, Instead> {
    let id: ClientId = client.parse().map_err(|_| Refusal::NotFound)?;
    clients::show(app.argus(), id).await.map_err(|error| failed(app, &visitor.meta, &error).into())
}

fn show(app: &App, visitor: Visitor, client: &ClientView, form: &SettingsForm) -> Response {
    let page = ClientSettingsPage { shell: Shell::new(app.frame(), &visitor, Section::Clients), client, form }.respond();
    visitor.show(page)
}

/// The settings that are changed here, as a document has them.
fn members(client: &ClientView) -> Map<String, Value> {
    let mut members = match serde_json::to_value(&client.settings) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    members.retain(|member, _| !APART.contains(&member.as_str()));
    members
}

pub(crate) async fn post(
    State(app): State<App>,
    Path(client): Path<String>,
    VisitorForm { visitor, params }: VisitorForm,
) -> Result<Response, Instead> {
    let page = format!("{}{}/{client}/settings", app.base(), endpoint::ADMIN_CLIENTS.path);
    let by = visitor.recent_administrator(&app, &page)?;
    let client = find(&app, &visitor, &client).await?;
    let revision = params.get("revision").and_then(|text| text.parse().ok()).ok_or(Refusal::Malformed)?;
    let mut form = SettingsForm { text: params.get("settings").unwrap_or_default().to_owned(), revision, problems: Vec::new() };
    let patch = match read_text::<Map<String, Value>>(&form.text) {
        Ok(typed) => patch(&client, typed),
        Err(problem) => Err(problem),
    };
    let changed = match patch {
        Ok(patch) => clients::change(app.argus(), client.client_id, revision, patch, &by).await.map(drop),
        Err(problem) => Err(AdministrationError::Refused { detail: String::new(), problems: vec![problem], report: None }),
    };
    match changed {
        Ok(()) => return Ok(see_other(&format!("{}{}/{}", app.base(), endpoint::ADMIN_CLIENTS.path, client.client_id))),
        Err(AdministrationError::Refused { problems, .. }) if !problems.is_empty() => form.problems = problems,
        Err(error @ AdministrationError::Storage(_)) => return Err(failed(&app, &visitor.meta, &error).into()),
        // What was typed stays in the form, whatever the reason.
        Err(error) => form.problems = vec![Problem::new(Pointer::root(), error.to_string())],
    }
    Ok(show(&app, visitor, &client, &form))
}

/// What was typed in place of what is there: a member that was left out goes.
fn patch(client: &ClientView, mut typed: Map<String, Value>) -> Result<Map<String, Value>, Problem> {
    if let Some(member) = APART.into_iter().find(|member| typed.contains_key(*member)) {
        return Err(Problem::new(Pointer::root().join(member), "is changed on the client's own page"));
    }
    for member in members(client).into_iter().map(|(member, _)| member) {
        typed.entry(member).or_insert(Value::Null);
    }
    Ok(typed)
}

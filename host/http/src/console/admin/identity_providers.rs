//! `/admin/identity-providers`: connections to the identity providers of organisations.

use argus_domain::document::read_text;
use argus_domain::{Pointer, Problem};
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
use crate::pages::{IdentityProviderForm, IdentityProviderPage, IdentityProvidersPage, Section, Shell};
use crate::protocol::federation::{self, ConnectionView};
use crate::protocol::{AdministrationError, Administrator, Params};
use crate::refusal::Refusal;

/// Members of the settings that the form has a field or a button of their own for.
const APART: [&str; 4] = ["slug", "kind", "enabled", "metadata"];

pub(crate) async fn list(State(app): State<App>, visitor: Visitor) -> Result<Response, Instead> {
    visitor.administrator()?;
    let connections = federation::list(app.argus()).await.map_err(|error| failed(&app, &visitor.meta, &error.into()))?;
    let shell = Shell::new(app.frame(), &visitor, Section::IdentityProviders);
    let page = IdentityProvidersPage { shell, connections: &connections }.respond();
    Ok(visitor.show(page))
}

/// An empty form, with the members that most connections of the kind need.
pub(crate) async fn new(State(app): State<App>, visitor: Visitor, Query(query): Query) -> Result<Response, Instead> {
    visitor.administrator()?;
    let (kind, settings) = match query.get("kind") {
        Some("oidc") => (
            "oidc",
            json!({"name": "", "issuer": "https://", "clientId": "", "clientSecret": "", "scopes": ["openid", "profile", "email"], "domains": [],
                "jit": true, "link": "none", "attributes": {"username": "preferred_username", "name": "name", "email": "email", "groups": "groups"},
                "groupMap": {}}),
        ),
        _ => (
            "saml",
            json!({"name": "", "domains": [], "jit": true, "link": "none",
                "nameIdFormat": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
                "attributes": {"username": "uid", "name": "displayName", "email": "mail", "groups": "memberOf"}, "groupMap": {}}),
        ),
    };
    let form = IdentityProviderForm { kind: kind.to_owned(), text: pretty(&settings), ..IdentityProviderForm::default() };
    show(&app, visitor, None, form).await
}

pub(crate) async fn get(State(app): State<App>, visitor: Visitor, Path(slug): Path<String>) -> Result<Response, Instead> {
    visitor.administrator()?;
    let connection = federation::show(app.argus(), &slug).await.map_err(|error| failed(&app, &visitor.meta, &error))?;
    let form = form_of(&connection);
    show(&app, visitor, Some(connection), form).await
}

fn form_of(connection: &ConnectionView) -> IdentityProviderForm {
    let mut settings = members_of(connection);
    settings.retain(|name, _| !APART.contains(&name.as_str()));
    IdentityProviderForm {
        slug: connection.settings.slug.clone(),
        kind: kind_of(connection),
        text: pretty(&Value::Object(settings)),
        tag: Some(connection.tag.clone()),
        ..IdentityProviderForm::default()
    }
}

fn members_of(connection: &ConnectionView) -> Map<String, Value> {
    match serde_json::to_value(&connection.settings) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

fn kind_of(connection: &ConnectionView) -> String {
    members_of(connection).get("kind").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

async fn show(app: &App, visitor: Visitor, connection: Option<ConnectionView>, form: IdentityProviderForm) -> Result<Response, Instead> {
    let refusals = match &connection {
        Some(connection) => federation::refusals_of(app.argus(), &connection.settings.slug).await,
        None => Ok(Vec::new()),
    };
    let refusals = refusals.map_err(|error| failed(app, &visitor.meta, &error.into()))?;
    let shell = Shell::new(app.frame(), &visitor, Section::IdentityProviders);
    let page = IdentityProviderPage { shell, connection: connection.as_ref(), refusals: &refusals, form: &form }.respond();
    Ok(visitor.show(page))
}

pub(crate) async fn create(State(app): State<App>, VisitorForm { visitor, params }: VisitorForm) -> Result<Response, Instead> {
    let by = visitor.recent_administrator(&app, &page_of(&app, "new"))?;
    let mut form = read(&params);
    form.slug = params.get("slug").unwrap_or_default().trim().to_owned();
    match save(&app, &form, None, &by).await {
        Ok(()) => Ok(see_other(&page_of(&app, &form.slug))),
        Err(error) => again(&app, visitor, None, form, error).await,
    }
}

pub(crate) async fn post(
    State(app): State<App>,
    Path(slug): Path<String>,
    VisitorForm { visitor, params }: VisitorForm,
) -> Result<Response, Instead> {
    let page = page_of(&app, &slug);
    let by = visitor.recent_administrator(&app, &page)?;
    let argus = app.argus();
    let connection = federation::show(argus, &slug).await.map_err(|error| failed(&app, &visitor.meta, &error))?;
    let mut form = read(&params);
    form.slug.clone_from(&slug);
    let tag = params.get("tag").unwrap_or_default().to_owned();
    let switch = |enabled: bool| Map::from_iter([("enabled".to_owned(), Value::Bool(enabled))]);
    let done = match params.get("action") {
        Some("save") => save(&app, &form, Some((&connection, &tag)), &by).await,
        Some("enable") => federation::save(argus, &slug, switch(true), Some(&tag), &by).await.map(drop),
        Some("disable") => federation::save(argus, &slug, switch(false), Some(&tag), &by).await.map(drop),
        Some("refresh") => federation::refresh(argus, &slug, &by).await.map(drop),
        Some("approve") => {
            let seen: Vec<String> = params.get("seen").unwrap_or_default().split(' ').map(str::to_owned).collect();
            federation::approve(argus, &slug, Some(&seen), &by).await
        }
        Some("delete") => match federation::delete(argus, &slug, &tag, &by).await {
            Ok(()) => return Ok(see_other(&format!("{}{}", app.base(), endpoint::ADMIN_IDENTITY_PROVIDERS.path))),
            Err(error) => Err(error),
        },
        _ => return Err(Refusal::Malformed.into()),
    };
    match done {
        Ok(()) => Ok(see_other(&page)),
        Err(error) => {
            let form = if params.get("action") == Some("save") { form } else { form_of(&connection) };
            again(&app, visitor, Some(connection), form, error).await
        }
    }
}

fn read(params: &Params) -> IdentityProviderForm {
    let text = |name: &str| params.get(name).unwrap_or_default().to_owned();
    IdentityProviderForm {
        kind: text("kind"),
        text: text("settings"),
        metadata: text("metadata"),
        tag: params.get("tag").map(str::to_owned),
        ..IdentityProviderForm::default()
    }
}

/// Saves the whole of what the form shows: a member that is not there any more goes.
async fn save(
    app: &App,
    form: &IdentityProviderForm,
    before: Option<(&ConnectionView, &str)>,
    by: &Administrator,
) -> Result<(), AdministrationError> {
    let mut members: Map<String, Value> =
        read_text(&form.text).map_err(|problem| AdministrationError::problems(problem.message.clone(), vec![problem]))?;
    match before {
        None => drop(members.insert("kind".to_owned(), form.kind.clone().into())),
        Some((connection, _)) => {
            for (name, _) in members_of(connection) {
                if !APART.contains(&name.as_str()) && !members.contains_key(&name) {
                    members.insert(name, Value::Null);
                }
            }
        }
    }
    if members.get("clientSecret").and_then(Value::as_str) == Some("") {
        members.remove("clientSecret");
    }
    if !form.metadata.trim().is_empty() {
        members.insert("metadata".to_owned(), form.metadata.trim().into());
    }
    federation::save(app.argus(), &form.slug, members, before.map(|(_, tag)| tag), by).await.map(drop)
}

/// The page again with what was typed, and what is wrong with it.
async fn again(
    app: &App,
    visitor: Visitor,
    connection: Option<ConnectionView>,
    mut form: IdentityProviderForm,
    error: AdministrationError,
) -> Result<Response, Instead> {
    form.problems = match error {
        AdministrationError::Refused { problems, .. } if !problems.is_empty() => problems,
        error @ AdministrationError::Storage(_) => return Err(failed(app, &visitor.meta, &error).into()),
        error => vec![Problem::new(Pointer::root(), error.to_string())],
    };
    show(app, visitor, connection, form).await
}

fn page_of(app: &App, slug: &str) -> String {
    format!("{}{}/{slug}", app.base(), endpoint::ADMIN_IDENTITY_PROVIDERS.path)
}

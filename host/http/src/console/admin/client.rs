//! `/admin/clients/{client}`: one client, and what is done with it.

use argus_domain::Timestamp;
use argus_domain::ids::ClientId;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value};

use super::failed;
use crate::app::App;
use crate::console::Instead;
use crate::console::visitor::{Visitor, VisitorForm};
use crate::endpoint;
use crate::front::redirect::see_other;
use crate::pages::{ClientPageOf, Section, Shell};
use crate::protocol::clients::{self, ClientView};
use crate::protocol::{AdministrationError, Administrator};
use crate::refusal::Refusal;

pub(crate) async fn get(State(app): State<App>, visitor: Visitor, Path(client): Path<String>) -> Result<Response, Instead> {
    visitor.administrator()?;
    let client = client.parse().map_err(|_| Refusal::NotFound)?;
    show(&app, visitor, client, Told::default()).await
}

/// What the page says beside the client as it is.
#[derive(Default)]
pub(super) struct Told {
    /// A new secret, this once.
    pub(super) secret: Option<String>,
    /// Somebody was faster, or the form was sent twice: the page shows what is now.
    pub(super) outdated: bool,
}

pub(super) async fn show(app: &App, visitor: Visitor, client: ClientId, told: Told) -> Result<Response, Instead> {
    let failed = |error| failed(app, &visitor.meta, &error);
    let client = clients::show(app.argus(), client).await.map_err(failed)?;
    let revisions = clients::revisions(app.argus(), client.client_id).await.map_err(failed)?;
    let activity = clients::activity(app.argus(), client.client_id).await.map_err(failed)?;
    let deprecated = clients::deprecated_scopes(app.argus(), client.client_id).await.map_err(failed)?;
    let status = if told.outdated { StatusCode::CONFLICT } else { StatusCode::OK };
    let shell = Shell::new(app.frame(), &visitor, Section::Clients);
    let issuer = app.argus().settings().issuer.as_str();
    let (secret, outdated) = (told.secret.as_deref(), told.outdated);
    let page = ClientPageOf { shell, issuer, client: &client, revisions: &revisions, activity: &activity, deprecated, secret, outdated };
    let page = page.respond(status);
    Ok(visitor.show(page))
}

pub(crate) async fn post(
    State(app): State<App>,
    Path(client): Path<String>,
    VisitorForm { visitor, params }: VisitorForm,
) -> Result<Response, Instead> {
    let client: ClientId = client.parse().map_err(|_| Refusal::NotFound)?;
    let page = format!("{}{}/{client}", app.base(), endpoint::ADMIN_CLIENTS.path);
    let by = visitor.recent_administrator(&app, &page)?;
    let number = |name: &str| params.get(name).and_then(|text| text.parse().ok()).ok_or(Refusal::Malformed);
    let done = match params.get("action") {
        Some("enable") => enable(&app, client, number("revision")?, true, &by).await.map(drop),
        Some("disable") => enable(&app, client, number("revision")?, false, &by).await.map(drop),
        Some("replace_groups") => clients::replace_deprecated_scopes(app.argus(), client, number("revision")?, &by).await.map(drop),
        Some("restore") => clients::restore(app.argus(), client, number("revision")?, number("to")?, &by).await.map(drop),
        Some("delete") => match clients::delete(app.argus(), client, number("revision")?, &by).await {
            Ok(()) => return Ok(see_other(&format!("{}{}", app.base(), endpoint::ADMIN_CLIENTS.path))),
            Err(error) => Err(error),
        },
        Some("rotate") => {
            let seen = params.get("secret").and_then(|text| text.parse().ok()).map(Timestamp::from_unix_millis);
            let Some(seen) = seen else { return Err(Refusal::Malformed.into()) };
            match clients::rotate_secret(app.argus(), client, clients::DEFAULT_OVERLAP, Some(seen), &by).await {
                // Not by redirect: it is shown by this answer, and by no other.
                Ok(secret) => return show(&app, visitor, client, Told { secret: Some(secret.client_secret), outdated: false }).await,
                Err(error) => Err(error),
            }
        }
        _ => return Err(Refusal::Malformed.into()),
    };
    match done {
        Ok(()) => Ok(see_other(&page)),
        Err(AdministrationError::Outdated) => show(&app, visitor, client, Told { secret: None, outdated: true }).await,
        Err(error) => Err(failed(&app, &visitor.meta, &error).into()),
    }
}

async fn enable(app: &App, id: ClientId, revision: u64, enabled: bool, by: &Administrator) -> Result<ClientView, AdministrationError> {
    let patch = Map::from_iter([("enabled".to_owned(), Value::Bool(enabled))]);
    clients::change(app.argus(), id, revision, patch, by).await
}

//! `/apps/{client}`: one client of the user, and what is done with it.

use argus_domain::Timestamp;
use argus_domain::ids::ClientId;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::new::{typed, words};
use super::owner;
use crate::app::App;
use crate::console::visitor::VisitorForm;
use crate::console::{Instead, Visitor, failed};
use crate::endpoint;
use crate::front::redirect::see_other;
use crate::pages::{AppForm, AppPage, Section, Shell};
use crate::protocol::clients;
use crate::protocol::own_clients::{self, Owner};
use crate::protocol::{AdministrationError, Params};
use crate::refusal::Refusal;

pub(crate) async fn get(State(app): State<App>, visitor: Visitor, Path(client): Path<String>) -> Result<Response, Instead> {
    let client = client.parse().map_err(|_| Refusal::NotFound)?;
    show(&app, visitor, client, Told::default()).await
}

/// What the page says beside the client as it is.
#[derive(Default)]
pub(super) struct Told {
    /// A new secret, this once.
    secret: Option<String>,
    /// Somebody was faster, or the form was sent twice: the page shows what is now.
    is_outdated: bool,
    /// Why it cannot be done as things are.
    refused: Option<String>,
    /// The form with what is wrong in it.
    form: Option<AppForm>,
}

impl Told {
    /// A secret that was just made; none for a client that has none.
    pub(super) fn secret(secret: Option<String>) -> Self {
        Self { secret, ..Self::default() }
    }

    pub(super) fn outdated() -> Self {
        Self { is_outdated: true, ..Self::default() }
    }
}

pub(super) async fn show(app: &App, visitor: Visitor, client: ClientId, told: Told) -> Result<Response, Instead> {
    let failed = |error| failed(app, &visitor.meta, &error);
    let owner = owner(&visitor);
    let own = own_clients::show(app.argus(), &owner, client).await.map_err(failed)?;
    let activity = own_clients::activity(app.argus(), &owner, client).await.map_err(failed)?;
    let form = told.form.unwrap_or_else(|| AppForm::of(&own.client));
    let outdated = told.is_outdated.then_some(app.frame().texts.admin.outdated);
    let notice = told.refused.as_deref().or(outdated);
    let page = AppPage {
        shell: Shell::new(app.frame(), &visitor, Section::Apps),
        policy: &app.argus().settings().self_service,
        issuer: app.argus().settings().issuer.as_str(),
        own: &own,
        form: &form,
        activity: &activity,
        secret: told.secret.as_deref(),
        notice,
    };
    let page = page.respond(if notice.is_some() { StatusCode::CONFLICT } else { StatusCode::OK });
    Ok(visitor.show(page))
}

pub(crate) async fn post(
    State(app): State<App>,
    Path(client): Path<String>,
    VisitorForm { visitor, params }: VisitorForm,
) -> Result<Response, Instead> {
    let client: ClientId = client.parse().map_err(|_| Refusal::NotFound)?;
    let (argus, owner) = (app.argus(), owner(&visitor));
    let revision = || params.get("revision").and_then(|text| text.parse::<u64>().ok()).ok_or(Refusal::Malformed);
    let switch = |enabled: bool| Map::from_iter([("enabled".to_owned(), Value::Bool(enabled))]);
    let done = match params.get("action") {
        Some("save") => return save(&app, visitor, &owner, client, revision()?, &params).await,
        Some("enable") => own_clients::change(argus, &owner, client, revision()?, switch(true)).await.map(drop),
        Some("disable") => own_clients::change(argus, &owner, client, revision()?, switch(false)).await.map(drop),
        Some("delete") => match own_clients::delete(argus, &owner, client, revision()?).await {
            Ok(()) => return Ok(see_other(&format!("{}{}", app.base(), endpoint::APPS.path))),
            Err(error) => Err(error),
        },
        Some("rotate") => {
            let seen = params.get("secret").and_then(|text| text.parse().ok()).map(Timestamp::from_unix_millis);
            let Some(seen) = seen else { return Err(Refusal::Malformed.into()) };
            match own_clients::rotate_secret(argus, &owner, client, clients::DEFAULT_OVERLAP, Some(seen)).await {
                // Not by redirect: it is shown by this answer, and by no other.
                Ok(secret) => return show(&app, visitor, client, Told::secret(Some(secret.client_secret))).await,
                Err(error) => Err(error),
            }
        }
        _ => return Err(Refusal::Malformed.into()),
    };
    match done {
        Ok(()) => Ok(see_other(&page_of(&app, client))),
        Err(error) => refused(&app, visitor, client, error, None).await,
    }
}

pub(super) fn page_of(app: &App, client: ClientId) -> String {
    format!("{}{}/{client}", app.base(), endpoint::APPS.path)
}

async fn save(app: &App, visitor: Visitor, owner: &Owner, client: ClientId, revision: u64, params: &Params) -> Result<Response, Instead> {
    let own = own_clients::show(app.argus(), owner, client).await.map_err(|error| failed(app, &visitor.meta, &error))?;
    let form = AppForm { revision, ..typed(params, AppForm::of(&own.client)) };
    let patch = Map::from_iter([
        ("name".to_owned(), json!(form.name)),
        ("redirectUris".to_owned(), json!(words(&form.redirect_uris))),
        ("postLogoutRedirectUris".to_owned(), json!(words(&form.post_logout_redirect_uris))),
        ("scopes".to_owned(), json!(form.scopes)),
    ]);
    match own_clients::change(app.argus(), owner, client, revision, patch).await {
        Ok(_) => Ok(see_other(&page_of(app, client))),
        Err(error) => refused(app, visitor, client, error, Some(form)).await,
    }
}

async fn refused(
    app: &App,
    visitor: Visitor,
    client: ClientId,
    error: AdministrationError,
    form: Option<AppForm>,
) -> Result<Response, Instead> {
    let told = match error {
        AdministrationError::Outdated => Told::outdated(),
        AdministrationError::Refused { problems, .. } if !problems.is_empty() && form.is_some() => {
            Told { form: form.map(|form| AppForm { problems, ..form }), ..Told::default() }
        }
        AdministrationError::Conflict(reason) => Told { refused: Some(reason), form, ..Told::default() },
        error => return Err(failed(app, &visitor.meta, &error).into()),
    };
    show(app, visitor, client, told).await
}

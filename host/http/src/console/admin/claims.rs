//! `/admin/clients/{client}/claims`: the claim providers of a client, tried on a user before they are saved.

use argus_domain::client_request::Wanted;
use argus_domain::document::read_text;
use argus_domain::ids::ClientId;
use argus_domain::{Pointer, Problem};
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::json;

use super::failed;
use crate::app::App;
use crate::console::Instead;
use crate::console::visitor::{Visitor, VisitorForm};
use crate::endpoint;
use crate::form::Query;
use crate::front::redirect::see_other;
use crate::pages::{ClaimsForm, ClaimsPage, Section, Shell};
use crate::protocol::client_claims::{self, ClaimsChange, PreviewRequest};
use crate::protocol::{AdministrationError, clients, own_clients};
use crate::refusal::Refusal;

/// The claim providers as they are; with the one that a `request` asks for behind them.
pub(crate) async fn get(
    State(app): State<App>,
    visitor: Visitor,
    Path(client): Path<String>,
    Query(query): Query,
) -> Result<Response, Instead> {
    visitor.administrator()?;
    let failed = |error| failed(&app, &visitor.meta, &error);
    let id: ClientId = client.parse().map_err(|_| Refusal::NotFound)?;
    let mut stored = client_claims::show(app.argus(), id).await.map_err(failed)?;
    let request = query.get("request").and_then(|request| request.parse::<u32>().ok());
    if let Some(request) = request {
        let asked = own_clients::find_request(app.argus(), request.into()).await.map_err(failed)?;
        match asked.wanted {
            Wanted::ClaimProvider { attachment, .. } if asked.client == id => stored.open_id_custom_claims.push(attachment),
            _ => return Err(Refusal::NotFound.into()),
        }
    }
    let document = json!({"openIDCustomClaims": stored.open_id_custom_claims});
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    show(&app, visitor, id, ClaimsForm { text, revision: stored.revision, request, ..ClaimsForm::default() }).await
}

async fn show(app: &App, visitor: Visitor, id: ClientId, form: ClaimsForm) -> Result<Response, Instead> {
    let client = clients::show(app.argus(), id).await.map_err(|error| failed(app, &visitor.meta, &error))?;
    let shell = Shell::new(app.frame(), &visitor, Section::Clients);
    let page = ClaimsPage { shell, client: &client, form: &form }.respond();
    Ok(visitor.show(page))
}

pub(crate) async fn post(
    State(app): State<App>,
    Path(client): Path<String>,
    VisitorForm { visitor, params }: VisitorForm,
) -> Result<Response, Instead> {
    let by = visitor.administrator()?;
    let id: ClientId = client.parse().map_err(|_| Refusal::NotFound)?;
    let text = |name: &str| params.get(name).unwrap_or_default();
    let mut form = ClaimsForm {
        text: text("claims").to_owned(),
        user: text("user").trim().to_owned(),
        revision: text("revision").parse().map_err(|_| Refusal::Malformed)?,
        request: params.get("request").and_then(|request| request.parse().ok()),
        ..ClaimsForm::default()
    };
    let change: ClaimsChange = match read_text(&form.text) {
        Ok(change) => change,
        Err(problem) => {
            form.problems = vec![problem];
            return show(&app, visitor, id, form).await;
        }
    };
    let done = match params.get("action") {
        Some("preview") => {
            let request =
                PreviewRequest { user: form.user.clone(), scopes: None, open_id_custom_claims: Some(change.open_id_custom_claims) };
            client_claims::preview(app.argus(), id, request, &by).await.map(Some)
        }
        Some("save") => client_claims::save(app.argus(), id, form.revision, change, &by).await.map(|_| None),
        _ => return Err(Refusal::Malformed.into()),
    };
    match done {
        Ok(None) => {
            if let Some(request) = form.request {
                let decided = own_clients::decided(app.argus(), request.into(), id, "approved", &by).await;
                decided.map_err(|error| failed(&app, &visitor.meta, &error))?;
            }
            return Ok(see_other(&format!("{}{}/{id}", app.base(), endpoint::ADMIN_CLIENTS.path)));
        }
        Ok(preview) => form.preview = preview,
        Err(AdministrationError::Refused { problems, .. }) if !problems.is_empty() => form.problems = problems,
        Err(error @ AdministrationError::Storage(_)) => return Err(failed(&app, &visitor.meta, &error).into()),
        // What was typed stays in the form, whatever the reason.
        Err(error) => form.problems = vec![Problem::new(Pointer::root(), error.to_string())],
    }
    show(&app, visitor, id, form).await
}

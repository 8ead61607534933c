//! `/apps/{client}/claims`: asking administrators for a claim provider.

use argus_domain::claim::ClaimProviderAttachment;
use argus_domain::document::read_text;
use argus_domain::ids::ClientId;
use argus_domain::{Pointer, Problem};
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::client::page_of;
use super::owner;
use crate::app::App;
use crate::console::visitor::VisitorForm;
use crate::console::{Instead, Visitor, failed};
use crate::front::redirect::see_other;
use crate::pages::{AppClaimsPage, ClaimRequestForm, Section, Shell};
use crate::protocol::AdministrationError;
use crate::protocol::own_clients;
use crate::refusal::Refusal;

pub(crate) async fn get(State(app): State<App>, visitor: Visitor, Path(client): Path<String>) -> Result<Response, Instead> {
    let client = client.parse().map_err(|_| Refusal::NotFound)?;
    show(&app, visitor, client, ClaimRequestForm { configuration: "{\n}".to_owned(), ..ClaimRequestForm::default() }).await
}

async fn show(app: &App, visitor: Visitor, client: ClientId, form: ClaimRequestForm) -> Result<Response, Instead> {
    let failed = |error| failed(app, &visitor.meta, &error);
    let own = own_clients::show(app.argus(), &owner(&visitor), client).await.map_err(failed)?;
    let offered = own_clients::offered_providers(app.argus()).await.map_err(failed)?;
    let shell = Shell::new(app.frame(), &visitor, Section::Apps);
    let page = AppClaimsPage { shell, client: &own.client, offered: &offered, form: &form }.respond();
    Ok(visitor.show(page))
}

pub(crate) async fn post(
    State(app): State<App>,
    Path(client): Path<String>,
    VisitorForm { visitor, params }: VisitorForm,
) -> Result<Response, Instead> {
    let client: ClientId = client.parse().map_err(|_| Refusal::NotFound)?;
    let text = |name: &str| params.get(name).unwrap_or_default().to_owned();
    let mut form = ClaimRequestForm {
        provider: text("provider"),
        configuration: text("configuration"),
        reason: text("reason").trim().to_owned(),
        problems: Vec::new(),
    };
    let attachment = match attachment(&form) {
        Ok(attachment) => attachment,
        Err(problem) => {
            form.problems = vec![problem];
            return show(&app, visitor, client, form).await;
        }
    };
    match own_clients::request_claim_provider(app.argus(), &owner(&visitor), client, attachment, form.reason.clone()).await {
        Ok(_) => Ok(see_other(&page_of(&app, client))),
        Err(AdministrationError::Refused { problems, .. }) if !problems.is_empty() => {
            form.problems = problems;
            show(&app, visitor, client, form).await
        }
        Err(AdministrationError::Conflict(reason)) => {
            form.problems = vec![Problem::new(Pointer::root(), reason)];
            show(&app, visitor, client, form).await
        }
        Err(error) => Err(failed(&app, &visitor.meta, &error).into()),
    }
}

fn attachment(form: &ClaimRequestForm) -> Result<ClaimProviderAttachment, Problem> {
    let configuration: Value = read_text(&form.configuration)?;
    serde_json::from_value(json!({"provider": form.provider, "configuration": configuration}))
        .map_err(|error| Problem::new(Pointer::root(), error.to_string()))
}

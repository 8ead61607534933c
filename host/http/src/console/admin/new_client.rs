//! `/admin/clients/new`: a client of one of four kinds, with the settings that the kind is best off with.

use argus_domain::ids::ClientId;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::{client, failed};
use crate::app::App;
use crate::console::Instead;
use crate::console::visitor::{Visitor, VisitorForm};
use crate::endpoint;
use crate::pages::{NewClient, NewClientPage, Section, Shell};
use crate::protocol::clients::{self, ClientKind};
use crate::protocol::{AdministrationError, Params};
use crate::refusal::Refusal;

pub(crate) async fn get(State(app): State<App>, visitor: Visitor) -> Result<Response, Instead> {
    visitor.administrator()?;
    // Drawn with the form: a form that is sent twice registers one client.
    let form = NewClient::empty(clients::new_id(app.argus()));
    Ok(show(&app, visitor, &form))
}

fn show(app: &App, visitor: Visitor, form: &NewClient) -> Response {
    let page = NewClientPage { shell: Shell::new(app.frame(), &visitor, Section::Clients), form }.respond();
    visitor.show(page)
}

pub(crate) async fn post(State(app): State<App>, VisitorForm { visitor, params }: VisitorForm) -> Result<Response, Instead> {
    let by = visitor.recent_administrator(&app, &format!("{}{}", app.base(), endpoint::ADMIN_NEW_CLIENT.path))?;
    let mut form = read(&params).ok_or(Refusal::Malformed)?;
    match clients::create(app.argus(), form.id, members(&form), &by).await {
        Ok(created) => {
            let told = client::Told { secret: created.client_secret, outdated: false };
            client::show(&app, visitor, form.id, told).await
        }
        Err(AdministrationError::Outdated) => client::show(&app, visitor, form.id, client::Told { secret: None, outdated: true }).await,
        Err(AdministrationError::Refused { problems, .. }) => {
            form.problems = problems;
            Ok(show(&app, visitor, &form))
        }
        Err(error) => Err(failed(&app, &visitor.meta, &error).into()),
    }
}

fn read(params: &Params) -> Option<NewClient> {
    let text = |name: &str| params.get(name).unwrap_or_default().trim().to_owned();
    Some(NewClient {
        id: params.get("id")?.parse::<ClientId>().ok()?,
        kind: ClientKind::parse(params.get("kind")?)?,
        name: text("name"),
        redirect_uris: text("redirectUris"),
        scopes: text("scopes"),
        problems: Vec::new(),
    })
}

/// The settings that a form leads to.
fn members(form: &NewClient) -> Map<String, Value> {
    let words = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    let mut members = form.kind.settings();
    members.extend([
        ("name".to_owned(), json!(form.name)),
        ("redirectUris".to_owned(), json!(words(&form.redirect_uris))),
        ("scopes".to_owned(), json!(words(&form.scopes))),
    ]);
    members
}

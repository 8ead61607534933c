//! `/apps/new`

use argus_domain::{Pointer, Problem};
use axum::extract::State;
use axum::response::Response;

use super::{client, owner};
use crate::app::App;
use crate::console::visitor::VisitorForm;
use crate::console::{Instead, Visitor, failed};
use crate::pages::{AppForm, NewAppPage, Section, Shell};
use crate::protocol::clients::{self, ClientKind};
use crate::protocol::own_clients::{self, Registration};
use crate::protocol::{AdministrationError, Params};
use crate::refusal::Refusal;

pub(crate) async fn get(State(app): State<App>, visitor: Visitor) -> Response {
    // Drawn with the form: a form that is sent twice registers one client.
    let form = AppForm::empty(clients::new_id(app.argus()), &app.argus().settings().self_service);
    show(&app, visitor, &form)
}

fn show(app: &App, visitor: Visitor, form: &AppForm) -> Response {
    let shell = Shell::new(app.frame(), &visitor, Section::Apps);
    let page = NewAppPage { shell, policy: &app.argus().settings().self_service, form }.respond();
    visitor.show(page)
}

pub(crate) async fn post(State(app): State<App>, VisitorForm { visitor, params }: VisitorForm) -> Result<Response, Instead> {
    let mut form = read(&app, &params).ok_or(Refusal::Malformed)?;
    let registration = Registration {
        kind: form.kind,
        name: form.name.clone(),
        redirect_uris: words(&form.redirect_uris),
        post_logout_redirect_uris: words(&form.post_logout_redirect_uris),
        scopes: form.scopes.clone(),
    };
    match own_clients::create(app.argus(), &owner(&visitor), form.id, registration).await {
        // Not by redirect: the secret is shown by this answer, and by no other.
        Ok(own) => client::show(&app, visitor, form.id, client::Told::secret(own.client.client_secret)).await,
        Err(AdministrationError::Outdated) => client::show(&app, visitor, form.id, client::Told::outdated()).await,
        Err(AdministrationError::Refused { problems, .. }) => {
            form.problems = problems;
            Ok(show(&app, visitor, &form))
        }
        Err(AdministrationError::Conflict(reason)) => {
            form.problems = vec![Problem::new(Pointer::root(), reason)];
            Ok(show(&app, visitor, &form))
        }
        Err(error) => Err(failed(&app, &visitor.meta, &error).into()),
    }
}

fn read(app: &App, params: &Params) -> Option<AppForm> {
    let empty = AppForm::empty(params.get("id")?.parse().ok()?, &app.argus().settings().self_service);
    Some(AppForm { kind: ClientKind::parse(params.get("kind")?)?, ..typed(params, empty) })
}

/// A form with what was typed in its fields.
pub(super) fn typed(params: &Params, form: AppForm) -> AppForm {
    let text = |name: &str| params.get(name).unwrap_or_default().trim().to_owned();
    AppForm {
        name: text("name"),
        redirect_uris: text("redirectUris"),
        post_logout_redirect_uris: text("postLogoutRedirectUris"),
        scopes: params.all("scopes").map(str::to_owned).collect(),
        ..form
    }
}

pub(super) fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

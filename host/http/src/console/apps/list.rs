//! `/apps`: the clients of the user, and the server's own judgement of redirect URIs while they are typed.

use argus_domain::client::ClientType;
use argus_domain::redirect_uri::check_registration;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json as value;

use super::owner;
use crate::answer::json;
use crate::app::App;
use crate::console::{Instead, Visitor, failed};
use crate::form::Query;
use crate::pages::{AppsPage, Section, Shell};
use crate::protocol::clients::ClientKind;
use crate::protocol::own_clients;

/// Redirect URIs judged at once.
const MAX_CHECKED: usize = 50;

pub(crate) async fn get(State(app): State<App>, visitor: Visitor) -> Result<Response, Instead> {
    let clients = own_clients::list(app.argus(), &owner(&visitor)).await.map_err(|error| failed(&app, &visitor.meta, &error))?;
    let shell = Shell::new(app.frame(), &visitor, Section::Apps);
    let page = AppsPage { shell, policy: &app.argus().settings().self_service, clients: &clients }.respond();
    Ok(visitor.show(page))
}

/// What is wrong with redirect URIs, of `uris` with spaces between, for a client of a `kind`.
pub(crate) async fn check_redirect_uris(Query(query): Query) -> Response {
    let client_type = match query.get("kind").and_then(ClientKind::parse) {
        Some(ClientKind::Spa | ClientKind::Native) => ClientType::Public,
        _ => ClientType::Confidential,
    };
    let uris = query.get("uris").unwrap_or_default().split_whitespace().take(MAX_CHECKED);
    let problems: Vec<String> =
        uris.filter_map(|uri| check_registration(uri, client_type).err().map(|error| format!("{uri}: {error}."))).collect();
    json(StatusCode::OK, &value!({ "problems": problems })).into_response()
}

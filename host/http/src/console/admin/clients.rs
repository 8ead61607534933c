//! `/admin/clients`: clients by name, and one that is looked for.

use axum::extract::State;
use axum::response::Response;

use super::failed;
use crate::app::App;
use crate::console::Instead;
use crate::console::visitor::Visitor;
use crate::form::Query;
use crate::pages::{ClientsPage, Section, Shell};
use crate::protocol::clients;

pub(crate) async fn list(State(app): State<App>, visitor: Visitor, Query(query): Query) -> Result<Response, Instead> {
    visitor.administrator()?;
    let text = query.get("q").unwrap_or_default().trim();
    let after = query.get("name").zip(query.get("id").and_then(|id| id.parse().ok()));
    let page =
        clients::list(app.argus(), text, after, clients::DEFAULT_LIMIT).await.map_err(|error| failed(&app, &visitor.meta, &error))?;
    let page = ClientsPage { shell: Shell::new(app.frame(), &visitor, Section::Clients), text, page: &page }.respond();
    Ok(visitor.show(page))
}

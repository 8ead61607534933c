//! `/admin/requests`: what users ask for, for clients of their own.

use axum::extract::State;
use axum::response::Response;

use super::failed;
use crate::app::App;
use crate::console::Instead;
use crate::console::visitor::{Visitor, VisitorForm};
use crate::endpoint;
use crate::front::redirect::see_other;
use crate::pages::{RequestsPage, Section, Shell};
use crate::protocol::own_clients;
use crate::refusal::Refusal;

pub(crate) async fn list(State(app): State<App>, visitor: Visitor) -> Result<Response, Instead> {
    visitor.administrator()?;
    let open = own_clients::open_requests(app.argus()).await.map_err(|error| failed(&app, &visitor.meta, &error))?;
    let page = RequestsPage { shell: Shell::new(app.frame(), &visitor, Section::Requests), open: &open }.respond();
    Ok(visitor.show(page))
}

pub(crate) async fn post(State(app): State<App>, VisitorForm { visitor, params }: VisitorForm) -> Result<Response, Instead> {
    let page = format!("{}{}", app.base(), endpoint::ADMIN_REQUESTS.path);
    let by = visitor.recent_administrator(&app, &page)?;
    let request = params.get("request").and_then(|id| id.parse::<u32>().ok()).ok_or(Refusal::Malformed)?;
    let done = match params.get("action") {
        Some("approve") => own_clients::approve(app.argus(), request.into(), &by).await,
        Some("decline") => own_clients::decline(app.argus(), request.into(), &by).await,
        _ => return Err(Refusal::Malformed.into()),
    };
    done.map_err(|error| failed(&app, &visitor.meta, &error))?;
    Ok(see_other(&page))
}

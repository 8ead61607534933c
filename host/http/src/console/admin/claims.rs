//! `/admin/clients/{client}/claims`: the claim providers of a client, tried on users before they are saved.

use argus_domain::client_request::Wanted;
use argus_domain::document::read_text;
use argus_domain::ids::ClientId;
use argus_domain::{Pointer, Problem};
use askama::Template;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use futures_util::stream;
use serde_json::json;
use tokio::sync::mpsc::Receiver;

use super::failed;
use crate::api::client_claims::{event_stream, event_text};
use crate::app::App;
use crate::console::Instead;
use crate::console::visitor::{Visitor, VisitorForm};
use crate::endpoint;
use crate::form::Query;
use crate::front::redirect::see_other;
use crate::pages::{ClaimsForm, ClaimsPage, Review, ReviewPart, Section, Shell};
use crate::protocol::client_claims::{self, ClaimsChange, DiffEvent, DiffRequest, PreviewRequest, Users};
use crate::protocol::{AdministrationError, claim_providers, clients, own_clients};
use crate::refusal::Refusal;

/// Users that a review looks at where nothing is said.
const REVIEWED: u32 = 100;
/// Users named in a review.
const NAMED: usize = 50;

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
    show(&app, visitor, id, ClaimsForm { text, revision: stored.revision, request, users: REVIEWED, ..ClaimsForm::default() }).await
}

async fn show(app: &App, visitor: Visitor, id: ClientId, mut form: ClaimsForm) -> Result<Response, Instead> {
    if let Ok(ClaimsChange { open_id_custom_claims, .. }) = read_text(&form.text) {
        let warnings = client_claims::warnings(app.argus(), id, open_id_custom_claims).await;
        form.warnings = warnings.map_err(|error| failed(app, &visitor.meta, &error))?;
    }
    let client = clients::show(app.argus(), id).await.map_err(|error| failed(app, &visitor.meta, &error))?;
    let catalogue = claim_providers::catalogue(app.argus()).await.map_err(|error| failed(app, &visitor.meta, &error))?;
    let shell = Shell::new(app.frame(), &visitor, Section::Clients);
    let page = ClaimsPage { shell, client: &client, form: &form, catalogue: &catalogue }.respond();
    Ok(visitor.show(page))
}

pub(crate) async fn post(
    State(app): State<App>,
    Path(client): Path<String>,
    VisitorForm { visitor, params }: VisitorForm,
) -> Result<Response, Instead> {
    let id: ClientId = client.parse().map_err(|_| Refusal::NotFound)?;
    let by = match params.get("action") {
        Some("save") => visitor.recent_administrator(&app, &format!("{}{}/{id}/claims", app.base(), endpoint::ADMIN_CLIENTS.path))?,
        _ => visitor.administrator()?,
    };
    let text = |name: &str| params.get(name).unwrap_or_default();
    let mut form = ClaimsForm {
        text: text("claims").to_owned(),
        user: text("user").trim().to_owned(),
        scopes: text("scopes").trim().to_owned(),
        revision: text("revision").parse().map_err(|_| Refusal::Malformed)?,
        request: params.get("request").and_then(|request| request.parse().ok()),
        users: params.get("users").and_then(|users| users.parse().ok()).unwrap_or(REVIEWED),
        ..ClaimsForm::default()
    };
    let change: ClaimsChange = match read_text(&form.text) {
        Ok(change) => change,
        Err(problem) => {
            form.problems = vec![problem];
            return show(&app, visitor, id, form).await;
        }
    };
    let mut is_odd = false;
    let done = match params.get("action") {
        Some("preview") if form.user.is_empty() => Err(refused("user", app.frame().texts.admin.claims_user_missing.to_owned())),
        Some("preview") => {
            let scopes: Vec<String> = form.scopes.split_whitespace().map(str::to_owned).collect();
            let request = PreviewRequest {
                user: form.user.clone(),
                scopes: (!scopes.is_empty()).then_some(scopes),
                open_id_custom_claims: Some(change.open_id_custom_claims),
            };
            client_claims::preview(app.argus(), id, request, &by).await.map(Some).map_err(|error| match error {
                AdministrationError::NotFound(_) => {
                    refused("user", format!("{} {}", app.frame().texts.admin.claims_user_unknown, form.user))
                }
                error => error,
            })
        }
        Some("review") => review(&app, id, &form, change).await.map(|review| {
            form.review = Some(review);
            None
        }),
        Some("save") => client_claims::save(app.argus(), id, form.revision, change, &by).await.map(|saved| {
            is_odd = !saved.warnings.is_empty();
            None
        }),
        _ => return Err(Refusal::Malformed.into()),
    };
    match done {
        Ok(None) if form.review.is_some() => {}
        Ok(None) => {
            if let Some(request) = form.request {
                let decided = own_clients::decided(app.argus(), request.into(), id, "approved", &by).await;
                decided.map_err(|error| failed(&app, &visitor.meta, &error))?;
            }
            // What is odd is told where it can be mended.
            let page = if is_odd { "/claims" } else { "" };
            return Ok(see_other(&format!("{}{}/{id}{page}", app.base(), endpoint::ADMIN_CLIENTS.path)));
        }
        Ok(preview) => form.preview = preview,
        Err(AdministrationError::Refused { problems, .. }) if !problems.is_empty() => form.problems = problems,
        Err(error @ AdministrationError::Storage(_)) => return Err(failed(&app, &visitor.meta, &error).into()),
        // What was typed stays in the form, whatever the reason.
        Err(error) => form.problems = vec![Problem::new(Pointer::root(), error.to_string())],
    }
    show(&app, visitor, id, form).await
}

fn refused(field: &str, message: String) -> AdministrationError {
    let problem = Problem::new(Pointer::root().join(field), message);
    AdministrationError::problems("", vec![problem])
}

/// What the change would do to users, looked at here and now.
async fn review(app: &App, id: ClientId, form: &ClaimsForm, change: ClaimsChange) -> Result<Review, AdministrationError> {
    let mut events = compare(app, id, form.users, change).await?;
    let mut review = Review::default();
    while let Some(event) = events.recv().await {
        if let DiffEvent::Error { detail } = event {
            return Err(AdministrationError::Conflict(detail.to_owned()));
        }
        note(&mut review, event);
    }
    Ok(review)
}

fn note(review: &mut Review, event: DiffEvent) {
    match event {
        DiffEvent::User(user) if review.users.len() < NAMED => review.users.push(user),
        DiffEvent::Done(summary) => review.summary = summary,
        DiffEvent::User(_) | DiffEvent::Progress { .. } | DiffEvent::Error { .. } => {}
    }
}

async fn compare(app: &App, id: ClientId, users: u32, change: ClaimsChange) -> Result<Receiver<DiffEvent>, AdministrationError> {
    let request = DiffRequest { open_id_custom_claims: change.open_id_custom_claims, scopes: None, users: Users::Sample(users) };
    client_claims::diff(app.argus(), id, request).await
}

/// The same for a script: how far it is, and in the end the part of the page.
pub(crate) async fn diff(
    State(app): State<App>,
    Path(client): Path<String>,
    VisitorForm { visitor, params }: VisitorForm,
) -> Result<Response, Instead> {
    visitor.administrator()?;
    let id: ClientId = client.parse().map_err(|_| Refusal::NotFound)?;
    let change: ClaimsChange = read_text(params.get("claims").unwrap_or_default()).map_err(|_| Refusal::Malformed)?;
    let users = params.get("users").and_then(|users| users.parse().ok()).unwrap_or(REVIEWED);
    let events = compare(&app, id, users, change).await.map_err(|error| failed(&app, &visitor.meta, &error))?;
    let texts = stream::unfold((events, Review::default(), app), |(mut events, mut review, app)| async move {
        let event = events.recv().await?;
        let text = match &event {
            DiffEvent::Progress { .. } => event_text("progress", &event),
            DiffEvent::Done(_) => {
                note(&mut review, event);
                let html = ReviewPart::new(app.frame(), &review).render().unwrap_or_default();
                event_text("review", &html)
            }
            // Nothing is told: the form is sent, and its answer says why.
            DiffEvent::Error { .. } => return None,
            DiffEvent::User(_) => {
                note(&mut review, event);
                String::new()
            }
        };
        Some((Ok::<_, std::convert::Infallible>(text), (events, review, app)))
    });
    Ok(event_stream(Body::from_stream(texts)))
}

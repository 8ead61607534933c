//! `/admin/claim-providers`: uploaded, approved, compared, put in service, rolled back.

use axum::extract::{Path, State};
use axum::response::Response;

use super::failed;
use crate::app::App;
use crate::console::Instead;
use crate::console::upload::{AdministratorUpload, VisitorUpload};
use crate::console::visitor::{Visitor, VisitorForm};
use crate::endpoint;
use crate::form::Query;
use crate::front::redirect::see_other;
use crate::pages::{ProviderPage, ProviderTold, ProvidersPage, RefusedUpload, Section, Shell, UploadPage};
use crate::protocol::claim_providers::{self, Approve, Upload};
use crate::protocol::{AdministrationError, Administrator};
use crate::refusal::Refusal;

/// Logs shown.
const LOGS: u32 = 20;

pub(crate) async fn list(State(app): State<App>, visitor: Visitor) -> Result<Response, Instead> {
    visitor.administrator()?;
    let providers = claim_providers::list(app.argus()).await.map_err(|error| failed(&app, &visitor.meta, &error))?;
    let page = ProvidersPage { shell: Shell::new(app.frame(), &visitor, Section::ClaimProviders), providers: &providers }.respond();
    Ok(visitor.show(page))
}

pub(crate) async fn new(State(app): State<App>, visitor: Visitor, Query(query): Query) -> Result<Response, Instead> {
    visitor.administrator()?;
    Ok(show_upload(&app, visitor, query.get("name").unwrap_or_default(), None))
}

fn show_upload(app: &App, visitor: Visitor, name: &str, refused: Option<&RefusedUpload>) -> Response {
    let page = UploadPage { shell: Shell::new(app.frame(), &visitor, Section::ClaimProviders), name, refused }.respond();
    visitor.show(page)
}

pub(crate) async fn upload(
    State(app): State<App>,
    AdministratorUpload(VisitorUpload { visitor, params, file }): AdministratorUpload,
) -> Result<Response, Instead> {
    let by = visitor.recent_administrator(&app, &format!("{}{}", app.base(), endpoint::ADMIN_CLAIM_PROVIDER_UPLOAD.path))?;
    let name = params.get("name").unwrap_or_default().trim().to_owned();
    let then = params.get("then");
    let approve = if params.get("approve") == Some("all") { Approve::Declared } else { Approve::AsBefore };
    let options = Upload { approve, promote: then == Some("promote"), shadow: then == Some("shadow") };
    match claim_providers::upload(app.argus(), &name, file, &options, &by).await {
        // Not by redirect: what the check found is told once.
        Ok(uploaded) => show(&app, visitor, &name, ProviderTold { notice: None, report: Some(uploaded.report) }, &by).await,
        Err(AdministrationError::Refused { detail, problems, report }) => {
            Ok(show_upload(&app, visitor, &name, Some(&RefusedUpload { detail, problems, report })))
        }
        Err(AdministrationError::Conflict(detail)) => {
            Ok(show_upload(&app, visitor, &name, Some(&RefusedUpload { detail, problems: Vec::new(), report: None })))
        }
        Err(error) => Err(failed(&app, &visitor.meta, &error).into()),
    }
}

pub(crate) async fn get(State(app): State<App>, visitor: Visitor, Path(name): Path<String>) -> Result<Response, Instead> {
    let by = visitor.administrator()?;
    show(&app, visitor, &name, ProviderTold::default(), &by).await
}

async fn show(app: &App, visitor: Visitor, name: &str, told: ProviderTold, by: &Administrator) -> Result<Response, Instead> {
    let failed = |error| failed(app, &visitor.meta, &error);
    let provider = claim_providers::show(app.argus(), name, false, by).await.map_err(failed)?;
    let logs = claim_providers::logs(app.argus(), name, LOGS).await.map_err(failed)?;
    let shell = Shell::new(app.frame(), &visitor, Section::ClaimProviders);
    let page = ProviderPage { shell, provider: &provider, logs: &logs, told: &told }.respond();
    Ok(visitor.show(page))
}

pub(crate) async fn post(
    State(app): State<App>,
    Path(name): Path<String>,
    VisitorForm { visitor, params }: VisitorForm,
) -> Result<Response, Instead> {
    let page = format!("{}{}/{name}", app.base(), endpoint::ADMIN_CLAIM_PROVIDERS.path);
    let by = visitor.recent_administrator(&app, &page)?;
    let argus = app.argus();
    let digest = params.get("digest").unwrap_or_default();
    let done = match params.get("action") {
        Some("approve") => approve(&app, &name, digest, &by).await,
        Some("promote") => claim_providers::promote(argus, &name, digest, &by).await,
        Some("shadow") => claim_providers::set_shadow(argus, &name, Some(digest), &by).await,
        Some("end_shadow") => claim_providers::set_shadow(argus, &name, None, &by).await,
        Some("roll_back") => claim_providers::roll_back(argus, &name, &by).await,
        Some("delete_version") => claim_providers::delete_version(argus, &name, digest, &by).await,
        Some("delete") => match claim_providers::delete(argus, &name, &by).await {
            Ok(()) => return Ok(see_other(&format!("{}{}", app.base(), endpoint::ADMIN_CLAIM_PROVIDERS.path))),
            Err(error) => Err(error),
        },
        _ => return Err(Refusal::Malformed.into()),
    };
    match done {
        Ok(()) => Ok(see_other(&page)),
        Err(error @ (AdministrationError::Conflict(_) | AdministrationError::Refused { .. } | AdministrationError::Outdated)) => {
            show(&app, visitor, &name, ProviderTold { notice: Some(error.to_string()), report: None }, &by).await
        }
        Err(error) => Err(failed(&app, &visitor.meta, &error).into()),
    }
}

/// Approves every fact that a version declares: the page names them on the button.
async fn approve(app: &App, name: &str, digest: &str, by: &Administrator) -> Result<(), AdministrationError> {
    let provider = claim_providers::show(app.argus(), name, false, by).await?;
    let version = provider.versions.iter().find(|version| version.digest == digest);
    let version = version.ok_or_else(|| AdministrationError::NotFound(format!("{name} has no version {digest}")))?;
    claim_providers::approve(app.argus(), name, digest, version.needs, by).await
}

//! `/admin`, `/admin/keys` and `/admin/documents`: what is about the whole installation.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::failed;
use crate::app::App;
use crate::console::Instead;
use crate::console::visitor::{Visitor, VisitorForm};
use crate::endpoint;
use crate::front::redirect::see_other;
use crate::pages::{AdminOverviewPage, DocumentForm, DocumentsPage, ImportPlan, KeysPage, Section, Shell};
use crate::protocol::{AdministrationError, import, key_management, overview as progress, own_clients};
use crate::refusal::Refusal;

pub(crate) async fn overview(State(app): State<App>, visitor: Visitor) -> Result<Response, Instead> {
    visitor.administrator()?;
    let argus = app.argus();
    let waiting = own_clients::waiting(argus).await.map_err(|error| failed(&app, &visitor.meta, &error))?;
    let progress = progress::progress(argus).await.map_err(|error| failed(&app, &visitor.meta, &error.into()))?;
    let shell = Shell::new(app.frame(), &visitor, Section::AdminOverview);
    let page = AdminOverviewPage { shell, issuer: argus.settings().issuer.as_str(), waiting, progress: &progress }.respond();
    Ok(visitor.show(page))
}

pub(crate) async fn keys(State(app): State<App>, visitor: Visitor) -> Result<Response, Instead> {
    visitor.administrator()?;
    let keys = key_management::list(app.argus()).await.map_err(|error| failed(&app, &visitor.meta, &error.into()))?;
    let page = KeysPage { shell: Shell::new(app.frame(), &visitor, Section::Keys), keys: &keys }.respond();
    Ok(visitor.show(page))
}

pub(crate) async fn rotate_keys(State(app): State<App>, VisitorForm { visitor, params }: VisitorForm) -> Result<Response, Instead> {
    let page = format!("{}{}", app.base(), endpoint::ADMIN_KEYS.path);
    let by = visitor.recent_administrator(&app, &page)?;
    let at_once = match params.get("action") {
        Some("publish") => false,
        Some("now") => true,
        _ => return Err(Refusal::Malformed.into()),
    };
    key_management::rotate(app.argus(), at_once, &by).await.map_err(|error| failed(&app, &visitor.meta, &error))?;
    Ok(see_other(&page))
}

pub(crate) async fn get(State(app): State<App>, visitor: Visitor) -> Result<Response, Instead> {
    visitor.administrator()?;
    Ok(show(&app, visitor, &DocumentForm::default(), None))
}

fn show(app: &App, visitor: Visitor, form: &DocumentForm, plan: Option<&ImportPlan>) -> Response {
    let page = DocumentsPage { shell: Shell::new(app.frame(), &visitor, Section::Documents), form, plan }.respond();
    visitor.show(page)
}

pub(crate) async fn export(State(app): State<App>, visitor: Visitor) -> Result<Response, Instead> {
    visitor.administrator()?;
    let document = crate::protocol::export::export(app.argus().store()).await;
    let document = document.map_err(|error| failed(&app, &visitor.meta, &error.into()))?;
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CONTENT_DISPOSITION, "attachment; filename=\"argus.json\"")];
    Ok((headers, text).into_response())
}

pub(crate) async fn post(State(app): State<App>, VisitorForm { visitor, params }: VisitorForm) -> Result<Response, Instead> {
    let by = visitor.recent_administrator(&app, &format!("{}{}", app.base(), endpoint::ADMIN_DOCUMENTS.path))?;
    let mut form = DocumentForm { text: params.get("document").unwrap_or_default().to_owned(), ..DocumentForm::default() };
    let no_files = |_: &str| Err("there is no folder here: give the content itself, or upload the component".to_owned());
    let applied = match params.get("action") {
        Some("plan") => false,
        Some("apply") => true,
        _ => return Err(Refusal::Malformed.into()),
    };
    let done = if applied {
        import::import(app.argus(), &form.text, &no_files, &by.actor, &by.meta).await
    } else {
        import::dry_run(app.argus(), &form.text, &no_files).await
    };
    match done.map_err(AdministrationError::from) {
        Ok(report) => {
            if applied {
                form.text.clear();
            }
            Ok(show(&app, visitor, &form, Some(&ImportPlan { applied, report })))
        }
        Err(AdministrationError::Refused { problems, .. }) if !problems.is_empty() => {
            form.problems = problems;
            Ok(show(&app, visitor, &form, None))
        }
        Err(error) => Err(failed(&app, &visitor.meta, &error).into()),
    }
}

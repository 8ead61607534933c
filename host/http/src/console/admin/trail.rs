//! `/admin/audit`: the audit trail.

use argus_domain::Problem;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::failed;
use crate::api::audit::json_lines;
use crate::app::App;
use crate::console::Instead;
use crate::console::visitor::{Visitor, VisitorForm};
use crate::form::Query;
use crate::pages::{AuditPage, Section, Shell};
use crate::protocol::audit::{self, AuditQuery, Verified};
use crate::protocol::{AdministrationError, Params};

/// What the trail is filtered by.
const FILTERS: [&str; 4] = ["event", "client", "subject", "correlationId"];

/// Seconds between two looks at a trail that is followed.
const FOLLOWED_EVERY: HeaderValue = HeaderValue::from_static("5");

/// The filters that something was typed for: an empty field of a form filters nothing.
fn filters(params: &Params) -> Vec<(String, String)> {
    let typed = |name: &&str| params.get(name).map(|value| ((*name).to_owned(), value.trim().to_owned()));
    FILTERS.iter().filter_map(typed).filter(|(_, value)| !value.is_empty()).collect()
}

/// The same as a query, the latest first.
fn query(filters: &[(String, String)], after: Option<&str>) -> Result<AuditQuery, AdministrationError> {
    let mut pairs = filters.to_vec();
    pairs.push(("order".to_owned(), "newest".to_owned()));
    pairs.extend(after.map(|after| ("after".to_owned(), after.to_owned())));
    pairs.push(("limit".to_owned(), "50".to_owned()));
    AuditQuery::parse(&Params::from_pairs(pairs))
}

pub(crate) async fn list(State(app): State<App>, visitor: Visitor, Query(params): Query) -> Result<Response, Instead> {
    visitor.administrator()?;
    let follow = params.get("follow") == Some("true") && params.get("after").is_none();
    let mut page = show(&app, visitor, &filters(&params), params.get("after"), Shown { verified: None, follow }).await?;
    if follow {
        // The page comes again by itself, without a script.
        page.headers_mut().insert(header::REFRESH, FOLLOWED_EVERY);
    }
    Ok(page)
}

/// What the page says beside the events.
struct Shown<'a> {
    verified: Option<&'a Verified>,
    follow: bool,
}

async fn show(
    app: &App,
    visitor: Visitor,
    filters: &[(String, String)],
    after: Option<&str>,
    shown: Shown<'_>,
) -> Result<Response, Instead> {
    let shell = Shell::new(app.frame(), &visitor, Section::Audit);
    let page = match query(filters, after) {
        Ok(query) => {
            let page = audit::list(app.argus(), &query).await.map_err(|error| failed(app, &visitor.meta, &error))?;
            AuditPage::new(shell, filters, (&page.events, page.next.as_deref()), &[], shown.verified).following(shown.follow).respond()
        }
        Err(AdministrationError::Refused { problems, .. }) => refused(shell, filters, &problems),
        Err(error) => return Err(failed(app, &visitor.meta, &error).into()),
    };
    Ok(visitor.show(page))
}

fn refused(shell: Shell<'_>, filters: &[(String, String)], problems: &[Problem]) -> Response {
    AuditPage::new(shell, filters, (&[], None), problems, None).respond()
}

pub(crate) async fn export(State(app): State<App>, visitor: Visitor, Query(params): Query) -> Result<Response, Instead> {
    visitor.administrator()?;
    let pairs = filters(&params);
    let query = AuditQuery::parse(&Params::from_pairs(pairs)).map_err(|error| failed(&app, &visitor.meta, &error))?;
    Ok(json_lines(audit::lines(app.argus(), query)))
}

pub(crate) async fn verify(State(app): State<App>, VisitorForm { visitor, .. }: VisitorForm) -> Result<Response, Instead> {
    visitor.administrator()?;
    let verified = audit::verify(app.argus()).await.map_err(|error| failed(&app, &visitor.meta, &error))?;
    show(&app, visitor, &[], None, Shown { verified: Some(&verified), follow: false }).await
}

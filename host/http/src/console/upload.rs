//! A form of ours with a file in it (RFC 7578).

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use super::{Instead, Visitor};
use crate::app::App;
use crate::browser::Browser;
use crate::context::RequestContext;
use crate::csrf;
use crate::form::read_and_drain;
use crate::protocol::Params;
use crate::refusal::Refusal;

/// Room for the fields beside the file.
const FIELD_BYTES: usize = 16 * 1024;
/// How much of a body beyond the limit is listened to, in multiples of the limit.
const DRAINED: usize = 2;

/// Fields and the file of a form that an administrator sent.
pub(crate) struct AdministratorUpload(pub(crate) VisitorUpload);

impl FromRequest<App> for AdministratorUpload {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        read(request, app, |visitor| visitor.administrator().map(drop)).await.map(Self)
    }
}

/// Fields and the file of a form that somebody sent who is signed in.
pub(crate) struct VisitorUpload {
    pub(crate) visitor: Visitor,
    pub(crate) params: Params,
    /// What was sent as the file; empty where none was chosen.
    pub(crate) file: Vec<u8>,
}

/// The picture that a form asks for: no bytes where the one before is to go, and none where no file was chosen.
pub(crate) fn chosen_picture(params: &Params, file: Vec<u8>) -> Option<Vec<u8>> {
    if params.get("action") == Some("remove") { Some(Vec::new()) } else { Some(file).filter(|file| !file.is_empty()) }
}

impl FromRequest<App> for VisitorUpload {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        read(request, app, |_| Ok(())).await
    }
}

async fn read(request: Request, app: &App, admits: impl FnOnce(&Visitor) -> Result<(), Instead>) -> Result<VisitorUpload, Response> {
    let (mut parts, body) = request.into_parts();
    // First: a file of somebody who may not send one is not read.
    let visitor = Visitor::from_request_parts(&mut parts, app).await?;
    admits(&visitor).map_err(IntoResponse::into_response)?;
    let Ok(browser) = Browser::from_request_parts(&mut parts, app).await;
    let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(content_type).map_err(|_| Refusal::NotAForm.into_response())?;
    let limit = parts.extensions.get::<RequestContext>().map_or(0, |context| context.max_body_bytes).saturating_add(FIELD_BYTES);
    let bytes = read_and_drain(body, limit, limit.saturating_mul(DRAINED)).await.map_err(IntoResponse::into_response)?;
    let (params, file) = fields(bytes, boundary).await.ok_or_else(|| Refusal::Malformed.into_response())?;
    csrf::check(app.origin(), &parts.headers, browser.csrf.as_deref(), params.get(csrf::FIELD)).map_err(|forgery| {
        tracing::warn!(?forgery, "a form was refused");
        Refusal::ForgedForm.into_response()
    })?;
    Ok(VisitorUpload { visitor, params, file })
}

/// Texts, and the one file.
async fn fields(bytes: Vec<u8>, boundary: String) -> Option<(Params, Vec<u8>)> {
    let whole = stream::iter([Ok::<_, std::convert::Infallible>(bytes)]);
    let mut form = multer::Multipart::new(whole, boundary);
    let (mut pairs, mut file) = (Vec::new(), Vec::new());
    while let Some(field) = form.next_field().await.ok()? {
        let name = field.name()?.to_owned();
        if field.file_name().is_some() {
            file = field.bytes().await.ok()?.to_vec();
        } else {
            pairs.push((name, field.text().await.ok()?));
        }
    }
    Some((Params::from_pairs(pairs), file))
}

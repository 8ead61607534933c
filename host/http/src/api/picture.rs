//! Users' pictures, for the `picture` claim: whoever knows the key may see one, so that any relying party's page can show it.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::protocol::{log_failure, picture};
use crate::refusal::Refusal;

pub(crate) async fn get(State(app): State<App>, key: Result<Path<String>, PathRejection>) -> Response {
    let Ok(Path(key)) = key else { return Refusal::NotFound.into_response() };
    match picture::picture(app.argus(), &key).await {
        Ok(Some(picture)) => {
            let headers =
                [(header::CONTENT_TYPE, picture.content_type.into_owned()), (header::CACHE_CONTROL, "public, max-age=3600".to_owned())];
            (headers, picture.bytes).into_response()
        }
        Ok(None) => Refusal::NotFound.into_response(),
        Err(error) => {
            log_failure(&error);
            Refusal::Unavailable.into_response()
        }
    }
}

//! The error page: what happened, what to do, and the code under which the log tells more.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::{Frame, plain_page};
use crate::refusal::Refusal;

/// One error, for people.
#[derive(Template)]
#[template(path = "error.html")]
pub(crate) struct ErrorPage<'a> {
    frame: &'a Frame,
    title: &'static str,
    sentence: String,
    advice: &'static str,
    correlation_id: &'a str,
}

impl<'a> ErrorPage<'a> {
    /// A use case's refusal, in its own words.
    pub(crate) fn of_request(sentence: String, status: StatusCode, frame: &'a Frame, correlation_id: &'a str) -> Self {
        let texts = frame.texts;
        let (title, advice) = if status.is_server_error() {
            (texts.error_unavailable_title, texts.error_try_again)
        } else {
            (texts.error_request_title, texts.error_request_advice)
        };
        Self { frame, title, sentence, advice, correlation_id }
    }

    /// A refusal of this layer.
    pub(crate) fn of_refusal(refusal: Refusal, frame: &'a Frame, correlation_id: &'a str) -> Self {
        let texts = frame.texts;
        let (title, sentence, advice) = match refusal {
            Refusal::NotFound => (texts.error_not_found_title, texts.error_not_found, texts.error_not_found_advice),
            Refusal::LinkGone => (texts.error_link_title, texts.error_link, texts.error_link_advice),
            Refusal::QueryTooLong | Refusal::HeadersTooLarge | Refusal::BodyTooLarge => {
                (texts.error_request_title, texts.error_too_large, texts.error_request_advice)
            }
            Refusal::NotAForm | Refusal::Malformed | Refusal::MethodNotAllowed => {
                (texts.error_request_title, texts.error_malformed, texts.error_request_advice)
            }
            Refusal::ForgedForm => (texts.error_form_title, texts.error_form, texts.error_form_advice),
            Refusal::TimedOut => (texts.error_unavailable_title, texts.error_timed_out, texts.error_try_again),
            Refusal::Unavailable => (texts.error_unavailable_title, texts.error_unavailable, texts.error_try_again),
            Refusal::Failed => (texts.error_failed_title, texts.error_failed, texts.error_try_again),
        };
        Self { frame, title, sentence: sentence.to_owned(), advice, correlation_id }
    }

    pub(crate) fn respond(&self, status: StatusCode) -> Response {
        plain_page(status, self)
    }
}

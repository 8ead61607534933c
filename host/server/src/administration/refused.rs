//! A refusal of the API (RFC 9457), as a person at a terminal reads it.

use std::fmt;

use axum::http::StatusCode;
use serde::Deserialize;

use super::wire::report::CheckReport;
use crate::logging::escape;

/// The server said no.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The status code.
    pub(crate) status: StatusCode,
    document: Option<ProblemDocument>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProblemDocument {
    title: String,
    detail: Option<String>,
    correlation_id: Option<String>,
    #[serde(default)]
    problems: Vec<Problem>,
    report: Option<CheckReport>,
}

/// What is wrong, and where.
#[derive(Debug, Deserialize)]
pub(crate) struct Problem {
    /// RFC 6901; empty for the whole document.
    pub(crate) pointer: String,
    /// A sentence.
    pub(crate) message: String,
}

impl Refused {
    pub(super) fn of(status: StatusCode, body: &[u8]) -> Self {
        Self { status, document: serde_json::from_slice(body).ok() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pointer = if self.pointer.is_empty() { "(document)" } else { &self.pointer };
        write!(f, "{}: {}", escape(pointer), escape(&self.message))
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(document) = &self.document else {
            return write!(f, "the server answered {}, and not as the administration API of Argus does: is the URL right?", self.status);
        };
        write!(f, "{}", escape(document.detail.as_deref().unwrap_or(&document.title)))?;
        for problem in &document.problems {
            write!(f, "\n  {problem}")?;
        }
        for finding in document.report.iter().flat_map(CheckReport::worth_reading) {
            write!(f, "\n  {finding}")?;
        }
        match &document.correlation_id {
            Some(id) if self.status.is_server_error() => write!(f, "\n  correlation id {}", escape(id)),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Refused {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(status: u16, document: &serde_json::Value) -> String {
        Refused::of(StatusCode::from_u16(status).unwrap(), document.to_string().as_bytes()).to_string()
    }

    #[test]
    fn detail_problems_and_report_are_told() {
        insta::assert_snapshot!(refused(
            422,
            &json!({
                "type": "about:blank", "title": "Unprocessable Content", "status": 422, "detail": "the component is not accepted",
                "correlationId": "0198", "problems": [
                    {"pointer": "/0/configuration/claim", "message": "is required"}, {"pointer": "", "message": "is too long\u{1b}[31m"},
                ],
                "report": {"digest": "ab", "bytes": 3, "findings": [
                    {"check": "component", "outcome": "passed", "message": "is a component"},
                    {"check": "determinism", "outcome": "failed", "message": "gave two answers for one input"},
                    {"check": "schema", "outcome": "warning", "message": "accepts everything"},
                ], "claims": []},
            })
        ));
    }

    #[test]
    fn a_failure_of_the_server_can_be_looked_up() {
        let document = json!({"title": "Internal Server Error", "status": 500, "correlationId": "0198"});
        assert_eq!(refused(500, &document), "Internal Server Error\n  correlation id 0198");
        assert_eq!(refused(404, &json!({"title": "Not Found", "correlationId": "0198"})), "Not Found");
    }

    #[test]
    fn an_answer_of_somebody_else_is_no_document() {
        let refused = Refused::of(StatusCode::BAD_GATEWAY, b"<html>");
        assert!(refused.to_string().starts_with("the server answered 502 Bad Gateway"), "{refused}");
    }
}

//! The administration API, to read.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::{Frame, plain_page};

/// Every operation, by chapter.
#[derive(Template)]
#[template(path = "api/operations.html")]
pub(crate) struct OperationsPage<'a> {
    pub(crate) frame: &'a Frame,
    pub(crate) issuer: &'a str,
    pub(crate) chapters: Vec<Chapter<'a>>,
}

/// Every shape, by name.
#[derive(Template)]
#[template(path = "api/shapes.html")]
pub(crate) struct ShapesPage<'a> {
    pub(crate) frame: &'a Frame,
    pub(crate) shapes: Vec<Shape<'a>>,
}

/// Operations on one thing.
pub(crate) struct Chapter<'a> {
    pub(crate) name: &'a str,
    pub(crate) description: &'a str,
    pub(crate) operations: Vec<OperationOfApi<'a>>,
}

/// One operation.
pub(crate) struct OperationOfApi<'a> {
    pub(crate) id: &'a str,
    pub(crate) method: String,
    pub(crate) path: &'a str,
    pub(crate) summary: &'a str,
    pub(crate) note: &'a str,
    pub(crate) scopes: Vec<&'a str>,
    pub(crate) parameters: Vec<Member<'a>>,
    /// Content type and shape.
    pub(crate) body: Option<(&'a str, Kind<'a>)>,
    pub(crate) answers: Vec<Row<'a>>,
    /// Statuses that mean the same everywhere.
    pub(crate) refusals: Vec<&'a str>,
}

/// An answer by its status.
pub(crate) struct Row<'a> {
    pub(crate) name: &'a str,
    pub(crate) kind: Kind<'a>,
    pub(crate) description: &'a str,
}

/// A parameter, or a member of a shape.
pub(crate) struct Member<'a> {
    pub(crate) name: &'a str,
    /// Of a parameter: `path`, `query` or `header`.
    pub(crate) place: &'a str,
    pub(crate) kind: Kind<'a>,
    pub(crate) is_required: bool,
    pub(crate) description: &'a str,
}

/// What a value is.
#[derive(Default)]
pub(crate) struct Kind<'a> {
    pub(crate) text: String,
    /// The shape that the words end with.
    pub(crate) link: Option<&'a str>,
}

/// A shape with a name.
pub(crate) struct Shape<'a> {
    pub(crate) name: &'a str,
    pub(crate) description: &'a str,
    /// What it is, where it has no members.
    pub(crate) kind: Kind<'a>,
    pub(crate) members: Vec<Member<'a>>,
}

impl OperationsPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        plain_page(StatusCode::OK, self)
    }
}

impl ShapesPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        plain_page(StatusCode::OK, self)
    }
}

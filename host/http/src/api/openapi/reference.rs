//! The document as two pages: what may be done, and the shapes of what is sent.

use axum::response::Response;
use serde_json::Value;

use crate::app::App;
use crate::pages::{Chapter, Kind, Member, OperationOfApi, OperationsPage, Row, Shape, ShapesPage};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

pub(super) fn operations(app: &App) -> Response {
    let document = &app.openapi().document;
    let chapters = list(&document["tags"]).map(|tag| chapter(document, tag)).collect();
    OperationsPage { frame: app.frame(), issuer: app.argus().settings().issuer.as_str(), chapters }.respond()
}

pub(super) fn shapes(app: &App) -> Response {
    let document = &app.openapi().document;
    let shapes = members_of(&document["components"]["schemas"]).map(|(name, schema)| shape(name, schema)).collect();
    ShapesPage { frame: app.frame(), shapes }.respond()
}

fn chapter<'d>(document: &'d Value, tag: &'d Value) -> Chapter<'d> {
    let mut operations = Vec::new();
    for (path, of_path) in members_of(&document["paths"]) {
        for method in METHODS {
            if let Some(operation) = of_path.get(method).filter(|operation| operation["tags"][0] == tag["name"]) {
                operations.push(operation_of(method, path, operation));
            }
        }
    }
    Chapter { name: word(&tag["name"]), description: word(&tag["description"]), operations }
}

fn operation_of<'d>(method: &str, path: &'d str, operation: &'d Value) -> OperationOfApi<'d> {
    let body = members_of(&operation["requestBody"]["content"]).next();
    // Conflicts are told in words of their own; what else may be wrong is wrong everywhere alike.
    let (told, refusals): (Vec<_>, Vec<_>) =
        members_of(&operation["responses"]).partition(|(status, _)| status.starts_with('2') || *status == "409");
    let answers = told.into_iter().map(|(status, answer)| Row {
        name: status,
        kind: members_of(&answer["content"]).next().map_or_else(Kind::default, |(content_type, content)| content_of(content_type, content)),
        description: word(&answer["description"]),
    });
    OperationOfApi {
        id: word(&operation["operationId"]),
        method: method.to_uppercase(),
        path,
        summary: word(&operation["summary"]),
        note: word(&operation["description"]),
        scopes: list(&operation["security"][0]["argus"]).map(word).collect(),
        parameters: list(&operation["parameters"])
            .map(|parameter| Member {
                name: word(&parameter["name"]),
                place: word(&parameter["in"]),
                kind: kind(&parameter["schema"]),
                is_required: parameter["required"] == true,
                description: word(&parameter["description"]),
            })
            .collect(),
        body: body.map(|(content_type, content)| (content_type, kind(&content["schema"]))),
        answers: answers.collect(),
        refusals: sorted(refusals.into_iter().map(|(status, _)| status)),
    }
}

fn sorted<'d>(statuses: impl Iterator<Item = &'d str>) -> Vec<&'d str> {
    let mut statuses: Vec<&str> = statuses.collect();
    statuses.sort_unstable();
    statuses
}

/// A problem looks the same everywhere, and JSON is what there mostly is: neither is said again.
fn content_of<'d>(content_type: &'d str, content: &'d Value) -> Kind<'d> {
    match content_type {
        "application/problem+json" => Kind::default(),
        "application/json" => kind(&content["schema"]),
        other => Kind { text: other.to_owned(), link: None },
    }
}

fn shape<'d>(name: &'d str, schema: &'d Value) -> Shape<'d> {
    let required: Vec<&str> = list(&schema["required"]).map(word).collect();
    let members = members_of(&schema["properties"]).map(|(name, member)| Member {
        name,
        place: "",
        kind: kind(member),
        is_required: required.contains(&name),
        description: word(&member["description"]),
    });
    let members: Vec<Member<'_>> = members.collect();
    let kind = if members.is_empty() { kind(schema) } else { Kind::default() };
    Shape { name, description: word(&schema["description"]), kind, members }
}

/// What a value is, in words, with the name of the shape to look up.
fn kind(schema: &Value) -> Kind<'_> {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return Kind { text: String::new(), link: Some(name) };
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let mut kinds: Vec<Kind<'_>> = choices.iter().map(kind).collect();
        kinds.sort_by_key(|kind| kind.link.is_some());
        let link = kinds.iter().find_map(|kind| kind.link);
        let texts: Vec<String> = kinds.into_iter().map(|kind| kind.text).filter(|text| !text.is_empty()).collect();
        let last = if link.is_some() && !texts.is_empty() { " or " } else { "" };
        return Kind { text: format!("{}{last}", texts.join(" or ")), link };
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values.iter().map(|value| word(value).to_owned()).collect();
        return Kind { text: values.join(", "), link: None };
    }
    let mut types: Vec<&str> = list(&schema["type"]).map(word).collect();
    types.extend(schema["type"].as_str());
    if types.contains(&"array") {
        let of = kind(&schema["items"]);
        let text = if types.contains(&"null") { "null or list of " } else { "list of " };
        return Kind { text: format!("{text}{}", of.text), link: of.link };
    }
    let members: Vec<(&str, &Value)> = members_of(&schema["properties"]).collect();
    match members.as_slice() {
        [] => {}
        [(name, member)] => {
            let of = kind(member);
            return Kind { text: format!("{name}: {}", of.text), link: of.link };
        }
        several => {
            let names: Vec<&str> = several.iter().map(|(name, _)| *name).collect();
            return Kind { text: format!("any of {}", names.join(", ")), link: None };
        }
    }
    let mut text = types.join(" or ");
    if let Some(format) = schema["format"].as_str().filter(|format| *format == "uuid") {
        text = format.to_owned();
    }
    if let (Some(least), Some(most)) = (schema["minimum"].as_u64(), schema["maximum"].as_u64()) {
        text = format!("{text} {least}–{most}");
    }
    Kind { text: if text.is_empty() { "any value".to_owned() } else { text }, link: None }
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn members_of(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, member)| (name.as_str(), member))
}

//! One operation: what it takes, what it answers, and how it refuses.

use serde_json::{Value, json};
use utoipa::ToSchema;

use super::schemas::{Schemas, text};
use crate::endpoint::Endpoint;

/// Why every operation may be refused.
const ALWAYS: &[(u16, &str)] = &[
    (400, "The request, or its `Authorization` header, cannot be read."),
    (401, "No access token, or none that is valid."),
    (403, "The token lacks the scope, or the user is no administrator."),
    (503, "Too busy, or the database is out of reach; come again after `Retry-After`."),
];

/// An operation while it is described. What it may be refused with follows from what it takes.
pub(in crate::api) struct Operation<'a> {
    value: &'a mut Value,
    schemas: &'a mut Schemas,
    /// The last answer of success, for what is said of it.
    success: String,
}

impl<'a> Operation<'a> {
    pub(super) fn begin(
        value: &'a mut Value,
        schemas: &'a mut Schemas,
        (method, endpoint): (&str, &Endpoint),
        tag: &str,
        scope: &str,
        summary: &str,
    ) -> Self {
        *value = json!({
            "operationId": operation_id(method, endpoint.name),
            "tags": [tag],
            "summary": summary,
            "security": [{"argus": [scope]}],
            "parameters": [],
            "responses": {},
        });
        let mut operation = Self { value, schemas, success: String::new() };
        for (status, why) in ALWAYS {
            operation.refused(*status, why);
        }
        let names: Vec<&str> = endpoint.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        for name in &names {
            operation.parameter(name, "path", true, &text(), "");
        }
        if names.contains(&"digest") {
            operation.refused(422, "A digest is 64 lower-case hexadecimal digits.");
        }
        if !names.is_empty() {
            operation.refused(404, "It is not there.");
        }
        operation
    }

    /// More than the summary says.
    pub(in crate::api) fn note(self, text: &str) -> Self {
        self.value["description"] = text.into();
        self
    }

    /// Scopes that are needed beside the first.
    pub(in crate::api) fn and_scopes(self, others: &[&str]) -> Self {
        if let Value::Array(scopes) = &mut self.value["security"][0]["argus"] {
            scopes.extend(others.iter().map(|scope| Value::from(*scope)));
        }
        self
    }

    /// A parameter of the query, which is refused where it cannot be meant.
    pub(in crate::api) fn query(mut self, name: &str, schema: &Value, description: &str) -> Self {
        self.parameter(name, "query", false, schema, description);
        self.refused(422, "Something that was sent is wrong; `problems` say where.");
        self
    }

    /// It changes what was read: `If-Match` has to name it.
    pub(in crate::api) fn if_match(mut self) -> Self {
        self.parameter("If-Match", "header", true, &text(), "The `ETag` that was read.");
        self.refused(412, "It has changed since it was read.");
        self.refused(428, "`If-Match` is missing.");
        self
    }

    /// It makes something new with `If-None-Match: *`, or changes what was read with `If-Match`.
    pub(in crate::api) fn if_none_match(mut self) -> Self {
        self.parameter("If-None-Match", "header", false, &json!({"type": "string", "enum": ["*"]}), "For a new one.");
        self.parameter("If-Match", "header", false, &text(), "The `ETag` that was read, for one that is there.");
        self.refused(412, "It is there already, or has changed since it was read.");
        self.refused(428, "Neither `If-None-Match` nor `If-Match` is there.");
        self
    }

    /// It makes something once, however often it is sent.
    pub(in crate::api) fn idempotency_key(mut self) -> Self {
        let schema = json!({"type": "string", "minLength": 1, "maxLength": 255});
        self.parameter("Idempotency-Key", "header", false, &schema, "Makes one however often the same caller sends it.");
        self
    }

    /// The body, as JSON.
    pub(in crate::api) fn body<T: ToSchema>(self) -> Self {
        let schema = self.schemas.refer::<T>();
        self.body_of("application/json", &schema)
    }

    /// Members of a `T` that change, as JSON: those that are absent stay, `null` sets one back.
    pub(in crate::api) fn members<T: ToSchema>(self) -> Self {
        let schema = self.schemas.refer_to_change::<T>();
        self.body_of("application/json", &schema)
    }

    /// The same as a merge patch (RFC 7396).
    pub(in crate::api) fn merge_patch<T: ToSchema>(self) -> Self {
        let schema = self.schemas.refer_to_change::<T>();
        self.body_of("application/merge-patch+json", &schema)
    }

    /// The same, of these members only.
    pub(in crate::api) fn merge_patch_of<T: ToSchema>(self, members: &[&str]) -> Self {
        let schema = self.schemas.change_of::<T>(members);
        self.body_of("application/merge-patch+json", &schema)
    }

    /// A member that the body takes beside those of its type.
    pub(in crate::api) fn and_member(self, name: &str, schema: Value) -> Self {
        self.schemas.add_member(&self.value["requestBody"]["content"]["application/json"]["schema"], name, schema);
        self
    }

    /// A body of another content type.
    pub(in crate::api) fn body_of(mut self, content_type: &str, schema: &Value) -> Self {
        self.value["requestBody"] = json!({"required": true, "content": {content_type: {"schema": schema}}});
        self.refused(413, "The body is too large.");
        self.refused(415, "The body has another content type.");
        self.refused(422, "Something that was sent is wrong; `problems` say where.");
        self
    }

    /// Success with a JSON body.
    pub(in crate::api) fn answers<T: ToSchema>(self, status: u16, description: &str) -> Self {
        let schema = self.schemas.refer::<T>();
        self.answers_with(status, description, "application/json", &schema)
    }

    /// Success with a JSON list.
    pub(in crate::api) fn answers_all<T: ToSchema>(self, status: u16, description: &str) -> Self {
        let list = json!({"type": "array", "items": self.schemas.refer::<T>()});
        self.answers_with(status, description, "application/json", &list)
    }

    /// Success with a JSON object of one list.
    pub(in crate::api) fn answers_list<T: ToSchema>(self, status: u16, description: &str, name: &str) -> Self {
        let items = self.schemas.refer::<T>();
        let list = json!({"type": "object", "required": [name], "properties": {name: {"type": "array", "items": items}}});
        self.answers_with(status, description, "application/json", &list)
    }

    /// Success with a body of a content type.
    pub(in crate::api) fn answers_with(mut self, status: u16, description: &str, content_type: &str, schema: &Value) -> Self {
        self.success = status.to_string();
        self.value["responses"][&self.success] = json!({"description": description, "content": {content_type: {"schema": schema}}});
        self
    }

    /// Success without a body.
    pub(in crate::api) fn done(mut self, description: &str) -> Self {
        self.success = "204".to_owned();
        self.value["responses"]["204"] = json!({"description": description});
        self
    }

    /// The success that was told last has an `ETag`.
    pub(in crate::api) fn tagged(self) -> Self {
        self.header("ETag", "Names this state for `If-Match`.")
    }

    /// The success that was told last says in `Location` where what was made is.
    pub(in crate::api) fn located(self) -> Self {
        self.header("Location", "Where it is.")
    }

    fn header(self, name: &str, description: &str) -> Self {
        self.value["responses"][&self.success]["headers"][name] = json!({"description": description, "required": true, "schema": text()});
        self
    }

    /// It does not go with how things are.
    pub(in crate::api) fn conflicts(mut self, why: &str) -> Self {
        self.refused(409, why);
        self
    }

    /// A refusal that follows from nothing else that is said.
    pub(in crate::api) fn refuses(mut self, status: u16, why: &str) -> Self {
        self.refused(status, why);
        self
    }

    fn refused(&mut self, status: u16, why: &str) {
        let schema = Schemas::reference("ProblemDetails");
        self.value["responses"][status.to_string()] =
            json!({"description": why, "content": {"application/problem+json": {"schema": schema}}});
    }

    fn parameter(&mut self, name: &str, place: &str, required: bool, schema: &Value, description: &str) {
        let mut parameter = json!({"name": name, "in": place, "required": required, "schema": schema});
        if !description.is_empty() {
            parameter["description"] = description.into();
        }
        if let Value::Array(parameters) = &mut self.value["parameters"] {
            parameters.push(parameter);
        }
    }
}

/// Such as `patchUserSessions`: clients that are made from the document name their functions so.
fn operation_id(method: &str, endpoint: &str) -> String {
    let mut id = method.to_owned();
    for word in endpoint.split('_') {
        let (first, rest) = word.split_at(word.len().min(1));
        id.push_str(&first.to_uppercase());
        id.push_str(rest);
    }
    id
}

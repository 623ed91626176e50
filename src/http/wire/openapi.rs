//! The description of what is served, by OpenAPI 3.1: made of the operations and of the types that they read and
//! write.

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

use super::{
    error::ErrorResponse,
    operation::{Access, Named, Operation, REST, name_in},
};

/// The description.
pub(super) fn describe(operations: &[Operation]) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    let mut schemas: Map<String, Value> = Map::new();
    add(&mut schemas, vec![(ErrorResponse::name().into_owned(), ErrorResponse::schema())]);
    for operation in operations.iter().filter(|operation| !operation.path.ends_with(REST)) {
        let described = one(operation, &mut schemas);
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method.as_str().to_ascii_lowercase()] = described;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "B2B API for servers",
            "description": "Stytch's B2B API, over Vestibule's flows.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "project": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The project's id and one of its secrets.",
                },
            },
        },
    })
}

fn one(operation: &Operation, schemas: &mut Map<String, Value>) -> Value {
    let mut described = json!({
        "operationId": operation_id(operation),
        "summary": operation.summary,
        "tags": [tag(operation)],
        // Whether the project has what this is about: if not it is refused, whatever it says.
        "x-refused": operation.refused,
        "parameters": parameters(operation),
        "responses": responses(operation, schemas),
        "security": if operation.access == Access::Public { json!([]) } else { json!([{"project": []}]) },
    });
    if let Some(request) = operation.request {
        let reference = reference(request(), schemas);
        described["requestBody"] = json!({
            "required": asks_for_something(&reference, schemas),
            "content": {"application/json": {"schema": reference}},
        });
    }
    described
}

/// Whether a field has to be there: else an empty body will do.
fn asks_for_something(schema: &Value, schemas: &Map<String, Value>) -> bool {
    let is_asked = |schema: &Value| asks_for_something(schema, schemas);
    schema["required"].as_array().is_some_and(|fields| !fields.is_empty())
        || schema["allOf"].as_array().is_some_and(|parts| parts.iter().any(is_asked))
        || schema["$ref"]
            .as_str()
            .and_then(|reference| schemas.get(reference.rsplit('/').next()?))
            .is_some_and(is_asked)
}

/// Like `post_sessions_authenticate`.
fn operation_id(operation: &Operation) -> String {
    let path = operation.path.trim_start_matches("/v1/b2b/").trim_start_matches("/v1/");
    let name: String = path
        .chars()
        .filter(|c| !matches!(c, '{' | '}'))
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    format!("{}_{name}", operation.method.as_str().to_ascii_lowercase())
}

/// The family, such as `sessions`.
fn tag(operation: &Operation) -> &'static str {
    operation.segments().find(|segment| !matches!(*segment, "v1" | "b2b" | "public")).unwrap_or_default()
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let text = json!({"type": "string"});
    let in_path = operation.segments().filter_map(name_in).map(
        |name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string", "minLength": 1}}),
    );
    let in_query = operation.query.iter().map(|parameter| {
        json!({
            "name": parameter.name,
            "in": "query",
            "required": parameter.required,
            "description": parameter.description,
            "schema": text,
        })
    });
    let headers = [
        ("X-Stytch-Member-Session", "The session token of the member on whose behalf the call is made."),
        ("X-Stytch-Member-SessionJWT", "The same by a JWT."),
    ];
    let in_header = headers.iter().filter(|_| operation.access == Access::ProjectOrMember).map(
        |(name, description)| {
            json!({"name": name, "in": "header", "required": false, "description": description, "schema": text})
        },
    );
    in_path.chain(in_query).chain(in_header).collect()
}

/// What can go wrong with any call. A route that everybody may call asks for no secret.
const FAILURES: [(&str, &str); 9] = [
    ("400", "Something of the call is wrong."),
    ("401", "Who calls, or what was to be proved, is not accepted."),
    ("403", "The member on whose behalf the call is made may not do it."),
    ("404", "Something that the call names is not there."),
    ("408", "The body did not arrive in time."),
    ("413", "The body is too large."),
    ("429", "Too often, or the member is locked."),
    ("500", "The answer could not be made."),
    ("503", "A store does not answer; try again."),
];

fn responses(operation: &Operation, schemas: &mut Map<String, Value>) -> Value {
    let error = json!({"$ref": format!("#/components/schemas/{}", ErrorResponse::name())});
    let failed = |description: &str| {
        json!({
            "description": format!("{description} `error_type` says what."),
            "content": {"application/json": {"schema": error}},
        })
    };
    let mut responses: Value =
        FAILURES.iter().map(|(status, description)| (*status, failed(description))).collect();
    if let Some(response) = operation.response {
        let fields = reference(response(), schemas);
        let envelope = json!({
            "type": "object",
            "properties": {
                "request_id": {"type": "string", "description": "Names this answer in logs."},
                "status_code": {"type": "integer", "const": 200, "description": "The HTTP status."},
            },
            "required": ["request_id", "status_code"],
        });
        responses["200"] = json!({
            "description": "Done.",
            "content": {"application/json": {"schema": {"allOf": [envelope, fields]}}},
        });
    }
    responses
}

/// A reference to the first of these schemas, all of which are kept by their names.
fn reference(named: Named, schemas: &mut Map<String, Value>) -> Value {
    let name = named.first().map(|(name, _)| name.clone()).unwrap_or_default();
    add(schemas, named);
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn add(schemas: &mut Map<String, Value>, named: Named) {
    for (name, schema) in named {
        if let Ok(schema) = serde_json::to_value(&schema) {
            schemas.insert(name, schema);
        }
    }
}

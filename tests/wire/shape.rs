//! The shape of what is sent, on every operation there is.

use std::collections::VecDeque;

use axum::body::Body;
use bytes::Bytes;
use http::{Method, Request, header::AUTHORIZATION};
use http_body::Frame;
use serde_json::{Value, json};

use crate::{
    api::{Api, Ask, PROJECT, SECRET, basic},
    calls::{Cast, Operation, good, operations},
};

/// The path with something in its places.
fn filled(operation: &Operation, with: &str) -> String {
    operation
        .path
        .split('/')
        .map(|part| if part.starts_with('{') { with } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

fn ask(operation: &Operation) -> Ask {
    Ask::new(operation.method.clone(), &filled(operation, "nobody"), &Value::Null)
}

#[tokio::test]
async fn every_operation_has_a_call_that_succeeds() {
    let api = Api::new().await;
    for operation in operations(&api).await.iter().filter(|operation| !operation.refused) {
        let api = Api::new().await;
        let cast = Cast::in_(&api).await;
        let ask = good(&api, &cast, operation).await;
        api.ask(ask).await.done();
    }
}

#[tokio::test]
async fn nothing_but_public_routes_is_answered_without_credentials() {
    let api = Api::new().await;
    for operation in operations(&api).await {
        let said = api.ask(ask(&operation).without_credentials()).await;
        if operation.public {
            assert_ne!(said.status, 401, "{}", said.asked);
        } else {
            said.refused(401, "unauthorized_credentials");
            assert!(said.headers["www-authenticate"].to_str().unwrap().starts_with("Basic"));
        }
    }
    // Whether a route exists is told to nobody.
    for path in ["/", "/v1/b2b", "/v1/b2b/nowhere", "/v2", "//", "/v1/b2b/organizations/../.."] {
        for method in [Method::GET, Method::POST, Method::PATCH, Method::HEAD] {
            let nobody = Ask::new(method, path, &Value::Null).without_credentials();
            api.ask(nobody).await.refused(401, "unauthorized_credentials");
        }
    }
}

#[tokio::test]
async fn another_method_and_another_path_are_answered_in_the_envelope() {
    let api = Api::new().await;
    for operation in operations(&api).await {
        let path = filled(&operation, "nobody");
        for method in ["PATCH", "TRACE", "OPTIONS", "CONNECT", "BREW"] {
            let other = Ask::new(method.parse().unwrap(), &path, &Value::Null);
            let said = api.ask(other).await;
            said.refused(405, "method_not_allowed");
            assert!(said.headers["allow"].to_str().unwrap().contains(operation.method.as_str()));
        }
        for path in [format!("{path}/"), format!("{path}/more/and/more/and/more"), format!("/x{path}")] {
            let said = api.ask(Ask::new(operation.method.clone(), &path, &Value::Null)).await;
            said.refused(404, "route_not_found");
        }
    }
    for path in ["/", "/v1", "/v1/b2b/", "//v1/b2b/organizations", "/V1/B2B/organizations", "/v1/b2b/%ff"] {
        api.ask(Ask::new(Method::GET, path, &Value::Null)).await.refused(404, "route_not_found");
    }
}

#[tokio::test]
async fn a_body_that_is_no_object_is_refused_and_passed_over_where_none_is_read() {
    let api = Api::new().await;
    let deep_in_a_field = |field: &str| {
        let (open, close) = ("{\"a\":".repeat(20_000), "}".repeat(20_000));
        format!("{{\"{field}\":{open}1{close}}}")
    };
    for operation in operations(&api).await {
        let bodies: Vec<Vec<u8>> = vec![
            b"[]".to_vec(),
            b"\"x\"".to_vec(),
            b"1".to_vec(),
            b"true".to_vec(),
            b"{".to_vec(),
            b"{}{}".to_vec(),
            b"{\"a\":}".to_vec(),
            b"{'a':1}".to_vec(),
            b"<html>".to_vec(),
            b"a=b&c=d".to_vec(),
            b"\xff\xfe{}".to_vec(),
            b"\0".to_vec(),
        ];
        for body in bodies {
            let text = String::from_utf8_lossy(&body).chars().take(40).collect::<String>();
            let said = api.ask(ask(&operation).raw(body)).await;
            if operation.takes_body {
                assert_eq!((said.status, said.error_type()), (400, "bad_request"), "{} {text}", said.asked);
            } else {
                let message = said.body["error_message"].as_str().unwrap_or_default();
                assert!(!message.contains("body"), "{} {text}: {}", said.asked, said.body);
            }
        }
        for (field, _) in &operation.fields {
            // Deep below a name that nobody reads it is passed over like anything else there.
            let said = api.ask(ask(&operation).raw(deep_in_a_field(field))).await;
            assert!(matches!(said.status, 200 | 400 | 404), "{} {field}: {}", said.asked, said.body);
        }
    }
}

#[tokio::test]
async fn a_body_that_is_no_utf_8_is_refused_whichever_field_it_is_in() {
    let api = Api::new().await;
    for operation in operations(&api).await.iter().filter(|operation| operation.takes_body) {
        let names = operation.fields.iter().map(|(name, _)| name.as_str()).chain(["nobody_reads_this"]);
        for name in names {
            let mut body = format!("{{\"{name}\":\"").into_bytes();
            body.extend(b"\xff\xfe\"}");
            api.ask(ask(operation).raw(body)).await.refused(400, "bad_request");
        }
    }
}

/// serde reads a struct from a list as well; a list is sent by mistake, and its order means nothing.
#[tokio::test]
async fn a_list_is_no_object() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let session = api.session(&cast.plain).await;
    let check = json!({"session_token": session, "authorization_check": ["open", "stytch.self", "delete"]});
    api.post("sessions/authenticate", check).await.refused(400, "bad_request");
    let roles = json!({"org_policy": [[["r", "", [["stytch.member", ["*"]]]]]]});
    api.put("rbac/organizations/open", roles).await.refused(400, "bad_request");
    let query = json!({"organization_ids": ["open"], "query": ["AND", []]});
    api.post("organizations/members/search", query).await.refused(400, "bad_request");
    let assignments = json!({"rbac_email_implicit_role_assignments": [["open.example", "stytch_admin"]]});
    api.put("organizations/open", assignments).await.refused(400, "bad_request");
}

#[tokio::test]
async fn a_body_of_256_kib_is_read_and_a_longer_one_is_refused() {
    let api = Api::new().await;
    let most = 256 * 1024;
    for operation in operations(&api).await {
        let said = api.ask(ask(&operation).raw(vec![b'a'; most + 1])).await;
        if operation.method == Method::GET || operation.method == Method::DELETE {
            assert!(said.status < 500, "{}: {}", said.asked, said.body);
            assert_ne!(said.status, 413, "{}", said.asked);
        } else {
            said.refused(413, "request_too_large");
        }
        let mut fits = b"{}".to_vec();
        fits.resize(most, b' ');
        let said = api.ask(ask(&operation).raw(fits)).await;
        assert_ne!(said.status, 413, "{}", said.asked);
        // Who is nobody is not told how long a body may be.
        if !operation.public {
            let said = api.ask(ask(&operation).raw(vec![b'a'; most + 1]).without_credentials()).await;
            said.refused(401, "unauthorized_credentials");
        }
    }
}

/// A body that comes in pieces, of which the last may be an error.
struct Pieces(VecDeque<Result<Bytes, std::io::Error>>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        std::task::Poll::Ready(self.0.pop_front().map(|piece| piece.map(Frame::data)))
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_or_says_too_late_how_long_it_is_is_refused() {
    let api = Api::new().await;
    let send = async |pieces: Vec<Result<Bytes, std::io::Error>>| {
        let body = Body::new(Pieces(pieces.into()));
        let request =
            Request::post("/v1/b2b/sessions/authenticate").header(AUTHORIZATION, basic(PROJECT, SECRET));
        api.send("pieces".to_owned(), request.body(body).unwrap()).await
    };
    let broken = || std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    send(vec![Ok(Bytes::from_static(b"{\"session_token\":")), Err(broken())])
        .await
        .refused(400, "bad_request");
    send(vec![Ok(Bytes::from_static(b"{}")), Err(broken())]).await.refused(400, "bad_request");
    let long = (0..9).map(|_| Ok(Bytes::from(vec![b' '; 32 * 1024]))).collect();
    send(long).await.refused(413, "request_too_large");
}

/// A slow or endless body of nobody: whoever has shown no secret is not waited for.
#[tokio::test]
async fn nobody_is_waited_for() {
    let api = Api::new().await;
    let (_sender, receiver) = tokio::sync::mpsc::channel::<Result<Bytes, std::io::Error>>(1);
    struct Never(tokio::sync::mpsc::Receiver<Result<Bytes, std::io::Error>>);
    impl http_body::Body for Never {
        type Data = Bytes;
        type Error = std::io::Error;
        fn poll_frame(
            mut self: std::pin::Pin<&mut Self>,
            context: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
            self.0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
        }
    }
    let request = Request::post("/v1/b2b/sessions/authenticate").body(Body::new(Never(receiver))).unwrap();
    let answering = api.send("an endless body".to_owned(), request);
    let said = tokio::time::timeout(std::time::Duration::from_secs(5), answering).await;
    said.expect("an answer before the body has come").refused(401, "unauthorized_credentials");

    let (_sender, receiver) = tokio::sync::mpsc::channel(1);
    let request = Request::post("/sdk/v1/anything").body(Body::new(Never(receiver))).unwrap();
    let answering = api.send("an endless body".to_owned(), request);
    let said = tokio::time::timeout(std::time::Duration::from_secs(5), answering).await;
    said.expect("an answer before the body has come").refused(400, "operation_not_available");

    // Whoever has shown one is, for half a minute.
    tokio::time::pause();
    let (_sender, receiver) = tokio::sync::mpsc::channel(1);
    let request = Request::post("/v1/b2b/sessions/authenticate")
        .header(AUTHORIZATION, basic(PROJECT, SECRET))
        .body(Body::new(Never(receiver)))
        .unwrap();
    api.send("an endless body".to_owned(), request).await.refused(408, "request_timeout");
}

/// Values of every type but the right ones.
fn wrong_for(schema: &Value) -> Vec<Value> {
    // Whether a list may be an object is asked of its own.
    let references = schema["$ref"].is_string() || schema["oneOf"].is_array();
    let all = [json!(true), json!(-7), json!(1.5), json!("\u{0}x"), json!([[]]), json!({"x": []})];
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        // References and enumerations are objects, texts or either.
        _ => vec!["object", "string", "null"],
    };
    all.into_iter()
        .filter(|value| {
            let is = match value {
                Value::Bool(_) => "boolean",
                Value::Number(number) if number.is_i64() => "integer",
                Value::Number(_) => "number",
                Value::String(_) => "string",
                Value::Array(_) => "array",
                Value::Object(_) => "object",
                Value::Null => "null",
            };
            !(types.contains(&is) || references && value.is_array())
        })
        .collect()
}

#[tokio::test]
async fn a_field_of_another_type_is_refused_and_nothing_is_used_up_by_it() {
    let api = Api::new().await;
    for operation in operations(&api).await.iter().filter(|operation| operation.takes_body) {
        let api = Api::new().await;
        let cast = Cast::in_(&api).await;
        let right = good(&api, &cast, operation).await;
        let body: Value = serde_json::from_slice(&right.body).unwrap_or_else(|_| json!({}));
        for (field, schema) in &operation.fields {
            for wrong in wrong_for(schema) {
                let mut changed = body.clone();
                changed[field] = wrong;
                let said = api.ask(right.clone().raw(changed.to_string())).await;
                said.refused(400, "bad_request");
            }
            // What is not given is as good as `null`, and the other way round.
            let mut without = body.clone();
            without.as_object_mut().unwrap().remove(field);
            let required = body.get(field).is_some();
            let mut null = body.clone();
            null[field] = Value::Null;
            if required && ["organization_ids", "org_policy"].contains(&field.as_str()) {
                for body in [without, null] {
                    api.ask(right.clone().raw(body.to_string())).await.refused(400, "bad_request");
                }
            }
        }
        api.ask(right).await.done();
    }
}

#[tokio::test]
async fn every_optional_field_may_be_null_as_sdks_send_it() {
    let api = Api::new().await;
    for operation in operations(&api).await.iter().filter(|operation| operation.takes_body) {
        let api = Api::new().await;
        let cast = Cast::in_(&api).await;
        let mut right = good(&api, &cast, operation).await;
        let mut body: Value = serde_json::from_slice(&right.body).unwrap_or_else(|_| json!({}));
        for (field, _) in &operation.fields {
            if body.get(field).is_none() {
                body[field] = Value::Null;
            }
        }
        // What nobody knows is passed over, in the body and in the query.
        body["telemetry_id"] = Value::Null;
        body["of_next_year"] = json!({"a": [1]});
        right.path.push_str(if right.path.contains('?') { "&x=%ff" } else { "?x=%ff&organization_id=y" });
        api.ask(right.raw(body.to_string())).await.done();
    }
    // Also deeper.
    let api = Api::new().await;
    Cast::in_(&api).await;
    for query in [json!({"operator": null, "operands": []}), json!({"operator": "AND", "operands": null})] {
        api.post("organizations/search", json!({"query": query})).await.done();
        api.post("organizations/members/search", json!({"query": query, "organization_ids": ["open"]}))
            .await
            .done();
    }
}

#[tokio::test]
async fn what_was_sent_by_mistake_in_place_of_a_secret_is_not_said_again() {
    let api = Api::new().await;
    for operation in operations(&api).await.iter().filter(|operation| operation.takes_body) {
        for (field, schema) in &operation.fields {
            for wrong in [json!(918_273_645), json!("hunter2-hunter2"), json!(["hunter2-hunter2"])] {
                let types = schema["type"].to_string();
                if wrong.is_string() && types.contains("string") {
                    continue;
                }
                let said = api.ask(ask(operation).raw(json!({field: wrong}).to_string())).await;
                let text = said.body["error_message"].as_str().unwrap_or_default();
                for secret in ["918273645", "hunter2"] {
                    assert!(!text.contains(secret), "{} says {field} again: {text}", said.asked);
                }
            }
        }
    }
}

#[tokio::test]
async fn strange_names_in_the_path_and_the_query_are_nobodys() {
    let api = Api::new().await;
    let long = "x".repeat(5000);
    let names = [
        "nobody",
        "%2e%2e",
        "..%2f..",
        "%00",
        "%0d%0aset-cookie:x",
        "a%20b",
        "%F0%9F%98%80",
        "'%20or%201=1--",
        "%25",
        "{organization_id}",
        long.as_str(),
    ];
    for operation in operations(&api).await {
        if !operation.path.contains('{') || operation.refused {
            continue;
        }
        for name in names {
            let name = name.replace('{', "%7B").replace('}', "%7D");
            let mut nobody = Ask::new(operation.method.clone(), &filled(&operation, &name), &Value::Null);
            if operation.takes_body {
                nobody = nobody
                    .raw(json!({"email_address": "a@b.example", "org_policy": {"roles": []}}).to_string());
            }
            let said = api.ask(nobody).await;
            // A query is wanted as well.
            assert_eq!(said.status, 404, "{}: {}", said.asked, said.body);
        }
        // What is no UTF-8 names nothing.
        let said =
            api.ask(Ask::new(operation.method.clone(), &filled(&operation, "%ff%fe"), &Value::Null)).await;
        said.refused(404, "route_not_found");
    }
    for query in [
        "",
        "?",
        "?organization_id=",
        "?organization_id=%ff&member_id=%ff",
        "?organization_id&member_id",
        "?&&&=",
        "?organization_id=a&organization_id=b",
    ] {
        let said = api.get(&format!("sessions{query}")).await;
        assert!(matches!(said.status, 400 | 404), "{}: {}", said.asked, said.body);
    }
}

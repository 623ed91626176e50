//! A store that fails, at every call of every operation: 503 in the envelope, and nobody gets in.

use std::sync::Arc;

use axum::body::Body;
use http::{Request, header::AUTHORIZATION};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::{
    api::{Api, Ask, PROJECT, SECRET, Said, basic},
    calls::{Cast, Operation, good, operations},
    common::{
        Fault,
        faults::{Faults, Gate},
    },
};

/// What is done beside the answer, or only frees memory.
const BESIDE: [&str; 9] = [
    "audit.record",
    "audit.forget_before",
    "keys.load",
    "keys.add",
    "keys.note_time",
    "keys.latest_time",
    "sessions.touch",
    "sessions.sweep",
    "transient.consume",
];

async fn prepared(operation: &Operation) -> (Arc<Api>, Ask) {
    let api = Arc::new(Api::new().await);
    let cast = Cast::in_(&api).await;
    let ask = good(&api, &cast, operation).await;
    (api, ask)
}

fn calls(api: &Api) -> Vec<&'static str> {
    let mut calls = api.world.durable.faults.calls();
    calls.extend(api.world.transient.faults.calls());
    calls.retain(|call| !BESIDE.contains(call));
    calls
}

fn faults_of<'a>(api: &'a Api, call: &str) -> &'a Faults {
    if call.starts_with("transient.") { &api.world.transient.faults } else { &api.world.durable.faults }
}

/// The answer when the `nth` call of this name goes wrong.
async fn failing(operation: &Operation, call: &'static str, nth: usize, fault: Fault) -> (Arc<Api>, Said) {
    let (api, ask) = prepared(operation).await;
    let faults = faults_of(&api, call);
    if nth == 0 {
        faults.set(call, fault);
        let said = api.ask(ask).await;
        return (api, said);
    }
    let gate = Gate::new();
    faults.set(call, Fault::Waits(Arc::clone(&gate)));
    let asking = {
        let api = Arc::clone(&api);
        tokio::spawn(async move { api.ask(ask).await })
    };
    for earlier in 1..=nth {
        gate.arrived().await;
        if earlier == nth {
            faults.set(call, fault.clone());
        }
        gate.open();
    }
    (api, asking.await.unwrap())
}

async fn at_every_call(fault: Fault) {
    let mut wrong = Vec::new();
    for operation in operations(&Api::new().await).await.iter().filter(|operation| !operation.refused) {
        let (api, ask) = prepared(operation).await;
        calls(&api);
        api.ask(ask).await.done();
        let made = calls(&api);
        for (index, call) in made.iter().enumerate() {
            let nth = made[..index].iter().filter(|earlier| *earlier == call).count();
            let (api, said) = failing(operation, call, nth, fault.clone()).await;
            if (said.status, said.error_type()) != (503, "server_unavailable") || said.is_session() {
                wrong.push(format!("{} with {call} #{nth}: {} {}", operation.name(), said.status, said.body));
            }
            // What was begun does not stay in the way.
            faults_of(&api, call).clear();
            api.get("rbac/policy").await.done();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_store_that_fails_is_503_at_every_call_and_lets_nobody_in() {
    at_every_call(Fault::Fails).await;
}

#[tokio::test]
async fn a_store_whose_answer_is_lost_is_503_at_every_call_and_lets_nobody_in() {
    at_every_call(Fault::FailsAfter).await;
}

/// Whatever breaks, the answer is an envelope.
#[tokio::test]
async fn a_store_that_panics_is_answered() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    api.world.durable.faults.set("*", Fault::Panics);
    // Asked by hand: nowhere else is this an answer.
    let request = Request::get(format!("/v1/b2b/organizations/{}", cast.open.organization_id))
        .header(AUTHORIZATION, basic(PROJECT, SECRET))
        .body(Body::empty())
        .unwrap();
    let response = api.service.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 500);
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    let body: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(body["error_type"], "internal_server_error");
    assert_eq!(body["status_code"], 500);
    assert!(body["request_id"].as_str().is_some_and(|id| !id.is_empty()));
}

//! Refusals as gRPC clients get them: a status in the headers, and nothing else.

#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
use common::{ACME, Client, Fault, World, world::fresh_second_factor};
use http::{
    Request, Response,
    header::{AUTHORIZATION, CONTENT_TYPE, SET_COOKIE},
};
use tower::{ServiceBuilder, ServiceExt};
use vestibule::{Grpc, RefusalReason, RequireLayer, Requirement, domain::RoleId};

fn fresh() -> Requirement {
    Requirement::member().factor(fresh_second_factor())
}

/// What came of a call.
struct Outcome {
    status: String,
    message: String,
    /// The bytes of the details, as text where they are such.
    details: String,
    reason: Option<RefusalReason>,
}

/// Calls a method that demands this, with a client's session.
async fn call(world: &World, layer: RequireLayer, client: Option<&Client>) -> Outcome {
    let layer = layer.respond_with(Grpc);
    let method = ServiceBuilder::new().layer(world.vestibule.session_layer()).layer(layer).service_fn(
        async |_: Request<()>| Ok::<_, std::convert::Infallible>(Response::new("reply".to_owned())),
    );
    // Who says that it is a browser gets no page and no cookie either.
    let mut request = Request::post("/bank.Ledger/Balance").header("sec-fetch-mode", "cors");
    if let Some(client) = client {
        request = request.header(AUTHORIZATION, format!("Bearer {}", client.session_token()));
    }
    let response = method.oneshot(request.body(()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 200);
    let headers = response.headers();
    let text = |name| headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let status = text("grpc-status");
    if !status.is_empty() {
        assert_eq!(headers[CONTENT_TYPE], "application/grpc");
        assert!(response.body().is_empty() && !headers.contains_key(SET_COOKIE));
    }
    let details = BASE64_STANDARD_NO_PAD.decode(text("grpc-status-details-bin")).unwrap();
    Outcome {
        status,
        message: text("grpc-message"),
        details: String::from_utf8_lossy(&details).into_owned(),
        reason: response.extensions().get().cloned(),
    }
}

#[tokio::test]
async fn nobody_and_whoever_may_not() {
    let world = World::new().await;
    let gina = world.gina().await;
    let member = || world.vestibule.require(Requirement::member());

    let anonymous = call(&world, member(), None).await;
    assert_eq!((anonymous.status.as_str(), anonymous.reason), ("16", Some(RefusalReason::Anonymous)));
    assert!(anonymous.message.starts_with("This needs a member session."));
    assert!(anonymous.details.contains("UNAUTHENTICATED"));
    assert_eq!(call(&world, member(), Some(&gina)).await.status, "", "who is let in never meets it");

    let treasurer = Requirement::member().role(RoleId::new("treasurer").unwrap());
    let refused = call(&world, world.vestibule.require(treasurer), Some(&gina)).await;
    assert_eq!(refused.status, "7");
    assert!(refused.details.contains("FORBIDDEN") && refused.details.contains("treasurer"));

    let elsewhere = member().organization_by(|_| Some(ACME.to_owned()));
    let refused = call(&world, elsewhere, Some(&gina)).await;
    assert_eq!(refused.status, "7");
    assert!(refused.details.contains("switch_at") && refused.details.contains("/auth/switch"));

    let refused = call(&world, world.vestibule.require(fresh()), Some(&gina)).await;
    assert_eq!((refused.status.as_str(), refused.reason), ("7", Some(RefusalReason::EnrolmentRequired)));
    assert!(refused.details.contains("ENROLMENT_REQUIRED") && refused.details.contains("/auth/enrol"));
}

#[tokio::test]
async fn a_factor_that_is_too_old_and_a_store_that_is_down() {
    let world = World::new().await;
    let (mut bob, _) = world.with_app(ACME, "bob@acme.example").await;
    world.clock.advance_secs(301);
    let demanded = || world.vestibule.require(fresh());
    let refused = call(&world, demanded(), Some(&bob)).await;
    assert_eq!(refused.status, "16");
    let same = bob.get("/fresh").await.expect(401).json();
    for said in [
        "INSUFFICIENT_FACTORS",
        "challenge_token",
        same["challenge"]["challenge_token"].as_str().unwrap(),
        "expires_at",
        "complete_at",
        "\"max_age\":300",
    ] {
        assert!(refused.details.contains(said), "{said}: {}", refused.details);
    }

    world.transient.faults.set("transient.challenge", Fault::Fails);
    let refused = call(&world, demanded(), Some(&bob)).await;
    assert_eq!((refused.status.as_str(), refused.reason), ("14", Some(RefusalReason::Unavailable)));
    assert!(!refused.details.contains("challenge_token"));
    world.clock.advance_secs(61);
    world.durable.faults.set("sessions.by_seed", Fault::Fails);
    let member = world.vestibule.require(Requirement::member());
    assert_eq!(call(&world, member, Some(&bob)).await.status, "14", "an outage is not \"anonymous\"");
}

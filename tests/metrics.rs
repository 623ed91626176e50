//! What is counted and measured, under the names that the documents give.

#![cfg(all(feature = "axum", feature = "metrics"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use common::{ACME, World, world::organization_id};
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};
use serde_json::json;
use vestibule::domain::FactorDemand;

/// Keeps everything.
#[derive(Clone, Default)]
struct Everything(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    described: BTreeSet<String>,
    values: BTreeMap<String, f64>,
}

struct One {
    of: Everything,
    key: String,
}

impl One {
    fn change(&self, change: impl Fn(f64) -> f64) {
        let mut state = self.of.0.lock().unwrap();
        let value = state.values.entry(self.key.clone()).or_default();
        *value = change(*value);
    }
}

impl CounterFn for One {
    fn increment(&self, by: u64) {
        self.change(|value| value + f64::from(u32::try_from(by).unwrap()));
    }

    fn absolute(&self, total: u64) {
        self.change(|_| f64::from(u32::try_from(total).unwrap()));
    }
}

impl GaugeFn for One {
    fn increment(&self, by: f64) {
        self.change(|value| value + by);
    }

    fn decrement(&self, by: f64) {
        self.change(|value| value - by);
    }

    fn set(&self, to: f64) {
        self.change(|_| to);
    }
}

impl HistogramFn for One {
    fn record(&self, seconds: f64) {
        assert!((0.0..60.0).contains(&seconds));
        self.change(|count| count + 1.0);
    }
}

impl Everything {
    fn one(&self, key: &Key) -> Arc<One> {
        let mut text = key.name().to_owned();
        for label in key.labels() {
            text.push_str(&format!(" {}={}", label.key(), label.value()));
        }
        Arc::new(One { of: self.clone(), key: text })
    }

    fn described(&self, name: &KeyName) {
        self.0.lock().unwrap().described.insert(name.as_str().to_owned());
    }

    #[track_caller]
    fn has(&self, key: &str, value: f64) {
        let values = self.0.lock().unwrap().values.clone();
        assert_eq!(values.get(key), Some(&value), "{key} of {values:#?}");
    }
}

impl Recorder for Everything {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.described(&name);
    }

    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.described(&name);
    }

    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.described(&name);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.one(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.one(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.one(key))
    }
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_is_counted_under_documented_names() {
    let metrics = Everything::default();
    metrics::set_global_recorder(metrics.clone()).unwrap();
    let world = World::new().await;

    let mut client = world.client();
    client.post("/auth/sign-in", json!({"email_address": "bob@acme.example"})).await.expect(200);
    client.post("/auth/code", json!({"code": "000000"})).await.expect(401);
    let code = world.code_for("bob@acme.example", 0).await;
    client.post("/auth/code", json!({"code": code})).await.expect(200);
    client.exchange(organization_id(ACME).as_str()).await.expect(200);
    world.enrol_app(&mut client).await;
    metrics.has("vestibule_messages_total factor=email_otp", 1.0);
    metrics.has("vestibule_factors_refused_total factor=email_otp reason=wrong_code", 1.0);
    metrics.has("vestibule_events_total event=signed_in", 1.0);
    metrics.has("vestibule_sign_ins_total how=sign_in first=email_otp second=totp", 1.0);
    metrics.has("vestibule_steps_total step=code outcome=ok", 1.0);
    metrics.has("vestibule_steps_total step=code outcome=unable_to_auth_otp_code", 1.0);
    metrics.has("vestibule_step_seconds step=code", 2.0);

    // What is answered from memory leaves nothing.
    let before = metrics.0.lock().unwrap().values.clone();
    client.get("/me").await.expect(200);
    client.get("/member").await.expect(200);
    assert_eq!(metrics.0.lock().unwrap().values, before);

    // What is not let in does.
    world.client().get("/member").await.expect(401);
    metrics.has("vestibule_requests_refused_total reason=anonymous", 1.0);
    world.clock.advance_secs(301);
    client.get("/fresh").await.expect(401);
    metrics.has("vestibule_requests_refused_total reason=factor", 1.0);
    let demand = FactorDemand::secondary();
    metrics.has(&format!("vestibule_challenges_total demand={}", demand.name()), 1.0);
    client.get("/admin").await.expect(403);
    metrics.has("vestibule_requests_refused_total reason=role", 1.0);
    let jwt = client.get("/auth/session").await.json()["session_jwt"].as_str().unwrap().to_owned();
    let mut bearer = world.client();
    #[cfg(feature = "verify-only")]
    let bearer_jwt = jwt.clone();
    for token in [jwt.clone(), jwt, "eyJhbGciOiJub25lIn0.e30.".to_owned() + &"A".repeat(20)] {
        bearer.bearer = Some(token);
        bearer.get("/maybe").await.expect(200);
    }
    metrics.has("vestibule_jwt_verifications_total outcome=good", 1.0);
    #[cfg(feature = "verify-only")]
    verified_elsewhere(&world, &metrics, bearer_jwt).await;
    for _ in 0..6 {
        client.post("/auth/sign-in", json!({"email_address": "bob@acme.example"})).await;
    }
    metrics.has("vestibule_limited_total limit=emails_per_pair", 2.0);

    // Levels are told every ten seconds.
    tokio::time::sleep(std::time::Duration::from_secs(11)).await;
    metrics.has("vestibule_live_sessions", 1.0);
    metrics.has("vestibule_outbox_messages kind=email", 0.0);
    metrics.has("vestibule_audit_waiting", 0.0);
    metrics.has("vestibule_audit_lost_total", 0.0);
    metrics.has("vestibule_transient_evictions_total", 0.0);

    let documents = include_str!("../docs/observability.md");
    let state = metrics.0.lock().unwrap();
    for key in state.values.keys() {
        let name = key.split(' ').next().unwrap();
        assert!(documents.contains(&format!("`{name}`")), "{name} is not in the documents");
        assert!(state.described.contains(name), "{name} is not described");
        assert!(!key.contains("-test-") && !key.contains('@'), "{key}");
    }
    let unmeasured: Vec<_> =
        state.described.iter().filter(|name| !documents.contains(&format!("`{name}`"))).collect();
    assert!(unmeasured.is_empty(), "{unmeasured:?} are not in the documents");
}

/// A second service asks for the keys once, and checks a signature once.
#[cfg(feature = "verify-only")]
async fn verified_elsewhere(world: &World, metrics: &Everything, jwt: String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let keys = format!("http://{}/auth/jwks.json", listener.local_addr().unwrap());
    let router = world.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let builder = vestibule::Verifier::builder().jwks(keys).clock(world.clock.clone());
    let verifier = builder.project_id("project-test-00000000-0000-4000-8000-000000000000").build().unwrap();
    // Over the network, time can't be skipped.
    tokio::time::resume();
    for _ in 0..3 {
        verifier.current_session(&jwt).await.unwrap();
    }
    tokio::time::pause();
    metrics.has("vestibule_jwt_verifications_total outcome=good", 2.0);
    metrics.has("vestibule_key_fetches_total outcome=ok", 1.0);
}

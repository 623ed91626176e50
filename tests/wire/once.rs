//! What is good once is good once, also for many at the same moment; what may be done by many is done by all.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::{Value, json};

use crate::{
    api::{Api, merge, token},
    calls::{Cast, NEW_PASSWORD},
    common::{Fault, faults::Gate, race::race, world::PHONE},
};

/// How many got in, and the names of the others' errors.
async fn racing(api: &Arc<Api>, path: &'static str, bodies: Vec<Value>) -> (usize, BTreeMap<String, usize>) {
    let (done, errors) = racing_softly(api, path, bodies).await;
    assert!(!errors.contains_key("server_unavailable"), "{path}: {errors:?}");
    (done, errors)
}

/// The same, whatever goes wrong.
async fn racing_softly(
    api: &Arc<Api>,
    path: &'static str,
    bodies: Vec<Value>,
) -> (usize, BTreeMap<String, usize>) {
    let said = race(bodies.into_iter().map(|body| {
        let api = Arc::clone(api);
        async move { api.post(path, body).await }
    }))
    .await;
    let mut errors = BTreeMap::new();
    let mut done = 0;
    for said in said {
        if said.status == 200 {
            done += 1;
        } else {
            *errors.entry(said.error_type().to_owned()).or_default() += 1;
        }
    }
    (done, errors)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixty_four_one_gets_in_by_each_credential() {
    for round in 0..4 {
        let api = Arc::new(Api::new().await);
        let cast = Cast::in_(&api).await;
        let (plain, owing) = (&cast.plain, &cast.owing);
        let all = |body: Value| vec![body; 64];

        let link = api.login_link(plain).await;
        let (done, _) =
            racing(&api, "magic_links/authenticate", all(json!({"magic_links_token": link}))).await;
        assert_eq!(done, 1, "link, round {round}");

        let code = api.email_code(plain).await;
        let body = json!({"organization_id": "open", "email_address": plain.address, "code": code});
        let (done, _) = racing(&api, "otps/email/authenticate", vec![body; 8]).await;
        assert_eq!(done, 1, "code by email, round {round}");

        let discovery = api.discovery(&plain.address).await;
        let body = json!({"intermediate_session_token": discovery, "organization_id": "open"});
        let (done, _) = racing(&api, "discovery/intermediate_sessions/exchange", all(body)).await;
        assert_eq!(done, 1, "exchange, round {round}");

        let discovery = api.discovery(&plain.address).await;
        let bodies = (0..64).map(
            |n| json!({"intermediate_session_token": discovery, "organization_slug": format!("made-{n}")}),
        );
        let (done, _) = racing(&api, "discovery/organizations/create", bodies.collect()).await;
        assert_eq!(done, 1, "creation, round {round}");

        let reset = api.reset_link(plain).await;
        let body = json!({"password_reset_token": reset, "password": NEW_PASSWORD});
        let (done, _) = racing(&api, "passwords/email/reset", vec![body; 8]).await;
        assert_eq!(done, 1, "reset, round {round}");

        // Each racer brings a sign-in of their own: the code alone keeps them apart.
        let brought = json!({"intermediate_session_token": api.intermediate(owing).await});
        let (app, _) = api.enrol_app(owing, brought).await;
        let mut sign_ins = Vec::new();
        for _ in 0..8 {
            sign_ins.push(api.intermediate(owing).await);
        }
        let with = |proof: Value| {
            let bodies = sign_ins.iter().map(|token| {
                let mut body = owing.ids(json!({"intermediate_session_token": token}));
                merge(&mut body, proof.clone());
                body
            });
            bodies.collect::<Vec<_>>()
        };
        let bodies = with(json!({"recovery_code": app.recovery_codes[0]}));
        assert_eq!(racing(&api, "recovery_codes/recover", bodies).await.0, 1, "recovery code, round {round}");
        let bodies = with(json!({"code": app.next_code()}));
        assert_eq!(racing(&api, "totp/authenticate", bodies).await.0, 1, "step, round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_one_gets_in_by_a_code_by_sms() {
    let api = Arc::new(Api::new().await);
    let cast = Cast::in_(&api).await;
    let brought = json!({"intermediate_session_token": api.intermediate(&cast.owing).await});
    let before = api.world.last_message();
    let mut body = cast.owing.ids(brought.clone());
    merge(&mut body, json!({"mfa_phone_number": PHONE}));
    api.post("otps/sms/send", body).await.done();
    let code = api.world.code_for(PHONE, before).await;
    let mut body = cast.owing.ids(brought);
    merge(&mut body, json!({"code": code}));
    assert_eq!(racing(&api, "otps/sms/authenticate", vec![body; 64]).await.0, 1);
}

/// One sign-in buys one session, whatever it is bought with: what did not buy it is still there.
#[tokio::test]
async fn two_recovery_codes_for_one_sign_in_cost_one() {
    let api = Arc::new(Api::new().await);
    let cast = Cast::in_(&api).await;
    let brought = json!({"intermediate_session_token": api.intermediate(&cast.owing).await});
    let (app, _) = api.enrol_app(&cast.owing, brought).await;
    let sign_in = api.intermediate(&cast.owing).await;
    // Both have shown their code when the sign-in is used up.
    let gate = Gate::new();
    api.world.transient.faults.set("transient.claim", Fault::Waits(Arc::clone(&gate)));
    let mut racers = Vec::new();
    for code in &app.recovery_codes[..2] {
        let (api, body) =
            (Arc::clone(&api), json!({"intermediate_session_token": sign_in, "recovery_code": code}));
        let body = cast.owing.ids(body);
        racers.push(tokio::spawn(async move { api.post("recovery_codes/recover", body).await }));
        let arrived = tokio::time::timeout(Duration::from_secs(2), gate.arrived());
        // Whoever is refused before that is right as well.
        let _ = arrived.await;
    }
    let mut done = 0;
    for racer in racers {
        gate.open();
        done += usize::from(racer.await.unwrap().is_session());
    }
    assert_eq!(done, 1);
    let path = format!("recovery_codes/strict/{}", cast.owing.member_id);
    let left = api.get(&path).await.done()["recovery_codes"].as_array().unwrap().len();
    assert_eq!(left, 9);
}

/// A page that asks ten things at once has its session extended ten times at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_session_is_extended_by_many_at_once() {
    let api = Arc::new(Api::new().await);
    let cast = Cast::in_(&api).await;
    let session = api.session(&cast.plain).await;
    for round in 0..10 {
        let body = json!({
            "session_token": session,
            "session_duration_minutes": 60,
            "session_custom_claims": {"round": round},
        });
        let (done, errors) = racing(&api, "sessions/authenticate", vec![body; 32]).await;
        assert_eq!((done, errors), (32, BTreeMap::new()), "round {round}");
    }
}

/// The same over a file, where a change takes its time.
#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_session_in_a_file_is_extended_by_many_at_once() {
    use vestibule::{Vestibule, WireService, domain::Secret, store::sqlite::SqliteStore};

    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("data.db")).await.unwrap();
    let vestibule = Vestibule::development().store(store).build().await.unwrap();
    let service: WireService =
        vestibule.wire_api().secret("test", Secret::new(crate::api::SECRET)).service().unwrap();
    let api = Arc::new(Api { world: crate::common::World::new().await, service });
    api.organization("open", json!({})).await;
    let migrant = json!({
        "organization_id": "open",
        "email_address": "m@open.example",
        "hash": "5f4dcc3b5aa765d61d8327deb882cf99",
        "hash_type": "md_5",
    });
    api.post("passwords/migrate", migrant).await.done();
    let body = json!({"organization_id": "open", "email_address": "m@open.example", "password": "password"});
    let session = token(&api.post("passwords/authenticate", body).await.done(), "session_token");
    let body = json!({"session_token": session, "session_duration_minutes": 60});
    let (done, errors) = racing_softly(&api, "sessions/authenticate", vec![body; 32]).await;
    assert_eq!((done, errors), (32, BTreeMap::new()));
}

/// A first factor that is added to a session while the session is extended: nobody is signed out by that, and
/// nothing was proved in vain.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_factor_is_added_to_a_session_that_changes_meanwhile() {
    let api = Arc::new(Api::new().await);
    let cast = Cast::in_(&api).await;
    let session = api.session(&cast.plain).await;
    let body = json!({
        "organization_id": "open",
        "email_address": cast.plain.address,
        "password": crate::api::PASSWORD,
        "session_token": session,
    });
    let (done, errors) = racing(&api, "passwords/authenticate", vec![body; 4]).await;
    assert_eq!((done, errors), (4, BTreeMap::new()));
    let said = api.post("sessions/authenticate", json!({"session_token": session})).await.done();
    assert_eq!(token(&said, "session_token"), session);
}

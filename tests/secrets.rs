//! No log line and no `Debug` shows what opens anything.

#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use std::{
    fmt::{self, Write as _},
    sync::{Arc, Mutex},
};

use axum::body::Body;
use common::{
    ACME, App, Client, Fault, GLOBEX, World,
    world::{PASSWORD, PHONE, digits, fresh_second_factor, organization_id},
};
use http::{Method, header::AUTHORIZATION};
use serde_json::json;
use tower::{Layer, Service, ServiceExt, service_fn};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use vestibule::{
    EnvironmentKeys, MasterKey, Refusal, Requirement, Vestibule,
    deliver::{Email, Sms},
    domain::{EmailAddress, PhoneNumber, Secret},
    store::{AuditOf, CredentialStore, KeyStore, SessionStore},
};

/// Writes down everything that is traced, at every level.
#[derive(Clone, Default)]
struct Everything(Arc<Mutex<String>>);

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }

    fn record_error(&mut self, field: &Field, error: &(dyn std::error::Error + 'static)) {
        write!(self.0, " {field}={error} {error:?}").unwrap();
        let mut source = error.source();
        while let Some(cause) = source {
            write!(self.0, " because {cause} {cause:?}").unwrap();
            source = cause.source();
        }
    }
}

impl Subscriber for Everything {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut text = self.0.lock().unwrap();
        text.push_str(span.metadata().name());
        span.record(&mut Line(&mut text));
        text.push('\n');
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Line(&mut self.0.lock().unwrap()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = self.0.lock().unwrap();
        text.push_str(event.metadata().target());
        event.record(&mut Line(&mut text));
        text.push('\n');
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Everything that opened something on the way.
#[derive(Default)]
struct Issued(Vec<(&'static str, String)>);

impl Issued {
    fn note(&mut self, what: &'static str, secret: impl Into<String>) {
        let secret = secret.into();
        assert!(secret.len() >= 6, "{what}");
        self.0.push((what, secret));
    }

    fn cookies(&mut self, client: &Client) {
        for (what, cookie) in [
            ("session", "session"),
            ("intermediate", "intermediate"),
            ("browser", "browser"),
            ("challenge", "challenge"),
        ] {
            if let Some(value) = client.cookie(cookie) {
                self.note(what, value);
            }
        }
    }

    #[track_caller]
    fn none_in(&self, place: &str, text: &str) {
        for (what, secret) in &self.0 {
            // Six digits may stand in an id by chance; as a word of its own they are a code.
            let shown = if secret.len() == 6 {
                text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(|word| word == secret)
            } else {
                text.contains(secret.as_str())
            };
            assert!(!shown, "{place} shows the {what} {secret}:\n{text}");
        }
    }
}

#[tokio::test]
async fn a_whole_flow_leaves_no_secret_in_the_log() {
    let log = Everything::default();
    tracing::subscriber::set_global_default(log.clone()).unwrap();
    let world = World::new().await;
    let mut issued = Issued::default();
    issued.note("password", PASSWORD);

    // Code and link by email, right and wrong.
    let mut client = world.client();
    client.post("/auth/sign-in", json!({"email_address": "bob@acme.example"})).await.expect(200);
    issued.cookies(&client);
    let code = world.code_for("bob@acme.example", 0).await;
    issued.note("code by email", &code);
    client.post("/auth/code", json!({"code": "000000"})).await;
    client.post("/auth/code", json!({"code": code})).await.expect(200);
    issued.cookies(&client);
    let mut by_link = world.browser();
    let before = world.last_message();
    let form =
        json!({"email_address": "gina@globex.example", "method": "magic_link", "return_to": "/member"});
    by_link.post("/auth/sign-in", form).await.expect(303);
    let mail = world.mailbox.wait_for("gina@globex.example", before).await;
    let link = mail.text.split("token=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    issued.note("link", &link);
    let elsewhere = world.browser().get(&format!("/auth/link?token={link}")).await.expect(200);
    let plain: String = elsewhere.text.replace(['<', '>'], " ");
    issued.note("code of the link", digits(&plain).expect("a code to type"));
    by_link.post("/auth/link", json!({"token": link})).await.expect(303);
    issued.cookies(&by_link);

    // A password, right and wrong.
    for password in [PASSWORD, "wrong horse, wrong staple"] {
        issued.note("password", password);
        let form = json!({"email_address": "pat@initech.example", "password": password});
        let mut pat = world.client();
        pat.post("/auth/o/initech/password", form).await;
        issued.cookies(&pat);
    }

    // Discovery, a second factor set up, recovery codes, text messages.
    client.exchange(organization_id(ACME).as_str()).await.expect(200);
    issued.cookies(&client);
    let begun = client.post("/auth/enrol/totp", json!({})).await.expect(200).json();
    let recovery: Vec<String> = begun["recovery_codes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|code| code.as_str().unwrap().to_owned())
        .collect();
    let app = App::new(begun["secret"].as_str().unwrap(), recovery, world.clock.clone());
    issued.note("secret of the app", &app.secret);
    app.recovery_codes.iter().for_each(|code| issued.note("recovery code", code));
    issued.note("code of the app", app.code());
    client.post("/auth/enrol/totp/confirm", json!({"code": app.wrong_code(0)})).await.expect(401);
    client.post("/auth/enrol/totp/confirm", json!({"code": app.code()})).await.expect(200);
    issued.cookies(&client);
    let mut again = world.begin("bob@acme.example").await;
    again.exchange(organization_id(ACME).as_str()).await.expect(200);
    issued.cookies(&again);
    again.post("/auth/mfa/recovery", json!({"recovery_code": "aaaa-aaaa-aaaa"})).await.expect(401);
    again.post("/auth/mfa/recovery", json!({"recovery_code": app.recovery_codes[3]})).await.expect(200);
    issued.cookies(&again);
    let before = world.last_message();
    again.post("/auth/enrol/sms", json!({"phone_number": PHONE})).await.expect(200);
    let code = world.code_for(PHONE, before).await;
    issued.note("code by SMS", &code);
    again.post("/auth/enrol/sms/confirm", json!({"code": code})).await.expect(200);
    issued.cookies(&again);

    // A JWT, a step-up, a switch, keys, a store that fails, a sign-out.
    let shown = client.get("/auth/session").await.expect(200).json();
    let jwt = shown["session_jwt"].as_str().unwrap().to_owned();
    issued.note("JWT", jwt.clone());
    issued.note("signature of the JWT", jwt.rsplit('.').next().unwrap());
    let mut bearer = world.client();
    for token in [jwt.clone(), format!("{jwt}x"), client.session_token()] {
        bearer.bearer = Some(token);
        bearer.get("/me").await;
        bearer.get("/member").await;
    }
    world.clock.advance_secs(301);
    let challenge = client.get("/fresh").await.expect(401).json();
    let challenge = challenge["challenge"]["challenge_token"].as_str().unwrap().to_owned();
    issued.note("challenge", &challenge);
    let code = app.next_code();
    issued.note("code of the app", &code);
    client.post("/auth/step-up/totp", json!({"code": code, "challenge_token": challenge})).await.expect(200);
    issued.cookies(&client);
    let mut browser = client.browsing();
    world.clock.advance_secs(301);
    browser.get("/fresh").await.expect(303);
    issued.cookies(&browser);
    world.vestibule.rotate_signing_key().await.unwrap();
    for faults in [&world.durable.faults, &world.transient.faults] {
        faults.set("*", Fault::Fails);
    }
    world.clock.advance_secs(61);
    for path in ["/me", "/auth/session", "/auth/sessions"] {
        client.get(path).await.expect(503);
    }
    client.post("/auth/sign-in", json!({"email_address": "bob@acme.example"})).await.expect(503);
    for faults in [&world.durable.faults, &world.transient.faults] {
        faults.clear();
    }
    client.post("/auth/sign-out", json!({})).await.expect(200);

    // A text message in a sign-in, other sessions ended, another organization, a master key's round.
    let before = world.last_message();
    let mut third = world.begin("bob@acme.example").await;
    issued.cookies(&third);
    third.exchange(organization_id(ACME).as_str()).await.expect(200);
    issued.cookies(&third);
    third.post("/auth/mfa/sms/send", json!({})).await;
    let code = world.code_for(PHONE, before).await;
    issued.note("code by SMS", &code);
    third.post("/auth/mfa/sms", json!({"code": "000000"})).await.expect(401);
    third.post("/auth/mfa/sms", json!({"code": code})).await.expect(200);
    issued.cookies(&third);
    third.post("/auth/sessions/revoke-others", json!({})).await.expect(200);
    let mut ada = world.member_of(GLOBEX, "ada@acme.example").await;
    issued.cookies(&ada);
    ada.post("/auth/switch", json!({"organization_id": organization_id(ACME).as_str()})).await.expect(200);
    issued.cookies(&ada);
    world.vestibule.reseal().await.unwrap();
    third.post("/auth/sign-out", json!({})).await.expect(200);

    let text = log.0.lock().unwrap().clone();
    for happened in ["SignedIn", "Raised", "Enrolled", "Recovered", "Refused", "step ", "load"] {
        assert!(text.contains(happened), "nothing of {happened} was traced");
    }
    issued.none_in("the log", &text);

    let mut audited = String::new();
    while !audited.contains("\"resealed\"") {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let events = world.vestibule.audit_log().unwrap().events(AuditOf::Everything, None, 10_000).await;
        audited = serde_json::to_string(&events.unwrap()).unwrap();
    }
    issued.none_in("the audit log", &audited);
}

#[tokio::test]
async fn no_debug_shows_a_secret() {
    let world = World::new().await;
    let mut issued = Issued::default();
    let (mut client, app) = world.with_app(ACME, "bob@acme.example").await;
    issued.cookies(&client);
    issued.note("secret of the app", &app.secret);
    app.recovery_codes.iter().for_each(|code| issued.note("recovery code", code));
    issued.note("JWT", client.get("/auth/session").await.json()["session_jwt"].as_str().unwrap());
    let session = world.vestibule.current_session(&client.session_token()).await.unwrap();
    let member_id = session.member_id().clone();
    issued.none_in("MemberSession", &format!("{session:?} {session:#?}"));
    issued.none_in("what a MemberSession serializes to", &serde_json::to_string(&session).unwrap());
    issued.none_in("SessionRecord", &format!("{:?}", world.vestibule.sessions_of(&member_id).await.unwrap()));
    issued.none_in(
        "Credentials",
        &format!("{:?}", CredentialStore::load(&*world.durable.memory, &member_id).await.unwrap()),
    );
    issued.none_in("StoredKey", &format!("{:?}", KeyStore::load(&*world.durable.memory).await.unwrap()));
    let seeds =
        SessionStore::of_member(&*world.durable.memory, &member_id, world.vestibule.now()).await.unwrap();
    for record in &seeds {
        assert!(!format!("{record:?}").contains(&format!("{:?}", record.seed.0)));
    }

    // What the application is handed when it has proved a first factor itself.
    let request = client.request(Method::POST, "/own-login").body(()).unwrap();
    let handoff =
        world.vestibule.vouch(&request.into_parts().0, world.vouched("gina@globex.example")).await.unwrap();
    let mut gina = world.client();
    for cookie in handoff.cookies() {
        gina.take(cookie);
    }
    issued.cookies(&gina);
    issued.none_in("Handoff", &format!("{handoff:?}"));

    // A refusal, and everything around it.
    world.clock.advance_secs(301);
    let challenge = client.get("/fresh").await.expect(401).json();
    issued.note("challenge", challenge["challenge"]["challenge_token"].as_str().unwrap());
    let seen = Arc::new(Mutex::new(String::new()));
    let respond = {
        let seen = Arc::clone(&seen);
        move |refusal: Refusal| {
            seen.lock().unwrap().push_str(&format!("{refusal:?} {refusal:#?}"));
            refusal.into_response().map(Body::from)
        }
    };
    let requirement = Requirement::member().factor(fresh_second_factor());
    let require = world.vestibule.require(requirement).respond_with(respond);
    let inner = service_fn(|_: http::Request<Body>| async {
        Ok::<_, std::convert::Infallible>(http::Response::new(Body::empty()))
    });
    for browser in [false, true] {
        let mut service = world.vestibule.session_layer().layer(require.layer(inner));
        let mut request =
            http::Request::get("/fresh").header(AUTHORIZATION, format!("Bearer {}", client.session_token()));
        if browser {
            request = request.header("sec-fetch-mode", "navigate");
        }
        let future = service.ready().await.unwrap().call(request.body(Body::empty()).unwrap());
        issued.none_in("SessionFuture", &format!("{future:?}"));
        let response = future.await.unwrap();
        assert!(matches!(response.status().as_u16(), 303 | 401));
    }
    let seen = seen.lock().unwrap().clone();
    assert!(seen.contains("Refusal"));
    issued.none_in("Refusal", &seen);

    let address = || EmailAddress::parse("ada@acme.example").unwrap();
    issued.note("key", "QUFBQUFBQUFBQUFB");
    issued.note("text", "code 493817");
    let email = Email::new(address(), "Your code", Secret::new("code 493817"));
    let sms = Sms::new(PhoneNumber::parse(PHONE).unwrap(), Secret::new("code 493817"));
    let key = MasterKey::new("one", [b'A'; 32]);
    assert!(!format!("{key:?}").contains("65, 65"));
    let builder = Vestibule::development().master_keys(EnvironmentKeys::new("VESTIBULE_KEYS"));
    for (name, text) in [
        ("Vestibule", format!("{:?} {:?}", world.vestibule, world.vestibule.engine())),
        ("Builder", format!("{builder:?}")),
        (
            "layers",
            format!("{:?} {:?} {require:?}", world.vestibule.session_layer(), world.vestibule.auth_layer()),
        ),
        ("Mailbox", format!("{:?} {:?}", world.mailbox, world.mailbox.messages())),
        ("messages", format!("{email:?} {sms:?}")),
        ("MasterKey", format!("{key:?}")),
        ("stores", format!("{:?} {:?}", world.durable.memory, world.transient.moka)),
        ("Secret", format!("{:?}", Secret::new(PASSWORD))),
    ] {
        issued.none_in(name, &text);
        assert!(!text.contains(PASSWORD));
    }
}

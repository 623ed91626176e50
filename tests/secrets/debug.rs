//! No `Debug` shows what opens anything.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use http::{Method, header::AUTHORIZATION};
use tower::{Layer, Service, ServiceExt, service_fn};
use vestibule::{
    EnvironmentKeys, MasterKey, Refusal, Requirement, Vestibule,
    deliver::{Email, Sms},
    domain::{EmailAddress, PhoneNumber, Secret},
    store::{CredentialStore, KeyStore, SessionStore},
};

use crate::{
    common::Issued,
    common::{
        ACME, World,
        world::{PASSWORD, PHONE, fresh_second_factor},
    },
};

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

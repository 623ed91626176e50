//! Intermediate sessions: good for ten minutes and once, in one browser, for nothing but going on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(feature = "axum")]

mod common;

use std::{
    net::SocketAddr,
    pin::pin,
    task::{Context, Waker},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use common::{
    ACME, Answer, App, Client, Fault, GLOBEX, INITECH, World,
    faults::Gate,
    race::race,
    world::{PASSWORD, organization_id},
};
use http::Method;
use serde_json::json;
use vestibule::{ErrorKind, domain::Secret};

const NOT_FOUND: &str = "intermediate_session_not_found";

/// A token of a kind that nobody was given.
fn made_up(kind: u8) -> String {
    let mut bytes = [0x6b; 33];
    bytes[0] = kind;
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The answer to an exchange with a token that never was.
async fn unknown(world: &World) -> Answer {
    let mut client = world.client();
    client.set_cookie("intermediate", made_up(0x10));
    client.exchange(organization_id(GLOBEX).as_str()).await.expect(401)
}

/// Every call that takes an intermediate session.
#[derive(Clone, Copy, Debug)]
enum Call {
    List,
    Exchange,
    Create,
    MfaPage,
    Totp,
    Recovery,
    Sms,
    SendSms,
    EnrolPage,
    EnrolTotp,
    ConfirmTotp,
    EnrolSms,
    ConfirmSms,
}

impl Call {
    const ALL: [Self; 13] = [
        Self::List,
        Self::Exchange,
        Self::Create,
        Self::MfaPage,
        Self::Totp,
        Self::Recovery,
        Self::Sms,
        Self::SendSms,
        Self::EnrolPage,
        Self::EnrolTotp,
        Self::ConfirmTotp,
        Self::EnrolSms,
        Self::ConfirmSms,
    ];

    /// Somebody in whose sign-in this call is the next. Their ten minutes begin when this begins.
    async fn prepare(self, world: &World) -> Prepared {
        let mut app = None;
        match self {
            Self::List | Self::Exchange | Self::Create => {
                return Prepared { client: world.begin("gina@globex.example").await, app };
            }
            Self::MfaPage | Self::Totp | Self::Recovery => {
                app = Some(world.with_app(ACME, "bob@acme.example").await.1);
                world.clock.advance_secs(3600);
            }
            Self::Sms | Self::SendSms => {
                world.set_phone(ACME, "bob@acme.example").await;
            }
            Self::EnrolPage | Self::EnrolTotp | Self::ConfirmTotp | Self::EnrolSms | Self::ConfirmSms => {}
        }
        let mut client = world.begin("bob@acme.example").await;
        client.exchange(organization_id(ACME).as_str()).await.expect(200);
        if matches!(self, Self::ConfirmTotp) {
            let begun = client.post("/auth/enrol/totp", json!({})).await.expect(200).json();
            app = Some(App::new(begun["secret"].as_str().unwrap(), Vec::new(), world.clock.clone()));
        }
        Prepared { client, app }
    }
}

struct Prepared {
    client: Client,
    app: Option<App>,
}

impl Prepared {
    async fn run(&mut self, call: Call) -> Answer {
        let Self { client, app } = self;
        let code = || app.as_ref().unwrap().code();
        match call {
            Call::List => client.get("/auth/organizations").await,
            Call::Exchange => client.exchange(organization_id(GLOBEX).as_str()).await,
            Call::Create => {
                client.post("/auth/organizations/create", json!({"organization_name": "New"})).await
            }
            Call::MfaPage => client.get("/auth/mfa").await,
            Call::Totp => client.post("/auth/mfa/totp", json!({"code": code()})).await,
            Call::Recovery => {
                let code = app.as_ref().unwrap().recovery_codes[0].clone();
                client.post("/auth/mfa/recovery", json!({"recovery_code": code})).await
            }
            Call::Sms => client.post("/auth/mfa/sms", json!({"code": "000000"})).await,
            Call::SendSms => client.post("/auth/mfa/sms/send", json!({})).await,
            Call::EnrolPage => client.get("/auth/enrol").await,
            Call::EnrolTotp => client.post("/auth/enrol/totp", json!({})).await,
            Call::ConfirmTotp => client.post("/auth/enrol/totp/confirm", json!({"code": code()})).await,
            Call::EnrolSms => client.post("/auth/enrol/sms", json!({"phone_number": "+15557654321"})).await,
            Call::ConfirmSms => client.post("/auth/enrol/sms/confirm", json!({"code": "000000"})).await,
        }
    }
}

#[tokio::test]
async fn good_to_the_last_millisecond_of_ten_minutes_and_no_longer_in_every_call() {
    for call in Call::ALL {
        for (millis, good) in [(599_999, true), (600_000, false), (600_001, false)] {
            let world = World::new().await;
            let mut prepared = call.prepare(&world).await;
            world.clock.advance(Duration::from_millis(millis));
            let answer = prepared.run(call).await;
            let refused = answer.status == 401 && answer.error_type() == NOT_FOUND;
            assert_eq!(!refused, good, "{call:?} at {millis} ms: {} {}", answer.status, answer.text);
            assert_eq!(world.handled(), 0);
            if !good {
                assert!(prepared.client.cookie("session").is_none(), "{call:?}");
            }
        }
    }
}

#[tokio::test]
async fn no_use_and_no_step_makes_it_last_longer() {
    let world = World::new().await;
    let mut client = world.begin("bob@acme.example").await;
    let expires_at =
        client.get("/auth/organizations").await.json()["intermediate_session_token_expires_at"].clone();
    for _ in 0..9 {
        world.clock.advance_secs(60);
        let listed = client.get("/auth/organizations").await.expect(200).json();
        assert_eq!(listed["intermediate_session_token_expires_at"], expires_at);
        let owed = client.exchange(organization_id(ACME).as_str()).await.expect(200).json();
        assert_eq!(owed["intermediate_session_token_expires_at"], expires_at);
    }
    world.clock.advance(Duration::from_millis(59_999));
    client.get("/auth/organizations").await.expect(200);
    world.clock.advance(Duration::from_millis(1));
    client.get("/auth/organizations").await.expect(401);
    client.exchange(organization_id(ACME).as_str()).await.expect(401);
}

#[tokio::test]
async fn a_second_exchange_is_answered_like_an_unknown_token() {
    let world = World::new().await;
    let mut client = world.begin("gina@globex.example").await;
    let mut copy = client.clone();
    assert!(client.exchange(organization_id(GLOBEX).as_str()).await.is_session());
    let again = copy.exchange(organization_id(GLOBEX).as_str()).await.expect(401);
    assert_eq!(again.comparable(), unknown(&world).await.comparable());
    assert_eq!(world.stored_sessions(GLOBEX, "gina@globex.example").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixty_four_at_once_one_gets_the_session() {
    let world = World::new().await;
    let unknown = unknown(&world).await.comparable();
    let gina = world.member(GLOBEX, "gina@globex.example").await;
    for round in 0..100 {
        let client = world.begin("gina@globex.example").await;
        let racers = (0..64).map(|_| {
            let mut client = client.clone();
            async move {
                let answer = client.exchange(organization_id(GLOBEX).as_str()).await;
                (answer, client)
            }
        });
        let (won, lost): (Vec<_>, Vec<_>) =
            race(racers).await.into_iter().partition(|(a, _)| a.status == 200);
        assert_eq!((won.len(), lost.len()), (1, 63), "round {round}");
        for (answer, client) in &lost {
            assert_eq!(answer.status, 401);
            assert_eq!(answer.comparable(), unknown);
            assert!(client.cookie("session").is_none());
        }
        let stored = world.stored_sessions(GLOBEX, "gina@globex.example").await;
        let ids: Vec<&str> = stored.iter().map(|id| id.as_str()).collect();
        assert_eq!(ids, [won[0].0.session_id()], "round {round}");
        world.vestibule.revoke_member(&gina.member_id, None).await.unwrap();
        world.clock.advance_secs(30);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_intermediate_session_buys_one_session_in_whichever_organization_is_first() {
    let world = World::new().await;
    for _ in 0..40 {
        let client = world.begin("ada@acme.example").await;
        let racers = (0..32).map(|number| {
            let mut client = client.clone();
            async move {
                match number % 3 {
                    0 => client.exchange(organization_id(GLOBEX).as_str()).await,
                    1 => client.exchange(organization_id(ACME).as_str()).await,
                    _ => client.post("/auth/organizations/create", json!({})).await,
                }
            }
        });
        let won = race(racers).await.into_iter().filter(|answer| answer.status == 200).count();
        assert_eq!(won, 1);
        world.clock.advance_secs(30);
    }
}

/// Waits until the tasks that were left behind have come to rest.
async fn rest() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

/// Whoever is not in yet tries again with the cookies they have; then they are in exactly once.
async fn nothing_is_lost(world: &World, before: &Client, what: &str) {
    rest().await;
    let stored = world.stored_sessions(GLOBEX, "gina@globex.example").await.len();
    let mut again = before.clone();
    let answer = again.exchange(organization_id(GLOBEX).as_str()).await;
    match stored {
        0 => assert!(answer.is_session(), "{what}: neither a session nor a token: {}", answer.text),
        1 => assert_eq!(answer.error_type(), NOT_FOUND, "{what}: a second session"),
        _ => panic!("{what}: {stored} sessions"),
    }
    assert_eq!(world.stored_sessions(GLOBEX, "gina@globex.example").await.len(), 1, "{what}");
}

#[tokio::test]
async fn a_connection_that_drops_between_two_polls_loses_nothing() {
    for polls in 0..12 {
        let world = World::new().await;
        let client = world.begin("gina@globex.example").await;
        {
            let mut caller = client.clone();
            let id = organization_id(GLOBEX);
            let mut future = pin!(caller.exchange(id.as_str()));
            for _ in 0..polls {
                if future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        nothing_is_lost(&world, &client, &format!("dropped after {polls} polls")).await;
    }
}

#[tokio::test]
async fn a_connection_that_drops_while_a_store_is_asked_loses_nothing() {
    for operation in [
        "transient.get",
        "directory.entrance",
        "credentials.load",
        "transient.claim",
        "sessions.insert",
        "transient.consume",
    ] {
        let world = World::new().await;
        let client = world.begin("gina@globex.example").await;
        let gate = Gate::new();
        let faults =
            if operation.starts_with("transient") { &world.transient.faults } else { &world.durable.faults };
        faults.set(operation, Fault::Waits(gate.clone()));
        let (mut caller, id) = (client.clone(), organization_id(GLOBEX));
        tokio::select! {
            biased;
            () = gate.arrived() => {}
            answer = caller.exchange(id.as_str()) => panic!("{operation}: {}", answer.text),
        }
        faults.clear();
        gate.open();
        nothing_is_lost(&world, &client, operation).await;
    }
}

#[tokio::test]
async fn a_session_store_that_fails_costs_the_person_nothing() {
    for fault in [Fault::Fails, Fault::FailsAfter] {
        let world = World::new().await;
        let mut client = world.begin("gina@globex.example").await;
        let mut creator = world.begin("founder@new.example").await;
        world.durable.faults.set("sessions.insert", fault);
        client.exchange(organization_id(GLOBEX).as_str()).await.expect(503);
        let named = json!({"organization_name": "New", "organization_slug": "new"});
        creator.post("/auth/organizations/create", named).await.expect(503);
        for client in [&mut client, &mut creator] {
            assert!(client.cookie("session").is_none());
            assert!(!client.is_in().await);
        }

        world.durable.faults.clear();
        assert!(client.exchange(organization_id(GLOBEX).as_str()).await.is_session());
        // The organization is there already; its founder enters it with what they still hold.
        let found = creator.get("/auth/organizations").await.expect(200).json();
        let id = found["discovered_organizations"][0]["organization"]["organization_id"].clone();
        assert!(creator.exchange(id.as_str().unwrap()).await.is_session());
    }
}

#[tokio::test]
async fn a_store_that_forgets_to_consume_sells_nothing_twice() {
    let world = World::new().await;
    let mut client = world.begin("gina@globex.example").await;
    let mut copy = client.clone();
    world.transient.faults.set("transient.consume", Fault::Fails);
    client.exchange(organization_id(GLOBEX).as_str()).await;
    world.transient.faults.clear();
    for _ in 0..599 {
        world.clock.advance_secs(1);
        copy.exchange(organization_id(GLOBEX).as_str()).await.expect(401);
    }
    assert!(world.stored_sessions(GLOBEX, "gina@globex.example").await.len() <= 1);
}

#[tokio::test]
async fn a_session_store_that_is_slow_sells_nothing_twice() {
    let world = World::new().await;
    let client = world.begin("gina@globex.example").await;
    let gate = Gate::new();
    world.durable.faults.set("sessions.insert", Fault::Waits(gate.clone()));
    let mut first = client.clone();
    let slow = tokio::spawn(async move { first.exchange(organization_id(GLOBEX).as_str()).await });
    gate.arrived().await;
    world.durable.faults.clear();
    for seconds in [0, 29, 1, 1, 60] {
        world.clock.advance_secs(seconds);
        client.clone().exchange(organization_id(GLOBEX).as_str()).await.expect(401);
    }
    gate.open();
    assert!(slow.await.unwrap().is_session());
    assert_eq!(world.stored_sessions(GLOBEX, "gina@globex.example").await.len(), 1);
}

#[tokio::test]
async fn a_store_that_fails_anywhere_lets_nobody_in() {
    for call in Call::ALL {
        // What the call asks of the stores, where everything works.
        let world = World::new().await;
        let mut prepared = call.prepare(&world).await;
        world.transient.faults.calls();
        world.durable.faults.calls();
        prepared.run(call).await;
        let mut operations = world.transient.faults.calls();
        operations.extend(world.durable.faults.calls());
        operations.sort_unstable();
        operations.dedup();
        assert!(!operations.is_empty(), "{call:?}");

        for operation in operations {
            // It was bought, and the claim keeps others out: see above. A destination that is not forgotten
            // lets nobody in. The others go on in the background.
            if matches!(
                operation,
                "transient.consume" | "transient.put_destination" | "keys.note_time" | "audit.record"
            ) {
                continue;
            }
            let world = World::new().await;
            let mut prepared = call.prepare(&world).await;
            for faults in [&world.transient.faults, &world.durable.faults] {
                faults.set(operation, Fault::Fails);
            }
            let answer = prepared.run(call).await;
            assert_eq!(answer.status, 503, "{call:?} without {operation}: {}", answer.text);
            assert!(prepared.client.cookie("session").is_none(), "{call:?} without {operation}");
            assert!(prepared.client.cookie("intermediate").is_some(), "{call:?} without {operation}");
            for faults in [&world.transient.faults, &world.durable.faults] {
                faults.clear();
            }
            assert!(!prepared.client.is_in().await, "{call:?} without {operation}");
            assert_eq!(world.handled(), 0);
        }
    }
}

#[tokio::test]
async fn a_browser_is_told_of_an_outage_and_keeps_its_sign_in() {
    let world = World::new().await;
    let mut browser = world.begin("bob@acme.example").await.browsing();
    for page in ["/auth/organizations", "/auth/mfa", "/auth/enrol", "/auth/enrol/totp", "/auth/enrol/sms"] {
        world.transient.faults.set("transient.get", Fault::Fails);
        browser.get(page).await.expect(503);
        assert!(browser.cookie("intermediate").is_some(), "{page}");
        world.transient.faults.clear();
    }
    browser.get("/auth/organizations").await.expect(200);
}

#[tokio::test]
async fn in_another_browser_it_is_worth_nothing() {
    let world = World::new().await;
    let mut owner = world.begin("gina@globex.example").await;
    let ist = owner.intermediate();
    let mut elsewhere = world.begin("ada@acme.example").await;
    let mut nowhere = world.client();
    for thief in [&mut elsewhere, &mut nowhere] {
        thief.set_cookie("intermediate", ist.clone());
        for answer in [
            thief.get("/auth/organizations").await,
            thief.exchange(organization_id(GLOBEX).as_str()).await,
            thief.post("/auth/organizations/create", json!({})).await,
            thief.post("/auth/mfa/totp", json!({"code": "123456"})).await,
            thief.post("/auth/enrol/totp", json!({})).await,
        ] {
            assert_eq!(answer.error_type(), NOT_FOUND);
        }
        thief.bearer = Some(ist.clone());
        assert!(!thief.is_in().await);
    }
    assert!(owner.exchange(organization_id(GLOBEX).as_str()).await.is_session());
}

/// One token of each kind, all of them live, and who holds them.
struct Tokens {
    intermediate: String,
    challenge: String,
    session: String,
    link: String,
    browser: String,
    jwt: String,
    /// In the middle of signing in.
    pending: Client,
    /// Signed in, and challenged.
    member: Client,
    /// Asked for the link.
    asked: Client,
}

impl Tokens {
    async fn new(world: &World) -> Self {
        let pending = world.begin("ada@acme.example").await;
        let (mut member, _) = world.with_app(ACME, "bob@acme.example").await;
        world.clock.advance_secs(301);
        let refused = member.get("/fresh").await.expect(401).json();
        let challenge = refused["challenge"]["challenge_token"].as_str().map(str::to_owned);
        let challenge = challenge.expect("challenged");
        let shown = member.get("/auth/session").await.expect(200).json();
        let mut asked = world.client();
        let before = world.last_message();
        let form = json!({"email_address": "gina@globex.example", "method": "magic_link"});
        asked.post("/auth/sign-in", form).await.expect(200);
        let mail = world.mailbox.wait_for("gina@globex.example", before).await;
        let link = mail.text.split("token=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        Self {
            intermediate: pending.intermediate(),
            challenge,
            session: member.session_token(),
            link,
            browser: pending.cookie("browser").unwrap(),
            jwt: shown["session_jwt"].as_str().unwrap().to_owned(),
            pending,
            member,
            asked,
        }
    }

    fn all(&self) -> [(&'static str, &str); 6] {
        [
            ("intermediate", &self.intermediate),
            ("challenge", &self.challenge),
            ("session", &self.session),
            ("link", &self.link),
            ("browser", &self.browser),
            ("jwt", &self.jwt),
        ]
    }

    /// Uses a text as the token of a place; whether it was taken for one.
    async fn taken(&self, place: &str, text: &str) -> bool {
        match place {
            "intermediate" => {
                let mut client = self.pending.clone();
                client.set_cookie("intermediate", text);
                client.get("/auth/organizations").await.status == 200
            }
            "session" => {
                let mut client = self.pending.clone();
                client.set_cookie("session", text);
                let shown = client.get("/auth/session").await.status == 200;
                client.is_in().await || shown
            }
            "bearer" => {
                let mut client = self.pending.clone();
                client.bearer = Some(text.to_owned());
                let shown = client.get("/auth/session").await.status == 200;
                client.is_in().await || shown
            }
            "challenge" => {
                let form = json!({"challenge_token": text});
                let answer = self.member.clone().post("/auth/step-up/email/send", form).await;
                let mut client = self.member.clone();
                client.set_cookie("challenge", text);
                let page = client.browsing().get("/auth/step-up").await;
                answer.status == 200 || page.status == 200
            }
            "link" => {
                let mut client = self.asked.browsing();
                client.get(&format!("/auth/link?token={}", urlencoded(text))).await.status == 200
            }
            "browser" => {
                let mut client = self.pending.clone();
                client.set_cookie("browser", text);
                client.get("/auth/organizations").await.status == 200
            }
            _ => unreachable!("{place}"),
        }
    }
}

fn urlencoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn a_token_of_one_kind_is_refused_wherever_another_is_read() {
    let world = World::new().await;
    let tokens = Tokens::new(&world).await;
    for place in ["intermediate", "session", "bearer", "challenge", "link", "browser"] {
        for (kind, text) in tokens.all() {
            let handled = world.handled();
            let right = kind == place
                || matches!((place, kind), ("bearer", "session") | ("bearer" | "session", "jwt"));
            assert_eq!(tokens.taken(place, text).await, right, "a {kind} token as {place}");
            if !right {
                assert_eq!(world.handled(), handled, "a {kind} token as {place}");
            }
        }
    }
    // Nor does an intermediate session in a body, a query or another header open anything.
    let mut client = world.client();
    let ist = &tokens.intermediate;
    client.get(&format!("/me?session_token={ist}&intermediate_session_token={ist}")).await.expect(401);
    client
        .get_with("/me", &[("x-session-token", ist), ("x-vestibule-session", &tokens.session)])
        .await
        .expect(401);
    client.get_with("/me", &[("authorization", &format!("Basic {}", tokens.session))]).await.expect(401);
}

#[tokio::test]
async fn a_token_that_was_changed_cut_or_padded_is_no_token() {
    let world = World::new().await;
    let tokens = Tokens::new(&world).await;
    for (place, text) in [
        ("intermediate", &tokens.intermediate),
        ("session", &tokens.session),
        ("bearer", &tokens.session),
        ("challenge", &tokens.challenge),
        ("link", &tokens.link),
        ("browser", &tokens.browser),
    ] {
        assert!(tokens.taken(place, text).await, "{place}");
        let handled = world.handled();
        for index in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(!tokens.taken(place, &changed).await, "{place}: {index} changed");
            assert!(!tokens.taken(place, &text[..index]).await, "{place}: cut at {index}");
        }
        for padded in
            [format!("{text}="), format!("{text}A"), format!("A{text}"), format!("{text}.{text}.{text}")]
        {
            assert!(!tokens.taken(place, &padded).await, "{place}: {padded}");
        }
        assert_eq!(world.handled(), handled);
    }
    // A JWT: any change of header, claims or signature.
    let jwt = &tokens.jwt;
    assert!(tokens.taken("bearer", jwt).await);
    for index in (0..jwt.len()).step_by(7) {
        let mut changed = jwt.clone().into_bytes();
        changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
        assert!(!tokens.taken("bearer", &String::from_utf8(changed).unwrap()).await, "{index} changed");
        assert!(!tokens.taken("bearer", &jwt[..index]).await, "cut at {index}");
    }
    for padded in
        [format!("{jwt}="), format!("{jwt}A"), format!("{jwt}."), format!(".{jwt}"), jwt.replace('.', "..")]
    {
        assert!(!tokens.taken("bearer", &padded).await, "{padded}");
    }
}

#[tokio::test]
async fn every_step_kills_the_token_before_it() {
    let world = World::new().await;
    let mut client = world.begin("bob@acme.example").await;
    let mut former: Vec<Client> = vec![client.clone()];

    client.exchange(organization_id(ACME).as_str()).await.expect(200);
    former.push(client.clone());
    // Another first factor of the same person.
    world.prove_email(&mut client, "bob@acme.example").await;
    former.push(client.clone());
    client.exchange(organization_id(ACME).as_str()).await.expect(200);
    former.push(client.clone());
    let tokens: Vec<String> = former.iter().map(Client::intermediate).collect();
    for (index, token) in tokens.iter().enumerate() {
        assert!(!tokens[..index].contains(token), "step {index} kept the token");
    }
    for old in &former[..former.len() - 1] {
        let answer = old.clone().get("/auth/organizations").await.expect(401);
        assert_eq!(answer.error_type(), NOT_FOUND);
    }
    world.enrol_app(&mut client).await;
    assert!(client.is_in().await);
    for mut old in former {
        old.get("/auth/organizations").await.expect(401);
    }
}

#[tokio::test]
async fn what_was_planted_is_never_adopted() {
    let world = World::new().await;
    let mut client = world.client();
    let planted = [("session", made_up(0x30)), ("intermediate", made_up(0x10)), ("challenge", made_up(0x20))];
    for (name, value) in &planted {
        client.set_cookie(name, value.clone());
    }
    world.prove_email(&mut client, "gina@globex.example").await;
    assert_ne!(client.intermediate(), planted[1].1);
    assert!(client.exchange(organization_id(GLOBEX).as_str()).await.is_session());
    assert_ne!(client.session_token(), planted[0].1);
    let mut attacker = world.client();
    for (name, value) in planted {
        attacker.set_cookie(name, value);
    }
    assert!(!attacker.is_in().await);
    attacker.get("/auth/organizations").await.expect(401);

    // A live session of the attacker's own, planted in the victim's browser, is not what comes out either.
    let attacker = world.member_of(GLOBEX, "ada@acme.example").await;
    let mut victim = world.client();
    victim.set_cookie("session", attacker.session_token());
    world.begin_in(&mut victim, "gina@globex.example").await;
    assert!(victim.exchange(organization_id(GLOBEX).as_str()).await.is_session());
    assert_ne!(victim.session_token(), attacker.session_token());
}

async fn opens(world: &World, address: &str, peer: Option<&str>) -> bool {
    let mut client = world.client();
    client.peer = peer.map(|peer| peer.parse::<SocketAddr>().unwrap());
    let request = client.request(Method::POST, "/own-login").body(()).unwrap();
    match world.vestibule.vouch(&request.into_parts().0, world.vouched(address)).await {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(*error.kind(), ErrorKind::TooManyRequests);
            false
        }
    }
}

#[tokio::test]
async fn only_so_many_are_opened_for_one_address_and_by_one_client() {
    let world = World::new().await;
    let mut member = world.gina().await;
    for _ in 0..30 {
        assert!(opens(&world, "one@flood.example", None).await);
    }
    assert!(!opens(&world, "one@flood.example", None).await);
    assert!(!opens(&world, "ONE@FLOOD.example", None).await, "another spelling of the same address");
    assert!(opens(&world, "two@flood.example", None).await);

    // One subscriber of IPv6 is one client, whatever address of theirs they use.
    for number in 0..60 {
        let peer = format!("[2001:db8:1:2::{number:x}]:443");
        assert!(opens(&world, &format!("{number}@flood.example"), Some(&peer)).await);
    }
    assert!(!opens(&world, "x@flood.example", Some("[2001:db8:1:2:ffff::1]:443")).await);
    assert!(opens(&world, "x@flood.example", Some("[2001:db8:1:3::1]:443")).await);

    world.clock.advance_secs(600);
    assert!(opens(&world, "one@flood.example", Some("[2001:db8:1:2::1]:443")).await);
    assert!(member.is_in().await, "a flood of strangers ends nobody's session");
}

#[tokio::test]
async fn a_browser_whose_sign_in_expired_starts_again_with_its_destination() {
    let world = World::new().await;
    let mut browser = world.browser();
    let form = json!({"email_address": "gina@globex.example", "return_to": "/reports?year=2026"});
    browser.post("/auth/sign-in", form).await.expect(303);
    let code = world.code_for("gina@globex.example", 0).await;
    browser.post("/auth/code", json!({"code": code})).await.expect(303);
    let program = browser.program();
    world.clock.advance_secs(600);

    let page = browser.clone().get("/auth/organizations").await.expect(401);
    let start = "href=\"/auth/sign-in?return_to=%2Freports%3Fyear%3D2026\"";
    assert_eq!(page.text.matches(start).count(), 1, "{}", page.text);
    assert_eq!(page.text.matches("<form").count(), 0, "one button and nothing else to press");
    let posted = browser.exchange(organization_id(GLOBEX).as_str()).await.expect(401);
    assert!(posted.text.contains(start));
    assert!(browser.cookie("intermediate").is_none());

    let told = program.clone().exchange(organization_id(GLOBEX).as_str()).await.expect(401);
    assert_eq!(told.comparable(), unknown(&world).await.comparable());
}

#[tokio::test]
async fn an_organization_that_is_absent_and_one_that_is_closed_answer_alike() {
    let world = World::new().await;
    let mut client = world.begin("gina@globex.example").await;
    let closed = client.exchange(organization_id(ACME).as_str()).await.expect(404);
    let absent = client.exchange(organization_id("nowhere").as_str()).await.expect(404);
    let no_id = client.exchange("not an id").await.expect(404);
    assert_eq!(closed.comparable(), absent.comparable());
    assert_eq!(closed.comparable(), no_id.comparable());
    assert!(
        client.exchange(organization_id(GLOBEX).as_str()).await.is_session(),
        "none of it used the token up"
    );
}

#[tokio::test]
async fn a_password_that_was_replaced_meanwhile_finishes_no_sign_in() {
    let world = World::new().await;
    let bob = world.member(ACME, "bob@acme.example").await.member_id;
    world.vestibule.set_password(&bob, Secret::new(PASSWORD)).await.unwrap();
    let form = |password: &str| json!({"email_address": "bob@acme.example", "password": password});
    let mut thief = world.client();
    let owed = thief.post("/auth/o/acme/password", form(PASSWORD)).await.expect(200).json();
    assert!(owed["primary_required"].is_null() && !owed["mfa_required"].is_null(), "{owed}");
    let pat = world.member(INITECH, "pat@initech.example").await.member_id;
    let mut live = world.client();
    let by_pat = json!({"email_address": "pat@initech.example", "password": PASSWORD});
    live.post("/auth/o/initech/password", by_pat).await.expect(200);

    let other = "entirely other words of 1985";
    for member_id in [&bob, &pat] {
        world.vestibule.set_password(member_id, Secret::new(other)).await.unwrap();
    }
    let refused = thief.post("/auth/enrol/totp", json!({})).await.expect(400);
    assert_eq!(refused.error_type(), "action_available_only_once_primary_authentication_is_met");
    let owed = thief.exchange(organization_id(ACME).as_str()).await.expect(200).json();
    assert!(!owed["primary_required"].is_null(), "{owed}");
    // The right one is taken in where the old one was.
    thief.post("/auth/o/acme/password", form(other)).await.expect(200);
    thief.post("/auth/enrol/totp", json!({})).await.expect(200);
    // A session that lives stays.
    assert!(live.is_in().await);
}

/// Whoever is asked for a password besides, and says where to go, goes there.
#[tokio::test]
async fn a_form_of_one_organization_leads_on_to_where_it_says() {
    let world = World::new().await;
    for (slug, address) in [(INITECH, "pat@initech.example"), (ACME, "bob@acme.example")] {
        let member_id = world.member(slug, address).await.member_id;
        world.vestibule.set_password(&member_id, Secret::new(PASSWORD)).await.unwrap();
        let mut browser = world.browser();
        world.begin_in(&mut browser, address).await;
        let form = json!({"email_address": address, "password": PASSWORD, "return_to": "/reports?page=2"});
        let answer = browser.post(&format!("/auth/o/{slug}/password"), form).await.expect(303);
        if slug == INITECH {
            assert_eq!(answer.location(), "/reports?page=2");
            continue;
        }
        // Where more is owed, the destination goes along.
        assert_eq!(answer.location(), "/auth/enrol");
        let mut program = browser.program();
        let secret = program.post("/auth/enrol/totp", json!({})).await.expect(200).json()["secret"].clone();
        let app = App::new(secret.as_str().unwrap(), Vec::new(), world.clock.clone());
        browser.cookies = program.cookies;
        let shown = browser.post("/auth/enrol/totp/confirm", json!({"code": app.code()})).await.expect(200);
        assert!(shown.text.contains("/reports?page=2"), "{}", shown.text);
    }
}

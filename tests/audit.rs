//! What happens is told: to who subscribes, and to a log that can be read.

#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use common::{
    ACME, Fault, GLOBEX, INITECH, TestClock, World,
    world::{PASSWORD, PHONE, new_member, organization_id},
};
use serde_json::json;
use vestibule::{
    AuditEvents, Caller, Missed, Terms, Vestibule, Vouched,
    domain::{
        AuditEvent, AuditKind, AuditReason, Domain, EmailAddress, Environment, FactorKind, ForbiddenReason,
        JitProvisioning, LimitKind, Member, MemberId, MemberStatus, OrganizationId, Secret, Timestamp,
    },
    store::{
        Answer, AuditOf, AuditSink, CounterKey, Counters, StoreError, StoreErrorKind, moka::MokaCounters,
    },
};

/// Hears what happens in a world.
struct Ear {
    events: AuditEvents,
    marker: Member,
    vestibule: Vestibule,
}

impl Ear {
    async fn at(world: &World) -> Self {
        let marker = world.member(GLOBEX, "gina@globex.example").await;
        let mut ear =
            Self { events: world.vestibule.audit_events(), marker, vestibule: world.vestibule.clone() };
        ear.heard().await;
        ear
    }

    /// What has happened since this was asked last.
    async fn heard(&mut self) -> Vec<AuditEvent> {
        self.vestibule.update_member(&self.marker).await.unwrap();
        let mut heard = Vec::new();
        loop {
            let event = self.events.next().await.unwrap().unwrap();
            if event.kind == AuditKind::MemberChanged {
                return heard;
            }
            heard.push(event);
        }
    }

    #[track_caller]
    fn documented(names: &[&str]) {
        let documents = include_str!("../docs/observability.md");
        for name in names {
            assert!(documents.contains(&format!("`{name}`")), "{name} is not in the documents");
        }
    }

    async fn hears(&mut self, expected: &[&str]) -> Vec<AuditEvent> {
        let heard = self.heard().await;
        let names: Vec<&str> = heard.iter().map(|event| event.kind.name()).collect();
        Self::documented(&names);
        assert_eq!(names, expected, "{heard:?}");
        heard
    }
}

#[tokio::test]
async fn a_sign_in_is_told_from_its_first_mail_to_its_end() {
    let world = World::new().await;
    let mut ear = Ear::at(&world).await;
    let bob = world.member(ACME, "bob@acme.example").await;
    let mut client = world.client();
    client.peer = Some("192.0.2.7:4711".parse().unwrap());

    client.post("/auth/sign-in", json!({"email_address": "bob@acme.example"})).await.expect(200);
    let sent = ear.hears(&["sent"]).await.remove(0);
    let AuditKind::Sent { factor: FactorKind::EmailOtp, credential_id: mailbox } = sent.kind else {
        panic!()
    };

    client.post("/auth/code", json!({"code": "000000"})).await.expect(401);
    let refused = ear.hears(&["refused"]).await.remove(0);
    let (factor, reason) = (FactorKind::EmailOtp, AuditReason::WrongCode);
    assert_eq!(refused.kind, AuditKind::Refused { factor, reason, credential_id: Some(mailbox.clone()) });
    assert_eq!(refused.member_id, None);

    let code = world.code_for("bob@acme.example", 0).await;
    client.post("/auth/code", json!({"code": code})).await.expect(200);
    let proved = ear.hears(&["proved"]).await.remove(0);
    assert_eq!(proved.kind, AuditKind::Proved { factor, credential_id: mailbox });

    client.exchange(organization_id(ACME).as_str()).await.expect(200);
    let owed = ear.hears(&["owed"]).await.remove(0);
    assert_eq!(owed.kind, AuditKind::Owed { primary: false, secondary: true });
    assert_eq!(owed.member_id.as_ref(), Some(&bob.member_id));

    let app = world.enrol_app(&mut client).await;
    let heard = ear.hears(&["enrolled", "signed_in"]).await;
    assert_eq!(heard[1].kind, AuditKind::SignedIn { factors: vec![FactorKind::EmailOtp, FactorKind::Totp] });
    assert_eq!(heard[1].organization_id, Some(organization_id(ACME)));
    let session = heard[1].member_session_id.clone().unwrap();

    // A step-up: one challenge, however often it is met with.
    world.clock.advance_secs(301);
    let challenge = client.get("/fresh").await.expect(401).json();
    client.get("/fresh").await.expect(401);
    ear.hears(&["challenged"]).await;
    let challenge = challenge["challenge"]["challenge_token"].as_str().unwrap();
    let wrong = json!({"code": app.wrong_code(0), "challenge_token": challenge});
    client.post("/auth/step-up/totp", wrong).await;
    client.post("/auth/sign-out", json!({})).await.expect(200);
    let heard = ear.heard().await;
    let out = heard.last().unwrap();
    assert_eq!((&out.kind, &out.member_session_id), (&AuditKind::SignedOut, &Some(session)));
    assert_eq!([&refused.ip_address, &out.ip_address], ["192.0.2.7"; 2]);
}

#[tokio::test]
async fn second_factors_are_told_until_they_lock() {
    let world = World::new().await;
    let (_, app) = world.with_app(ACME, "bob@acme.example").await;
    let mut ear = Ear::at(&world).await;

    let mut client = world.begin("bob@acme.example").await;
    client.exchange(organization_id(ACME).as_str()).await.expect(200);
    client.post("/auth/mfa/recovery", json!({"recovery_code": app.recovery_codes[0]})).await.expect(200);
    let heard = ear.hears(&["proved", "owed", "recovered", "signed_in"]).await;
    assert_eq!(heard[2].kind, AuditKind::Recovered { codes_left: 9 });

    let mut client = world.begin("bob@acme.example").await;
    client.exchange(organization_id(ACME).as_str()).await.expect(200);
    for _ in 0..10 {
        client.post("/auth/mfa/totp", json!({"code": app.wrong_code(0)})).await.expect(401);
    }
    let mut expected = vec!["proved", "owed"];
    expected.extend(["refused"; 10]);
    expected.push("locked");
    ear.hears(&expected).await;

    // What can be caused without end is told once a minute.
    for _ in 0..3 {
        client.post("/auth/mfa/totp", json!({"code": app.code()})).await.expect(401);
    }
    let heard = ear.hears(&["refused"]).await;
    let (factor, reason) = (FactorKind::Totp, AuditReason::Locked);
    assert_eq!(heard[0].kind, AuditKind::Refused { factor, reason, credential_id: None });
    world.clock.advance_secs(61);
    client.post("/auth/mfa/totp", json!({"code": app.code()})).await.expect(401);
    ear.hears(&["refused"]).await;

    let bob = world.member(ACME, "bob@acme.example").await;
    world.vestibule.reset_mfa(&bob.member_id).await.unwrap();
    let heard = ear.hears(&["removed", "revoked", "revoked"]).await;
    let AuditKind::Removed { factors } = &heard[0].kind else { panic!() };
    assert_eq!(factors, &[FactorKind::Totp, FactorKind::RecoveryCodes]);
    assert!(heard.iter().all(|event| event.member_id.as_ref() == Some(&bob.member_id)));
}

#[tokio::test]
async fn passwords_links_and_phones_are_told() {
    let world = World::new().await;
    let mut ear = Ear::at(&world).await;

    for password in ["wrong horse, wrong staple", PASSWORD] {
        let form = json!({"email_address": "pat@initech.example", "password": password});
        world.client().post("/auth/o/initech/password", form).await;
    }
    let heard = ear.hears(&["refused", "proved", "signed_in"]).await;
    let pat = world.member(INITECH, "pat@initech.example").await;
    assert!(heard.iter().all(|event| event.member_id.as_ref() == Some(&pat.member_id)));

    let nobody = json!({"email_address": "nobody@initech.example", "password": PASSWORD});
    world.client().post("/auth/o/initech/password", nobody).await.expect(401);
    let heard = ear.hears(&["refused"]).await;
    assert_eq!(heard[0].member_id, None);
    assert_eq!(heard[0].organization_id, Some(organization_id(INITECH)));

    let mut browser = world.browser();
    let before = world.last_message();
    let form = json!({"email_address": "gina@globex.example", "method": "magic_link"});
    browser.post("/auth/sign-in", form).await.expect(303);
    let mail = world.mailbox.wait_for("gina@globex.example", before).await;
    let link = mail.text.split("token=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    browser.get(&format!("/auth/link?token={link}")).await.expect(200);
    browser.post("/auth/link", json!({"token": link})).await.expect(303);
    ear.hears(&["sent", "proved"]).await;

    world.set_phone(ACME, "bob@acme.example").await;
    let before = world.last_message();
    let mut bob = world.begin("bob@acme.example").await;
    bob.exchange(organization_id(ACME).as_str()).await.expect(200);
    let code = world.code_for(PHONE, before).await;
    bob.post("/auth/mfa/sms", json!({"code": code})).await.expect(200);
    let heard = ear.heard().await;
    let mut names: Vec<&str> = heard.iter().map(|event| event.kind.name()).collect();
    names.sort_unstable();
    assert_eq!(names, ["enrolled", "owed", "proved", "sent", "signed_in"]);
}

#[tokio::test]
async fn organizations_joining_and_switching_are_told() {
    let world = World::new().await;
    let mut ear = Ear::at(&world).await;

    // Somebody whom the domain lets in.
    let mut globex = world.organization(GLOBEX).await;
    globex.email_jit_provisioning = JitProvisioning::Restricted;
    globex.email_allowed_domains.insert(Domain::parse("globex.example").unwrap());
    world.vestibule.update_organization(&globex).await.unwrap();
    world.member_of(GLOBEX, "new@globex.example").await;
    ear.hears(&["organization_changed", "proved", "joined", "signed_in"]).await;

    // Somebody who may not enter, and is told no more than that.
    let mut eve = world.begin("eve@elsewhere.example").await;
    for _ in 0..3 {
        eve.exchange(organization_id(GLOBEX).as_str()).await.expect(404);
    }
    eve.post("/auth/organizations/create", json!({"organization_name": "Eve"})).await.expect(200);
    ear.hears(&["proved", "denied", "organization_created", "signed_in"]).await;

    // Somebody who turns from one organization to another.
    let mut acme = world.organization(ACME).await;
    acme.mfa_policy = vestibule::domain::MfaPolicy::Optional;
    world.vestibule.update_organization(&acme).await.unwrap();
    let mut ada = world.member_of(GLOBEX, "ada@acme.example").await;
    ear.hears(&["organization_changed", "proved", "signed_in"]).await;
    let acme_id = organization_id(ACME);
    ada.post("/auth/switch", json!({"organization_id": acme_id.as_str()})).await.expect(200);
    let heard = ear.heard().await;
    let switched = heard.iter().find(|event| event.kind.name() == "switched").unwrap();
    assert_eq!(switched.organization_id, Some(acme_id));
    assert!(heard.iter().any(|event| event.kind == AuditKind::Replaced));

    // Routes that somebody may not enter.
    let mut gina = world.gina().await;
    ear.heard().await;
    for _ in 0..3 {
        gina.get(&format!("/o/{ACME}")).await.expect(403);
    }
    gina.get("/fresh").await.expect(403);
    let heard = ear.hears(&["forbidden", "forbidden"]).await;
    let reasons: Vec<_> = heard.iter().map(|event| event.kind.clone()).collect();
    assert_eq!(
        reasons,
        [ForbiddenReason::Organization, ForbiddenReason::EnrolmentRequired]
            .map(|reason| AuditKind::Forbidden { reason })
    );

    // What the application does.
    let dan = new_member(&globex, "dan@globex.example");
    world.vestibule.create_member(&dan).await.unwrap();
    world.vestibule.set_password(&dan.member_id, Secret::new(PASSWORD)).await.unwrap();
    world.vestibule.delete_member(&dan.member_id).await.unwrap();
    world.vestibule.forget_member(&dan.member_id).await.unwrap();
    world.vestibule.delete_organization(&organization_id(INITECH)).await.unwrap();
    let key = world.vestibule.rotate_signing_key().await.unwrap();
    world.vestibule.retire_signing_key(&key).await.unwrap();
    world.vestibule.reseal().await.unwrap();
    ear.hears(&[
        "member_created",
        "enrolled",
        "member_deleted",
        "member_deleted",
        "organization_deleted",
        "key_rotated",
        "key_retired",
        "resealed",
    ])
    .await;
}

#[tokio::test]
async fn what_is_tried_too_often_is_told_once() {
    let world = World::new().await;
    let mut ear = Ear::at(&world).await;
    let mut client = world.client();
    for _ in 0..9 {
        client.post("/auth/sign-in", json!({"email_address": "bob@acme.example"})).await;
    }
    let heard = ear.hears(&["sent", "sent", "sent", "sent", "sent", "limited"]).await;
    assert_eq!(heard[5].kind, AuditKind::Limited { limit: LimitKind::EmailsPerPair });
}

/// Counts nothing of what is told seldom, and never answers.
#[derive(Default)]
struct Hanging(MokaCounters);

impl Counters for Hanging {
    fn increment_below<'a>(
        &'a self,
        key: &'a CounterKey,
        limit: u32,
        window: Duration,
        now: Timestamp,
    ) -> Answer<'a, Option<u32>> {
        if key.as_str().starts_with("told/") {
            return Box::pin(std::future::pending());
        }
        self.0.increment_below(key, limit, window, now)
    }

    fn give_back<'a>(&'a self, key: &'a CounterKey, now: Timestamp) -> Answer<'a, ()> {
        self.0.give_back(key, now)
    }
}

#[tokio::test(start_paused = true)]
async fn counters_that_do_not_answer_hold_up_no_refusal_and_silence_nothing() {
    let world = World::with(|builder| builder.counters(Hanging::default())).await;
    let mut gina = world.gina().await;
    let mut ear = Ear::at(&world).await;
    for _ in 0..2 {
        let refused = tokio::time::timeout(Duration::from_secs(1), gina.get(&format!("/o/{ACME}"))).await;
        refused.expect("an answer in time").expect(403);
    }
    ear.hears(&["forbidden", "forbidden"]).await;
}

#[tokio::test]
async fn a_first_factor_that_the_application_adds_is_told() {
    let world = World::new().await;
    let client = world.gina().await;
    let session = world.vestibule.current_session(&client.session_token()).await.unwrap();
    let mut ear = Ear::at(&world).await;
    let engine = world.vestibule.engine();
    let added = async |vouched| {
        let caller = Caller::at(world.vestibule.now());
        engine.add_first_factor(&session, vouched, &Terms::default(), &caller).await
    };
    world.clock.advance_secs(60);
    let vouched = Vouched { kind: FactorKind::Sso, ..world.vouched("gina@globex.example") };
    let extended = added(vouched).await.unwrap();
    assert!(extended.expires_at() > session.expires_at());
    let heard = ear.hears(&["extended"]).await;
    assert_eq!(heard[0].kind, AuditKind::Extended { factor: FactorKind::Sso });
    assert_eq!(heard[0].member_session_id, Some(session.member_session_id()));

    // Of what changes nothing, there is nothing to tell.
    added(world.vouched("ada@acme.example")).await.unwrap();
    ear.hears(&[]).await;
}

#[tokio::test]
async fn an_address_is_told_once_it_is_proved_for_the_first_time() {
    let world = World::new().await;
    let mut ear = Ear::at(&world).await;
    ear.marker.email_address_verified = false;
    ear.heard().await;
    world.gina().await;
    ear.marker = world.member(GLOBEX, "gina@globex.example").await;
    let heard = ear.hears(&["proved", "address_verified", "signed_in"]).await;
    assert_eq!(heard[1].member_id.as_ref(), Some(&ear.marker.member_id));
    world.gina().await;
    ear.hears(&["proved", "signed_in"]).await;
}

/// The names of what the log holds, newest first, once it holds this.
async fn logged(world: &World, of: AuditOf<'_>, wanted: &str) -> Vec<AuditEvent> {
    let log = world.vestibule.audit_log().unwrap();
    for _ in 0..200 {
        if let Ok(events) = log.events(of, None, 1000).await
            && events.iter().any(|event| event.kind.name() == wanted)
        {
            return events;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{wanted} is not in the log");
}

#[tokio::test]
async fn the_log_is_read_by_member_and_organization() {
    let world = World::new().await;
    let mut gina = world.gina().await;
    gina.post("/auth/sign-out", json!({})).await.expect(200);
    let member = world.member(GLOBEX, "gina@globex.example").await;
    let of_gina = logged(&world, AuditOf::Member(&member.member_id), "signed_out").await;
    let names: Vec<&str> = of_gina.iter().map(|event| event.kind.name()).collect();
    assert_eq!(names, ["signed_out", "signed_in", "member_created"]);
    let globex = organization_id(GLOBEX);
    let log = world.vestibule.audit_log().unwrap();
    let page = log.events(AuditOf::Organization(&globex), None, 2).await.unwrap();
    assert_eq!(page, of_gina[..2]);
    let next = log.events(AuditOf::Organization(&globex), Some(&page[1].event_id), 9).await.unwrap();
    assert!(next.contains(&of_gina[2]) && !next.contains(&page[1]));
    let elsewhere = organization_id(ACME);
    let others = log.events(AuditOf::Organization(&elsewhere), None, 1000).await.unwrap();
    assert!(others.iter().all(|event| event.organization_id.as_ref() == Some(&elsewhere)));
}

#[tokio::test]
async fn a_log_that_is_down_loses_nothing_and_holds_up_nobody() {
    let world = World::new().await;
    world.durable.faults.set("audit.record", Fault::FailsAfter);
    world.gina().await.post("/auth/sign-out", json!({})).await.expect(200);
    tokio::time::sleep(Duration::from_millis(600)).await;
    world.durable.faults.clear();
    let gina = world.member(GLOBEX, "gina@globex.example").await;
    let events = logged(&world, AuditOf::Member(&gina.member_id), "signed_out").await;
    assert_eq!(events.iter().filter(|event| event.kind.name() == "signed_in").count(), 1);
    assert_eq!(world.vestibule.audit_events_lost(), 0);
}

/// Somewhere else, which takes what it is given unless it is told not to.
#[derive(Clone, Default)]
struct Elsewhere(Arc<Mutex<Vec<AuditEvent>>>);

impl AuditSink for Elsewhere {
    fn record<'a>(&'a self, events: &'a [AuditEvent]) -> Answer<'a, ()> {
        Box::pin(async move {
            if events.iter().any(|event| event.kind.name() == "organization_created") {
                return Err(StoreError::new(StoreErrorKind::Corrupt));
            }
            self.0.lock().unwrap().extend_from_slice(events);
            Ok(())
        })
    }
}

fn gina(globex: OrganizationId) -> Member {
    let address = EmailAddress::parse("gina@globex.example").unwrap();
    let id = MemberId::mint(Environment::Test, [7; 16]);
    Member::new(id, globex, address, MemberStatus::Active, Timestamp::default())
}

async fn with_gina(vestibule: &Vestibule) -> Member {
    let id = organization_id(GLOBEX);
    let slug = vestibule::domain::Slug::parse(GLOBEX).unwrap();
    let globex = vestibule::domain::Organization::new(id.clone(), "Globex", slug, Timestamp::default());
    let gina = gina(id);
    vestibule.create_organization(&globex, std::slice::from_ref(&gina)).await.unwrap();
    gina
}

#[tokio::test]
async fn a_sink_of_the_applications_own_gets_everything_before_the_end() {
    let sink = Elsewhere::default();
    let vestibule = Vestibule::development().audit_sink(sink.clone()).build().await.unwrap();
    assert!(vestibule.audit_log().is_none());
    let background = vestibule.start();
    let gina = with_gina(&vestibule).await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    // What it will not take is given up, and counted.
    let refused = vestibule.audit_events_lost();
    assert!(refused >= 1, "{refused}");
    for _ in 0..1000 {
        vestibule.update_member(&gina).await.unwrap();
    }
    background.stop().await;
    assert_eq!(sink.0.lock().unwrap().iter().filter(|e| e.kind == AuditKind::MemberChanged).count(), 1000);
    assert_eq!(vestibule.audit_events_lost(), refused);
}

#[tokio::test]
async fn what_finds_no_room_is_counted_and_nobody_waits() {
    let vestibule = Vestibule::development().build().await.unwrap();
    let gina = with_gina(&vestibule).await;
    let mut events = vestibule.audit_events();
    for _ in 0..10_000 {
        vestibule.update_member(&gina).await.unwrap();
    }
    let lost = vestibule.audit_events_lost();
    assert!((1..=10).contains(&lost), "{lost}");

    // Who hears too slowly is told, and goes on with what there is.
    let background = vestibule.start();
    background.stop().await;
    let Some(Err(Missed(missed))) = events.next().await else { panic!() };
    assert!(missed > 8_000, "{missed}");
    assert_eq!(events.next().await.unwrap().unwrap().kind, AuditKind::MemberChanged);
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn a_file_holds_what_was_told_after_its_process_is_gone() {
    use vestibule::store::{AuditLog, sqlite::SqliteStore};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let vestibule = Vestibule::development().store(store).build().await.unwrap();
    let background = vestibule.start();
    let gina = with_gina(&vestibule).await;
    background.stop().await;
    drop(vestibule);
    let store = SqliteStore::open(&path).await.unwrap();
    let told = store.events(AuditOf::Member(&gina.member_id), None, 9).await.unwrap();
    assert_eq!(told.iter().map(|event| event.kind.name()).collect::<Vec<_>>(), ["member_created"]);
    store.close().await;
}

/// Counts what is traced of this crate.
#[derive(Clone, Default)]
struct Traced(Arc<Mutex<Vec<String>>>);

impl tracing::Subscriber for Traced {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("vestibule")
    }

    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        self.0.lock().unwrap().push(span.metadata().name().to_owned());
        tracing::span::Id::from_u64(1)
    }

    fn event(&self, event: &tracing::Event<'_>) {
        self.0.lock().unwrap().push(event.metadata().target().to_owned());
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn a_request_that_is_answered_from_memory_is_not_traced() {
    let world = World::new().await;
    let mut gina = world.gina().await;
    gina.get("/member").await.expect(200);
    let traced = Traced::default();
    // While there is one subscriber, what another test's thread comes to first is never traced anywhere.
    let _second = tracing::Dispatch::new(Traced::default());
    let _guard = tracing::subscriber::set_default(traced.clone());
    for _ in 0..3 {
        gina.get("/member").await.expect(200);
        gina.get("/me").await.expect(200);
    }
    assert_eq!(*traced.0.lock().unwrap(), [] as [&str; 0]);
    gina.get("/auth/session").await.expect(200);
    world.client().get("/member").await.expect(401);
    assert!(traced.0.lock().unwrap().len() >= 2);
}

#[tokio::test(start_paused = true)]
async fn old_events_are_forgotten() {
    let clock = TestClock::new();
    let vestibule = Vestibule::development().clock(clock.clone()).build().await.unwrap();
    let background = vestibule.start();
    let gina = with_gina(&vestibule).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    clock.advance(Duration::from_secs(89 * 24 * 3600));
    vestibule.update_member(&gina).await.unwrap();
    tokio::time::sleep(Duration::from_secs(400)).await;
    let log = vestibule.audit_log().unwrap();
    let of = AuditOf::Member(&gina.member_id);
    assert_eq!(log.events(of, None, 9).await.unwrap().len(), 2);
    clock.advance(Duration::from_secs(2 * 24 * 3600));
    tokio::time::sleep(Duration::from_secs(400)).await;
    let left = log.events(of, None, 9).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].kind, AuditKind::MemberChanged);
    background.stop().await;
}

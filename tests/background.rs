//! What goes on in the background goes on, and stops in time, whatever senders, stores and clocks of the
//! application's own do instead of answering.

#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, routing::get};
use common::{
    ACME, Client, Fault, TestClock, Traced,
    faults::Gate,
    stores::Durable,
    world::{PASSWORD, new_member, organization_id},
};
use tokio::time::{Instant, sleep, timeout};
use tracing::Level;
use vestibule::{
    Background, Builder, Clock, JwtAlgorithm, MemberSession, Vestibule, Vouched,
    deliver::{Email, EmailSender, Mailbox, Sending},
    domain::{AuditEvent, EmailAddress, FactorKind, Organization, Secret, Slug, Timestamp},
    store::{Answer, AuditOf, AuditSink},
};

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Panics over so many batches of events, and takes the others.
#[derive(Clone, Default)]
struct Sink {
    panics: Arc<AtomicUsize>,
    taken: Arc<Mutex<Vec<AuditEvent>>>,
}

impl AuditSink for Sink {
    fn record<'a>(&'a self, events: &'a [AuditEvent]) -> Answer<'a, ()> {
        let left = self.panics.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        assert!(left.is_err(), "the sink panics");
        self.taken.lock().unwrap().extend_from_slice(events);
        Box::pin(async { Ok(()) })
    }
}

impl Sink {
    fn kinds(&self) -> Vec<&'static str> {
        self.taken.lock().unwrap().iter().map(|event| event.kind.name()).collect()
    }
}

/// Panics over the first mail.
struct Startled {
    mailbox: Mailbox,
    calm: AtomicBool,
}

impl EmailSender for Startled {
    fn send<'a>(&'a self, email: &'a Email) -> Sending<'a> {
        assert!(self.calm.swap(true, Ordering::SeqCst), "the sender panics");
        self.mailbox.send(email)
    }
}

/// A clock that panics once when it was told to.
#[derive(Clone)]
struct Startling {
    clock: TestClock,
    panics: Arc<AtomicBool>,
}

impl Clock for Startling {
    fn now(&self) -> Timestamp {
        assert!(!self.panics.swap(false, Ordering::SeqCst), "the clock panics");
        self.clock.now()
    }
}

/// In development, with keys that are quick to make.
fn builder() -> Builder {
    Vestibule::development().jwt_algorithm(JwtAlgorithm::EdDsa)
}

async fn with_acme(vestibule: &Vestibule) {
    let slug = Slug::parse(ACME).unwrap();
    let acme = Organization::new(organization_id(ACME), "Acme", slug, vestibule.now());
    vestibule.create_organization(&acme, &[new_member(&acme, "bob@acme.example")]).await.unwrap();
}

/// Of which a mail tells Bob.
async fn set_a_password(vestibule: &Vestibule) {
    let address = EmailAddress::parse("bob@acme.example").unwrap();
    let entrance = vestibule.directory().entrance(&organization_id(ACME), &address).await.unwrap();
    let bob = entrance.unwrap().member.unwrap();
    vestibule.set_password(&bob.member_id, Secret::new(PASSWORD)).await.unwrap();
}

async fn a_mail_comes(mailbox: &Mailbox) {
    timeout(secs(3600), mailbox.wait_for("bob@acme.example", 0)).await.expect("a mail");
}

/// Signs Bob in, and comes back two minutes later, so that a last use is to be written.
async fn use_a_session(vestibule: &Vestibule, clock: &TestClock) {
    let vouched = Vouched {
        kind: FactorKind::EmailOtp,
        address: EmailAddress::parse("bob@acme.example").unwrap(),
        verified: true,
        organizations: Vec::new(),
        proved_at: vestibule.now(),
        enter: Some(organization_id(ACME)),
        return_to: None,
    };
    let (request, ()) = http::Request::new(()).into_parts();
    let handoff = vestibule.vouch(&request, vouched).await.unwrap();
    let router =
        Router::new().route("/me", get(async |_: MemberSession| "me")).layer(vestibule.session_layer());
    let mut client = Client::new(router, "vestibule_development_");
    handoff.cookies().iter().for_each(|line| client.take(line));
    clock.advance_secs(120);
    client.get("/me").await.expect(200);
}

/// How long it takes to stop. The time of these tests stands still but for what is waited for.
async fn time_to_stop(background: Background) -> Duration {
    let began = Instant::now();
    timeout(secs(3600), background.stop()).await.expect("it stops");
    began.elapsed()
}

#[tokio::test(start_paused = true)]
async fn stopping_takes_at_most_10_seconds_whatever_does_not_answer() {
    for hanging in ["audit.record", "sessions.touch", "keys.note_time", "sessions.sweep", "*"] {
        let (durable, clock) = (Durable::default(), TestClock::new());
        let vestibule = builder().store(durable.clone()).clock(clock.clone()).build().await.unwrap();
        let background = vestibule.start();
        with_acme(&vestibule).await;
        use_a_session(&vestibule, &clock).await;
        durable.faults.calls();
        durable.faults.set(hanging, Fault::Waits(Gate::new()));
        // The first sweep is under way then.
        sleep(secs(301)).await;
        if hanging != "*" {
            use_a_session(&vestibule, &clock).await;
        }
        let took = time_to_stop(background).await;
        assert!(took <= secs(10), "{hanging}: {took:?}");
        let asked = durable.faults.calls();
        assert!(hanging == "*" || asked.contains(&hanging), "{hanging}: {asked:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_hangs_holds_up_nothing_else() {
    let (durable, clock, mailbox) = (Durable::default(), TestClock::new(), Mailbox::new());
    let builder = builder().store(durable.clone()).clock(clock.clone()).email(mailbox.clone());
    let vestibule = builder.build().await.unwrap();
    let background = vestibule.start();
    with_acme(&vestibule).await;
    use_a_session(&vestibule, &clock).await;
    for hanging in ["audit.record", "sessions.touch", "keys.note_time", "sessions.sweep"] {
        durable.faults.set(hanging, Fault::Waits(Gate::new()));
    }
    clock.advance(secs(1000 * 24 * 3600));
    sleep(secs(3600)).await;
    assert_eq!(vestibule.engine().jwks()["keys"].as_array().unwrap().len(), 2, "a new signing key is made");
    set_a_password(&vestibule).await;
    a_mail_comes(&mailbox).await;

    // What has waited is recorded once the sink answers again.
    durable.faults.clear();
    sleep(secs(60)).await;
    let events = vestibule.audit_log().unwrap().events(AuditOf::Everything, None, 100).await.unwrap();
    let kinds: Vec<_> = events.iter().map(|event| event.kind.name()).collect();
    assert!(kinds == ["enrolled", "key_rotated"], "{kinds:?}");
    assert_eq!(vestibule.audit_events_lost(), 0);
    background.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_panics_is_told_of_and_tried_again() {
    let (traced, _guard) = Traced::here();
    let (sink, mailbox) = (Sink::default(), Mailbox::new());
    sink.panics.store(1, Ordering::SeqCst);
    let vestibule = builder().audit_sink(sink.clone()).email(mailbox.clone()).build().await.unwrap();
    let background = vestibule.start();
    with_acme(&vestibule).await;
    sleep(Duration::from_millis(500)).await;
    let told = traced.of(Level::ERROR);
    assert!(matches!(told.as_slice(), [line] if line.contains("the audit sink has panicked")), "{told:?}");

    set_a_password(&vestibule).await;
    a_mail_comes(&mailbox).await;
    sleep(secs(5)).await;
    assert_eq!(sink.kinds(), ["key_rotated", "organization_created", "member_created", "enrolled"]);
    assert_eq!((traced.of(Level::ERROR).len(), vestibule.audit_events_lost()), (1, 0));
    background.stop().await;
}

#[tokio::test(start_paused = true)]
async fn events_that_a_sink_panics_over_twice_are_given_up() {
    let sink = Sink::default();
    sink.panics.store(2, Ordering::SeqCst);
    let vestibule = builder().audit_sink(sink.clone()).build().await.unwrap();
    let background = vestibule.start();
    with_acme(&vestibule).await;
    sleep(secs(5)).await;
    assert_eq!((sink.kinds().len(), vestibule.audit_events_lost()), (0, 3));
    // Each batch has two tries of its own.
    sink.panics.store(1, Ordering::SeqCst);
    set_a_password(&vestibule).await;
    sleep(secs(5)).await;
    assert_eq!((sink.kinds(), vestibule.audit_events_lost()), (vec!["enrolled"], 3));
    background.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_panics_is_told_of_and_tried_again() {
    let (traced, _guard) = Traced::here();
    let mailbox = Mailbox::new();
    let sender = Startled { mailbox: mailbox.clone(), calm: AtomicBool::new(false) };
    let vestibule = builder().email(sender).build().await.unwrap();
    let background = vestibule.start();
    with_acme(&vestibule).await;
    set_a_password(&vestibule).await;
    a_mail_comes(&mailbox).await;
    let told = traced.of(Level::ERROR);
    assert!(matches!(told.as_slice(), [line] if line.contains("a sender has panicked")), "{told:?}");
    background.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_store_that_panics_keeps_nothing_else_from_being_done() {
    let (traced, _guard) = Traced::here();
    let (durable, clock) = (Durable::default(), TestClock::new());
    let vestibule = builder().store(durable.clone()).clock(clock.clone()).build().await.unwrap();
    let background = vestibule.start();
    for panicking in ["keys.note_time", "sessions.sweep", "audit.forget_before"] {
        durable.faults.set(panicking, Fault::Panics);
    }
    clock.advance(secs(1000 * 24 * 3600));
    sleep(secs(400)).await;
    assert_eq!(vestibule.engine().jwks()["keys"].as_array().unwrap().len(), 2, "a new signing key is made");
    let told = traced.of(Level::ERROR).join("\n");
    for what in ["noting the time", "removing expired sessions", "removing old audit events"] {
        assert!(told.contains(what), "{told}");
    }
    background.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_panics_elsewhere_begins_anew() {
    let (traced, _guard) = Traced::here();
    let durable = Durable::default();
    let clock = Startling { clock: TestClock::new(), panics: Arc::default() };
    let vestibule = builder().store(durable.clone()).clock(clock.clone()).build().await.unwrap();
    let background = vestibule.start();
    clock.panics.store(true, Ordering::SeqCst);
    sleep(secs(11)).await;
    let told = traced.of(Level::ERROR);
    assert!(matches!(told.as_slice(), [line] if line.contains("part=\"upkeep\"")), "{told:?}");
    durable.faults.calls();
    sleep(secs(12)).await;
    assert!(durable.faults.calls().contains(&"keys.note_time"));

    // At the stop as well, where nothing is begun anew.
    clock.panics.store(true, Ordering::SeqCst);
    assert!(time_to_stop(background).await <= secs(10));
    assert_eq!(traced.of(Level::ERROR).len(), 2);
}

//! Codes: few tries, one use, one purpose; and answers that tell nothing of whose account exists.

#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use std::collections::BTreeSet;

use common::{
    ACME, Answer, App, Client, GLOBEX, World,
    race::race,
    world::{PASSWORD, PHONE, organization_id},
};
use serde_json::{Value, json};
use vestibule::{Limit, Limits, domain::PhoneNumber};

/// Somebody who has proved the address of a member and owes the second factor.
async fn owing(world: &World, address: &str) -> Client {
    let mut client = world.begin(address).await;
    client.exchange(organization_id(ACME).as_str()).await.expect(200);
    client
}

/// No limit but those on codes.
async fn unlimited() -> World {
    let mut limits = Limits::default();
    limits.intermediate_per_address = Limit::per_minutes(100_000, 10);
    limits.emails_per_address = Limit::per_minutes(100_000, 10);
    limits.slow_after = Limit::per_minutes(100_000, 10);
    World::with(|builder| builder.limits(limits)).await
}

async fn totp(client: &mut Client, code: &str) -> Answer {
    client.post("/auth/mfa/totp", json!({"code": code})).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_sign_ins_at_once_have_ten_guesses_together() {
    let world = unlimited().await;
    let (mut inside, app) = world.with_app(ACME, "bob@acme.example").await;
    world.clock.advance_secs(60);
    let mut guessers = Vec::new();
    for _ in 0..100 {
        guessers.push(owing(&world, "bob@acme.example").await);
    }
    let spare = owing(&world, "bob@acme.example").await;
    let wrong: Vec<String> = (0..100).map(|number| app.wrong_code(number * 9_001)).collect();
    let racers = guessers
        .into_iter()
        .zip(wrong)
        .map(|(mut client, code)| async move { totp(&mut client, &code).await });
    let answers = race(racers).await;
    let told: BTreeSet<String> = answers.iter().map(Answer::comparable).collect();
    assert_eq!(told.len(), 1, "the tenth wrong one and the hundredth are answered alike: {told:?}");
    assert!(answers.iter().all(|answer| answer.status == 401));

    // Locked: the right code is answered like a wrong one, in every sign-in and by every kind of factor.
    let right = totp(&mut spare.clone(), &app.code()).await.expect(401);
    assert_eq!(right.comparable(), answers[0].comparable());
    let form = json!({"recovery_code": app.recovery_codes[0]});
    let recovery = spare.clone().post("/auth/mfa/recovery", form.clone()).await.expect(401);
    assert_eq!(recovery.comparable(), answers[0].comparable());
    // Nor does anything else say so.
    let owed =
        world.begin("bob@acme.example").await.exchange(organization_id(ACME).as_str()).await.expect(200);
    assert_eq!(
        (&owed.json()["member"]["is_locked"], &owed.json()["member"]["lock_expires_at"]),
        (&json!(false), &Value::Null)
    );

    // Whoever is in stays in.
    assert!(inside.is_in().await);

    // No guess that came after the tenth was looked at: after the lock, ten are left and no fewer.
    world.clock.advance_secs(3599);
    totp(&mut owing(&world, "bob@acme.example").await, &app.code()).await.expect(401);
    world.clock.advance_secs(1);
    let mut client = owing(&world, "bob@acme.example").await;
    for number in 0..9 {
        totp(&mut client, &app.wrong_code(number * 7_919)).await.expect(401);
    }
    assert!(totp(&mut client, &app.code()).await.is_session());
    let form_again = owing(&world, "bob@acme.example").await.post("/auth/mfa/recovery", form).await;
    assert!(form_again.is_session(), "the code that was tried while locked was not used up");
}

#[tokio::test]
async fn guesses_of_all_kinds_and_in_sessions_count_together() {
    let world = unlimited().await;
    let (mut inside, app) = world.with_app(ACME, "bob@acme.example").await;
    world.clock.advance_secs(301);
    let refused = inside.get("/fresh").await.expect(401).json();
    let challenge = refused["challenge"]["challenge_token"].clone();
    let mut client = owing(&world, "bob@acme.example").await;
    for number in 0..5 {
        totp(&mut client, &app.wrong_code(number)).await.expect(401);
    }
    for _ in 0..3 {
        client.post("/auth/mfa/recovery", json!({"recovery_code": "aaaa-bbbb-cccc"})).await.expect(401);
    }
    for number in 0..2 {
        let form = json!({"code": app.wrong_code(number), "challenge_token": challenge});
        inside.post("/auth/step-up/totp", form).await.expect(401);
    }
    totp(&mut client, &app.code()).await.expect(401);
    inside
        .post("/auth/step-up/totp", json!({"code": app.code(), "challenge_token": challenge}))
        .await
        .expect(401);
    assert!(inside.is_in().await, "no lock ends a session");
}

#[tokio::test]
async fn who_has_no_first_factor_locks_nobody() {
    let world = unlimited().await;
    let (_, app) = world.with_app(ACME, "bob@acme.example").await;
    let mut stranger = world.client();
    let mut other = world.begin("ada@acme.example").await;
    for number in 0..30 {
        let code = app.wrong_code(number);
        totp(&mut stranger, &code).await.expect(401);
        totp(&mut other, &code).await;
    }
    world.again(ACME, "bob@acme.example", &app).await;
}

#[tokio::test]
async fn a_success_of_ones_own_buys_no_guesses_at_others() {
    let world = unlimited().await;
    let (_, own) = world.with_app(ACME, "ada@acme.example").await;
    let (_, app) = world.with_app(ACME, "bob@acme.example").await;
    let mut victim = owing(&world, "bob@acme.example").await;
    for number in 0..10 {
        totp(&mut victim, &app.wrong_code(number)).await.expect(401);
        let mut attacker = owing(&world, "ada@acme.example").await;
        assert!(totp(&mut attacker, &own.next_code()).await.is_session());
    }
    totp(&mut victim, &app.code()).await.expect(401);
}

#[tokio::test]
async fn passwords_are_slowed_down_by_address_and_client_whatever_the_attackers_own_logins() {
    let world = World::new().await;
    let guess = |peer: &'static str, address: &'static str, password: &'static str| {
        let mut client = world.client();
        client.peer = Some(peer.parse().unwrap());
        async move {
            let form = json!({"email_address": address, "password": password});
            client.post("/auth/o/initech/password", form).await
        }
    };
    // Ten for one address from one client, in whatever spelling, with successes in between.
    for spelling in [
        "pat@initech.example",
        "PAT@initech.example",
        "pat@INITECH.example",
        "Pat@Initech.Example",
        " pat@initech.example",
    ] {
        for _ in 0..2 {
            let answer = guess("192.0.2.1:1000", spelling, "wrong horse").await;
            assert_eq!(answer.status, 401, "{spelling}: {}", answer.text);
            guess("192.0.2.1:1000", "nobody@initech.example", "wrong horse").await;
        }
    }
    guess("192.0.2.1:1000", "pat@initech.example", PASSWORD).await.expect(429);
    guess("192.0.2.1:2000", "pat@initech.example", "wrong horse").await.expect(429);
    guess("192.0.2.2:1000", "pat@initech.example", PASSWORD).await.expect(200);
    world.clock.advance_secs(900);
    guess("192.0.2.1:1000", "pat@initech.example", PASSWORD).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixty_four_with_the_same_code_one_gets_in() {
    let world = unlimited().await;
    let (_, app) = world.with_app(ACME, "bob@acme.example").await;
    for _ in 0..10 {
        world.clock.advance_secs(3600);
        let (one, mut others) = (owing(&world, "bob@acme.example").await, Vec::new());
        for _ in 0..32 {
            others.push(owing(&world, "bob@acme.example").await);
        }
        // Half of them in one sign-in, half each in their own.
        let clients: Vec<Client> = others.into_iter().chain((0..32).map(|_| one.clone())).collect();
        let code = app.code();
        let racers = clients.into_iter().map(|mut client| {
            let code = code.clone();
            async move { totp(&mut client, &code).await }
        });
        let won = race(racers).await.into_iter().filter(|answer| answer.status == 200).count();
        assert_eq!(won, 1);
    }
}

#[tokio::test]
async fn a_code_of_an_app_is_good_once_and_so_is_every_one_before_it() {
    let world = unlimited().await;
    let (_, app) = world.with_app(ACME, "bob@acme.example").await;
    world.clock.advance_secs(300);
    let now = world.clock.millis() / 1000;
    let (earlier, code, later) = (app.code_at(now - 30), app.code_at(now), app.code_at(now + 30));
    assert!(totp(&mut owing(&world, "bob@acme.example").await, &code).await.is_session());
    for used in [&code, &earlier] {
        totp(&mut owing(&world, "bob@acme.example").await, used).await.expect(401);
    }
    assert!(totp(&mut owing(&world, "bob@acme.example").await, &later).await.is_session());
    for used in [&later, &code, &earlier] {
        totp(&mut owing(&world, "bob@acme.example").await, used).await.expect(401);
    }
    // Two steps away is no code, in either direction.
    world.clock.advance_secs(3600);
    let now = world.clock.millis() / 1000;
    for seconds in [now - 60, now + 60] {
        totp(&mut owing(&world, "bob@acme.example").await, &app.code_at(seconds)).await.expect(401);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixty_four_with_the_same_recovery_code_one_gets_in_and_one_code_is_gone() {
    let world = unlimited().await;
    let (_, app) = world.with_app(ACME, "bob@acme.example").await;
    for (round, recovery_code) in app.recovery_codes.iter().take(8).enumerate() {
        // The losers count as wrong: let their lock run out.
        world.clock.advance_secs(3601);
        let mut clients = Vec::new();
        for _ in 0..64 {
            clients.push(owing(&world, "bob@acme.example").await);
        }
        let racers = clients.into_iter().map(|mut client| {
            let form = json!({"recovery_code": recovery_code});
            async move { client.post("/auth/mfa/recovery", form).await }
        });
        let won = race(racers).await.into_iter().filter(|answer| answer.status == 200).count();
        assert_eq!(won, 1);
        let notice = world.mailbox.messages().into_iter().find(|m| m.subject.contains("recovery code"));
        assert!(notice.is_none_or(|n| n.text.contains(&format!(" {} are left", 9 - round))) || round > 0);
    }
    world.clock.advance_secs(3601);
    let form = json!({"recovery_code": app.recovery_codes[0]});
    owing(&world, "bob@acme.example").await.post("/auth/mfa/recovery", form).await.expect(401);
    for recovery_code in &app.recovery_codes[8..] {
        let form = json!({"recovery_code": recovery_code.to_uppercase().replace('-', " ")});
        assert!(owing(&world, "bob@acme.example").await.post("/auth/mfa/recovery", form).await.is_session());
    }
}

/// Asks for a code by email in a new browser.
async fn asking(world: &World, path: &str, address: &str) -> Client {
    let mut client = world.client();
    client.post(path, json!({"email_address": address})).await.expect(200);
    client
}

#[tokio::test]
async fn a_code_is_good_for_what_it_was_asked_for_and_nothing_else() {
    let world = unlimited().await;
    let mail = |address: &'static str, before| world.code_for(address, before);

    // Of another browser, of another address, of another organization.
    let mut gina = asking(&world, "/auth/sign-in", "gina@globex.example").await;
    let gina_code = mail("gina@globex.example", 0).await;
    let before = world.last_message();
    let mut bob = asking(&world, "/auth/sign-in", "bob@acme.example").await;
    let bob_code = mail("bob@acme.example", before).await;
    if gina_code != bob_code {
        gina.post("/auth/code", json!({"code": bob_code})).await.expect(401);
        bob.post("/auth/code", json!({"code": gina_code})).await.expect(401);
    }
    let mut stranger = world.client();
    for form in [
        json!({"code": gina_code}),
        json!({"code": gina_code, "email_address": "gina@globex.example"}),
        json!({"code": gina_code, "email_address": "gina@globex.example", "organization_slug": "globex"}),
    ] {
        stranger.post("/auth/code", form).await.expect(401);
    }
    // Naming another address along with it changes nothing in a browser.
    let form = json!({"code": bob_code, "email_address": "gina@globex.example"});
    let found = bob.post("/auth/code", form).await.expect(200).json();
    assert_eq!(found["email_address"], "bob@acme.example");
    // Used.
    bob.post("/auth/code", json!({"code": bob_code})).await.expect(401);

    // A code by email is no code of a second factor, and the other way round.
    bob.exchange(organization_id(ACME).as_str()).await.expect(200);
    for (path, field) in [("/auth/mfa/totp", "code"), ("/auth/mfa/sms", "code")] {
        bob.post(path, json!({field: gina_code})).await.expect(401);
    }
    let (mut ada, ada_app) = world.with_app(ACME, "ada@acme.example").await;
    let (_, bob_app) = world.with_app(ACME, "bob@acme.example").await;
    let mut owes = owing(&world, "bob@acme.example").await;
    totp(&mut owes, &ada_app.next_code()).await.expect(401);
    owes.post("/auth/mfa/recovery", json!({"recovery_code": ada_app.recovery_codes[0]})).await.expect(401);
    owes.post("/auth/mfa/sms", json!({"code": bob_app.code()})).await.expect(401);
    owes.post("/auth/mfa/recovery", json!({"recovery_code": bob_app.code()})).await.expect(400);
    totp(&mut owes, &bob_app.recovery_codes[0]).await.expect(400);

    // A code to confirm who is there already does not sign anybody in, nor one for a sign-in confirm.
    world.clock.advance_secs(301);
    let challenge = ada.get("/recent").await.expect(401).json()["challenge"]["challenge_token"].clone();
    let before = world.last_message();
    ada.post("/auth/step-up/email/send", json!({"challenge_token": challenge})).await.expect(200);
    let to_confirm = mail("ada@acme.example", before).await;
    let before = world.last_message();
    let mut elsewhere = asking(&world, "/auth/sign-in", "ada@acme.example").await;
    let to_sign_in = mail("ada@acme.example", before).await;
    if to_confirm != to_sign_in {
        elsewhere.post("/auth/code", json!({"code": to_confirm})).await.expect(401);
        ada.post("/auth/step-up/email", json!({"code": to_sign_in, "challenge_token": challenge}))
            .await
            .expect(401);
    }
    ada.post("/auth/step-up/email", json!({"code": to_confirm, "challenge_token": challenge}))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_code_that_sets_up_a_phone_proves_nothing_else() {
    let world = unlimited().await;
    let mut gina = world.gina().await;
    gina.post("/auth/enrol/sms", json!({"phone_number": PHONE})).await.expect(200);
    let code = world.code_for(PHONE, 0).await;
    // In a sign-in of the same member that owes nothing it is no second factor, and in Acme it is nobody's.
    let mut bob = owing(&world, "bob@acme.example").await;
    bob.post("/auth/mfa/sms", json!({"code": code})).await.expect(401);
    bob.post("/auth/enrol/sms/confirm", json!({"code": code})).await.expect(401);
    gina.post("/auth/enrol/sms/confirm", json!({"code": code})).await.expect(200);
    // Now she is asked for it.
    world.clock.advance_secs(60);
    let mut next = world.begin("gina@globex.example").await;
    let before = world.last_message();
    let owed = next.exchange(organization_id(GLOBEX).as_str()).await.expect(200).json();
    assert_eq!(owed["mfa_required"]["secondary_auth_initiated"], "sms_otp");
    assert_eq!(owed["member"]["mfa_phone_number"], "XXXXXXX4567", "the whole number is nobody's to see yet");
    next.post("/auth/mfa/sms", json!({"code": code})).await.expect(401);
    let code = world.code_for(PHONE, before).await;
    assert!(next.post("/auth/mfa/sms", json!({"code": code})).await.is_session());
}

fn other_than(code: &str, number: u32) -> String {
    let code: u32 = code.parse().unwrap();
    format!("{:06}", (code + 1 + number) % 1_000_000)
}

#[tokio::test]
async fn a_code_by_email_dies_after_five_wrong_tries_also_where_nobody_lives() {
    let world = World::new().await;
    let mut known = asking(&world, "/auth/o/globex", "gina@globex.example").await;
    let code = world.code_for("gina@globex.example", 0).await;
    let mut unknown = asking(&world, "/auth/o/globex", "nobody@globex.example").await;
    let mut nowhere = asking(&world, "/auth/o/nowhere", "nobody@else.example").await;
    let mut told = Vec::new();
    for number in 0..8 {
        let mut round = Vec::new();
        for client in [&mut known, &mut unknown, &mut nowhere] {
            let answer =
                client.post("/auth/code", json!({"code": other_than(&code, number)})).await.expect(401);
            round.push(answer.comparable());
        }
        round.dedup();
        assert_eq!(round.len(), 1, "try {number}");
        told.extend(round);
    }
    told.dedup();
    assert_eq!(told.len(), 1);
    known.post("/auth/code", json!({"code": code})).await.expect(401);
    // The page for it is gone alike: both ask for the address again.
    for client in [&known, &unknown, &nowhere] {
        assert_eq!(client.browsing().get("/auth/code").await.expect(303).location(), "/auth/sign-in");
    }
    // Four wrong ones, and the right one is good.
    world.clock.advance_secs(3600);
    let before = world.last_message();
    let mut again = asking(&world, "/auth/o/globex", "gina@globex.example").await;
    let code = world.code_for("gina@globex.example", before).await;
    for number in 0..4 {
        again.post("/auth/code", json!({"code": other_than(&code, number)})).await.expect(401);
    }
    assert!(again.post("/auth/code", json!({"code": code})).await.is_session());
}

#[tokio::test]
async fn a_code_by_email_is_good_for_ten_minutes_and_only_the_newest_is() {
    for (seconds, status) in [(599, 200), (600, 401)] {
        let world = World::new().await;
        let mut client = asking(&world, "/auth/sign-in", "gina@globex.example").await;
        let code = world.code_for("gina@globex.example", 0).await;
        world.clock.advance_secs(seconds);
        client.post("/auth/code", json!({"code": code})).await.expect(status);
    }
    let world = World::new().await;
    let mut client = asking(&world, "/auth/sign-in", "gina@globex.example").await;
    let first = world.code_for("gina@globex.example", 0).await;
    let before = world.last_message();
    client.post("/auth/code/resend", json!({})).await.expect(200);
    let second = world.code_for("gina@globex.example", before).await;
    if first != second {
        client.post("/auth/code", json!({"code": first})).await.expect(401);
    }
    client.post("/auth/code", json!({"code": second})).await.expect(200);
    // Five mails in ten minutes to one address, whoever asks, in whatever spelling.
    for _ in 0..3 {
        asking(&world, "/auth/sign-in", "Gina@GLOBEX.example").await;
    }
    let mut sixth = world.client();
    sixth.post("/auth/sign-in", json!({"email_address": "gina@globex.example"})).await.expect(429);
    let mut unknown = world.client();
    for _ in 0..5 {
        unknown.post("/auth/o/globex", json!({"email_address": "nobody@globex.example"})).await.expect(200);
    }
    unknown.post("/auth/o/globex", json!({"email_address": "nobody@globex.example"})).await.expect(429);
}

#[tokio::test]
async fn a_code_by_sms_is_good_for_two_minutes_and_only_the_newest_is() {
    for (seconds, status) in [(119, 200), (120, 401)] {
        let world = World::new().await;
        world.set_phone(ACME, "bob@acme.example").await;
        let mut bob = owing(&world, "bob@acme.example").await;
        let code = world.code_for(PHONE, 0).await;
        world.clock.advance_secs(seconds);
        bob.post("/auth/mfa/sms", json!({"code": code})).await.expect(status);
    }
    let world = World::new().await;
    world.set_phone(ACME, "bob@acme.example").await;
    let mut bob = owing(&world, "bob@acme.example").await;
    let first = world.code_for(PHONE, 0).await;
    let before = world.last_message();
    world.clock.advance_secs(30);
    bob.post("/auth/mfa/sms/send", json!({})).await.expect(200);
    let second = world.code_for(PHONE, before).await;
    if first != second {
        bob.post("/auth/mfa/sms", json!({"code": first})).await.expect(401);
    }
    bob.post("/auth/mfa/sms", json!({"code": second})).await.expect(200);
    bob.post("/auth/mfa/sms", json!({"code": second})).await.expect(401);
}

#[tokio::test]
async fn nobody_is_flooded_with_text_messages() {
    let world = unlimited().await;
    world.set_phone(ACME, "bob@acme.example").await;
    let sent = || world.mailbox.messages().iter().filter(|message| message.to == PHONE).count();
    let mut bob = owing(&world, "bob@acme.example").await;
    world.code_for(PHONE, 0).await;
    for _ in 0..10 {
        bob.post("/auth/mfa/sms/send", json!({})).await.expect(429);
        // Turning to the organization again sends none either, and says so.
        let owed = owing(&world, "bob@acme.example").await;
        drop(owed);
    }
    world.clock.advance(std::time::Duration::from_millis(29_999));
    bob.post("/auth/mfa/sms/send", json!({})).await.expect(429);
    world.clock.advance(std::time::Duration::from_millis(1));
    for _ in 0..4 {
        let before = world.last_message();
        bob.post("/auth/mfa/sms/send", json!({})).await.expect(200);
        world.code_for(PHONE, before).await;
        world.clock.advance_secs(30);
    }
    assert_eq!(sent(), 5);
    bob.post("/auth/mfa/sms/send", json!({})).await.expect(429);
    assert_eq!(sent(), 5, "five an hour to one number");

    // The same number at another member's is the same phone.
    let mut gina = world.gina().await;
    gina.post("/auth/enrol/sms", json!({"phone_number": PHONE})).await.expect(429);
    world.clock.advance_secs(3600);
    let mut gina = world.gina().await;
    gina.post("/auth/enrol/sms", json!({"phone_number": PHONE})).await.expect(200);
}

#[tokio::test]
async fn an_organization_sends_only_so_many_text_messages() {
    let mut limits = Limits::default();
    limits.sms_per_organization = Limit::per_minutes(3, 60);
    let world = World::with(|builder| builder.limits(limits)).await;
    let mut gina = world.gina().await;
    for number in 0..4 {
        let number = PhoneNumber::parse(&format!("+1555765432{number}")).unwrap();
        let answer = gina.post("/auth/enrol/sms", json!({"phone_number": number.as_str()})).await;
        assert_eq!(answer.status, if number.as_str().ends_with('3') { 429 } else { 200 });
    }
}

/// What an answer shows, but for ids and the values of cookies.
fn shape(answer: &Answer) -> (u16, String, Vec<String>) {
    let headers = answer
        .headers
        .iter()
        .map(|(name, value)| {
            let text = value.to_str().unwrap();
            let known = text.split_once('=').filter(|_| name == "set-cookie");
            let shown = known.map_or(text.to_owned(), |(cookie, rest)| {
                format!("{cookie}=…{}", rest.split_once(';').map_or("", |(_, attributes)| attributes))
            });
            format!("{name}: {shown}")
        })
        .collect();
    (answer.status.as_u16(), answer.comparable(), headers)
}

#[tokio::test]
async fn no_answer_tells_whether_an_account_or_an_organization_exists() {
    let world = World::new().await;
    let places = [
        ("/auth/o/initech", "pat@initech.example"),
        ("/auth/o/initech", "nobody@initech.example"),
        ("/auth/o/initech", "gina@globex.example"),
        ("/auth/o/nowhere", "pat@initech.example"),
        ("/auth/sign-in", "pat@initech.example"),
        ("/auth/sign-in", "nobody@anywhere.example"),
    ];
    for html in [false, true] {
        let client = || if html { world.browser() } else { world.client() };
        let mut asked = BTreeSet::new();
        let mut wrong = BTreeSet::new();
        let mut passwords = BTreeSet::new();
        for (path, address) in places {
            world.clock.advance_secs(901);
            let mut client = client();
            for method in ["email_otp", "magic_link"] {
                let form = json!({"email_address": address, "method": method});
                asked.insert((
                    method,
                    client.cookie("browser").is_some(),
                    shape(&client.post(path, form).await),
                ));
            }
            let answer = client.post("/auth/code", json!({"code": "000000"})).await;
            // The page shows the address that was typed, as it did before.
            let (status, text, headers) = shape(&answer);
            wrong.insert((status, text.replace(address, "…"), headers));
            if path.starts_with("/auth/o/") {
                let form = json!({"email_address": address, "password": "wrong horse"});
                let (status, text, headers) = shape(&client.post(&format!("{path}/password"), form).await);
                let slug = path.strip_prefix("/auth/o/").unwrap();
                passwords.insert((status, text.replace(address, "…").replace(slug, "…"), headers));
            }
        }
        assert_eq!(asked.len(), 2, "html {html}: {asked:#?}");
        assert_eq!(wrong.len(), 1, "html {html}: {wrong:#?}");
        assert_eq!(passwords.len(), 1, "html {html}: {passwords:#?}");
    }
    // What was sent differs, and only its receiver sees that.
    let receivers: BTreeSet<String> =
        world.mailbox.messages().into_iter().map(|message| message.to).collect();
    assert!(!receivers.contains("nobody@initech.example"));
}

#[tokio::test]
async fn an_app_that_was_never_confirmed_is_no_second_factor() {
    let world = World::new().await;
    let mut bob = owing(&world, "bob@acme.example").await;
    let begun = bob.post("/auth/enrol/totp", json!({})).await.expect(200).json();
    let app = App::new(begun["secret"].as_str().unwrap(), Vec::new(), world.clock.clone());
    totp(&mut bob, &app.code()).await.expect(401);
    let code = begun["recovery_codes"][0].clone();
    bob.post("/auth/mfa/recovery", json!({"recovery_code": code})).await.expect(401);
    assert_eq!(begun["secret"].as_str().unwrap().len(), 32, "160 bits");
    let codes: BTreeSet<&str> =
        begun["recovery_codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect();
    assert_eq!(codes.len(), 10);
    assert!(codes.iter().all(|code| code.len() == 14));
}

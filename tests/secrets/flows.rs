//! Every flow that goes through the routes below the prefix, by cookies.

use std::time::Duration;

use serde_json::{Value, json};
use vestibule::{domain::Secret, store::AuditOf};

use crate::{
    common::{
        ACME, App, Client, Fault, GLOBEX, INITECH, World,
        world::{PASSWORD, PHONE, digits, organization_id},
    },
    log,
    wire::Wire,
};

const BOB: &str = "bob@acme.example";
const GINA: &str = "gina@globex.example";

#[tokio::test]
async fn no_flow_leaves_a_secret_in_the_log_or_the_audit_log() {
    let log = log();
    let wire = Wire::default();
    let mut world = World::new().await;
    world.router = wire.around(world.router.clone());

    codes_and_links(&world).await;
    passwords(&world).await;
    let (mut bob, app) = second_factors(&world).await;
    step_ups(&world, &mut bob, &app).await;
    first_factors_again(&world).await;
    organizations_and_sessions(&world).await;
    keys_and_failures(&world, &mut bob).await;

    assert_eq!(wire.missed().into_iter().collect::<Vec<_>>(), [""; 0], "routes that were not reached");
    let mut issued = wire.issued(&world.mailbox);
    for what in ["code", "password", "token", "challenge_token", "session_jwt", "recovery_codes", "secret"] {
        assert!(issued.has(what), "no {what} was issued");
    }
    issued.note("code of a link", code_of_a_link(&world).await);
    let text = log.text();
    for happened in ["SignedIn", "Raised", "Enrolled", "Recovered", "Refused", "step ", "load"] {
        assert!(text.contains(happened), "nothing of {happened} was traced");
    }
    issued.none_in("the log", &text);
    issued.none_in("the audit log", &audited(&world).await);
}

/// All events, once the last of them is there.
async fn audited(world: &World) -> String {
    world.vestibule.reseal().await.unwrap();
    let mut audited = String::new();
    while !audited.contains("\"resealed\"") {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let events = world.vestibule.audit_log().unwrap().events(AuditOf::Everything, None, 10_000).await;
        audited = serde_json::to_string(&events.unwrap()).unwrap();
    }
    audited
}

/// By email, right and wrong, asked for again, for one organization.
async fn codes_and_links(world: &World) {
    let mut client = world.client();
    client.post("/auth/sign-in", json!({"email_address": BOB})).await.expect(200);
    world.code_for(BOB, 0).await;
    let before = world.last_message();
    client.post("/auth/code/resend", json!({})).await.expect(200);
    let code = world.code_for(BOB, before).await;
    client.post("/auth/code", json!({"code": "000000"})).await.expect(401);
    client.post("/auth/code", json!({"code": code})).await.expect(200);

    let before = world.last_message();
    let mut gina = world.client();
    gina.post("/auth/o/globex", json!({"email_address": GINA})).await.expect(200);
    let code = world.code_for(GINA, before).await;
    gina.post("/auth/code", json!({"code": code})).await.expect(200);

    let (mut browser, link) = ask_for_a_link(world).await;
    browser.post("/auth/link", json!({"token": link})).await.expect(303);
    browser.post("/auth/link", json!({"token": link})).await;
}

async fn ask_for_a_link(world: &World) -> (Client, String) {
    let mut browser = world.browser();
    let before = world.last_message();
    let form = json!({"email_address": GINA, "method": "magic_link", "return_to": "/member"});
    browser.post("/auth/sign-in", form).await.expect(303);
    let mail = world.mailbox.wait_for(GINA, before).await;
    let link = mail.text.split("token=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    (browser, link)
}

/// Which another browser than the one that asked is shown.
async fn code_of_a_link(world: &World) -> String {
    let (_, link) = ask_for_a_link(world).await;
    let elsewhere = world.browser().get(&format!("/auth/link?token={link}")).await.expect(200);
    digits(&elsewhere.text.replace(['<', '>'], " ")).unwrap()
}

async fn passwords(world: &World) {
    for password in [PASSWORD, "wrong horse, wrong staple"] {
        let form = json!({"email_address": "pat@initech.example", "password": password});
        world.client().post(&format!("/auth/o/{INITECH}/password"), form).await;
    }
}

/// Set up, used to sign in, replaced by recovery codes and text messages.
async fn second_factors(world: &World) -> (Client, App) {
    let (acme, mut client) = (organization_id(ACME), world.begin(BOB).await);
    client.exchange(acme.as_str()).await.expect(200);
    client.post("/auth/enrol", json!({})).await.expect(200);
    let app = world.enrol_app(&mut client).await;
    client.post("/auth/enrol/totp/confirm", json!({"code": app.wrong_code(0)})).await;
    let mut again = world.begin(BOB).await;
    again.exchange(acme.as_str()).await.expect(200);
    again.post("/auth/mfa", json!({})).await.expect(200);
    again.post("/auth/mfa/recovery", json!({"recovery_code": "aaaa-aaaa-aaaa"})).await.expect(401);
    again.post("/auth/mfa/recovery", json!({"recovery_code": app.recovery_codes[3]})).await.expect(200);
    let before = world.last_message();
    again.post("/auth/enrol/sms", json!({"phone_number": PHONE})).await.expect(200);
    let code = world.code_for(PHONE, before).await;
    again.post("/auth/enrol/sms/confirm", json!({"code": code})).await.expect(200);

    world.clock.advance_secs(31);
    let before = world.last_message();
    let mut third = world.begin(BOB).await;
    third.exchange(acme.as_str()).await.expect(200);
    third.post("/auth/mfa/totp", json!({"code": app.wrong_code(0)})).await.expect(401);
    third.post("/auth/mfa/sms/send", json!({})).await.expect(200);
    let code = world.code_for(PHONE, before).await;
    third.post("/auth/mfa/sms", json!({"code": "000000"})).await.expect(401);
    third.post("/auth/mfa/sms", json!({"code": code})).await.expect(200);
    (world.again(ACME, BOB, &app).await, app)
}

/// What a route challenges a session with, once what it has proved is too old.
async fn challenge(world: &World, client: &mut Client, route: &str) -> Value {
    world.clock.advance_secs(301);
    let told = client.get(route).await.expect(401).json();
    let token = told["challenge"]["challenge_token"].clone();
    client.post("/auth/step-up", json!({"challenge_token": token})).await.expect(200);
    token
}

/// By each second factor.
async fn step_ups(world: &World, bob: &mut Client, app: &App) {
    let token = challenge(world, bob, "/fresh").await;
    let wrong = json!({"code": app.wrong_code(0), "challenge_token": token});
    bob.post("/auth/step-up/totp", wrong).await.expect(401);
    let right = json!({"code": app.next_code(), "challenge_token": token});
    bob.post("/auth/step-up/totp", right).await.expect(200);

    let token = challenge(world, bob, "/fresh").await;
    let form = json!({"recovery_code": app.recovery_codes[5], "challenge_token": token});
    bob.post("/auth/step-up/recovery", form).await.expect(200);

    let token = challenge(world, bob, "/fresh").await;
    let before = world.last_message();
    bob.post("/auth/step-up/sms/send", json!({"challenge_token": token})).await.expect(200);
    let code = world.code_for(PHONE, before).await;
    bob.post("/auth/step-up/sms", json!({"code": code, "challenge_token": token})).await.expect(200);

    world.clock.advance_secs(301);
    bob.browsing().get("/fresh").await.expect(303);
}

/// By each first factor.
async fn first_factors_again(world: &World) {
    let member = world.member(GLOBEX, GINA).await;
    world.vestibule.set_password(&member.member_id, Secret::new(PASSWORD)).await.unwrap();
    let mut gina = world.gina().await;
    let token = challenge(world, &mut gina, "/recent").await;
    for (password, status) in [("wrong horse, wrong staple", 401), (PASSWORD, 200)] {
        let form = json!({"password": password, "challenge_token": token});
        gina.post("/auth/step-up/password", form).await.expect(status);
    }
    let token = challenge(world, &mut gina, "/recent").await;
    let before = world.last_message();
    gina.post("/auth/step-up/email/send", json!({"challenge_token": token})).await.expect(200);
    let code = world.code_for(GINA, before).await;
    gina.post("/auth/step-up/email", json!({"code": code, "challenge_token": token})).await.expect(200);
}

/// Listed, made, turned to; other sessions ended.
async fn organizations_and_sessions(world: &World) {
    let mut founder = world.begin(GINA).await;
    founder.post("/auth/organizations/list", json!({})).await.expect(200);
    founder.post("/auth/organizations/create", json!({"organization_name": "Gina's"})).await.expect(200);

    let mut ada = world.member_of(GLOBEX, "ada@acme.example").await;
    let mut other = world.member_of(GLOBEX, "ada@acme.example").await;
    let told = ada.get("/auth/sessions").await.expect(200).json();
    let sessions = told["member_sessions"].as_array().unwrap();
    let elsewhere = sessions.iter().find(|session| session["current"] == false).unwrap();
    let form = json!({"member_session_id": elsewhere["member_session_id"]});
    ada.post("/auth/sessions/revoke", form).await.expect(200);
    other.get("/member").await.expect(401);
    ada.post("/auth/sessions/revoke-others", json!({})).await.expect(200);
    let acme = organization_id(ACME);
    ada.post("/auth/switch", json!({"organization_id": acme.as_str()})).await.expect(200);
}

/// JWTs, good and bad; a new key; stores that fail; a sign-out.
async fn keys_and_failures(world: &World, client: &mut Client) {
    let shown = client.get("/auth/session").await.expect(200).json();
    let jwt = shown["session_jwt"].as_str().unwrap().to_owned();
    let mut bearer = world.client();
    for token in [jwt.clone(), format!("{jwt}x"), client.session_token()] {
        bearer.bearer = Some(token);
        bearer.get("/me").await;
        bearer.get("/member").await;
    }
    world.vestibule.rotate_signing_key().await.unwrap();
    for faults in [&world.durable.faults, &world.transient.faults] {
        faults.set("*", Fault::Fails);
    }
    world.clock.advance_secs(61);
    for path in ["/me", "/auth/session", "/auth/sessions"] {
        client.get(path).await.expect(503);
    }
    client.post("/auth/sign-in", json!({"email_address": BOB})).await.expect(503);
    for faults in [&world.durable.faults, &world.transient.faults] {
        faults.clear();
    }
    client.post("/auth/sign-out", json!({})).await.expect(200);
}

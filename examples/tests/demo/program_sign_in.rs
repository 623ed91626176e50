//! The steps of a sign-in as a program takes them, and the objects that it gets.

use serde_json::{Value, json};

use crate::{
    authenticator::Authenticator,
    mailbox::Mailbox,
    process::Demo,
    program::Program,
    response_objects::{
        assert_authenticated, assert_discovery, assert_done, assert_error, assert_owed, factors,
    },
};

const ADA: &str = "ada@acme.example";
const PHONE: &str = "+15555550100";

async fn step(program: &mut Program, path: &str, fields: Value) -> Value {
    let answer = program.post(path, fields).await;
    let value = answer.json();
    assert_eq!(answer.status, 200, "{path} {value:#}");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    value
}

async fn refused(program: &mut Program, path: &str, fields: Value, status: u16, kind: &str) {
    let answer = program.post(path, fields).await;
    assert_eq!(answer.status, status, "{path} {}", answer.body);
    assert_error(&answer.json(), status, kind);
}

async fn prove_address(program: &mut Program, mail: &mut Mailbox, address: &str) -> Value {
    let sent = step(program, "/auth/sign-in", json!({"email_address": address})).await;
    assert_done(&sent);
    step(program, "/auth/code", json!({"code": mail.code(address).await})).await
}

fn organization<'a>(discovered: &'a Value, slug: &str) -> &'a Value {
    let list = discovered["discovered_organizations"].as_array().unwrap();
    list.iter().find(|found| found["organization"]["organization_slug"] == slug).unwrap()
}

fn choice(discovered: &Value, slug: &str) -> Value {
    json!({"organization_id": organization(discovered, slug)["organization"]["organization_id"]})
}

#[tokio::test]
async fn discovery_then_a_session() {
    let demo = Demo::start();
    let (mut mail, mut program) = (Mailbox::of(&demo), Program::of(&demo));
    let discovered = prove_address(&mut program, &mut mail, ADA).await;
    assert_discovery(&discovered);
    assert_eq!(discovered["email_address"], ADA);
    assert_eq!(discovered["intermediate_session_token"], "", "it travels in a cookie");
    let listed = program.get("/auth/organizations").await.json();
    assert_discovery(&listed);
    assert_eq!(listed["discovered_organizations"], discovered["discovered_organizations"]);

    let globex = organization(&discovered, "globex");
    assert_eq!(globex["membership"]["type"], "active_member");
    assert_eq!((&globex["member_authenticated"], &globex["mfa_required"]), (&json!(true), &Value::Null));
    let acme = organization(&discovered, "acme");
    assert_eq!(acme["member_authenticated"], false);
    assert_eq!(
        acme["mfa_required"],
        json!({"member_options": null, "secondary_auth_initiated": null}),
        "nothing is set up"
    );
    assert_eq!(acme["primary_required"], Value::Null);

    let session = step(&mut program, "/auth/organizations", choice(&discovered, "globex")).await;
    assert_authenticated(&session);
    assert_eq!(factors(&session), [["email_otp", "email", "PRIMARY", "email_factor"]]);
    assert_eq!(session["member_session"]["roles"], json!(["stytch_member", "treasurer"]));
    assert_eq!(session["member_session"]["custom_claims"], json!({}));
    assert_eq!(session["member_session"]["organization_slug"], "globex");
    let roles = session["member"]["roles"].as_array().unwrap();
    let source = json!([{"type": "direct_assignment", "details": {}}]);
    assert_eq!(roles[0], json!({"role_id": "stytch_member", "sources": source}));
    assert_eq!(program.get("/member").await.status, 200);
}

#[tokio::test]
async fn an_app_is_set_up_then_asked_for() {
    let demo = Demo::start();
    let (mut mail, mut program) = (Mailbox::of(&demo), Program::of(&demo));
    let discovered = prove_address(&mut program, &mut mail, ADA).await;
    let owed = step(&mut program, "/auth/organizations", choice(&discovered, "acme")).await;
    assert_owed(&owed);
    assert_eq!(owed["mfa_required"]["member_options"], Value::Null);
    refused(
        &mut program,
        "/auth/enrol/totp/confirm",
        json!({"code": "000000"}),
        401,
        "unable_to_auth_otp_code",
    )
    .await;

    let new = step(&mut program, "/auth/enrol/totp", json!({})).await;
    assert_eq!(new["recovery_codes"].as_array().unwrap().len(), 10);
    assert!(new["totp_registration_id"].as_str().unwrap().starts_with("member-totp-test-"));
    assert_eq!(new["member_id"], owed["member_id"]);
    let mut app = Authenticator::of(new["secret"].as_str().unwrap());
    let confirmed = json!({"code": app.code().await});
    let session = step(&mut program, "/auth/enrol/totp/confirm", confirmed).await;
    assert_authenticated(&session);
    assert_eq!(
        factors(&session),
        [
            ["email_otp", "email", "PRIMARY", "email_factor"],
            ["totp", "authenticator_app", "SECONDARY", "authenticator_app_factor"]
        ]
    );
    assert_eq!(session["member"]["mfa_enrolled"], true);
    assert_eq!(session["member"]["default_mfa_method"], "totp");
    assert_eq!(session["member"]["totp_registration_id"], new["totp_registration_id"]);

    let mut later = Program::of(&demo);
    let discovered = prove_address(&mut later, &mut mail, ADA).await;
    let owed = step(&mut later, "/auth/organizations", choice(&discovered, "acme")).await;
    assert_owed(&owed);
    let options = &owed["mfa_required"]["member_options"];
    assert_eq!(options["totp_registration_id"], new["totp_registration_id"]);
    assert_eq!(options["mfa_phone_number"], "");
    refused(&mut later, "/auth/mfa/totp", json!({"code": app.wrong_code()}), 401, "unable_to_auth_otp_code")
        .await;
    refused(&mut later, "/auth/mfa/totp", json!({"code": "12"}), 400, "invalid_code").await;
    let session = step(&mut later, "/auth/mfa/totp", json!({"code": app.code().await})).await;
    assert_authenticated(&session);

    let mut recovering = Program::of(&demo);
    let discovered = prove_address(&mut recovering, &mut mail, ADA).await;
    step(&mut recovering, "/auth/organizations", choice(&discovered, "acme")).await;
    let code = json!({"recovery_code": new["recovery_codes"][0]});
    let session = step(&mut recovering, "/auth/mfa/recovery", code).await;
    assert_authenticated(&session);
    assert_eq!(
        factors(&session)[1],
        ["recovery_codes", "recovery_code", "SECONDARY", "recovery_code_factor"]
    );
}

#[tokio::test]
async fn a_phone_is_set_up_then_asked_for() {
    let mut demo = Demo::start();
    let (mut mail, mut program) = (Mailbox::of(&demo), Program::of(&demo));
    let discovered = prove_address(&mut program, &mut mail, ADA).await;
    step(&mut program, "/auth/organizations", choice(&discovered, "acme")).await;
    assert_done(&step(&mut program, "/auth/enrol/sms", json!({"phone_number": PHONE})).await);
    let code = json!({"code": mail.sms_code(PHONE).await});
    let session = step(&mut program, "/auth/enrol/sms/confirm", code).await;
    assert_authenticated(&session);
    assert_eq!(factors(&session)[1], ["otp", "sms", "SECONDARY", "phone_number_factor"]);
    assert_eq!(session["member"]["mfa_phone_number"], PHONE);
    assert_eq!(session["member"]["mfa_phone_number_verified"], true);
    assert_eq!(session["member"]["default_mfa_method"], "sms_otp");

    // A start forgets what was counted, so that this test need not wait for half a minute.
    demo.kill_and_start_again();
    let (mut mail, mut later) = (Mailbox::of(&demo), Program::of(&demo));
    let discovered = prove_address(&mut later, &mut mail, ADA).await;
    let acme = organization(&discovered, "acme");
    assert_eq!(acme["mfa_required"]["secondary_auth_initiated"], Value::Null, "listing sends nothing");
    let owed = step(&mut later, "/auth/organizations", choice(&discovered, "acme")).await;
    assert_owed(&owed);
    assert_eq!(
        owed["mfa_required"],
        json!({
            "member_options": {"mfa_phone_number": "XXXXXXX0100", "totp_registration_id": ""},
            "secondary_auth_initiated": "sms_otp",
        })
    );
    let code = json!({"code": mail.sms_code(PHONE).await});
    assert_authenticated(&step(&mut later, "/auth/mfa/sms", code).await);
}

#[tokio::test]
async fn joining_and_creating() {
    let demo = Demo::start();
    let (mut mail, mut program) = (Mailbox::of(&demo), Program::of(&demo));
    let discovered = prove_address(&mut program, &mut mail, "henk@globex.example").await;
    let globex = organization(&discovered, "globex");
    assert_eq!(
        globex["membership"],
        json!({
            "type": "eligible_to_join_by_email_domain",
            "details": {"domain": "globex.example"},
            "member": null,
        })
    );
    let session = step(&mut program, "/auth/organizations", choice(&discovered, "globex")).await;
    assert_authenticated(&session);
    assert_eq!(session["member"]["status"], "active");
    assert_eq!(session["member"]["email_address_verified"], true);

    let mut founder = Program::of(&demo);
    let discovered = prove_address(&mut founder, &mut mail, "nora@new.example").await;
    assert_eq!(discovered["discovered_organizations"], json!([]));
    let taken = json!({"organization_name": "Hooli", "organization_slug": "acme"});
    refused(&mut founder, "/auth/organizations/create", taken, 400, "organization_slug_already_used").await;
    let new = json!({"organization_name": "Hooli", "organization_slug": "hooli"});
    let session = step(&mut founder, "/auth/organizations/create", new).await;
    assert_authenticated(&session);
    assert_eq!(session["organization"]["organization_slug"], "hooli");
    assert_eq!(session["member"]["is_admin"], true);
}

#[tokio::test]
async fn a_password_and_what_is_owed_before_it() {
    let demo = Demo::start();
    let (mut mail, mut program) = (Mailbox::of(&demo), Program::of(&demo));
    let address = "pat@initech.example";
    let wrong = json!({"email_address": address, "password": "wrong"});
    refused(&mut program, "/auth/o/initech/password", wrong, 401, "unauthorized_credentials").await;

    let discovered = prove_address(&mut program, &mut mail, address).await;
    let owed = step(&mut program, "/auth/organizations", choice(&discovered, "initech")).await;
    assert_owed(&owed);
    assert_eq!(owed["primary_required"], json!({"allowed_auth_methods": ["password"]}));

    let right = json!({"email_address": address, "password": demo.password()});
    let session = step(&mut Program::of(&demo), "/auth/o/initech/password", right).await;
    assert_authenticated(&session);
    assert_eq!(factors(&session), [["password", "knowledge", "PRIMARY", ""]]);
}

#[tokio::test]
async fn a_link_is_looked_at_and_used() {
    let demo = Demo::start();
    let (mut mail, mut program) = (Mailbox::of(&demo), Program::of(&demo));
    let asked = json!({"email_address": "gina@globex.example", "method": "magic_link"});
    assert_done(&step(&mut program, "/auth/sign-in", asked).await);
    let link = mail.link("gina@globex.example").await;
    let token = json!({"token": link.split_once("token=").unwrap().1});
    refused(&mut Program::of(&demo), "/auth/link", token.clone(), 401, "unable_to_auth_magic_link").await;
    let discovered = step(&mut program, "/auth/link", token.clone()).await;
    assert_discovery(&discovered);
    refused(&mut program, "/auth/link", token, 401, "unable_to_auth_magic_link").await;
    let session = step(&mut program, "/auth/organizations", choice(&discovered, "globex")).await;
    assert_authenticated(&session);
    assert_eq!(factors(&session), [["magic_link", "email", "PRIMARY", "email_factor"]]);
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let demo = Demo::start();
    let mut mail = Mailbox::of(&demo);
    let mut programs = [Program::of(&demo), Program::of(&demo)];
    for program in &mut programs {
        let discovered = prove_address(program, &mut mail, "gina@globex.example").await;
        step(program, "/auth/organizations", choice(&discovered, "globex")).await;
    }
    let [program, other] = &mut programs;
    let listed = program.get("/auth/sessions").await.json();
    let sessions = listed["member_sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    let theirs = sessions.iter().find(|session| session["current"] == false).unwrap();
    let id = json!({"member_session_id": theirs["member_session_id"]});
    assert_done(&step(program, "/auth/sessions/revoke", id).await);
    assert_eq!(other.get("/member").await.status, 401);

    assert_done(&step(program, "/auth/sign-out", json!({})).await);
    assert_eq!(program.session_token(), "");
    let answer = program.get("/auth/session").await;
    assert_error(&answer.json(), 401, "session_not_found");
}

//! Programs: every route answers them in JSON, and no secret of theirs travels in an address.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(feature = "axum")]

mod common;

use common::{ACME, Answer, App, Client, GLOBEX, INITECH, World, world::organization_id};
use http::header::{ALLOW, CONTENT_TYPE};
use serde_json::{Value, json};

/// The object of an answer with this status, which is JSON as all are.
#[track_caller]
fn object(answer: Answer, status: u16) -> Value {
    let answer = answer.expect(status);
    assert_eq!(answer.headers[CONTENT_TYPE], "application/json", "{}", answer.text);
    let object = answer.json();
    assert_eq!(object["status_code"], status);
    object
}

#[tokio::test]
async fn a_form_says_nothing_to_a_program() {
    let world = World::new().await;
    let (mut program, mut browser) = (world.client(), world.browser());
    for path in ["sign-in", "o/acme", "o/nowhere", "code", "enrol/totp", "enrol/sms"] {
        let path = format!("/auth/{path}");
        assert_eq!(object(program.get(&path).await, 406)["error_type"], "not_acceptable", "{path}");
        assert_ne!(browser.get(&path).await.status, 406, "{path}");
    }
}

#[tokio::test]
async fn what_takes_a_session_or_a_sign_in_says_so_to_a_program() {
    let world = World::new().await;
    let mut nobody = world.client();
    for (path, missing) in [
        ("/auth/mfa", "intermediate_session_not_found"),
        ("/auth/enrol", "session_not_found"),
        ("/auth/step-up", "session_not_found"),
        ("/auth/switch", "session_not_found"),
    ] {
        assert_eq!(object(nobody.get(path).await, 401)["error_type"], missing, "{path}");
    }
    let mut gina = world.gina().await;
    assert_eq!(object(gina.get("/auth/step-up").await, 401)["error_type"], "challenge_not_found");
}

#[tokio::test]
async fn a_program_is_told_what_its_sign_in_owes() {
    let world = World::new().await;
    world.set_phone(ACME, "bob@acme.example").await;
    let mut program = world.begin("bob@acme.example").await;
    assert_eq!(object(program.get("/auth/mfa").await, 404)["error_type"], "organization_not_found");
    let owed = object(program.exchange(organization_id(ACME).as_str()).await, 200);
    let before = program.intermediate();
    let told = object(program.get("/auth/mfa").await, 200);
    assert_eq!(program.intermediate(), before, "asking changes nothing");
    for field in ["mfa_required", "primary_required", "member", "organization", "member_authenticated"] {
        assert_eq!(told[field], owed[field], "{field}");
    }
    assert_eq!(told["mfa_required"]["member_options"]["mfa_phone_number"], "XXXXXXX4567");

    // Of a first factor that is missing it is told here as well.
    let mut initech = world.begin("pat@initech.example").await;
    initech.exchange(organization_id(INITECH).as_str()).await.expect(200);
    let told = object(initech.get("/auth/mfa").await, 200);
    assert_eq!(told["primary_required"]["allowed_auth_methods"], json!(["password"]));
}

#[tokio::test]
async fn a_program_is_told_what_it_can_set_up_and_where_it_can_turn() {
    let world = World::new().await;
    let mut pending = world.begin("bob@acme.example").await;
    pending.exchange(organization_id(ACME).as_str()).await.expect(200);
    let told = object(pending.get("/auth/enrol").await, 200);
    assert_eq!(told["allowed_mfa_methods"], json!(["totp", "sms_otp"]));
    assert_eq!((&told["demanded"], &told["organization_id"]), (&json!(true), &json!(organization_id(ACME))));
    let mut gina = world.gina().await;
    assert_eq!(object(gina.get("/auth/enrol").await, 200)["demanded"], false);

    let (mut ada, _) = world.with_app(ACME, "ada@acme.example").await;
    let told = object(ada.get("/auth/switch").await, 200);
    assert_eq!(told["organization_id"], json!(organization_id(ACME)));
    let others = told["discovered_organizations"].as_array().unwrap();
    let ids: Vec<&Value> = others.iter().map(|other| &other["organization"]["organization_id"]).collect();
    assert_eq!(ids, [&json!(organization_id(GLOBEX))]);
    assert_eq!(others[0]["member_authenticated"], true);
    assert_eq!(object(gina.get("/auth/switch").await, 200)["discovered_organizations"], json!([]));
}

/// Bob in Acme, whose factors are too old for `/fresh`: his app, and the token of his challenge.
async fn challenged(world: &World, client: &mut Client) -> String {
    world.clock.advance_secs(301);
    let refused = client.get("/fresh").await.expect(401).json();
    refused["challenge"]["challenge_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_program_is_told_what_answers_its_challenge() {
    let world = World::new().await;
    let (mut bob, app) = world.with_app(ACME, "bob@acme.example").await;
    let token = challenged(&world, &mut bob).await;
    let told = object(bob.post("/auth/step-up", json!({"challenge_token": token})).await, 200);
    assert_eq!((&told["factor"], &told["max_age"]), (&json!("secondary"), &json!(300)));
    assert_eq!(told["answer_with"], json!(["totp", "recovery"]));
    // In a cookie jar the challenge's own cookie will do.
    let mut jar = bob.clone();
    jar.set_cookie("challenge", token.clone());
    assert_eq!(object(jar.get("/auth/step-up").await, 200)["answer_with"], told["answer_with"]);
    let form = json!({"challenge_token": token, "code": app.next_code()});
    object(bob.post("/auth/step-up/totp", form).await, 200);
    bob.get("/fresh").await.expect(200);
}

#[tokio::test]
async fn no_token_is_read_from_an_address() {
    let world = World::with(|builder| builder.tokens_in_body()).await;
    let mut client = world.client();
    let token = begin(&world, &mut client, "bob@acme.example").await;
    let exchange = json!({"intermediate_session_token": token, "organization_id": organization_id(ACME)});
    let owed = object(client.post("/auth/organizations", exchange).await, 200);
    let token = owed["intermediate_session_token"].as_str().unwrap();
    for (path, missing) in [
        ("organizations", "intermediate_session_not_found"),
        ("mfa", "intermediate_session_not_found"),
        ("enrol", "session_not_found"),
    ] {
        let path = format!("/auth/{path}?intermediate_session_token={token}");
        assert_eq!(object(client.get(&path).await, 401)["error_type"], missing, "{path}");
    }

    // Nor a challenge's, where there are cookies.
    let world = World::new().await;
    let (mut bob, _) = world.with_app(ACME, "bob@acme.example").await;
    let token = challenged(&world, &mut bob).await;
    let path = format!("/auth/step-up?challenge_token={token}");
    assert_eq!(object(bob.get(&path).await, 401)["error_type"], "challenge_not_found");
    assert_eq!(bob.browsing().get(&path).await.expect(303).location(), "/");
}

/// Proves an address; the intermediate session's token of the answer.
async fn begin(world: &World, client: &mut Client, address: &str) -> String {
    let before = world.last_message();
    client.post("/auth/sign-in", json!({"email_address": address})).await.expect(200);
    let code = world.code_for(address, before).await;
    let form = json!({"code": code, "email_address": address});
    let answer = object(client.post("/auth/code", form).await, 200);
    answer["intermediate_session_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_program_that_keeps_tokens_itself_asks_by_post() {
    let world = World::with(|builder| builder.tokens_in_body()).await;
    let mut client = world.client();
    let token = begin(&world, &mut client, "bob@acme.example").await;
    let with = |token: &str| json!({"intermediate_session_token": token});
    let listed = object(client.post("/auth/organizations/list", with(&token)).await, 200);
    let id = &listed["discovered_organizations"][0]["organization"]["organization_id"];
    assert_eq!((id, &listed["intermediate_session_token"]), (&json!(organization_id(ACME)), &json!(token)));
    let exchange = json!({"intermediate_session_token": token, "organization_id": id});
    let owed = object(client.post("/auth/organizations", exchange).await, 200);
    let token = owed["intermediate_session_token"].as_str().unwrap();

    let told = object(client.post("/auth/mfa", with(token)).await, 200);
    assert_eq!(
        (&told["mfa_required"], &told["intermediate_session_token"]),
        (&owed["mfa_required"], &json!(token))
    );
    assert_eq!(object(client.post("/auth/enrol", with(token)).await, 200)["demanded"], true);
    let begun = object(client.post("/auth/enrol/totp", with(token)).await, 200);
    let app = App::new(begun["secret"].as_str().unwrap(), Vec::new(), world.clock.clone());
    let form = json!({"intermediate_session_token": token, "code": app.code()});
    let done = object(client.post("/auth/enrol/totp/confirm", form).await, 200);
    client.bearer = Some(done["session_token"].as_str().unwrap().to_owned());

    let challenge = challenged(&world, &mut client).await;
    let told = object(client.post("/auth/step-up", json!({"challenge_token": challenge})).await, 200);
    assert_eq!(told["answer_with"], json!(["totp", "recovery"]));
    assert_eq!(object(client.get("/auth/switch").await, 200)["discovered_organizations"], json!([]));
    assert!(client.cookies.is_empty());
}

#[tokio::test]
async fn what_only_tells_takes_tokens_and_nothing_else() {
    let world = World::new().await;
    let mut gina = world.gina().await;
    for path in ["organizations/list", "mfa", "enrol", "step-up"] {
        let answer = gina.post(&format!("/auth/{path}"), json!({"code": "123456"})).await;
        assert_eq!(object(answer, 400)["error_type"], "bad_request", "{path}");
    }
    assert_eq!(gina.get("/auth/organizations/list").await.expect(405).headers[ALLOW], "POST");
}

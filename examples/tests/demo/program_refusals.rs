//! What programs are answered that are not let in, or that send what can't be read.

use serde_json::{Value, json};

use crate::{
    browser::Browser, client::Answer, mailbox::Mailbox, process::Demo, program::Program,
    response_objects::assert_error,
};

fn assert_problem(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("cache-control"), "no-store");
    let problem = answer.json();
    assert_eq!(problem["status"], status);
    for member in ["type", "title", "detail"] {
        assert!(!problem[member].as_str().unwrap_or_default().is_empty(), "{problem}");
    }
    problem
}

#[tokio::test]
async fn who_is_nobody_is_told_to_sign_in() {
    let demo = Demo::start();
    for path in ["/member", "/admin", "/transfer", "/o/globex"] {
        let answer = Program::of(&demo).get(path).await;
        let problem = assert_problem(&answer, 401);
        assert_eq!(problem["unmet"][0]["requirement"], "member");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        assert!(answer.set_cookies().is_empty(), "nothing is minted for nobody");
    }
    let answer = Program::of(&demo).post_form("/transfer", "amount=1").await;
    assert_problem(&answer, 401);
    let answer = Program::with_bearer(&demo, "nonsense").get("/member").await;
    assert_problem(&answer, 401);
    assert!(answer.header("www-authenticate").starts_with("Bearer error=\"invalid_token\""));
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    browser.sign_in(&mut mail, "henk@globex.example", "Globex").await;
    let mut program = Program::with_bearer(&demo, browser.session_cookie().unwrap());

    let answer = program.get("/admin").await;
    let problem = assert_problem(&answer, 403);
    assert_eq!(
        problem["unmet"],
        json!([{"requirement": "role", "role_id": "stytch_admin", "satisfied_by": "the role stytch_admin"}])
    );
    assert_eq!(answer.header("www-authenticate"), "Bearer error=\"insufficient_scope\"");

    let problem = assert_problem(&program.get("/o/acme").await, 403);
    assert_eq!(problem["unmet"][0]["requirement"], "organization");
    assert_eq!(problem["switch_at"], "/auth/switch");
}

#[tokio::test]
async fn steps_out_of_order_are_refused_by_name() {
    let demo = Demo::start();
    let mut program = Program::of(&demo);
    for (path, fields, kind) in [
        ("/auth/organizations", json!({"organization_id": "x"}), "intermediate_session_not_found"),
        ("/auth/organizations/create", json!({}), "intermediate_session_not_found"),
        ("/auth/mfa/totp", json!({"code": "123456"}), "intermediate_session_not_found"),
        ("/auth/enrol/totp", json!({}), "session_not_found"),
        ("/auth/step-up/totp", json!({"code": "123456"}), "session_not_found"),
        ("/auth/sessions/revoke-others", json!({}), "session_not_found"),
        ("/auth/switch", json!({"organization_id": "x"}), "session_not_found"),
    ] {
        let answer = program.post(path, fields).await;
        assert_error(&answer.json(), 401, kind);
        assert_eq!(answer.status, 401, "{path}");
    }
}

#[tokio::test]
async fn what_can_not_be_read_is_refused_in_words() {
    let demo = Demo::start();
    let mut program = Program::of(&demo);
    for (fields, status, kind) in [
        (json!({}), 400, "bad_request"),
        (json!([]), 400, "bad_request"),
        (json!({"email_address": 7}), 400, "bad_request"),
        (json!({"email_address": "gina@globex.example", "is_admin": "true"}), 400, "bad_request"),
        (json!({"email_address": "gina"}), 400, "invalid_argument"),
        (json!({"email_address": "x".repeat(70_000)}), 413, "request_too_large"),
    ] {
        let answer = program.post("/auth/sign-in", fields).await;
        assert_error(&answer.json(), status, kind);
        assert_eq!(answer.status, status);
    }
    assert_error(&program.get("/auth/no-such-page").await.json(), 404, "route_not_found");
    let answer = program.get("/auth/sign-out").await;
    assert_error(&answer.json(), 405, "method_not_allowed");
    assert_eq!(answer.header("allow"), "POST");
    let answer = program.post("/auth/sessions", json!({})).await;
    assert_error(&answer.json(), 405, "method_not_allowed");
    assert_eq!(answer.header("allow"), "GET, HEAD");
}

#[tokio::test]
async fn an_address_gets_so_many_mails_and_no_more() {
    let demo = Demo::start();
    let mut program = Program::of(&demo);
    let asked = json!({"email_address": "gina@globex.example"});
    for _ in 0..5 {
        assert_eq!(program.post("/auth/sign-in", asked.clone()).await.status, 200);
    }
    let answer = Program::of(&demo).post("/auth/sign-in", asked).await;
    assert_error(&answer.json(), 429, "too_many_requests");
    let another = json!({"email_address": "henk@globex.example"});
    assert_eq!(program.post("/auth/sign-in", another).await.status, 200);
}

//! A route that takes a fresh second factor: what is refused, what confirms it, and what comes of it.

use serde_json::json;

use crate::{
    authenticator::Authenticator,
    browser::{Browser, Page},
    mailbox::Mailbox,
    process::Demo,
    program::Program,
};

const GINA: &str = "gina@globex.example";

/// Gina in a session without a second factor, who has set up an app elsewhere since.
async fn with_app_elsewhere(demo: &Demo, mail: &mut Mailbox) -> (Browser, Authenticator, Vec<String>) {
    let mut browser = Browser::of(demo);
    browser.sign_in(mail, GINA, "Globex").await;
    let mut other = Browser::of(demo);
    other.sign_in(mail, GINA, "Globex").await;
    let enrol = other.open("/auth/enrol").await;
    let (app, page) = other.set_up_app(&enrol).await;
    assert_eq!(other.member_page().await.value("slug"), "globex");
    (browser, app, page.recovery_codes())
}

async fn transfer(browser: &mut Browser) -> Page {
    let page = browser.open("/transfer").await;
    assert_eq!(page.path, "/transfer");
    browser.submit(page.form("/transfer")).await
}

#[tokio::test]
async fn nothing_is_done_until_it_is_confirmed_and_asked_for_again() {
    let demo = Demo::start();
    let mut mail = Mailbox::of(&demo);
    let (mut browser, mut app, _) = with_app_elsewhere(&demo, &mut mail).await;
    let before = browser.session_cookie().unwrap().to_owned();

    let asked = transfer(&mut browser).await;
    assert_eq!(asked.path, "/auth/step-up");
    assert!(asked.shows("Nothing was done yet") && asked.shows("It counts for 5 minutes"));
    assert_eq!(browser.member_page().await.value("transferred"), "0");

    let form = asked.form("/auth/step-up/totp");
    let page = browser.submit(form.clone().with("code", &app.wrong_code())).await;
    assert_eq!(page.status(), 401);
    assert!(page.shows("Nothing was done yet") && !page.error().is_empty());
    assert_eq!(browser.session_cookie(), Some(before.as_str()));

    let page = browser.submit(form.with("code", &app.code().await)).await;
    assert_eq!((page.path.as_str(), page.status()), ("/transfer", 200), "where the form can be sent again");
    assert_eq!(browser.member_page().await.value("transferred"), "0");
    let page = browser.submit(page.form("/transfer").with("amount", "250")).await;
    assert_eq!(page.value("done"), "gina@globex.example has transferred 250.");
    assert_eq!(browser.member_page().await.value("transferred"), "250");

    assert_ne!(browser.session_cookie(), Some(before.as_str()), "a raised session gets another token");
    assert!(!Browser::with_session_cookie(&demo, &before).is_signed_in().await);
    let page = browser.submit(asked.form("/auth/step-up/totp").with("code", &app.wrong_code())).await;
    assert!(!page.has_form("/auth/step-up/totp"), "the challenge is gone: {}", page.text());
}

#[tokio::test]
async fn a_recovery_code_confirms_where_any_second_factor_does() {
    let demo = Demo::start();
    let mut mail = Mailbox::of(&demo);
    let (mut browser, _, codes) = with_app_elsewhere(&demo, &mut mail).await;
    let page = transfer(&mut browser).await;
    let form = page.form("/auth/step-up/recovery").with("recovery_code", &codes[0]);
    assert_eq!(browser.submit(form).await.path, "/transfer");
    assert_eq!(transfer(&mut browser).await.value("done"), "gina@globex.example has transferred 100.");
}

#[tokio::test]
async fn what_another_sessions_challenge_says_counts_for_nothing() {
    let demo = Demo::start();
    let mut mail = Mailbox::of(&demo);
    let (mut browser, mut app, _) = with_app_elsewhere(&demo, &mut mail).await;
    transfer(&mut browser).await;
    let challenge = browser.client.cookies["vestibule_development_challenge"].clone();

    let mut other = Browser::of(&demo);
    other.sign_in(&mut mail, "henk@globex.example", "Globex").await;
    other.client.cookies.insert("vestibule_development_challenge".into(), challenge.clone());
    let page = other.post("/auth/step-up/totp", &[("code", &app.code().await)]).await;
    assert_eq!(page.status(), 401);

    let mut nobody = Browser::of(&demo);
    nobody.client.cookies.insert("vestibule_development_challenge".into(), challenge);
    assert_eq!(nobody.post("/auth/step-up/totp", &[("code", "000000")]).await.status(), 401);
    assert!(!nobody.is_signed_in().await);
    assert_eq!(browser.member_page().await.value("transferred"), "0");
}

#[tokio::test]
async fn a_member_without_a_second_factor_is_offered_to_set_one_up() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    browser.sign_in(&mut mail, GINA, "Globex").await;

    let page = transfer(&mut browser).await;
    assert_eq!(page.status(), 403);
    assert!(page.shows("Set up a second factor first"));
    assert_eq!(page.link("Set up a second factor"), "/auth/enrol");

    let mut program = Program::with_bearer(&demo, browser.session_cookie().unwrap());
    let answer = program.post_form("/transfer", "amount=100").await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["type"], "urn:vestibule:problem:enrolment_required");
    assert_eq!(problem["enrol_at"], "/auth/enrol");
    assert_eq!(problem["unmet"][0]["factor"], "secondary");
    assert_eq!(browser.member_page().await.value("transferred"), "0");
}

#[tokio::test]
async fn what_was_set_up_in_a_session_does_not_confirm_for_it() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    browser.sign_in(&mut mail, GINA, "Globex").await;
    let enrol = browser.open("/auth/enrol").await;
    let (mut app, page) = browser.set_up_app(&enrol).await;
    let codes = page.recovery_codes();

    let page = transfer(&mut browser).await;
    assert_eq!((page.status(), page.heading().as_str()), (403, "Sign in again first"));
    let mut program = Program::with_bearer(&demo, browser.session_cookie().unwrap());
    let answer = program.post_form("/transfer", "amount=100").await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.json()["type"], "urn:vestibule:problem:sign_in_required");
    browser.post("/auth/step-up/totp", &[("code", &app.code().await)]).await;
    browser.post("/auth/step-up/recovery", &[("recovery_code", &codes[0])]).await;
    assert_eq!(transfer(&mut browser).await.status(), 403);
    assert_eq!(browser.member_page().await.value("transferred"), "0");

    let sessions = browser.open(&page.link("Your sessions")).await;
    browser.submit(sessions.form("/auth/sign-out")).await;
    let page = browser.sign_in(&mut mail, GINA, "Globex").await;
    let form = page.form("/auth/mfa/recovery").with("recovery_code", &codes[1]);
    assert_eq!(browser.submit(form).await.path, "/member");
    assert_eq!(transfer(&mut browser).await.value("done"), "gina@globex.example has transferred 100.");
}

#[tokio::test]
async fn who_signed_in_with_a_second_factor_just_now_transfers_at_once() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    let page = browser.sign_in(&mut mail, "bob@acme.example", "Acme").await;
    browser.set_up_app(&page).await;
    assert_eq!(transfer(&mut browser).await.value("done"), "bob@acme.example has transferred 100.");
}

#[tokio::test]
async fn a_program_is_told_what_is_missing_and_completes_it() {
    let demo = Demo::start();
    let mut mail = Mailbox::of(&demo);
    let (browser, mut app, _) = with_app_elsewhere(&demo, &mut mail).await;
    let mut program = Program::of(&demo);
    program.client.cookies = browser.client.cookies.clone();

    let answer = program.post_form("/transfer", "amount=70").await;
    assert_eq!(answer.status, 401);
    let header = answer.header("www-authenticate");
    for part in ["Bearer error=\"insufficient_user_authentication\"", "max_age=300", "acr_values=\""] {
        assert!(header.contains(part), "{header}");
    }
    let problem = answer.json();
    assert_eq!(problem["status"], 401);
    assert_eq!(problem["unmet"][0]["max_age"], 300);
    assert_eq!(problem["challenge"]["complete_at"], "/auth/step-up");
    let challenge = problem["challenge"]["challenge_token"].as_str().unwrap().to_owned();
    let again = program.post_form("/transfer", "amount=70").await.json();
    assert_eq!(again["challenge"]["challenge_token"], challenge.as_str(), "one challenge at a time");

    let wrong = json!({"challenge_token": challenge, "code": app.wrong_code()});
    let answer = program.post("/auth/step-up/totp", wrong).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["error_type"]),
        (401, &json!("unable_to_auth_otp_code"))
    );

    let right = json!({"challenge_token": challenge, "code": app.code().await});
    let answer = program.post("/auth/step-up/totp", right).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["member_authenticated"], true);
    assert_eq!(program.post_form("/transfer", "amount=70").await.status, 200);
    assert!(program.get("/member").await.body.contains("<dd id=\"transferred\">70</dd>"));
}

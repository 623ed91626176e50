//! What outlives a demo that was killed: everything that anybody was told.

use crate::{browser::Browser, mailbox::Mailbox, process::Demo, program::Program};

#[tokio::test]
async fn sessions_members_and_second_factors_outlive_a_kill() {
    let mut demo = Demo::start();
    let mut mail = Mailbox::of(&demo);
    let password = demo.password().to_owned();

    let mut bob = Browser::of(&demo);
    let page = bob.sign_in(&mut mail, "bob@acme.example", "Acme").await;
    let (mut app, page) = bob.set_up_app(&page).await;
    let codes = page.recovery_codes();
    let mut henk = Browser::of(&demo);
    henk.sign_in(&mut mail, "henk@globex.example", "Globex").await;
    let mut gone = Browser::of(&demo);
    gone.sign_in(&mut mail, "henk@globex.example", "Globex").await;
    let ended = gone.session_cookie().unwrap().to_owned();
    let page = gone.open("/auth/sessions").await;
    gone.submit(page.form("/auth/sign-out")).await;
    let token = bob.session_cookie().unwrap().to_owned();
    let shown = Program::with_bearer(&demo, &token).get("/auth/session").await.json();
    let jwt = shown["session_jwt"].as_str().unwrap().to_owned();
    let used = app.code().await;
    let mut other = Browser::of(&demo);
    let page = other.sign_in(&mut mail, "bob@acme.example", "Acme").await;
    assert_eq!(other.submit(page.form("/auth/mfa/totp").with("code", &used)).await.path, "/member");

    demo.kill_and_start_again();
    let mut mail = Mailbox::of(&demo);
    assert_eq!(demo.password(), password);
    for browser in [&mut bob, &mut henk, &mut other] {
        browser.client.turn_to(&demo);
        assert!(browser.is_signed_in().await);
    }
    assert_eq!(bob.open("/o/acme").await.status(), 200);
    assert!(!Browser::with_session_cookie(&demo, &ended).is_signed_in().await, "what was ended stays ended");
    for bearer in [&token, &jwt] {
        assert_eq!(Program::with_bearer(&demo, bearer).get("/member").await.status, 200);
    }

    let page = Browser::of(&demo).prove_address(&mut mail, "henk@globex.example").await;
    assert!(page.form_about("/auth/organizations", "Globex").text.contains("You are a member"));
    let mut later = Browser::of(&demo);
    let page = later.sign_in(&mut mail, "bob@acme.example", "Acme").await;
    assert_eq!(page.path, "/auth/mfa");
    let again = later.submit(page.form("/auth/mfa/totp").with("code", &used)).await;
    assert_eq!(again.status(), 401, "a used code stays used");
    let page = later.submit(page.form("/auth/mfa/recovery").with("recovery_code", &codes[0])).await;
    assert_eq!(page.path, "/member");

    let mut pat = Browser::of(&demo);
    let page = pat.open("/auth/o/initech").await;
    let form = page.form("/auth/o/initech/password").with("email_address", "pat@initech.example");
    assert_eq!(pat.submit(form.with("password", &password)).await.path, "/member");
}

#[tokio::test]
async fn a_link_that_was_sent_before_still_signs_in_after() {
    let mut demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    let page = browser.open("/auth/sign-in").await;
    let form = page.form("/auth/sign-in").with("email_address", "gina@globex.example");
    browser.submit(form.with("method", "magic_link")).await;
    let link = mail.link("gina@globex.example").await;

    demo.kill_and_start_again();
    browser.client.turn_to(&demo);
    let page = browser.open_from_elsewhere(&link).await;
    let page = browser.submit(page.form("/auth/link")).await;
    assert_eq!(browser.choose(&page, "Globex").await.path, "/member");
}

#[tokio::test]
async fn a_sign_in_that_was_going_on_grants_nothing_and_starts_again() {
    let mut demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    let page = browser.prove_address(&mut mail, "gina@globex.example").await;
    demo.kill_and_start_again();
    browser.client.turn_to(&demo);
    let page = browser.choose(&page, "Globex").await;
    assert_eq!((page.status(), page.heading().as_str()), (401, "This sign-in has expired"));
    assert!(!browser.is_signed_in().await);
}

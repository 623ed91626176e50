//! An organization that demands a second factor: it is set up on the way in.

use crate::{
    authenticator::Authenticator,
    browser::{Browser, Page},
    mailbox::Mailbox,
    process::Demo,
};

const BOB: &str = "bob@acme.example";

/// As far as Acme lets somebody in who has no second factor.
async fn enter_acme(mail: &mut Mailbox, browser: &mut Browser) -> Page {
    let page = browser.open("/o/acme").await;
    let page = browser.ask_for_code(&page, BOB).await;
    let page = browser.type_code(&page, &mail.code(BOB).await).await;
    let page = browser.choose(&page, "Acme").await;
    assert_eq!(page.path, "/auth/enrol");
    assert!(page.shows("Acme lets you in once you have a second factor"));
    assert!(!browser.is_signed_in().await);
    assert!(browser.open("/o/acme").await.path.starts_with("/auth/sign-in"));
    page
}

#[tokio::test]
async fn an_authenticator_app_is_set_up_and_leads_to_where_one_wanted_to_go() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    let enrol = enter_acme(&mut mail, &mut browser).await;
    let page = browser.submit(enrol.form("/auth/enrol/totp")).await;
    let secret = page.secret();
    let mut app = Authenticator::of(&secret);
    assert_eq!(secret.replace(' ', "").len(), 32);
    assert!(page.answer.body.contains("<svg"), "a picture to scan");
    assert!(page.link("Open it there").starts_with("otpauth://totp/"));

    let confirm = page.form("/auth/enrol/totp/confirm");
    let page = browser.submit(confirm.clone().with("code", &app.wrong_code())).await;
    assert_eq!((page.status(), page.secret()), (401, secret), "the same app can be tried again");
    assert!(!browser.is_signed_in().await);

    let code = app.code().await;
    let page = browser.submit(confirm.clone().with("code", &code)).await;
    assert_eq!(page.heading(), "Save your recovery codes");
    let codes = page.recovery_codes();
    assert_eq!(codes.len(), 10);
    for code in &codes {
        let groups: Vec<&str> = code.split('-').collect();
        assert!(groups.len() == 3 && groups.iter().all(|group| group.len() == 4), "{code}");
    }
    let page = browser.open(&page.link("I have saved them")).await;
    assert_eq!(page.path, "/o/acme");
    assert!(page.shows("bob@acme.example is signed in to acme"));

    for page in [
        browser.open("/auth/enrol").await,
        browser.open("/auth/enrol/totp").await,
        browser.open("/auth/sessions").await,
        browser.submit(confirm.with("code", &code)).await,
    ] {
        assert!(codes.iter().all(|code| !page.answer.body.contains(code)), "shown again at {}", page.path);
    }
    let notice = mail.next(BOB, "Your sign-in to").await;
    assert!(notice.text.contains("An authenticator app was set up"), "{}", notice.text);
}

#[tokio::test]
async fn a_phone_is_set_up_and_leads_to_where_one_wanted_to_go() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    let enrol = enter_acme(&mut mail, &mut browser).await;
    let form = enrol.form("/auth/enrol/sms");
    let page = browser.submit(form.clone().with("phone_number", "555 0100")).await;
    assert_eq!(page.status(), 400);
    assert!(!page.error().is_empty());

    let page = browser.submit(form.with("phone_number", "+1 (555) 555-0100")).await;
    assert_eq!(page.path, "/auth/enrol/sms");
    let code = mail.sms_code("+15555550100").await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let confirm = page.form("/auth/enrol/sms/confirm");
    assert_eq!(browser.submit(confirm.clone().with("code", wrong)).await.status(), 401);

    let page = browser.submit(confirm.with("code", &code)).await;
    assert_eq!(page.path, "/o/acme");
    assert_eq!(browser.member_page().await.value("slug"), "acme");
}

#[tokio::test]
async fn somebody_who_has_a_second_factor_can_not_set_up_another_without_it() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    let enrol = enter_acme(&mut mail, &mut browser).await;
    browser.set_up_app(&enrol).await;

    let mut thief = Browser::of(&demo);
    let page = thief.sign_in(&mut mail, BOB, "Acme").await;
    assert_eq!(page.path, "/auth/mfa");
    let page = thief.post("/auth/enrol/totp", &[]).await;
    assert_eq!(page.path, "/auth/mfa", "{}", page.text());
    let page = thief.post("/auth/enrol/sms", &[("phone_number", "+15555550199")]).await;
    assert_eq!(page.path, "/auth/mfa", "{}", page.text());
    assert!(!thief.is_signed_in().await);
}

#[tokio::test]
async fn in_a_session_another_is_set_up_after_a_fresh_proof_of_the_first() {
    let demo = Demo::start();
    let mut mail = Mailbox::of(&demo);
    let gina = "gina@globex.example";
    let (mut browser, mut other) = (Browser::of(&demo), Browser::of(&demo));
    browser.sign_in(&mut mail, gina, "Globex").await;
    other.sign_in(&mut mail, gina, "Globex").await;
    let enrol = other.open("/auth/enrol").await;
    assert!(!enrol.shows("lets you in once"), "nobody demands it");
    let (mut app, _) = other.set_up_app(&enrol).await;

    let enrol = browser.open("/auth/enrol").await;
    let form = enrol.form("/auth/enrol/sms").with("phone_number", "+15555550100");
    let page = browser.submit(form).await;
    assert_eq!(page.path, "/auth/step-up");
    assert!(!page.shows("Nothing was done yet"));
    let page = browser.submit(page.form("/auth/step-up/totp").with("code", &app.code().await)).await;
    assert_eq!(page.path, "/auth/enrol");
    let page = browser.set_up_phone(&mut mail, &page, "+15555550100").await;
    assert_eq!(page.path, "/auth/sessions");

    let page = Browser::of(&demo).sign_in(&mut mail, gina, "Globex").await;
    assert_eq!(page.path, "/auth/mfa", "whoever has one is asked for it from now on");
    assert!(page.has_form("/auth/mfa/totp") && page.has_form("/auth/mfa/sms/send"));
}

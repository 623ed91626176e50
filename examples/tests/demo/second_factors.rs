//! The second factors at the next sign-in: each of them, and those that do not count.

use crate::{
    authenticator::Authenticator,
    browser::{Browser, Page},
    mailbox::Mailbox,
    process::Demo,
};

const ADA: &str = "ada@acme.example";
const BOB: &str = "bob@acme.example";
const PHONE: &str = "+15555550100";

/// Somebody of Acme who has set up an app; with its recovery codes.
async fn with_app(demo: &Demo, mail: &mut Mailbox, address: &str) -> (Authenticator, Vec<String>) {
    let mut browser = Browser::of(demo);
    let page = browser.sign_in(mail, address, "Acme").await;
    let (app, page) = browser.set_up_app(&page).await;
    (app, page.recovery_codes())
}

/// The page that asks for the second factor, in a browser of its own.
async fn asked(demo: &Demo, mail: &mut Mailbox, address: &str) -> (Browser, Page) {
    let mut browser = Browser::of(demo);
    let page = browser.sign_in(mail, address, "Acme").await;
    assert_eq!(page.path, "/auth/mfa");
    assert!(page.shows("Acme asks for a second factor") && page.shows(address));
    (browser, page)
}

#[tokio::test]
async fn a_code_of_the_app_counts_once() {
    let demo = Demo::start();
    let mut mail = Mailbox::of(&demo);
    let (mut app, _) = with_app(&demo, &mut mail, BOB).await;

    let (mut browser, page) = asked(&demo, &mut mail, BOB).await;
    let form = page.form("/auth/mfa/totp");
    for (typed, status) in [(app.wrong_code(), 401), ("12345".into(), 400), ("1234567".into(), 400)] {
        let page = browser.submit(form.clone().with("code", &typed)).await;
        assert_eq!(page.status(), status, "{typed}");
        assert!(page.has_form("/auth/mfa/totp") && !page.error().is_empty());
    }
    assert!(!browser.is_signed_in().await);
    let code = app.code().await;
    let page = browser.submit(form.with("code", &code)).await;
    assert_eq!(page.path, "/member");
    assert_eq!(page.value("slug"), "acme");

    let (mut other, page) = asked(&demo, &mut mail, BOB).await;
    let page = other.submit(page.form("/auth/mfa/totp").with("code", &code)).await;
    assert_eq!(page.status(), 401, "a code that was seen over a shoulder");
    assert!(!other.is_signed_in().await);
}

#[tokio::test]
async fn a_code_by_sms_comes_unasked_and_counts_once() {
    let mut demo = Demo::start();
    let mut mail = Mailbox::of(&demo);
    let mut browser = Browser::of(&demo);
    let page = browser.sign_in(&mut mail, BOB, "Acme").await;
    assert_eq!(browser.set_up_phone(&mut mail, &page, PHONE).await.path, "/member");

    let (mut hasty, page) = asked(&demo, &mut mail, BOB).await;
    assert!(!page.has_form("/auth/mfa/sms"), "no second code within half a minute");
    let page = hasty.submit(page.form("/auth/mfa/sms/send")).await;
    assert_eq!(page.status(), 429);
    assert!(page.error().contains("Too many"), "{}", page.error());

    // A start forgets what was counted, so that this test need not wait for half a minute.
    demo.kill_and_start_again();
    let mut mail = Mailbox::of(&demo);
    let (mut browser, page) = asked(&demo, &mut mail, BOB).await;
    assert!(page.shows("Sent to XXXXXXX0100") && !page.answer.body.contains(PHONE));
    let code = mail.sms_code(PHONE).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let form = page.form("/auth/mfa/sms");
    assert_eq!(browser.submit(form.clone().with("code", wrong)).await.status(), 401);
    let page = browser.submit(form.clone().with("code", &code)).await;
    assert_eq!(page.path, "/member");

    let (mut other, _) = asked(&demo, &mut mail, BOB).await;
    let page = other.submit(form.with("code", &code)).await;
    assert_eq!(page.status(), 401);
    assert!(!other.is_signed_in().await);
}

#[tokio::test]
async fn a_recovery_code_counts_once_and_is_told_of() {
    let demo = Demo::start();
    let mut mail = Mailbox::of(&demo);
    let (_, codes) = with_app(&demo, &mut mail, BOB).await;

    let (mut browser, page) = asked(&demo, &mut mail, BOB).await;
    let form = page.form("/auth/mfa/recovery");
    for (typed, status) in [("abcd-efgh-2345", 401), ("abcd", 400), ("123456", 400)] {
        let page = browser.submit(form.clone().with("recovery_code", typed)).await;
        assert_eq!(page.status(), status, "{typed}");
    }
    let typed = codes[3].to_uppercase().replace('-', " ");
    let page = browser.submit(form.with("recovery_code", &typed)).await;
    assert_eq!(page.path, "/member");
    let notice = mail.next(BOB, "A recovery code").await;
    assert!(notice.text.contains("9 are left"), "{}", notice.text);

    let (mut other, page) = asked(&demo, &mut mail, BOB).await;
    let form = page.form("/auth/mfa/recovery");
    let page = other.submit(form.clone().with("recovery_code", &codes[3])).await;
    assert_eq!(page.status(), 401);
    let page = other.submit(form.with("recovery_code", &codes[4])).await;
    assert_eq!(page.path, "/member");
}

#[tokio::test]
async fn what_is_somebody_elses_does_not_count() {
    let demo = Demo::start();
    let mut mail = Mailbox::of(&demo);
    let (_, _) = with_app(&demo, &mut mail, ADA).await;
    let (mut bobs, codes) = with_app(&demo, &mut mail, BOB).await;

    let (mut browser, page) = asked(&demo, &mut mail, ADA).await;
    let code = bobs.code().await;
    let page_after = browser.submit(page.form("/auth/mfa/totp").with("code", &code)).await;
    assert_eq!(page_after.status(), 401);
    let form = page.form("/auth/mfa/recovery").with("recovery_code", &codes[0]);
    assert_eq!(browser.submit(form).await.status(), 401);
    assert!(!browser.is_signed_in().await);

    let (mut browser, page) = asked(&demo, &mut mail, BOB).await;
    let page = browser.submit(page.form("/auth/mfa/totp").with("code", &code)).await;
    assert_eq!(page.path, "/member", "whose it is may still use it");
}

#[tokio::test]
async fn ten_wrong_ones_lock_and_nothing_tells_so() {
    let demo = Demo::start();
    let mut mail = Mailbox::of(&demo);
    let (mut app, codes) = with_app(&demo, &mut mail, BOB).await;
    let (mut browser, page) = asked(&demo, &mut mail, BOB).await;
    let form = page.form("/auth/mfa/totp");
    let mut bodies = Vec::new();
    for _ in 0..10 {
        let page = browser.submit(form.clone().with("code", &app.wrong_code())).await;
        assert_eq!(page.status(), 401);
        bodies.push(page.answer.body);
    }
    let right = browser.submit(form.with("code", &app.code().await)).await;
    assert_eq!(right.status(), 401);
    assert_eq!(right.answer.body, bodies[0]);
    let form = page.form("/auth/mfa/recovery").with("recovery_code", &codes[0]);
    assert_eq!(browser.submit(form).await.status(), 401, "one count for all kinds");
}

//! Forms of other sites change nothing.

use hyper::Method;

use crate::{browser::Browser, mailbox::Mailbox, process::Demo, program::Program};

#[tokio::test]
async fn a_form_of_another_site_is_refused() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    let fields = [("email_address", "gina@globex.example"), ("method", "email_otp")];
    let answer = browser.post_from_elsewhere("/auth/sign-in", &fields).await;
    assert_eq!(answer.status, 403);
    assert!(answer.set_cookies().is_empty());

    browser.sign_in(&mut mail, "gina@globex.example", "Globex").await;
    for (path, fields) in [
        ("/auth/sign-out", &[][..]),
        ("/auth/sessions/revoke-others", &[]),
        ("/auth/enrol/totp", &[]),
        ("/auth/switch", &[("organization_id", "x")]),
    ] {
        assert_eq!(browser.post_from_elsewhere(path, fields).await.status, 403, "{path}");
    }
    assert!(browser.is_signed_in().await);
    assert_eq!(mail.letters().await.len(), 1, "the one that was asked for here");
}

#[tokio::test]
async fn an_old_browser_is_told_by_its_origin() {
    let demo = Demo::start();
    let mut client = Program::of(&demo).client;
    let form = ("content-type", "application/x-www-form-urlencoded");
    let body = "email_address=gina%40globex.example";
    for (origin, status) in [("https://evil.example", 403), ("null", 403), (demo.origin(), 200)] {
        let headers = [form, ("origin", origin)];
        let answer = client.send(Method::POST, "/auth/sign-in", &headers, body.to_owned()).await;
        assert_eq!(answer.status, status, "{origin}");
    }
    let headers = [form, ("sec-fetch-site", "same-site")];
    let answer = client.send(Method::POST, "/auth/sign-in", &headers, body.to_owned()).await;
    assert_eq!(answer.status, 403, "a sub-domain is another origin");
}

#[tokio::test]
async fn a_link_on_another_site_may_be_followed() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    browser.sign_in(&mut mail, "gina@globex.example", "Globex").await;
    assert_eq!(browser.open_from_elsewhere("/member").await.status(), 200);
    let page = browser.open_from_elsewhere("/auth/sign-out").await;
    assert_eq!((page.status(), page.answer.header("allow")), (405, "POST"));
    assert!(browser.is_signed_in().await);
}

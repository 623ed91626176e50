//! What the application's routes demand: anybody, a member, a role.

use crate::{browser::Browser, mailbox::Mailbox, process::Demo, program::Program};

#[tokio::test]
async fn a_public_page_serves_everybody_and_members_pages_members() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    assert!(browser.open("/").await.shows("Nobody is signed in"));
    for path in ["/member", "/admin", "/transfer", "/o/globex"] {
        let page = browser.open(path).await;
        assert!(page.path.starts_with("/auth/sign-in?return_to="), "{path} leads to {}", page.path);
    }
    browser.sign_in(&mut mail, "gina@globex.example", "Globex").await;
    assert!(browser.open("/").await.shows("Signed in as gina@globex.example"));
    for path in ["/member", "/admin", "/transfer", "/o/globex"] {
        let page = browser.open(path).await;
        assert_eq!((page.path.as_str(), page.status()), (path, 200));
        assert_eq!(page.answer.header("cache-control"), "no-store", "{path}");
        assert!(page.answer.header("vary").contains("Cookie"), "{path}");
    }
}

#[tokio::test]
async fn a_page_for_administrators_refuses_who_is_none() {
    let demo = Demo::start();
    let mut mail = Mailbox::of(&demo);
    for (address, may) in [("bob@acme.example", false), ("ada@acme.example", true)] {
        let mut browser = Browser::of(&demo);
        let page = browser.sign_in(&mut mail, address, "Acme").await;
        browser.set_up_app(&page).await;
        let page = browser.open("/admin").await;
        assert_eq!(page.path, "/admin");
        assert_eq!(page.status(), if may { 200 } else { 403 }, "{address}");
        assert_eq!(page.shows(&format!("{address} may be here")), may);

        let mut program = Program::with_bearer(&demo, browser.session_cookie().unwrap());
        let answer = program.get("/admin").await;
        assert_eq!(answer.status, if may { 200 } else { 403 });
        if !may {
            assert_eq!(page.link("Go on"), "/member");
            assert_eq!(answer.header("www-authenticate"), "Bearer error=\"insufficient_scope\"");
            assert_eq!(answer.json()["unmet"][0]["role_id"], "stytch_admin");
        }
    }
}

#[tokio::test]
async fn a_role_in_one_organization_is_none_in_another() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    let page = browser.sign_in(&mut mail, "ada@acme.example", "Globex").await;
    assert!(page.value("roles").contains("treasurer") && !page.value("roles").contains("stytch_admin"));
    assert_eq!(browser.open("/admin").await.status(), 403);
}

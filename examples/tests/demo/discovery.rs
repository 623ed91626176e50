//! The organizations that a proved address could enter: none, one, several, one to join, a new one.

use crate::{browser::Browser, mailbox::Mailbox, process::Demo};

#[tokio::test]
async fn who_belongs_nowhere_makes_an_organization_and_administers_it() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    let page = browser.prove_address(&mut mail, "nora@new.example").await;
    assert_eq!(page.heading(), "No organization yet");
    assert!(page.has_no_choice());

    let form = page.form("/auth/organizations/create").with("organization_name", "Nora & Sons");
    let page = browser.submit(form).await;
    assert_eq!(page.path, "/member");
    assert!(page.value("roles").contains("stytch_admin"));
    assert!(page.value("slug").starts_with("nora-sons"), "{}", page.value("slug"));
    let id = page.value("organization_id");

    let mut later = Browser::of(&demo);
    let page = later.prove_address(&mut mail, "nora@new.example").await;
    assert_eq!(page.heading(), "Choose an organization");
    let page = later.choose(&page, "Nora & Sons").await;
    assert_eq!(page.value("organization_id"), id);
}

#[tokio::test]
async fn each_sees_their_own_organizations_and_what_these_ask() {
    let demo = Demo::start();
    let mut mail = Mailbox::of(&demo);
    for (address, expected) in [
        ("gina@globex.example", &[("Globex", "You are a member")][..]),
        ("bob@acme.example", &[("Acme", "asks for a second factor")]),
        ("pat@initech.example", &[("Initech", "asks you to sign in another way")]),
        ("ada@acme.example", &[("Acme", "asks for a second factor"), ("Globex", "You are a member")]),
    ] {
        let page = Browser::of(&demo).prove_address(&mut mail, address).await;
        assert!(page.shows(address));
        let choices: Vec<_> =
            page.forms().into_iter().filter(|form| form.action == "/auth/organizations").collect();
        assert_eq!(choices.len(), expected.len(), "{address}");
        for (name, asks) in expected {
            assert!(page.form_about("/auth/organizations", name).text.contains(asks), "{address} {name}");
        }
    }
}

#[tokio::test]
async fn an_address_of_an_allowed_domain_joins() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    let page = browser.open("/auth/sign-in").await;
    let page = browser.ask_for_code(&page, " Henk@GLOBEX.example").await;
    let page = browser.type_code(&page, &mail.code("henk@globex.example").await).await;
    let choice = page.form_about("/auth/organizations", "Globex");
    assert!(choice.text.contains("You can join with your globex.example address"), "{}", choice.text);

    let page = browser.submit(choice).await;
    assert_eq!(page.path, "/member");
    assert_eq!((page.value("slug").as_str(), page.value("roles").as_str()), ("globex", "stytch_member"));

    let page = Browser::of(&demo).prove_address(&mut mail, "henk@globex.example").await;
    assert!(page.form_about("/auth/organizations", "Globex").text.contains("You are a member"));
}

#[tokio::test]
async fn what_can_not_be_entered_is_answered_like_what_does_not_exist() {
    let demo = Demo::start();
    let mut mail = Mailbox::of(&demo);
    let mut gina = Browser::of(&demo);
    let globex = gina.sign_in(&mut mail, "gina@globex.example", "Globex").await.value("organization_id");

    for address in ["bob@acme.example", "eve@sub.globex.example", "eve@globex.example.evil.example"] {
        let mut browser = Browser::of(&demo);
        let page = browser.prove_address(&mut mail, address).await;
        assert!(!page.shows("Globex"), "{address}");
        let unknown = "organization-test-00000000-0000-4000-8000-000000000000";
        let mut pages = Vec::new();
        for id in [globex.as_str(), unknown] {
            let page = browser.post("/auth/organizations", &[("organization_id", id)]).await;
            assert_eq!(page.status(), 404, "{address}");
            pages.push(page.answer.body);
        }
        assert_eq!(pages[0], pages[1]);
        assert!(!browser.is_signed_in().await);
    }
}

#[tokio::test]
async fn a_sign_in_that_is_over_starts_again_with_the_destination_kept() {
    let demo = Demo::start();
    let (mut mail, mut browser) = (Mailbox::of(&demo), Browser::of(&demo));
    let page = browser.open("/transfer").await;
    let page = browser.ask_for_code(&page, "gina@globex.example").await;
    let page = browser.type_code(&page, &mail.code("gina@globex.example").await).await;

    // What a browser is left with when the ten minutes are over.
    browser.client.cookies.insert(crate::client::INTERMEDIATE.into(), "gone".into());
    let page = browser.choose(&page, "Globex").await;
    assert_eq!((page.status(), page.heading().as_str()), (401, "This sign-in has expired"));
    let page = browser.open(&page.link("Start again")).await;
    assert_eq!(page.form("/auth/sign-in").fields["return_to"], "/transfer");
}

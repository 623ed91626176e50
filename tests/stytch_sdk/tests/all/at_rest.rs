//! What lies in the file of the store: nothing of what opens something.

use stytch::b2b::recovery_codes::GetRequest;

use crate::common::{PASSWORD, World, is_waiting};

#[tokio::test]
async fn nothing_that_opens_something_lies_in_plain_in_the_store() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    is_waiting(&world.set_password(&ada).await);
    let waiting = is_waiting(&world.enter(&ada).await);
    let (app, done) = world.enrol_app(&ada, &waiting).await;
    let reset = world.reset_token(&ada).await;

    // Both are answered again from what lies there.
    let again = world.authenticate(&done.session_token).await.unwrap();
    assert_eq!(again.session_token, done.session_token);
    let by_jwt = world.authenticate_jwt(&again.session_jwt).await.unwrap();
    assert_eq!(by_jwt.session_token, done.session_token);
    let request =
        GetRequest { organization_id: acme.organization_id.clone(), member_id: ada.member_id.clone() };
    let codes = world.stytch.recovery_codes.get(request).await.unwrap().recovery_codes;
    assert_eq!(codes, app.recovery_codes);

    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(world.folder.path()).unwrap() {
        bytes.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    let lies_there = |text: &str| bytes.windows(text.len()).any(|there| there == text.as_bytes());
    assert!(lies_there(&ada.member_id) && lies_there("ada@acme.example"), "the file is another");
    let mut secrets = vec![&done.session_token, &waiting, &reset, &app.secret];
    let signature = again.session_jwt.rsplit('.').next().unwrap().to_owned();
    secrets.push(&signature);
    let password = PASSWORD.to_owned();
    secrets.push(&password);
    secrets.extend(&app.recovery_codes);
    for secret in secrets {
        assert!(!lies_there(secret), "{secret} lies in the file");
    }
}

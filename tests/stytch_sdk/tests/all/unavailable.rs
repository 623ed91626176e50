//! What does not exist here is told to be missing, in so many words.

use reqwest::Method;
use stytch::{
    Result,
    b2b::{impersonation, oauth, oauth_discovery, sessions, sso},
};

use crate::common::{Answer, World, failed, sent};

fn unavailable<T: std::fmt::Debug>(answer: Result<T>) {
    let error = failed(answer);
    assert_eq!((error.status_code.as_u16(), error.error_type.as_str()), (400, "operation_not_available"));
    assert!(error.error_message.to_lowercase().contains("operation not available"), "{error:?}");
}

#[tokio::test]
async fn accounts_elsewhere_sign_nobody_in() {
    let world = World::new().await;
    let stytch = &world.stytch;
    unavailable(stytch.oauth.authenticate(oauth::AuthenticateRequest::default()).await);
    unavailable(stytch.oauth.discovery.authenticate(oauth_discovery::AuthenticateRequest::default()).await);
    unavailable(stytch.sso.authenticate(sso::AuthenticateRequest::default()).await);
    let request = sso::GetConnectionsRequest { organization_id: "acme".to_owned() };
    unavailable(stytch.sso.get_connections(request).await);
    unavailable(stytch.impersonation.authenticate(impersonation::AuthenticateRequest::default()).await);
}

#[tokio::test]
async fn sessions_are_made_of_no_other_tokens() {
    let world = World::new().await;
    let sessions = &world.stytch.sessions;
    unavailable(sessions.attest(sessions::AttestRequest::default()).await);
    unavailable(sessions.migrate(sessions::MigrateRequest::default()).await);
    unavailable(sessions.exchange_access_token(sessions::ExchangeAccessTokenRequest::default()).await);
}

#[tokio::test]
async fn what_browsers_ask_for_is_not_there() {
    let world = World::new().await;
    let says_so = |answer: Answer| {
        answer.refused(400, "operation_not_available");
        let message = answer.json()["error_message"].as_str().unwrap().to_lowercase();
        assert!(message.contains("operation not available"), "{answer:?}");
    };
    for path in [
        "/v1/b2b/public/oauth/google/start?public_token=x&organization_id=y",
        "/v1/b2b/public/oauth/github/discovery/start?public_token=x",
        "/v1/public/sso/start?connection_id=x&public_token=y",
        "/sdk/v1/projects/bootstrap/public-token-test-x",
    ] {
        says_so(sent(world.request_with(Method::GET, path, None)).await);
    }
    for path in ["/sdk/v1/b2b/sessions/authenticate", "/sdk/v1/b2b/discovery/organizations", "/sdk/v1/events"]
    {
        says_so(sent(world.request_with(Method::POST, path, None).body("{}")).await);
    }
}

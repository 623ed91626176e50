//! The constants of Stytch's sandbox, with which tests against it are written.

use stytch::b2b::{
    magic_links::{AuthenticateRequest, AuthenticateResponse},
    magic_links_discovery, organizations, otp_email, otp_sms,
};
use vestibule::Vestibule;

use crate::common::{World, is_session, refused, some};

const ORGANIZATION: &str = "organization-test-007d9d4a-deac-4a87-ba0a-e6e8afba4d4b";
const ADDRESS: &str = "sandbox@stytch.com";

const GOOD: &str = "DOYoip3rvIMMW5lgItikFK-Ak1CfMsgjuiCyI7uuU94=";
const USED: &str = "3pzjQpgksDlGKWEwUq2Up--hCHC_0oamfLHyfspKDFU=";
const UNKNOWN: &str = "CprTtwhnRNiMBiUS2jSLcWYrfuO2POeBNdo5HhW6qTM=";

async fn open(world: &World, token: &str) -> stytch::Result<AuthenticateResponse> {
    let request = AuthenticateRequest { magic_links_token: token.to_owned(), ..Default::default() };
    world.stytch.magic_links.authenticate(request).await
}

#[tokio::test]
async fn the_constants_mean_nothing_unless_that_was_asked_for() {
    let world = World::new().await;
    for token in [GOOD, USED, UNKNOWN] {
        refused(open(&world, token).await, 404, "magic_link_not_found");
    }
}

#[tokio::test]
async fn the_constants_answer_as_stytchs_sandbox_does() {
    let world = World::with(|builder| builder.sandbox(true)).await;
    refused(open(&world, USED).await, 401, "unable_to_auth_magic_link");
    refused(open(&world, UNKNOWN).await, 404, "magic_link_not_found");
    // Again and again.
    for _ in 0..2 {
        let entered = open(&world, GOOD).await.unwrap();
        is_session(&entered);
        assert_eq!(entered.member.email_address, ADDRESS);
        assert_eq!(entered.organization_id, ORGANIZATION);
    }
    let discover = |token: &str| {
        let request = magic_links_discovery::AuthenticateRequest {
            discovery_magic_links_token: token.to_owned(),
            ..Default::default()
        };
        world.stytch.magic_links.discovery.authenticate(request)
    };
    refused(discover(USED).await, 401, "unable_to_auth_magic_link");
    refused(discover(UNKNOWN).await, 404, "magic_link_not_found");
    let found = discover(GOOD).await.unwrap();
    assert_eq!((found.email_address.as_str(), found.discovered_organizations.len()), (ADDRESS, 1));
}

#[tokio::test]
async fn the_organization_is_there_and_its_codes_are_known() {
    let world = World::with(|builder| builder.sandbox(true)).await;
    let request = organizations::GetRequest { organization_id: ORGANIZATION.to_owned() };
    world.stytch.organizations.get(request).await.unwrap();
    let request = otp_email::LoginOrSignupRequest {
        organization_id: ORGANIZATION.to_owned(),
        email_address: ADDRESS.to_owned(),
        ..Default::default()
    };
    let sent = world.stytch.otps.email.login_or_signup(request).await.unwrap();
    let request = otp_email::AuthenticateRequest {
        organization_id: ORGANIZATION.to_owned(),
        email_address: ADDRESS.to_owned(),
        code: "000000".to_owned(),
        ..Default::default()
    };
    let entered = world.stytch.otps.email.authenticate(request).await.unwrap();
    let session = &entered.session_token;
    let request = otp_sms::SendRequest {
        mfa_phone_number: some("+10000000000"),
        session_token: some(session),
        organization_id: ORGANIZATION.to_owned(),
        member_id: sent.member_id.clone(),
        ..Default::default()
    };
    world.stytch.otps.sms.send(request).await.unwrap();
    let with = otp_sms::AuthenticateRequest { session_token: some(session), ..Default::default() };
    world.by_sms(&sent.member, "000000", with).await.unwrap();
    let messages = world.mailbox.messages();
    assert!(messages.iter().all(|message| !message.text.contains("000000")), "a code was sent");
}

#[tokio::test]
async fn no_live_project_takes_them() {
    let refused = Vestibule::builder().sandbox(true).build().await.unwrap_err().to_string();
    assert!(refused.contains("sandbox is for Vestibule::development() alone"), "{refused}");
}

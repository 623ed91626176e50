//! The constants of Stytch's sandbox, with which tests against it are written.

use stytch::b2b::magic_links::{AuthenticateRequest, AuthenticateResponse};

use crate::common::{World, is_session, refused};

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
        assert_eq!(entered.member.email_address, "sandbox@stytch.com");
        assert_eq!(entered.organization_id, "organization-test-007d9d4a-deac-4a87-ba0a-e6e8afba4d4b");
    }
}

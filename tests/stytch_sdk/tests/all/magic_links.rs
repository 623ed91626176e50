//! Links by email: to sign in, to sign up, to accept an invitation, and for discovery.

use serde_json::json;
use stytch::b2b::{
    magic_links::{AuthenticateRequest, AuthenticateResponse},
    magic_links_discovery as discovery,
    magic_links_email::{InviteRequest, LoginOrSignupRequest, LoginOrSignupResponse},
    magic_links_email_discovery::SendRequest,
    organizations as orgs,
    organizations::{Member, Organization},
    organizations_members as members,
};

use crate::common::{
    Link, World, factor_types, impossible_terms, is_session, is_waiting, race, refusals_are, refused, some,
};

/// A verifier of PKCE and its challenge, which are those of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Never sent to anybody.
const UNKNOWN: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn to(organization: &Organization, address: &str) -> LoginOrSignupRequest {
    LoginOrSignupRequest {
        organization_id: organization.organization_id.clone(),
        email_address: address.to_owned(),
        ..Default::default()
    }
}

async fn send(world: &World, request: LoginOrSignupRequest) -> stytch::Result<LoginOrSignupResponse> {
    world.stytch.magic_links.email.login_or_signup(request).await
}

/// The link that a request brings.
async fn link(world: &World, request: LoginOrSignupRequest) -> Link {
    let (before, address) = (world.last_message(), request.email_address.clone());
    send(world, request).await.unwrap();
    world.link_for(&address, before).await
}

async fn open(world: &World, token: &str) -> stytch::Result<AuthenticateResponse> {
    open_with(world, token, AuthenticateRequest::default()).await
}

async fn open_with(
    world: &World,
    token: &str,
    with: AuthenticateRequest,
) -> stytch::Result<AuthenticateResponse> {
    let request = AuthenticateRequest { magic_links_token: token.to_owned(), ..with };
    world.stytch.magic_links.authenticate(request).await
}

fn invitation(organization: &Organization, address: &str) -> InviteRequest {
    InviteRequest {
        organization_id: organization.organization_id.clone(),
        email_address: address.to_owned(),
        ..Default::default()
    }
}

async fn invite(world: &World, request: InviteRequest) -> (Member, Link) {
    let (before, address) = (world.last_message(), request.email_address.clone());
    let invited = world.stytch.magic_links.email.invite(request).await.unwrap();
    assert_eq!(invited.member_id, invited.member.member_id);
    (invited.member, world.link_for(&address, before).await)
}

#[tokio::test]
async fn an_active_member_signs_in_by_the_link_to_sign_in() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let before = world.last_message();
    let sent = send(&world, to(&acme, "ada@acme.example")).await.unwrap();
    assert!(!sent.member_created);
    assert_eq!(
        (&sent.member_id, &sent.organization.organization_id),
        (&ada.member_id, &acme.organization_id)
    );

    let link = world.link_for("ada@acme.example", before).await;
    assert!(link.0.as_str().starts_with("http://127.0.0.1:3000/login?"), "{link:?}");
    assert_eq!(link.parameter("stytch_token_type").as_deref(), Some("multi_tenant_magic_links"));
    assert_eq!(link.parameter("slug").as_deref(), Some("acme"));
    assert_eq!(link.token().len(), 44);

    let with = AuthenticateRequest {
        session_duration_minutes: Some(15),
        session_custom_claims: Some(json!({"by": "link"})),
        ..Default::default()
    };
    let entered = open_with(&world, &link.token(), with).await.unwrap();
    let session = is_session(&entered);
    assert_eq!((session.expires_at - session.started_at).num_minutes(), 15);
    assert_eq!(session.custom_claims, Some(json!({"by": "link"})));
    assert_eq!((&entered.member_id, &entered.organization_id), (&ada.member_id, &acme.organization_id));
    assert!(!entered.reset_sessions && entered.member.email_address_verified);
    assert_eq!(factor_types(session), ["magic_link"]);
    let email = session.authentication_factors[0].email_factor.as_ref().unwrap();
    assert_eq!(email.email_address, "ada@acme.example");
    assert_eq!(email.email_id, entered.method_id);
    assert_eq!(world.authenticate(&entered.session_token).await.unwrap().member.member_id, ada.member_id);

    refused(open(&world, &link.token()).await, 401, "unable_to_auth_magic_link");
}

#[tokio::test]
async fn somebody_new_joins_by_the_link_to_sign_up_where_their_domain_may() {
    let world = World::new().await;
    let acme = world.organization_of_domain("acme", "acme.example").await;
    // Not before somebody has proved an address of the domain: until then it is only said to be theirs.
    let early = send(&world, to(&acme, "new@acme.example")).await;
    refused(early, 400, "invalid_email_for_jit_provisioning");
    let first = world.member(&acme, "first@acme.example").await;
    world.session(&first).await;
    let before = world.last_message();
    let sent = send(&world, to(&acme, "new@acme.example")).await.unwrap();
    assert!(sent.member_created);
    assert_eq!((sent.member.status.as_str(), sent.member.email_address_verified), ("pending", false));
    let link = world.link_for("new@acme.example", before).await;
    assert!(link.0.as_str().starts_with("http://127.0.0.1:3000/signup?"), "{link:?}");
    world.clock.advance(2);
    assert!(!send(&world, to(&acme, "new@acme.example")).await.unwrap().member_created);

    let entered = open(&world, &link.token()).await.unwrap();
    is_session(&entered);
    assert_eq!((entered.member.status.as_str(), entered.member.email_address_verified), ("active", true));
    assert_eq!(entered.member_id, sent.member_id);
}

#[tokio::test]
async fn a_pending_member_signs_up_by_a_link() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.pending(&acme, "ada@acme.example").await;
    let request = LoginOrSignupRequest {
        signup_redirect_url: some("http://127.0.0.1:4000/welcome"),
        ..to(&acme, "ada@acme.example")
    };
    let link = link(&world, request).await;
    assert!(link.0.as_str().starts_with("http://127.0.0.1:4000/welcome?"), "{link:?}");
    assert_eq!(world.current(&ada).await.status, "pending");
    let entered = open(&world, &link.token()).await.unwrap();
    is_session(&entered);
    assert_eq!((entered.member.status.as_str(), entered.member.email_address_verified), ("active", true));
}

#[tokio::test]
async fn whom_the_organization_does_not_take_is_not_written_to() {
    let world = World::new().await;
    let closed = world.organization("closed").await;
    let acme = world.organization_of_domain("acme", "acme.example").await;
    let passwords = world.organization_for("passwords", &["password"]).await;
    world.member(&passwords, "pat@acme.example").await;
    let before = world.last_message();

    let answer = send(&world, to(&closed, "new@acme.example")).await;
    refused(answer, 400, "email_jit_provisioning_not_allowed");
    let answer = send(&world, to(&acme, "new@other.example")).await;
    refused(answer, 400, "invalid_email_for_jit_provisioning");
    let answer = send(&world, to(&passwords, "pat@acme.example")).await;
    refused(answer, 400, "operation_restricted_by_organization_auth_methods");
    for address in ["", "ada", "ada@", "@acme.example", "a b@acme.example"] {
        refused(send(&world, to(&acme, address)).await, 400, "invalid_email");
    }
    let nowhere = LoginOrSignupRequest {
        organization_id: "nothing".to_owned(),
        email_address: "ada@acme.example".to_owned(),
        ..Default::default()
    };
    refused(send(&world, nowhere).await, 404, "organization_not_found");
    assert_eq!(world.last_message(), before);
}

#[tokio::test]
async fn who_may_break_the_glass_signs_in_by_any_method() {
    let world = World::new().await;
    let acme = world.organization_for("acme", &["password"]).await;
    let settings = members::CreateRequest { is_breakglass: Some(true), ..Default::default() };
    let ada = world.member_with(&acme, "ada@acme.example", settings).await;
    assert!(ada.is_breakglass);
    let link = link(&world, to(&acme, "ada@acme.example")).await;
    is_session(&open(&world, &link.token()).await.unwrap());
}

#[tokio::test]
async fn a_domain_that_another_organization_has_claimed_does_not_join() {
    let world = World::new().await;
    world.organization_that_claims("owner", "mine.example").await;
    let open = world.organization("open").await;
    let answer = world.stytch.magic_links.email.invite(invitation(&open, "ada@mine.example")).await;
    refused(answer, 400, "action_not_allowed_email_domain_is_claimed");
    let request = members::CreateRequest {
        organization_id: open.organization_id.clone(),
        email_address: "ada@mine.example".to_owned(),
        ..Default::default()
    };
    let answer = world.stytch.organizations.members.create(request).await;
    refused(answer, 400, "action_not_allowed_email_domain_is_claimed");
    let answer = send(&world, to(&open, "ada@mine.example")).await;
    refused(answer, 400, "action_not_allowed_email_domain_is_claimed");
    assert_eq!((world.member_count(&open).await, world.last_message()), (0, 0));
}

#[tokio::test]
async fn a_link_leads_where_the_call_says_if_that_is_allowed() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    world.member(&acme, "ada@acme.example").await;
    let request = LoginOrSignupRequest {
        login_redirect_url: some("http://127.0.0.1:4000/here?x=1"),
        ..to(&acme, "ada@acme.example")
    };
    let link = link(&world, request).await;
    assert!(link.0.as_str().starts_with("http://127.0.0.1:4000/here?x=1&"), "{link:?}");
    assert_eq!(link.parameter("x").as_deref(), Some("1"));
    is_session(&open(&world, &link.token()).await.unwrap());

    let request = LoginOrSignupRequest {
        login_redirect_url: some("https://evil.example/"),
        ..to(&acme, "ada@acme.example")
    };
    refused(send(&world, request).await, 400, "no_match_for_provided_magic_link_url");
}

#[tokio::test]
async fn without_a_url_no_link_is_sent() {
    let world = World::over(|builder| builder, |api| api).await;
    let acme = world.organization("acme").await;
    world.member(&acme, "ada@acme.example").await;
    let login = send(&world, to(&acme, "ada@acme.example")).await;
    refused(login, 400, "no_login_redirect_url");
    world.pending(&acme, "new@acme.example").await;
    let signup = send(&world, to(&acme, "new@acme.example")).await;
    refused(signup, 400, "no_signup_redirect_url");
    let invite = world.stytch.magic_links.email.invite(invitation(&acme, "guest@acme.example")).await;
    refused(invite, 400, "no_invite_redirect_url");
    let request = SendRequest { email_address: "ada@acme.example".to_owned(), ..Default::default() };
    let discovery = world.stytch.magic_links.email.discovery.send(request).await;
    refused(discovery, 400, "no_discovery_redirect_url");
}

#[tokio::test]
async fn a_link_is_good_for_an_hour_or_as_long_as_is_said() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    world.member(&acme, "ada@acme.example").await;
    for (minutes, lives) in [(None, 60), (Some(5), 5), (Some(10_080), 10_080)] {
        for late in [false, true] {
            let request =
                LoginOrSignupRequest { login_expiration_minutes: minutes, ..to(&acme, "ada@acme.example") };
            let token = link(&world, request).await.token();
            world.clock.advance(lives * 60 - 1);
            if late {
                world.clock.advance(1);
                refused(open(&world, &token).await, 401, "unable_to_auth_magic_link");
            } else {
                is_session(&open(&world, &token).await.unwrap());
            }
        }
    }
    for minutes in [0, 4, 10_081, u32::MAX] {
        let login =
            LoginOrSignupRequest { login_expiration_minutes: Some(minutes), ..to(&acme, "ada@acme.example") };
        let signup = LoginOrSignupRequest {
            signup_expiration_minutes: Some(minutes),
            ..to(&acme, "ada@acme.example")
        };
        for request in [login, signup] {
            refused(send(&world, request).await, 400, "invalid_expiration");
        }
    }
}

#[tokio::test]
async fn a_link_that_was_never_sent_is_not_found() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    world.member(&acme, "ada@acme.example").await;
    for token in ["", "x", UNKNOWN] {
        refused(open(&world, token).await, 404, "magic_link_not_found");
        let request = discovery::AuthenticateRequest {
            discovery_magic_links_token: token.to_owned(),
            ..Default::default()
        };
        let answer = world.stytch.magic_links.discovery.authenticate(request).await;
        refused(answer, 404, "magic_link_not_found");
    }
    // A link of another kind is none.
    let token = link(&world, to(&acme, "ada@acme.example")).await.token();
    let request =
        discovery::AuthenticateRequest { discovery_magic_links_token: token.clone(), ..Default::default() };
    refused(world.stytch.magic_links.discovery.authenticate(request).await, 404, "magic_link_not_found");
    is_session(&open(&world, &token).await.unwrap());
}

#[tokio::test]
async fn what_is_brought_with_a_link_has_to_fit_and_a_refusal_leaves_it_good() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let session = world.session(&ada).await.session_token;
    let waiting = world.discover(&ada.email_address).await.intermediate_session_token;
    let token = link(&world, to(&acme, "ada@acme.example")).await.token();
    for (with, status, error_type) in [
        (
            AuthenticateRequest { intermediate_session_token: some("unknown"), ..Default::default() },
            404,
            "intermediate_session_not_found",
        ),
        (
            AuthenticateRequest { session_token: some("unknown"), ..Default::default() },
            404,
            "session_not_found",
        ),
        (
            AuthenticateRequest { session_jwt: some("x"), ..Default::default() },
            400,
            "unable_to_parse_session_jwt",
        ),
        (
            AuthenticateRequest {
                intermediate_session_token: some(&waiting),
                session_token: some(&session),
                ..Default::default()
            },
            400,
            "too_many_session_arguments",
        ),
    ] {
        refused(open_with(&world, &token, with).await, status, error_type);
    }
    for (session_duration_minutes, session_custom_claims, error_type) in impossible_terms() {
        let with =
            AuthenticateRequest { session_duration_minutes, session_custom_claims, ..Default::default() };
        refused(open_with(&world, &token, with).await, 400, error_type);
    }
    let with = AuthenticateRequest { intermediate_session_token: some(&waiting), ..Default::default() };
    let entered = open_with(&world, &token, with).await.unwrap();
    assert_eq!(factor_types(is_session(&entered)), ["email_otp", "magic_link"]);
}

#[tokio::test]
async fn a_link_with_a_challenge_takes_its_verifier() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    world.member(&acme, "ada@acme.example").await;
    let challenged =
        || LoginOrSignupRequest { pkce_code_challenge: some(CHALLENGE), ..to(&acme, "ada@acme.example") };
    let verifier =
        |verifier| AuthenticateRequest { pkce_code_verifier: some(verifier), ..Default::default() };

    let token = link(&world, challenged()).await.token();
    refused(open(&world, &token).await, 400, "pkce_expected_code_verifier");
    let token = link(&world, challenged()).await.token();
    let wrong =
        open_with(&world, &token, verifier("another-verifier-of-enough-characters-for-rfc-7636")).await;
    refused(wrong, 400, "pkce_mismatch");
    let token = link(&world, challenged()).await.token();
    is_session(&open_with(&world, &token, verifier(VERIFIER)).await.unwrap());
    let token = link(&world, to(&acme, "ada@acme.example")).await.token();
    let unexpected = open_with(&world, &token, verifier(VERIFIER)).await;
    refused(unexpected, 400, "pkce_did_not_expect_code_verifier");
    let malformed =
        LoginOrSignupRequest { pkce_code_challenge: some("short"), ..to(&acme, "ada@acme.example") };
    refused(send(&world, malformed).await, 400, "invalid_pkce_code_challenge");
}

#[tokio::test]
async fn an_invited_member_comes_by_the_link() {
    let world = World::with(|builder| {
        builder.roles([vestibule::domain::Role {
            role_id: vestibule::domain::RoleId::new("editor").unwrap(),
            description: "edits".to_owned(),
            permissions: Vec::new(),
        }])
    })
    .await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let request = InviteRequest {
        name: some("Guest"),
        invited_by_member_id: some(&ada.member_id),
        trusted_metadata: Some(json!({"seat": 7})),
        untrusted_metadata: Some(json!({"theme": "dark"})),
        roles: Some(vec!["editor".to_owned()]),
        ..invitation(&acme, "guest@other.example")
    };
    let (member, link) = invite(&world, request).await;
    assert_eq!((member.status.as_str(), member.name.as_str()), ("invited", "Guest"));
    assert_eq!(member.trusted_metadata, Some(json!({"seat": 7})));
    assert_eq!(member.untrusted_metadata, Some(json!({"theme": "dark"})));
    assert!(link.0.as_str().starts_with("http://127.0.0.1:3000/invite?"), "{link:?}");
    assert_eq!(link.parameter("stytch_token_type").as_deref(), Some("multi_tenant_magic_links"));
    assert_eq!(link.parameter("slug").as_deref(), Some("acme"));

    let entered = open(&world, &link.token()).await.unwrap();
    let session = is_session(&entered);
    assert_eq!((entered.member.status.as_str(), entered.member.email_address_verified), ("active", true));
    assert_eq!(entered.member_id, member.member_id);
    let mut roles = session.roles.clone();
    roles.sort();
    assert_eq!(roles, ["editor", "stytch_member"]);
    refused(open(&world, &link.token()).await, 401, "unable_to_auth_magic_link");
}

#[tokio::test]
async fn an_invitation_holds_for_a_week_and_ends_with_the_member() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    for late in [false, true] {
        let (_, link) = invite(&world, invitation(&acme, &format!("{late}@other.example"))).await;
        world.clock.advance(7 * 86_400 - 1);
        if late {
            world.clock.advance(1);
            refused(open(&world, &link.token()).await, 401, "unable_to_auth_magic_link");
        } else {
            is_session(&open(&world, &link.token()).await.unwrap());
        }
    }
    for minutes in [4, 10_081] {
        let request = InviteRequest {
            invite_expiration_minutes: Some(minutes),
            ..invitation(&acme, "x@other.example")
        };
        refused(world.stytch.magic_links.email.invite(request).await, 400, "invalid_expiration");
    }

    let (guest, link) = invite(&world, invitation(&acme, "guest@other.example")).await;
    let request = members::DeleteRequest {
        organization_id: acme.organization_id.clone(),
        member_id: guest.member_id.clone(),
    };
    world.stytch.organizations.members.delete(request).await.unwrap();
    refused(open(&world, &link.token()).await, 401, "unable_to_auth_magic_link");
    let request =
        members::DangerouslyGetRequest { member_id: guest.member_id.clone(), include_deleted: Some(true) };
    let gone = world.stytch.organizations.members.dangerously_get(request).await.unwrap();
    assert_eq!(gone.member.status, "deleted");
}

#[tokio::test]
async fn invitations_that_cannot_be_are_refused() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let settings = orgs::CreateRequest {
        email_invites: some("RESTRICTED"),
        email_allowed_domains: Some(vec!["acme.example".to_owned()]),
        ..Default::default()
    };
    let restricted = world.organization_with("restricted", settings).await;
    let settings = orgs::CreateRequest { email_invites: some("NOT_ALLOWED"), ..Default::default() };
    let closed = world.organization_with("closed", settings).await;
    world.member(&acme, "ada@acme.example").await;
    let invite = |request| world.stytch.magic_links.email.invite(request);

    refused(invite(invitation(&acme, "ada@acme.example")).await, 400, "duplicate_member_email");
    refused(invite(invitation(&restricted, "x@other.example")).await, 400, "invalid_email_for_invites");
    assert_eq!(invite(invitation(&restricted, "x@acme.example")).await.unwrap().member.status, "invited");
    refused(invite(invitation(&closed, "x@acme.example")).await, 400, "invalid_email_for_invites");
    refused(invite(invitation(&acme, "nonsense")).await, 400, "invalid_email");
    let role = InviteRequest { roles: Some(vec!["king".to_owned()]), ..invitation(&acme, "x@other.example") };
    refused(invite(role).await, 400, "invalid_rbac_role_assignment");
    let nobody = "member-test-00000000-0000-4000-8000-000000000000";
    let by = InviteRequest { invited_by_member_id: some(nobody), ..invitation(&acme, "x@other.example") };
    refused(invite(by).await, 404, "member_not_found");
    let nowhere = InviteRequest {
        organization_id: "nothing".to_owned(),
        email_address: "x@other.example".to_owned(),
        ..Default::default()
    };
    refused(invite(nowhere).await, 404, "organization_not_found");
}

#[tokio::test]
async fn a_link_adds_to_a_session_of_the_same_member_without_asking_for_more() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let bob = world.member(&acme, "bob@acme.example").await;
    let entered = world.session(&ada).await;
    let begun = is_session(&entered).clone();
    let raise = orgs::UpdateRequest { mfa_policy: some("REQUIRED_FOR_ALL"), ..Default::default() };
    world.update(&acme, raise).await;
    world.clock.advance_minutes(10);

    for jwt in [false, true] {
        let token = link(&world, to(&acme, "ada@acme.example")).await.token();
        let mut with = AuthenticateRequest { session_duration_minutes: Some(90), ..Default::default() };
        if jwt {
            with.session_jwt = some(&entered.session_jwt);
        } else {
            with.session_token = some(&entered.session_token);
        }
        let answer = open_with(&world, &token, with).await.unwrap();
        let session = is_session(&answer);
        assert_eq!(session.member_session_id, begun.member_session_id);
        assert_eq!(answer.session_token, entered.session_token);
        assert_eq!(session.expires_at.timestamp() - world.clock.timestamp(), 90 * 60);
        assert_eq!(factor_types(session), ["email_otp", "magic_link"]);
        world.clock.advance_minutes(1);
    }

    let token = link(&world, to(&acme, "ada@acme.example")).await.token();
    let both = AuthenticateRequest {
        session_token: some(&entered.session_token),
        session_jwt: some(&entered.session_jwt),
        ..Default::default()
    };
    refused(open_with(&world, &token, both).await, 400, "too_many_session_arguments");

    // Somebody else's session is as good as none.
    world.clock.advance_minutes(10);
    let token = link(&world, to(&acme, "bob@acme.example")).await.token();
    let with = AuthenticateRequest { session_token: some(&entered.session_token), ..Default::default() };
    let answer = open_with(&world, &token, with).await.unwrap();
    is_waiting(&answer);
    assert_eq!(answer.member_id, bob.member_id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_32_uses_of_a_link_at_once_one_makes_a_session() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let token = link(&world, to(&acme, "ada@acme.example")).await.token();
    let sdk = world.sdk.clone();
    let answers = race(32, || {
        let client = stytch::b2b::client::Client::new_with_http_client(sdk.clone(), sdk.clone());
        let request = AuthenticateRequest { magic_links_token: token.clone(), ..Default::default() };
        async move { client.magic_links.authenticate(request).await }
    })
    .await;
    refusals_are(answers, &[(401, "unable_to_auth_magic_link", 31)]);
    let request = stytch::b2b::sessions::GetRequest {
        organization_id: acme.organization_id.clone(),
        member_id: ada.member_id.clone(),
    };
    assert_eq!(world.stytch.sessions.get(request).await.unwrap().member_sessions.len(), 1);
}

#[tokio::test]
async fn a_link_of_discovery_opens_an_intermediate_session() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    world.member(&acme, "ada@acme.example").await;
    let send = async |request: SendRequest| {
        let before = world.last_message();
        world.clock.advance(30);
        let request = SendRequest { email_address: "ada@acme.example".to_owned(), ..request };
        world.stytch.magic_links.email.discovery.send(request).await.unwrap();
        world.link_for("ada@acme.example", before).await
    };
    let open = async |token: String, pkce_code_verifier: Option<String>| {
        let request =
            discovery::AuthenticateRequest { discovery_magic_links_token: token, pkce_code_verifier };
        world.stytch.magic_links.discovery.authenticate(request).await
    };

    let link = send(SendRequest::default()).await;
    assert!(link.0.as_str().starts_with("http://127.0.0.1:3000/discovery?"), "{link:?}");
    assert_eq!(link.parameter("stytch_token_type").as_deref(), Some("discovery"));
    assert_eq!(link.parameter("slug"), None);
    // A link of an organization it is not.
    refused(
        open_with(&world, &link.token(), AuthenticateRequest::default()).await,
        404,
        "magic_link_not_found",
    );

    let found = open(link.token(), None).await.unwrap();
    assert_eq!(found.email_address, "ada@acme.example");
    assert_eq!(found.intermediate_session_token.len(), 44);
    assert_eq!(found.discovered_organizations.len(), 1);
    let expires = found.intermediate_session_token_expires_at.unwrap().timestamp();
    assert_eq!(expires, world.clock.timestamp() + 600);
    let entered = world.exchange(&found.intermediate_session_token, &acme).await.unwrap();
    assert_eq!(factor_types(is_session(&entered)), ["magic_link"]);
    refused(open(link.token(), None).await, 401, "unable_to_auth_magic_link");

    let link = send(SendRequest { discovery_expiration_minutes: Some(5), ..Default::default() }).await;
    world.clock.advance_minutes(5);
    refused(open(link.token(), None).await, 401, "unable_to_auth_magic_link");

    world.clock.advance_minutes(10);
    let challenged = || SendRequest { pkce_code_challenge: some(CHALLENGE), ..Default::default() };
    let link = send(challenged()).await;
    refused(open(link.token(), None).await, 400, "pkce_expected_code_verifier");
    let link = send(challenged()).await;
    assert!(open(link.token(), some(VERIFIER)).await.is_ok());
}

#[tokio::test]
async fn links_of_discovery_that_cannot_be_are_refused() {
    let world = World::new().await;
    let send = |request| world.stytch.magic_links.email.discovery.send(request);
    let to = |address: &str| SendRequest { email_address: address.to_owned(), ..Default::default() };
    refused(send(to("nonsense")).await, 400, "invalid_email");
    let malformed = SendRequest { pkce_code_challenge: some("short"), ..to("ada@acme.example") };
    refused(send(malformed).await, 400, "invalid_pkce_code_challenge");
    for minutes in [4, 10_081] {
        let request = SendRequest { discovery_expiration_minutes: Some(minutes), ..to("ada@acme.example") };
        refused(send(request).await, 400, "invalid_expiration");
    }
    let elsewhere =
        SendRequest { discovery_redirect_url: some("https://evil.example/"), ..to("ada@acme.example") };
    refused(send(elsewhere).await, 400, "no_match_for_provided_magic_link_url");
    assert_eq!(world.last_message(), 0);
}

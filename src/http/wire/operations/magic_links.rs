//! Links by email: to sign in, to sign up, to accept an invitation, and for discovery.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::outcome::{Authenticated, Discovery, Done, MemberShown, Written};
use crate::{
    domain::{FactorKind, LinkPurpose, MemberStatus, Scope, Secret},
    flow::{
        Engine,
        api::{LinkTo, NewMember},
    },
    http::wire::{
        Redirect,
        call::{Brought, Call, SessionTerms, address, challenge, minutes, role_ids},
        error::WireError,
        operation::Operation,
    },
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::post(
            "/v1/b2b/magic_links/email/login_or_signup",
            "Send a link to sign in to or sign up for an organization by.",
            login_or_signup,
        ),
        Operation::post("/v1/b2b/magic_links/email/invite", "Invite somebody by email.", invite)
            .for_members(),
        Operation::post(
            "/v1/b2b/magic_links/email/discovery/send",
            "Send a link to discover organizations by.",
            send_discovery,
        ),
        Operation::post(
            "/v1/b2b/magic_links/authenticate",
            "Use a link: enter the organization.",
            authenticate,
        ),
        Operation::post(
            "/v1/b2b/magic_links/discovery/authenticate",
            "Use a link of discovery: list organizations.",
            authenticate_discovery,
        ),
    ]
}

/// For how long a link is good, in minutes: at least, by itself, at most.
const LOGIN: (u32, u32, u32) = (5, 60, 10_080);

/// The same of an invitation.
const INVITATION: (u32, u32, u32) = (5, 10_080, 10_080);

/// Whom to send a link to sign in or sign up by.
#[derive(Debug, Deserialize, ToSchema)]
struct MagicLinksLoginOrSignupRequest {
    /// The organization: its id, slug or external id.
    organization_id: String,
    /// The address.
    email_address: String,
    /// Where the link leads whoever is an active member.
    login_redirect_url: Option<String>,
    /// Where it leads everybody else.
    signup_redirect_url: Option<String>,
    /// SHA-256 of a verifier, in base64url, that has to be brought with the link (PKCE).
    pkce_code_challenge: Option<String>,
    /// For how long the link is good: 60 minutes, 5 to 10,080.
    #[schema(value_type = Option<i32>)]
    login_expiration_minutes: Option<i64>,
    /// The same of a link to sign up.
    #[schema(value_type = Option<i32>)]
    signup_expiration_minutes: Option<i64>,
}

async fn login_or_signup(call: Call, input: MagicLinksLoginOrSignupRequest) -> Result<Written, WireError> {
    let address = address(&input.email_address)?;
    let login = minutes("login_expiration_minutes", input.login_expiration_minutes, LOGIN)?;
    let signup = minutes("signup_expiration_minutes", input.signup_expiration_minutes, LOGIN)?;
    let challenge = challenge(input.pkce_code_challenge.as_deref())?;
    let organization = call.engine.api_organization(&input.organization_id).await?;
    let addressee =
        call.engine.addressee(organization, &address, FactorKind::MagicLink, &call.caller).await?;
    let organization = &addressee.organization;
    let redirects = &call.settings.redirects;
    let (redirect_url, lifetime) = if addressee.member.status == MemberStatus::Active {
        (redirects.of(Redirect::Login, input.login_redirect_url.as_deref())?, login)
    } else {
        (redirects.of(Redirect::Signup, input.signup_redirect_url.as_deref())?, signup)
    };
    let link = LinkTo {
        address,
        scope: Scope::Organization(organization.organization_id.clone()),
        purpose: LinkPurpose::SignIn,
        redirect_url,
        token_type: "multi_tenant_magic_links",
        slug: Some(organization.organization_slug.to_string()),
        lifetime,
        challenge,
    };
    call.engine.send_sign_in_link(link, &call.caller).await?;
    let (found, created) = call.engine.written_to(addressee, &call.caller).await?;
    Ok(Written::of(&call, &found, created))
}

/// Whom to invite.
#[derive(Debug, Deserialize, ToSchema)]
struct MagicLinksInviteRequest {
    /// The organization: its id, slug or external id.
    organization_id: String,
    /// The address.
    email_address: String,
    /// Where the link leads.
    invite_redirect_url: Option<String>,
    /// The member who invites, whose name stands in the message.
    invited_by_member_id: Option<String>,
    /// The name of who is invited.
    name: Option<String>,
    /// The application's own data.
    #[schema(value_type = Option<Object>)]
    trusted_metadata: Option<Map<String, Value>>,
    /// Data which members may write.
    #[schema(value_type = Option<Object>)]
    untrusted_metadata: Option<Map<String, Value>>,
    /// Roles that they are to have.
    roles: Option<Vec<String>>,
    /// For how long the link is good: 10,080 minutes, at least 5.
    #[schema(value_type = Option<i32>)]
    invite_expiration_minutes: Option<i64>,
}

async fn invite(call: Call, input: MagicLinksInviteRequest) -> Result<MemberShown, WireError> {
    let address = address(&input.email_address)?;
    let lifetime = minutes("invite_expiration_minutes", input.invite_expiration_minutes, INVITATION)?;
    let acting = call.acting().await?;
    let organization = call.engine.api_organization(&input.organization_id).await?;
    let by = match &input.invited_by_member_id {
        Some(member_id) => Some(call.engine.api_member(&organization, member_id).await?),
        None => None,
    };
    let redirects = &call.settings.redirects;
    let link = LinkTo {
        address: address.clone(),
        scope: Scope::Organization(organization.organization_id.clone()),
        purpose: LinkPurpose::SignIn,
        redirect_url: redirects.of(Redirect::Invite, input.invite_redirect_url.as_deref())?,
        token_type: "multi_tenant_magic_links",
        slug: Some(organization.organization_slug.to_string()),
        lifetime,
        challenge: None,
    };
    let new = NewMember {
        address,
        status: MemberStatus::Invited,
        name: input.name.unwrap_or_default(),
        trusted_metadata: input.trusted_metadata.unwrap_or_default(),
        untrusted_metadata: input.untrusted_metadata.unwrap_or_default(),
        is_breakglass: false,
        roles: role_ids(input.roles.unwrap_or_default())?,
        external_id: None,
    };
    let member = call.engine.invite(&organization, new, by.as_ref(), link, &acting, &call.caller).await?;
    let found = call.engine.api_shown(member, organization).await?;
    Ok(MemberShown::of(&call, &found))
}

/// Whom to send a link of discovery.
#[derive(Debug, Deserialize, ToSchema)]
struct MagicLinksDiscoverySendRequest {
    /// The address.
    email_address: String,
    /// Where the link leads.
    discovery_redirect_url: Option<String>,
    /// SHA-256 of a verifier, in base64url, that has to be brought with the link (PKCE).
    pkce_code_challenge: Option<String>,
    /// For how long the link is good: 60 minutes, 5 to 10,080.
    #[schema(value_type = Option<i32>)]
    discovery_expiration_minutes: Option<i64>,
}

async fn send_discovery(call: Call, input: MagicLinksDiscoverySendRequest) -> Result<Done, WireError> {
    let redirects = &call.settings.redirects;
    let link = LinkTo {
        address: address(&input.email_address)?,
        scope: Scope::Discovery,
        purpose: LinkPurpose::SignIn,
        redirect_url: redirects.of(Redirect::Discovery, input.discovery_redirect_url.as_deref())?,
        token_type: "discovery",
        slug: None,
        lifetime: minutes("discovery_expiration_minutes", input.discovery_expiration_minutes, LOGIN)?,
        challenge: challenge(input.pkce_code_challenge.as_deref())?,
    };
    call.engine.send_sign_in_link(link, &call.caller).await?;
    Ok(Done {})
}

/// A link that was opened.
#[derive(Debug, Deserialize, ToSchema)]
struct MagicLinksAuthenticateRequest {
    /// The `token` that stood in it.
    #[schema(value_type = String)]
    magic_links_token: Secret,
    /// The verifier whose challenge it was asked for with.
    #[schema(value_type = Option<String>)]
    pkce_code_verifier: Option<Secret>,
    #[serde(flatten)]
    brought: Brought,
    #[serde(flatten)]
    terms: SessionTerms,
}

/// What came of a link.
#[derive(Debug, Serialize, ToSchema)]
struct MagicLinksAuthenticateResponse {
    #[serde(flatten)]
    authenticated: Authenticated,
    /// The id of the address that was proved.
    method_id: String,
    /// Always `false`; SDKs still read it.
    reset_sessions: bool,
}

async fn authenticate(
    call: Call,
    input: MagicLinksAuthenticateRequest,
) -> Result<MagicLinksAuthenticateResponse, WireError> {
    let terms = input.terms.terms(&call)?;
    let held = call.held_for(&input.brought, &terms).await?;
    let proof = call
        .engine
        .prove_link(&input.magic_links_token, input.pkce_code_verifier.as_ref(), false, &call.caller)
        .await?;
    let method_id = Engine::method_id(&proof).to_string();
    let entered = call.engine.enter_with(proof, &held, &terms, &call.caller).await?;
    Ok(MagicLinksAuthenticateResponse {
        authenticated: Authenticated::of(&call, entered).await?,
        method_id,
        reset_sessions: false,
    })
}

/// A link of discovery that was opened.
#[derive(Debug, Deserialize, ToSchema)]
struct MagicLinksDiscoveryAuthenticateRequest {
    /// The `token` that stood in it.
    #[schema(value_type = String)]
    discovery_magic_links_token: Secret,
    /// The verifier whose challenge it was asked for with.
    #[schema(value_type = Option<String>)]
    pkce_code_verifier: Option<Secret>,
}

async fn authenticate_discovery(
    call: Call,
    input: MagicLinksDiscoveryAuthenticateRequest,
) -> Result<Discovery, WireError> {
    let token = &input.discovery_magic_links_token;
    let proof = call.engine.prove_link(token, input.pkce_code_verifier.as_ref(), true, &call.caller).await?;
    let bag = call.engine.open_discovery(proof, &call.caller).await?;
    Discovery::of(&call, &bag).await
}

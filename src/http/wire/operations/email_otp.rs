//! Codes by email: to sign in, to sign up, and for discovery.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::outcome::{Authenticated, Discovery, Done, Written};
use crate::{
    domain::{FactorKind, MemberStatus, Scope, Secret},
    flow::Engine,
    http::wire::{
        call::{Brought, Call, SessionTerms, address, minutes},
        error::{Tried, WireError},
        operation::Operation,
    },
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::post(
            "/v1/b2b/otps/email/login_or_signup",
            "Send a code to sign in to or sign up for an organization by.",
            login_or_signup,
        ),
        Operation::post(
            "/v1/b2b/otps/email/authenticate",
            "Confirm a code by email: enter the organization.",
            authenticate,
        ),
        Operation::post(
            "/v1/b2b/otps/email/discovery/send",
            "Send a code to discover organizations by.",
            send_discovery,
        ),
        Operation::post(
            "/v1/b2b/otps/email/discovery/authenticate",
            "Confirm a code of discovery: list organizations.",
            authenticate_discovery,
        ),
    ]
}

/// For how long a code is good, in minutes: at least, by itself, at most.
const LIFETIME: (u32, u32, u32) = (2, 10, 15);

/// Whom to send a code to sign in or sign up by.
#[derive(Debug, Deserialize, ToSchema)]
struct EmailOtpLoginOrSignupRequest {
    /// The organization: its id, slug or external id.
    organization_id: String,
    /// The address.
    email_address: String,
    /// For how long the code is good: 10 minutes, 2 to 15.
    #[schema(value_type = Option<i32>)]
    login_expiration_minutes: Option<i64>,
    /// The same of a code to sign up.
    #[schema(value_type = Option<i32>)]
    signup_expiration_minutes: Option<i64>,
}

async fn login_or_signup(call: Call, input: EmailOtpLoginOrSignupRequest) -> Result<Written, WireError> {
    let address = address(&input.email_address)?;
    let login = minutes("login_expiration_minutes", input.login_expiration_minutes, LIFETIME)?;
    let signup = minutes("signup_expiration_minutes", input.signup_expiration_minutes, LIFETIME)?;
    let organization = call.engine.api_organization(&input.organization_id).await?;
    let addressee = call.engine.addressee(organization, &address, FactorKind::EmailOtp, &call.caller).await?;
    let lifetime = if addressee.member.status == MemberStatus::Active { login } else { signup };
    let scope = Scope::Organization(addressee.organization.organization_id.clone());
    call.engine.send_api_code(address, scope, lifetime, None, &call.caller).await?;
    let (found, created) = call.engine.written_to(addressee, &call.caller).await?;
    Ok(Written::of(&call, &found, created))
}

/// A code that was typed.
#[derive(Debug, Deserialize, ToSchema)]
struct EmailOtpAuthenticateRequest {
    /// The organization: its id, slug or external id.
    organization_id: String,
    /// The address that it was sent to.
    email_address: String,
    /// Six digits.
    #[schema(value_type = String)]
    code: Secret,
    #[serde(flatten)]
    brought: Brought,
    #[serde(flatten)]
    terms: SessionTerms,
}

/// What came of a code.
#[derive(Debug, Serialize, ToSchema)]
struct EmailOtpAuthenticateResponse {
    #[serde(flatten)]
    authenticated: Authenticated,
    /// The id of the address that was proved.
    method_id: String,
}

async fn authenticate(
    call: Call,
    input: EmailOtpAuthenticateRequest,
) -> Result<EmailOtpAuthenticateResponse, WireError> {
    let terms = input.terms.terms(&call)?;
    let address = address(&input.email_address)?;
    let organization = call.engine.api_organization(&input.organization_id).await?;
    let held = call.held_for(&input.brought, &terms).await?;
    let scope = Scope::Organization(organization.organization_id);
    let proof = call
        .engine
        .prove_email_code(address, scope, &input.code, &call.caller)
        .await
        .map_err(|error| WireError::tried(Tried::EmailOtp, error))?;
    let method_id = Engine::method_id(&proof).to_string();
    let entered = call.engine.enter_with(proof, &held, &terms, &call.caller).await?;
    let authenticated = Authenticated::of(&call, entered).await?;
    Ok(EmailOtpAuthenticateResponse { authenticated, method_id })
}

/// Whom to send a code of discovery.
#[derive(Debug, Deserialize, ToSchema)]
struct EmailOtpDiscoverySendRequest {
    /// The address.
    email_address: String,
    /// For how long the code is good: 10 minutes, 2 to 15.
    #[schema(value_type = Option<i32>)]
    discovery_expiration_minutes: Option<i64>,
}

async fn send_discovery(call: Call, input: EmailOtpDiscoverySendRequest) -> Result<Done, WireError> {
    let address = address(&input.email_address)?;
    let lifetime = minutes("discovery_expiration_minutes", input.discovery_expiration_minutes, LIFETIME)?;
    call.engine.send_api_code(address, Scope::Discovery, lifetime, None, &call.caller).await?;
    Ok(Done {})
}

/// A code of discovery that was typed.
#[derive(Debug, Deserialize, ToSchema)]
struct EmailOtpDiscoveryAuthenticateRequest {
    /// The address that it was sent to.
    email_address: String,
    /// Six digits.
    #[schema(value_type = String)]
    code: Secret,
}

async fn authenticate_discovery(
    call: Call,
    input: EmailOtpDiscoveryAuthenticateRequest,
) -> Result<Discovery, WireError> {
    let address = address(&input.email_address)?;
    let proof = call
        .engine
        .prove_email_code(address, Scope::Discovery, &input.code, &call.caller)
        .await
        .map_err(|error| WireError::tried(Tried::EmailOtp, error))?;
    let bag = call.engine.open_discovery(proof, &call.caller).await?;
    Discovery::of(&call, &bag).await
}

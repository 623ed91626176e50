//! Recovery codes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::outcome::{MemberShown, SecondAuthenticated};
use crate::{
    domain::Secret,
    flow::{
        SecondFactor,
        api::{Found, MfaChoice, SecondProof},
    },
    http::wire::{
        call::{Brought, Call, SessionTerms},
        error::{Tried, WireError},
        objects::Handed,
        operation::Operation,
    },
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::get(
            "/v1/b2b/recovery_codes/{organization_id}/{member_id}",
            "The recovery codes that a member has left.",
            get,
        ),
        Operation::post(
            "/v1/b2b/recovery_codes/recover",
            "Use a recovery code: finish a sign-in, or add it to a session.",
            recover,
        ),
        Operation::post(
            "/v1/b2b/recovery_codes/rotate",
            "Make new recovery codes in place of those that are left.",
            rotate,
        ),
    ]
}

/// A member's recovery codes.
#[derive(Debug, Serialize, ToSchema)]
struct RecoveryCodesResponse {
    #[serde(flatten)]
    shown: MemberShown,
    /// Each is good once.
    recovery_codes: Vec<Handed>,
}

impl RecoveryCodesResponse {
    fn of(call: &Call, found: &Found, codes: Vec<Secret>) -> Self {
        Self {
            shown: MemberShown::of(call, found),
            recovery_codes: codes.into_iter().map(Handed::from).collect(),
        }
    }
}

async fn get(call: Call) -> Result<RecoveryCodesResponse, WireError> {
    let (organization, member) = (call.parameter("organization_id"), call.parameter("member_id"));
    let found = call.engine.api_found(organization, member).await?;
    let codes = call.engine.recovery_codes_of(&found).await?;
    Ok(RecoveryCodesResponse::of(&call, &found, codes))
}

/// Whose recovery codes are to be made anew.
#[derive(Debug, Deserialize, ToSchema)]
struct RecoveryCodesRotateRequest {
    /// The organization: its id, slug or external id.
    organization_id: String,
    /// The member: their id or external id.
    member_id: String,
}

async fn rotate(call: Call, input: RecoveryCodesRotateRequest) -> Result<RecoveryCodesResponse, WireError> {
    let found = call.engine.api_found(&input.organization_id, &input.member_id).await?;
    let codes = call.engine.rotate_recovery_codes(&found.member, &call.caller).await?;
    Ok(RecoveryCodesResponse::of(&call, &found, codes))
}

/// A recovery code that was typed.
#[derive(Debug, Deserialize, ToSchema)]
struct RecoveryCodesRecoverRequest {
    /// The organization: its id, slug or external id.
    organization_id: String,
    /// The member: their id or external id.
    member_id: String,
    /// The code, in any case and with or without its dashes.
    #[schema(value_type = String)]
    recovery_code: Secret,
    #[serde(flatten)]
    brought: Brought,
    #[serde(flatten)]
    terms: SessionTerms,
}

/// What came of a recovery code.
#[derive(Debug, Serialize, ToSchema)]
struct RecoveryCodesRecoverResponse {
    #[serde(flatten)]
    authenticated: SecondAuthenticated,
    /// How many are left.
    recovery_codes_remaining: usize,
}

async fn recover(
    call: Call,
    input: RecoveryCodesRecoverRequest,
) -> Result<RecoveryCodesRecoverResponse, WireError> {
    let terms = input.terms.terms(&call)?;
    let found = call.engine.api_found(&input.organization_id, &input.member_id).await?;
    let held = call.held_something_for(&input.brought, &terms).await?;
    let proof =
        SecondProof { factor: SecondFactor::RecoveryCode(input.recovery_code), choice: MfaChoice::default() };
    let signed_in = call.prove_second(&found, proof, &held, &terms, Tried::RecoveryCode).await?;
    let left = call.engine.enrolment(&found.member.member_id).await?.recovery_codes;
    Ok(RecoveryCodesRecoverResponse {
        authenticated: SecondAuthenticated::of(&call, &signed_in).await?,
        recovery_codes_remaining: left,
    })
}

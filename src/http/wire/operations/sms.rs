//! Codes by SMS, as a second factor.

use serde::Deserialize;
use utoipa::ToSchema;

use super::outcome::{MemberShown, SecondAuthenticated};
use crate::{
    domain::Secret,
    flow::{SecondFactor, api::SecondProof},
    http::wire::{
        call::{Brought, Call, SessionTerms, phone},
        error::{Tried, WireError},
        objects::MfaChoiceInput,
        operation::Operation,
    },
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::post(
            "/v1/b2b/otps/sms/send",
            "Send a code to a member's phone, or to one that is to be set up.",
            send,
        ),
        Operation::post(
            "/v1/b2b/otps/sms/authenticate",
            "Confirm a code by SMS: finish a sign-in, or add it to a session.",
            authenticate,
        ),
    ]
}

/// Whom to send a code.
#[derive(Debug, Deserialize, ToSchema)]
struct SmsSendRequest {
    /// The organization: its id, slug or external id.
    organization_id: String,
    /// The member: their id or external id.
    member_id: String,
    /// The phone to set up, where the member has none.
    mfa_phone_number: Option<String>,
    #[serde(flatten)]
    brought: Brought,
}

async fn send(call: Call, input: SmsSendRequest) -> Result<MemberShown, WireError> {
    let number = input.mfa_phone_number.as_deref().filter(|number| !number.is_empty());
    let number = number.map(phone).transpose()?;
    let found = call.engine.api_found(&input.organization_id, &input.member_id).await?;
    let held = call.held(&input.brought).await?;
    call.engine.send_member_sms(&found, number, &held, &call.caller).await?;
    // With the phone that was entered just now.
    let found = call.engine.api_shown(found.member, found.organization).await?;
    Ok(MemberShown::of(&call, &found))
}

/// A code that was typed.
#[derive(Debug, Deserialize, ToSchema)]
struct SmsAuthenticateRequest {
    /// The organization: its id, slug or external id.
    organization_id: String,
    /// The member: their id or external id.
    member_id: String,
    /// Six digits.
    #[schema(value_type = String)]
    code: Secret,
    #[serde(flatten)]
    brought: Brought,
    #[serde(flatten)]
    choice: MfaChoiceInput,
    #[serde(flatten)]
    terms: SessionTerms,
}

async fn authenticate(call: Call, input: SmsAuthenticateRequest) -> Result<SecondAuthenticated, WireError> {
    let terms = input.terms.terms(&call)?;
    let found = call.engine.api_found(&input.organization_id, &input.member_id).await?;
    let held = call.held_something_for(&input.brought, &terms).await?;
    let proof = SecondProof { factor: SecondFactor::Sms(input.code), choice: input.choice.choice() };
    let signed_in = call.prove_second(&found, proof, &held, &terms, Tried::SmsOtp).await?;
    SecondAuthenticated::of(&call, &signed_in).await
}

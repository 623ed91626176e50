//! Authenticator apps.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::outcome::{MemberShown, SecondAuthenticated};
use crate::{
    domain::Secret,
    flow::{
        SecondFactor,
        api::{SecondProof, TotpMigration},
    },
    http::{
        pages::qr_png,
        wire::{
            call::{Brought, Call, SessionTerms, minutes},
            error::{Tried, WireError},
            objects::{Handed, MfaChoiceInput},
            operation::Operation,
        },
    },
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::post("/v1/b2b/totp", "Begin to set up an authenticator app.", create),
        Operation::post(
            "/v1/b2b/totp/authenticate",
            "Confirm a code of an authenticator app: finish a sign-in, or add it to a session.",
            authenticate,
        ),
        Operation::post(
            "/v1/b2b/totp/migrate",
            "Take over an authenticator app that a member had elsewhere.",
            migrate,
        ),
    ]
}

/// For how long an app can be confirmed, in minutes: at least, by itself, at most.
const CONFIRM: (u32, u32, u32) = (5, 60, 1440);

/// Whose authenticator app is to be set up.
#[derive(Debug, Deserialize, ToSchema)]
struct TotpCreateRequest {
    /// The organization: its id, slug or external id.
    organization_id: String,
    /// The member: their id or external id.
    member_id: String,
    /// For how long it can be confirmed: 60 minutes, 5 to 1,440.
    #[schema(value_type = Option<i32>)]
    expiration_minutes: Option<i64>,
    #[serde(flatten)]
    brought: Brought,
}

/// An authenticator app that waits for its first code.
#[derive(Debug, Serialize, ToSchema)]
struct TotpCreateResponse {
    #[serde(flatten)]
    shown: MemberShown,
    /// The app's id.
    totp_registration_id: String,
    /// The secret in base32, to be typed into the app.
    secret: Handed,
    /// A picture of it to be scanned: a PNG as a `data:` URI.
    qr_code: Handed,
    /// Ten codes, each good once in place of the app, once that is confirmed.
    recovery_codes: Vec<Handed>,
}

async fn create(call: Call, input: TotpCreateRequest) -> Result<TotpCreateResponse, WireError> {
    let lifetime = minutes("expiration_minutes", input.expiration_minutes, CONFIRM)?;
    let found = call.engine.api_found(&input.organization_id, &input.member_id).await?;
    let held = call.held(&input.brought).await?;
    let shown = MemberShown::of(&call, &found);
    let new = call.engine.begin_member_totp(found, &held, lifetime, &call.caller).await?;
    let picture = qr_png(new.uri.expose()).ok_or_else(WireError::unwritable)?;
    Ok(TotpCreateResponse {
        shown,
        totp_registration_id: new.totp_id.to_string(),
        secret: new.secret.into(),
        qr_code: Secret::new(format!("data:image/png;base64, {picture}")).into(),
        recovery_codes: new.recovery_codes.into_iter().map(Handed::from).collect(),
    })
}

/// A code of an authenticator app.
#[derive(Debug, Deserialize, ToSchema)]
struct TotpAuthenticateRequest {
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

async fn authenticate(call: Call, input: TotpAuthenticateRequest) -> Result<SecondAuthenticated, WireError> {
    let terms = input.terms.terms(&call)?;
    let found = call.engine.api_found(&input.organization_id, &input.member_id).await?;
    let held = call.held_something_for(&input.brought, &terms).await?;
    let proof = SecondProof { factor: SecondFactor::Totp(input.code), choice: input.choice.choice() };
    let signed_in = call.prove_second(&found, proof, &held, &terms, Tried::Totp).await?;
    SecondAuthenticated::of(&call, &signed_in).await
}

/// An authenticator app that a member had elsewhere.
#[derive(Debug, Deserialize, ToSchema)]
struct TotpMigrateRequest {
    /// The organization: its id, slug or external id.
    organization_id: String,
    /// The member: their id or external id.
    member_id: String,
    /// Its secret in base32, of 16 to 64 bytes.
    #[schema(value_type = String)]
    secret: Secret,
    /// The recovery codes that came with it, of twelve letters and digits each; new ones are made where it is
    /// empty.
    #[schema(value_type = Option<Vec<String>>)]
    recovery_codes: Option<Vec<Secret>>,
}

/// An authenticator app that was taken over.
#[derive(Debug, Serialize, ToSchema)]
struct TotpMigrateResponse {
    #[serde(flatten)]
    shown: MemberShown,
    /// The app's id.
    totp_registration_id: String,
    /// The recovery codes.
    recovery_codes: Vec<Handed>,
}

async fn migrate(call: Call, input: TotpMigrateRequest) -> Result<TotpMigrateResponse, WireError> {
    let found = call.engine.api_found(&input.organization_id, &input.member_id).await?;
    let migration =
        TotpMigration { secret: input.secret, recovery_codes: input.recovery_codes.unwrap_or_default() };
    let (totp_id, codes) = call.engine.migrate_totp(&found, &migration, &call.caller).await?;
    let found = call.engine.api_shown(found.member, found.organization).await?;
    Ok(TotpMigrateResponse {
        shown: MemberShown::of(&call, &found),
        totp_registration_id: totp_id.to_string(),
        recovery_codes: codes.into_iter().map(Handed::from).collect(),
    })
}

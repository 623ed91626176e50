//! Passwords: checked, reset, taken over.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::outcome::{Authenticated, Written};
use crate::{
    domain::{LinkPurpose, Scope, Secret},
    factor::{ForeignHash, HashKind, HashSettings},
    flow::api::{LinkTo, MemberMigration, Rule},
    http::wire::{
        Redirect,
        call::{Brought, BroughtSession, Call, SessionTerms, address, challenge, minutes, phone, role_ids},
        error::WireError,
        object::object,
        objects::{
            Absent, Argon2Config, Member, Pbkdf2Config, SaltConfig, ScryptConfig, StrengthPolicy,
            ZxcvbnFeedback,
        },
        operation::Operation,
    },
    password_strength,
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::post(
            "/v1/b2b/passwords/authenticate",
            "Check a password: enter the organization.",
            authenticate,
        ),
        Operation::post(
            "/v1/b2b/passwords/strength_check",
            "Estimate how hard a password is to guess.",
            strength_check,
        ),
        Operation::post(
            "/v1/b2b/passwords/email/reset/start",
            "Send a link to set a new password by.",
            start_reset,
        ),
        Operation::post(
            "/v1/b2b/passwords/email/reset",
            "Set a new password by the link that was sent.",
            reset_by_email,
        ),
        Operation::post(
            "/v1/b2b/passwords/session/reset",
            "Set a new password in a session in which something was proved lately.",
            reset_in_session,
        ),
        Operation::post(
            "/v1/b2b/passwords/existing_password/reset",
            "Set a new password by the present one.",
            reset_by_existing,
        ),
        Operation::post(
            "/v1/b2b/passwords/migrate",
            "Take over a password by its hash, and perhaps the member with it.",
            migrate,
        ),
    ]
}

/// For how long a link to set a new password is good, in minutes: at least, by itself, at most.
const RESET: (u32, u32, u32) = (5, 30, 10_080);

/// A password that was typed.
#[derive(Debug, Deserialize, ToSchema)]
struct PasswordsAuthenticateRequest {
    /// The organization: its id, slug or external id.
    organization_id: String,
    /// The member's address.
    email_address: String,
    /// The password.
    #[schema(value_type = String)]
    password: Secret,
    #[serde(flatten)]
    brought: Brought,
    #[serde(flatten)]
    terms: SessionTerms,
}

async fn authenticate(call: Call, input: PasswordsAuthenticateRequest) -> Result<Authenticated, WireError> {
    let terms = input.terms.terms(&call)?;
    let address = address(&input.email_address)?;
    let organization = call.engine.api_organization(&input.organization_id).await?;
    let held = call.held_for(&input.brought, &terms).await?;
    let proof = call.engine.prove_password(&organization, &address, input.password, &call.caller).await?;
    let entered = call.engine.enter_with(proof, &held, &terms, &call.caller).await?;
    Authenticated::of(&call, entered).await
}

/// A password that is to be estimated.
#[derive(Debug, Deserialize, ToSchema)]
struct PasswordsStrengthCheckRequest {
    /// The password.
    #[schema(value_type = String)]
    password: Secret,
    /// The address of whose it would be, which must not make it easy to guess.
    email_address: Option<String>,
}

/// How hard a password is to guess.
#[derive(Debug, Serialize, ToSchema)]
struct PasswordsStrengthCheckResponse {
    /// Whether it would be taken.
    valid_password: bool,
    /// From 0, guessed at once, to 4. Taken from 3 on.
    score: u8,
    /// Always `false`, for the SDKs' sake: breaches are not looked up.
    breached_password: bool,
    /// By what it is judged.
    strength_policy: StrengthPolicy,
    /// Always `false`, for the SDKs' sake: breaches are not looked up.
    breach_detection_on_create: bool,
    /// `null`, for the SDKs' sake: it is not judged by kinds of characters.
    #[schema(value_type = Option<Object>)]
    luds_feedback: Option<Absent>,
    /// What is wrong with it, and what would make it better.
    zxcvbn_feedback: ZxcvbnFeedback,
}

async fn strength_check(
    call: Call,
    input: PasswordsStrengthCheckRequest,
) -> Result<PasswordsStrengthCheckResponse, WireError> {
    let address = input.email_address.unwrap_or_default();
    let context = [address.as_str(), call.engine.settings.name.as_str()];
    let strength = password_strength(&input.password, &context);
    Ok(PasswordsStrengthCheckResponse {
        valid_password: strength.is_enough(),
        score: strength.score,
        breached_password: false,
        strength_policy: StrengthPolicy::Zxcvbn,
        breach_detection_on_create: false,
        luds_feedback: None,
        zxcvbn_feedback: ZxcvbnFeedback {
            warning: strength.warning.unwrap_or_default(),
            suggestions: strength.suggestions,
        },
    })
}

/// Whom to send a link to set a new password by.
#[derive(Debug, Deserialize, ToSchema)]
struct PasswordsResetStartRequest {
    /// The organization: its id, slug or external id.
    organization_id: String,
    /// The member's address.
    email_address: String,
    /// Where the link leads.
    reset_password_redirect_url: Option<String>,
    /// For how long it is good: 30 minutes, 5 to 10,080.
    #[schema(value_type = Option<i32>)]
    reset_password_expiration_minutes: Option<i64>,
    /// SHA-256 of a verifier, in base64url, that has to be brought with the link (PKCE).
    code_challenge: Option<String>,
}

/// Who was sent a link to set a new password by.
#[derive(Debug, Serialize, ToSchema)]
struct PasswordsResetStartResponse {
    /// The member.
    member_id: String,
    /// The id of their address.
    member_email_id: String,
    /// The member.
    member: Member,
}

async fn start_reset(
    call: Call,
    input: PasswordsResetStartRequest,
) -> Result<PasswordsResetStartResponse, WireError> {
    let address = address(&input.email_address)?;
    let lifetime =
        minutes("reset_password_expiration_minutes", input.reset_password_expiration_minutes, RESET)?;
    let challenge = challenge(input.code_challenge.as_deref())?;
    let organization = call.engine.api_organization(&input.organization_id).await?;
    let member = call.engine.api_member_at(&organization, &address).await?;
    let found = call.engine.api_shown(member, organization).await?;
    let redirects = &call.settings.redirects;
    let link = LinkTo {
        address: address.clone(),
        scope: Scope::Organization(found.organization.organization_id.clone()),
        purpose: LinkPurpose::PasswordReset {
            member_id: found.member.member_id.clone(),
            replaces: found.enrolment.password_id.clone(),
        },
        redirect_url: redirects.of(Redirect::ResetPassword, input.reset_password_redirect_url.as_deref())?,
        token_type: "multi_tenant_passwords",
        slug: Some(found.organization.organization_slug.to_string()),
        lifetime,
        challenge,
    };
    call.engine.start_password_reset(&found, link, &call.caller).await?;
    Ok(PasswordsResetStartResponse {
        member_id: found.member.member_id.to_string(),
        member_email_id: call.engine.email_id(&address).to_string(),
        member: Member::of(&found.member, &found.organization, &found.enrolment, call.now()),
    })
}

/// A new password, by a link.
#[derive(Debug, Deserialize, ToSchema)]
struct PasswordsResetByEmailRequest {
    /// The `token` that stood in the link.
    #[schema(value_type = String)]
    password_reset_token: Secret,
    /// The new password.
    #[schema(value_type = String)]
    password: Secret,
    /// The verifier whose challenge the link was asked for with.
    #[schema(value_type = Option<String>)]
    code_verifier: Option<Secret>,
    #[serde(flatten)]
    brought: Brought,
    #[serde(flatten)]
    terms: SessionTerms,
}

/// What came of a new password.
#[derive(Debug, Serialize, ToSchema)]
struct PasswordsResetByEmailResponse {
    #[serde(flatten)]
    authenticated: Authenticated,
    /// The id of the address that was proved.
    member_email_id: String,
}

async fn reset_by_email(
    call: Call,
    input: PasswordsResetByEmailRequest,
) -> Result<PasswordsResetByEmailResponse, WireError> {
    let terms = input.terms.terms(&call)?;
    let held = call.held_for(&input.brought, &terms).await?;
    let (token, verifier) = (&input.password_reset_token, input.code_verifier.as_ref());
    let (entered, email_id) = call
        .engine
        .reset_password_by_link(token, verifier, input.password, &held, &terms, &call.caller)
        .await?;
    Ok(PasswordsResetByEmailResponse {
        authenticated: Authenticated::of(&call, entered).await?,
        member_email_id: email_id.to_string(),
    })
}

/// A new password, in a session.
#[derive(Debug, Deserialize, ToSchema)]
struct PasswordsResetInSessionRequest {
    /// The organization: its id, slug or external id.
    organization_id: String,
    /// The new password.
    #[schema(value_type = String)]
    password: Secret,
    #[serde(flatten)]
    brought: BroughtSession,
    #[serde(flatten)]
    terms: SessionTerms,
}

async fn reset_in_session(
    call: Call,
    input: PasswordsResetInSessionRequest,
) -> Result<Authenticated, WireError> {
    let terms = input.terms.terms(&call)?;
    let organization = call.engine.api_organization(&input.organization_id).await?;
    let held = call.held_for(&input.brought.into(), &terms).await?;
    let signed_in = call
        .engine
        .reset_password_in_session(&organization, &held, input.password, &terms, &call.caller)
        .await?;
    Authenticated::signed_in(&call, &signed_in).await
}

/// A new password, by the present one.
#[derive(Debug, Deserialize, ToSchema)]
struct PasswordsResetByExistingRequest {
    /// The organization: its id, slug or external id.
    organization_id: String,
    /// The member's address.
    email_address: String,
    /// The present password.
    #[schema(value_type = String)]
    existing_password: Secret,
    /// The new password.
    #[schema(value_type = String)]
    new_password: Secret,
    /// A session of the member, which ends with all the others.
    #[serde(flatten)]
    brought: BroughtSession,
    #[serde(flatten)]
    terms: SessionTerms,
}

async fn reset_by_existing(
    call: Call,
    input: PasswordsResetByExistingRequest,
) -> Result<Authenticated, WireError> {
    let terms = input.terms.terms(&call)?;
    let address = address(&input.email_address)?;
    let organization = call.engine.api_organization(&input.organization_id).await?;
    call.held_for(&input.brought.into(), &terms).await?;
    let passwords = (input.existing_password, input.new_password);
    let entered = call
        .engine
        .reset_password_by_itself(&organization, &address, passwords, &terms, &call.caller)
        .await?;
    Authenticated::of(&call, entered).await
}

/// A password as another system had hashed it.
#[derive(Debug, Deserialize, ToSchema)]
struct PasswordsMigrateRequest {
    /// The organization: its id, slug or external id.
    organization_id: String,
    /// The member's address; they are made a member if they are none.
    email_address: String,
    /// The hash.
    #[schema(value_type = String)]
    hash: Secret,
    /// `bcrypt`, `md_5`, `argon_2i`, `argon_2id`, `sha_1`, `sha_512`, `scrypt`, `phpass` or `pbkdf_2`.
    hash_type: String,
    /// Salts of `md_5`.
    #[serde(default, deserialize_with = "object")]
    md_5_config: Option<SaltConfig>,
    /// Salts of `sha_1`.
    #[serde(default, deserialize_with = "object")]
    sha_1_config: Option<SaltConfig>,
    /// Salts of `sha_512`.
    #[serde(default, deserialize_with = "object")]
    sha_512_config: Option<SaltConfig>,
    /// Parameters of `argon_2i` and `argon_2id`, where the hash does not hold them.
    #[serde(default, deserialize_with = "object")]
    argon_2_config: Option<Argon2Config>,
    /// Parameters of `scrypt`, where the hash does not hold them.
    #[serde(default, deserialize_with = "object")]
    scrypt_config: Option<ScryptConfig>,
    /// Parameters of `pbkdf_2`, where the hash does not hold them.
    #[serde(default, deserialize_with = "object")]
    pbkdf_2_config: Option<Pbkdf2Config>,
    /// Their name.
    name: Option<String>,
    /// The application's own data.
    #[schema(value_type = Option<Object>)]
    trusted_metadata: Option<Map<String, Value>>,
    /// Data which members may write.
    #[schema(value_type = Option<Object>)]
    untrusted_metadata: Option<Map<String, Value>>,
    /// Roles that they are to have.
    roles: Option<Vec<String>>,
    /// Their phone.
    mfa_phone_number: Option<String>,
    /// Whether that number counts as proved.
    set_phone_number_verified: Option<bool>,
    /// The application's own id for them.
    external_id: Option<String>,
}

impl PasswordsMigrateRequest {
    /// What is said of the hash besides itself; of other kinds of hashes nothing is taken.
    fn settings(&mut self, kind: HashKind) -> HashSettings {
        match kind {
            HashKind::Md5 => self.md_5_config.take().map(HashSettings::from),
            HashKind::Sha1 => self.sha_1_config.take().map(HashSettings::from),
            HashKind::Sha512 => self.sha_512_config.take().map(HashSettings::from),
            HashKind::Argon2i | HashKind::Argon2id => self.argon_2_config.take().map(HashSettings::from),
            HashKind::Scrypt => self.scrypt_config.take().map(HashSettings::from),
            HashKind::Pbkdf2 => self.pbkdf_2_config.take().map(HashSettings::from),
            HashKind::Bcrypt | HashKind::Phpass => None,
        }
        .unwrap_or_default()
    }
}

async fn migrate(call: Call, mut input: PasswordsMigrateRequest) -> Result<Written, WireError> {
    let address = address(&input.email_address)?;
    let kind = HashKind::from_name(&input.hash_type).ok_or(Rule::HashType)?;
    let settings = input.settings(kind);
    let hash =
        ForeignHash::parse(kind, &input.hash, &settings).map_err(|error| Rule::Hash(error.to_string()))?;
    let organization = call.engine.api_organization(&input.organization_id).await?;
    let migration = MemberMigration {
        address,
        hash,
        name: input.name,
        trusted_metadata: input.trusted_metadata,
        untrusted_metadata: input.untrusted_metadata,
        roles: input.roles.map(role_ids).transpose()?,
        mfa_phone_number: input
            .mfa_phone_number
            .as_deref()
            .filter(|n| !n.is_empty())
            .map(phone)
            .transpose()?,
        phone_verified: input.set_phone_number_verified.unwrap_or_default(),
        external_id: input.external_id.filter(|id| !id.is_empty()),
    };
    let (member, created) = call.engine.migrate_password(&organization, migration, &call.caller).await?;
    let found = call.engine.api_shown(member, organization).await?;
    Ok(Written::of(&call, &found, created))
}

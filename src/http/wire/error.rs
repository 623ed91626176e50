//! Every way in which a call can fail, with Stytch's status and name for it.

use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    domain::InvalidClaims,
    flow::{
        Error, ErrorKind,
        api::{ApiError, Rule},
    },
};

/// A call that failed, as it is answered.
#[derive(Clone, Debug)]
pub(crate) struct WireError {
    pub(crate) status: StatusCode,
    pub(crate) error_type: &'static str,
    pub(crate) message: String,
}

/// The envelope of every failure.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ErrorResponse {
    /// The HTTP status.
    status_code: u16,
    /// Names this answer in logs.
    request_id: String,
    /// What is wrong, for programs.
    error_type: String,
    /// What is wrong and what to do, for people.
    error_message: String,
    /// Where Stytch documents the `error_type`.
    error_url: String,
}

impl ErrorResponse {
    pub(super) fn of(error: &WireError, request_id: String) -> Self {
        let status = error.status.as_u16();
        Self {
            status_code: status,
            request_id,
            error_type: error.error_type.to_owned(),
            error_message: error.message.clone(),
            error_url: format!("https://stytch.com/docs/b2b/api/errors/{status}#{}", error.error_type),
        }
    }
}

/// What kind of code was wrong, which decides what that is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tried {
    EmailOtp,
    SmsOtp,
    Totp,
    RecoveryCode,
}

impl WireError {
    pub(crate) fn new(status: StatusCode, error_type: &'static str, message: &str) -> Self {
        Self { status, error_type, message: sentence(message) }
    }

    pub(crate) fn bad_request(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    pub(crate) fn route_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "route_not_found", "there is no such route; check path and method")
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this route takes another method")
    }

    pub(crate) fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "request_too_large",
            "the body is longer than 256 KiB; send less",
        )
    }

    pub(crate) fn too_late() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "request_timeout",
            "the body did not arrive within 30 seconds; call again",
        )
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized_credentials",
            "project id and secret do not belong together; send them by Basic authentication",
        )
    }

    /// No key of a map that is answered is anything but a text, so this does not happen.
    pub(crate) fn unwritable() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_server_error", "the answer can't be written")
    }

    /// What made the answer has panicked, which nothing that a call holds can bring about.
    pub(crate) fn broken() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_server_error", "the call failed; call again")
    }

    pub(crate) fn not_for_members() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "session_authorization_error",
            "this can't be called on behalf of a member; leave the header with their session out",
        )
    }

    pub(crate) fn no_redirect(error_type: &'static str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            error_type,
            "no redirect URL is given, and none is configured for links of this kind",
        )
    }

    pub(crate) fn setting(error_type: &'static str, field: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error_type, &format!("{field} has a value that it can't have"))
    }

    pub(crate) fn unknown_default_method() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "invalid_mfa_default_method",
            "default_mfa_method is sms_otp or totp",
        )
    }

    pub(crate) fn project_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "project_not_found", "this is another project; check its id")
    }

    pub(crate) fn unavailable_operation(what: &str) -> Self {
        Self::new(
            // No 501: SDKs try again what the server is to blame for.
            StatusCode::BAD_REQUEST,
            "operation_not_available",
            &format!("operation not available: {what}"),
        )
    }

    /// What is wrong with a code of this kind.
    pub(crate) fn tried(tried: Tried, error: impl Into<ApiError>) -> Self {
        let error = match error.into() {
            // Whether a phone is set up was told when the code was sent: what is missing is the code.
            ApiError::Flow(flow) if tried == Tried::SmsOtp && *flow.kind() == ErrorKind::NotEnrolled => {
                Error::from(ErrorKind::SpentCode).into()
            }
            error => error,
        };
        let ApiError::Flow(flow) = &error else { return error.into() };
        use Tried::{EmailOtp, RecoveryCode, SmsOtp, Totp};
        let (status, error_type) = match (flow.kind(), tried) {
            (ErrorKind::MalformedCode, Totp) => (400, "invalid_totp_code"),
            (ErrorKind::MalformedCode, RecoveryCode) => (400, "invalid_recovery_code"),
            (ErrorKind::MalformedCode, _) => (400, "invalid_code"),
            (ErrorKind::WrongCode, EmailOtp | SmsOtp) => (404, "otp_code_not_found"),
            (ErrorKind::WrongCode, Totp) => (401, "unable_to_authenticate_totp"),
            (ErrorKind::WrongCode, RecoveryCode) => (401, "unable_to_authenticate_recovery_code"),
            (ErrorKind::ReplayedCode, _) => (400, "totp_code_already_authenticated"),
            (ErrorKind::SpentCode, _) => (401, "unable_to_auth_otp_code"),
            (ErrorKind::NotEnrolled, Totp) => (404, "totp_not_found"),
            (ErrorKind::NotEnrolled, RecoveryCode) => (404, "no_active_recovery_code_backed_factor"),
            _ => return error.into(),
        };
        Self::of(status, error_type, &error.to_string())
    }

    fn of(status: u16, error_type: &'static str, message: &str) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::new(status, error_type, message)
    }
}

impl From<ApiError> for WireError {
    fn from(error: ApiError) -> Self {
        match &error {
            ApiError::Flow(flow) => flow.clone().into(),
            ApiError::Rule(rule) => {
                let (status, error_type) = of_rule(rule);
                Self::of(status, error_type, &error.to_string())
            }
        }
    }
}

impl From<Error> for WireError {
    fn from(error: Error) -> Self {
        if matches!(error.kind(), ErrorKind::Unavailable) {
            tracing::error!(error = &error as &dyn std::error::Error, "a call failed");
        }
        let (status, error_type) = of_flow(error.kind());
        Self::of(status, error_type, &error.to_string())
    }
}

impl From<Rule> for WireError {
    fn from(rule: Rule) -> Self {
        ApiError::from(rule).into()
    }
}

fn of_flow(kind: &ErrorKind) -> (u16, &'static str) {
    match kind {
        ErrorKind::IntermediateSessionNotFound => (404, "intermediate_session_not_found"),
        ErrorKind::SessionNotFound => (404, "session_not_found"),
        ErrorKind::OrganizationNotFound => (404, "organization_not_found"),
        ErrorKind::MemberNotFound => (404, "member_not_found"),
        ErrorKind::MalformedCode => (400, "invalid_code"),
        ErrorKind::WrongCode => (404, "otp_code_not_found"),
        ErrorKind::SpentCode | ErrorKind::NotEnrolled => (401, "unable_to_auth_otp_code"),
        ErrorKind::ReplayedCode => (400, "totp_code_already_authenticated"),
        ErrorKind::UnknownLink => (404, "magic_link_not_found"),
        ErrorKind::SpentLink => (401, "unable_to_auth_magic_link"),
        ErrorKind::WrongPassword => (401, "password_does_not_match"),
        ErrorKind::WeakPassword(_) => (400, "weak_password"),
        ErrorKind::Locked => (429, "user_lock_limit_reached"),
        ErrorKind::TooManyRequests => (429, "too_many_requests"),
        ErrorKind::PrimaryRequired => (400, "action_available_only_once_primary_authentication_is_met"),
        ErrorKind::FreshFactorRequired(_) => (401, "insufficient_factors"),
        ErrorKind::PhoneExists => (400, "duplicate_member_phone_number_for_member"),
        ErrorKind::ChallengeNotFound => (404, "session_not_found"),
        ErrorKind::FactorNotAccepted => (400, "operation_restricted_by_organization_mfa_methods"),
        ErrorKind::Address(address) => match address {
            crate::domain::InvalidAddress::Email => (400, "invalid_email"),
            crate::domain::InvalidAddress::Phone => (400, "invalid_phone_number"),
            crate::domain::InvalidAddress::Domain => (400, "organization_settings_invalid_domain"),
            crate::domain::InvalidAddress::Slug => (400, "invalid_organization_slug"),
        },
        ErrorKind::Claims(InvalidClaims::TooLarge) => (400, "custom_claims_too_large"),
        ErrorKind::Claims(InvalidClaims::Reserved(name)) if name.starts_with("https://stytch.com/") => {
            (400, "stytch_claims_in_custom_claims")
        }
        ErrorKind::Claims(InvalidClaims::Reserved(_)) => (400, "reserved_claims_in_custom_claims"),
        ErrorKind::Duration => (400, "invalid_session_duration_minutes"),
        ErrorKind::OrganizationName => (400, "invalid_organization_name"),
        ErrorKind::SlugTaken => (400, "organization_slug_already_used"),
        ErrorKind::CreationDisabled => (403, "organization_creation_not_allowed"),
        ErrorKind::NotVouchable => (500, "internal_server_error"),
        ErrorKind::Busy | ErrorKind::Unavailable => (503, "server_unavailable"),
    }
}

fn of_rule(rule: &Rule) -> (u16, &'static str) {
    match rule {
        Rule::OrganizationNotFound => (404, "organization_not_found"),
        Rule::MemberNotFound | Rule::NobodyFound => (404, "member_not_found"),
        Rule::PasswordNotFound => (404, "member_password_not_found"),
        Rule::EmailNotFound => (404, "email_not_found"),
        Rule::AuthMethodNotAllowed => (400, "operation_restricted_by_organization_auth_methods"),
        Rule::MfaMethodNotAllowed => (400, "operation_restricted_by_organization_mfa_methods"),
        Rule::JitNotAllowed => (400, "email_jit_provisioning_not_allowed"),
        Rule::JitDomain => (400, "invalid_email_for_jit_provisioning"),
        Rule::InviteNotAllowed => (400, "invalid_email_for_invites"),
        Rule::AlreadyMember | Rule::EmailTaken => (400, "duplicate_member_email"),
        Rule::DomainClaimed => (400, "action_not_allowed_email_domain_is_claimed"),
        Rule::NotActive => (400, "action_available_only_for_active_members"),
        Rule::OtherMember => (400, "member_session_member_id_mismatch"),
        Rule::NoSession => (400, "no_session_arguments"),
        Rule::ManySessions => (400, "too_many_session_arguments"),
        Rule::JwtForm => (400, "unable_to_parse_session_jwt"),
        Rule::NoSelector => (400, "no_session_revoke_arguments"),
        Rule::ManySelectors => (400, "too_many_session_revoke_arguments"),
        Rule::NotForOrganization => (400, "invalid_intermediate_session_token_for_organization"),
        Rule::MissingFactor => (401, "insufficient_factors"),
        Rule::StaleFactor => (401, "stale_factors"),
        Rule::TotpExists => (400, "active_totp_exists"),
        Rule::TotpExpired => (400, "expired_totp"),
        Rule::TotpNotFound => (404, "totp_not_found"),
        Rule::RecoveryCodesNotFound => (404, "recovery_codes_not_found"),
        Rule::PhoneNotFound => (404, "member_phone_number_not_found"),
        Rule::PhoneExists => (400, "duplicate_member_phone_number_for_member"),
        Rule::NoSms => (400, "missing_sms_parameter"),
        Rule::TotpSecret => (400, "invalid_totp_secret"),
        Rule::RecoveryCodeForm => (400, "invalid_recovery_code"),
        Rule::RecoveryCodeAsTotp => (400, "recovery_code_used_as_totp_code"),
        Rule::TotpAsRecoveryCode => (400, "totp_code_used_as_recovery_code"),
        Rule::NothingDiscovers => (400, "invalid_session_missing_primary_factor"),
        Rule::NothingTransfers => (400, "insufficient_factors_for_session_exchange"),
        Rule::PkceMismatch => (400, "pkce_mismatch"),
        Rule::PkceMissing => (400, "pkce_expected_code_verifier"),
        Rule::PkceUnexpected => (400, "pkce_did_not_expect_code_verifier"),
        Rule::PkceChallenge => (400, "invalid_pkce_code_challenge"),
        Rule::UnknownRedirect => (400, "no_match_for_provided_magic_link_url"),
        Rule::Minutes(..) => (400, "invalid_expiration"),
        Rule::SessionTooLong(_) => (400, "invalid_session_duration"),
        Rule::StaleSession => (401, "session_too_old_to_reset_password"),
        Rule::ResetTokenUnknown | Rule::ResetTokenSpent => (401, "unable_to_auth_password_reset_token"),
        Rule::OrganizationName => (400, "invalid_organization_name"),
        Rule::OrganizationSlug => (400, "invalid_organization_slug"),
        Rule::SlugTaken => (400, "organization_slug_already_used"),
        Rule::OrganizationExternalIdTaken => (400, "organization_external_id_already_used"),
        Rule::LogoUrl => (400, "invalid_organization_logo_url"),
        Rule::ExternalIdForm => (400, "invalid_external_id"),
        Rule::NoWayIn => (400, "invalid_organization_auth_factor_setting"),
        Rule::AuthMethodsRequired => (400, "allowed_auth_methods_required_for_restricted"),
        Rule::MfaMethodsRequired => (400, "allowed_mfa_methods_required_for_restricted"),
        Rule::AuthMethodName => (400, "invalid_organization_allowed_auth_methods"),
        Rule::MfaMethodName => (400, "invalid_organization_allowed_mfa_methods"),
        Rule::DomainsRequired => (400, "invalid_restricted_email_setting"),
        Rule::DomainTooCommon(_) => (400, "organization_settings_domain_too_common"),
        Rule::DomainForm(_) => (400, "organization_settings_invalid_domain"),
        Rule::DomainTwice(_) | Rule::ClaimedTwice => (400, "organization_settings_duplicate_domain"),
        Rule::UnknownRole(_) => (400, "invalid_rbac_role_assignment"),
        Rule::RoleForm(_) => (400, "invalid_rbac_custom_role"),
        Rule::Setting(_) | Rule::Search(_) => (400, "invalid_argument"),
        Rule::Hash(_) => (400, "invalid_hash"),
        Rule::HashType => (400, "invalid_hash_type"),
        Rule::MemberNames => (400, "invalid_member_get_fields"),
        Rule::MetadataTooLarge => (400, "metadata_too_large"),
        Rule::MetadataKeys => (400, "metadata_too_many_keys"),
        Rule::MemberExternalIdTaken => (400, "duplicate_member_external_id"),
        Rule::OwnEmail => (400, "member_cannot_update_their_email_address"),
        Rule::DefaultMethodMissing => (400, "default_mfa_member_missing_factor"),
        Rule::NotDeleted => (400, "no_deleted_member_found_for_reactivation"),
        Rule::NotPermitted { .. } | Rule::NotAuthorized => (403, "session_authorization_error"),
        Rule::Tenancy => (403, "session_authorization_tenancy_error"),
        Rule::CrossOrganizationPasswords => (400, "cross_org_passwords_not_enabled"),
    }
}

/// With a capital at its start and a stop at its end.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str().trim_end_matches('.')),
        None => String::new(),
    }
}

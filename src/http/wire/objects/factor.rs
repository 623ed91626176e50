//! A factor of a session.

use serde::Serialize;
use utoipa::ToSchema;

use super::Time;
use crate::domain::{Factor, FactorClass, FactorKind, OauthProvider, Subject};

/// One proof that a session rests on. Besides what all have, each kind has an object of its own.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AuthenticationFactor {
    /// How it was proved.
    #[serde(rename = "type")]
    kind: FactorType,
    /// By which way.
    delivery_method: DeliveryMethod,
    /// Whether it is a first or a second factor. SDKs pass it over.
    sequence_order: SequenceOrder,
    /// When it was proved last.
    last_authenticated_at: Time,
    /// When it was proved first.
    created_at: Time,
    /// The same as `last_authenticated_at`, for the SDKs' sake.
    updated_at: Time,
    /// The address, of what was sent by email.
    #[serde(skip_serializing_if = "Option::is_none")]
    email_factor: Option<EmailFactor>,
    /// The phone, of what was sent by SMS.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number_factor: Option<PhoneNumberFactor>,
    /// The authenticator app.
    #[serde(skip_serializing_if = "Option::is_none")]
    authenticator_app_factor: Option<AuthenticatorAppFactor>,
    /// The set of recovery codes.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_code_factor: Option<RecoveryCodeFactor>,
    /// An account at Google.
    #[serde(skip_serializing_if = "Option::is_none")]
    google_oauth_factor: Option<OauthFactor>,
    /// An account at Microsoft.
    #[serde(skip_serializing_if = "Option::is_none")]
    microsoft_oauth_factor: Option<OauthFactor>,
    /// An account at Slack.
    #[serde(skip_serializing_if = "Option::is_none")]
    slack_oauth_factor: Option<OauthFactor>,
    /// An account at GitHub.
    #[serde(skip_serializing_if = "Option::is_none")]
    github_oauth_factor: Option<OauthFactor>,
    /// An account at HubSpot.
    #[serde(skip_serializing_if = "Option::is_none")]
    hubspot_oauth_factor: Option<OauthFactor>,
    /// Single sign-on by OpenID Connect.
    #[serde(skip_serializing_if = "Option::is_none")]
    oidc_sso_factor: Option<SsoFactor>,
}

/// How a factor was proved. SDKs know these names and some that nothing has here, and no others.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum FactorType {
    /// By a link sent by email.
    MagicLink,
    /// By a code sent by email.
    EmailOtp,
    /// By a password.
    Password,
    /// By an account elsewhere.
    Oauth,
    /// By single sign-on.
    Sso,
    /// By a code sent by SMS.
    Otp,
    /// By a code of an authenticator app.
    Totp,
    /// By a recovery code.
    RecoveryCodes,
}

/// By which way a factor was proved. SDKs know these names and some that nothing has here, and no others.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum DeliveryMethod {
    /// By email.
    Email,
    /// By what one knows.
    Knowledge,
    /// By Google.
    OauthGoogle,
    /// By Microsoft.
    OauthMicrosoft,
    /// By Slack.
    OauthSlack,
    /// By GitHub.
    OauthGithub,
    /// By HubSpot.
    OauthHubspot,
    /// By OpenID Connect.
    SsoOidc,
    /// By SMS.
    Sms,
    /// By an authenticator app.
    AuthenticatorApp,
    /// By a recovery code.
    RecoveryCode,
}

/// Whether a factor is a first or a second one.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum SequenceOrder {
    /// It opens a sign-in.
    Primary,
    /// It adds to one.
    Secondary,
}

/// An email address that was proved.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct EmailFactor {
    /// Its id.
    email_id: String,
    /// The address.
    email_address: String,
}

/// A phone that was proved.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct PhoneNumberFactor {
    /// Its id.
    phone_id: String,
    /// The number, in E.164 form.
    phone_number: String,
}

/// An authenticator app of which a code was proved.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct AuthenticatorAppFactor {
    /// Its id.
    totp_id: String,
}

/// A recovery code that was used.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct RecoveryCodeFactor {
    /// The id of the authenticator app that it stood in for.
    totp_recovery_code_id: String,
}

/// An account elsewhere, for which the application has vouched.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct OauthFactor {
    /// Its id.
    id: String,
    /// The person's id there.
    provider_subject: String,
    /// The id of the address that it proved.
    email_id: Option<String>,
}

/// Single sign-on, for which the application has vouched.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct SsoFactor {
    /// Its id.
    id: String,
    /// The provider's id; empty, since the application alone knows it. For the SDKs' sake.
    provider_id: String,
    /// The person's id there.
    external_id: String,
}

impl From<&Factor> for AuthenticationFactor {
    fn from(factor: &Factor) -> Self {
        let id = || factor.credential_id.to_string();
        let address = match &factor.subject {
            Subject::Email(address) | Subject::Named { address, .. } => Some(address),
            Subject::Phone(_) | Subject::Member(_) => None,
        };
        let by_email = matches!(factor.kind, FactorKind::MagicLink | FactorKind::EmailOtp);
        let number = match &factor.subject {
            Subject::Phone(number) if factor.kind == FactorKind::Otp => Some(number),
            _ => None,
        };
        let of = |kind| (factor.kind == kind).then(id);
        let oauth = |provider| {
            of(FactorKind::Oauth(provider)).map(|id| OauthFactor {
                provider_subject: id.clone(),
                email_id: address.map(|_| id.clone()),
                id,
            })
        };
        Self {
            kind: factor.kind.into(),
            delivery_method: factor.kind.into(),
            sequence_order: match factor.kind.class() {
                FactorClass::Primary => SequenceOrder::Primary,
                FactorClass::Secondary => SequenceOrder::Secondary,
            },
            last_authenticated_at: factor.last_authenticated_at.into(),
            created_at: factor.created_at.into(),
            updated_at: factor.last_authenticated_at.into(),
            email_factor: address
                .filter(|_| by_email)
                .map(|address| EmailFactor { email_id: id(), email_address: address.to_string() }),
            phone_number_factor: number
                .map(|number| PhoneNumberFactor { phone_id: id(), phone_number: number.to_string() }),
            authenticator_app_factor: of(FactorKind::Totp).map(|totp_id| AuthenticatorAppFactor { totp_id }),
            recovery_code_factor: of(FactorKind::RecoveryCodes)
                .map(|totp_recovery_code_id| RecoveryCodeFactor { totp_recovery_code_id }),
            google_oauth_factor: oauth(OauthProvider::Google),
            microsoft_oauth_factor: oauth(OauthProvider::Microsoft),
            slack_oauth_factor: oauth(OauthProvider::Slack),
            github_oauth_factor: oauth(OauthProvider::Github),
            hubspot_oauth_factor: oauth(OauthProvider::Hubspot),
            oidc_sso_factor: of(FactorKind::Sso).map(|id| SsoFactor {
                provider_id: String::new(),
                external_id: id.clone(),
                id,
            }),
        }
    }
}

impl From<FactorKind> for FactorType {
    fn from(kind: FactorKind) -> Self {
        match kind {
            FactorKind::MagicLink => Self::MagicLink,
            FactorKind::EmailOtp => Self::EmailOtp,
            FactorKind::Password => Self::Password,
            FactorKind::Oauth(_) => Self::Oauth,
            FactorKind::Sso => Self::Sso,
            FactorKind::Otp => Self::Otp,
            FactorKind::Totp => Self::Totp,
            FactorKind::RecoveryCodes => Self::RecoveryCodes,
        }
    }
}

impl From<FactorKind> for DeliveryMethod {
    fn from(kind: FactorKind) -> Self {
        match kind {
            FactorKind::MagicLink | FactorKind::EmailOtp => Self::Email,
            FactorKind::Password => Self::Knowledge,
            FactorKind::Oauth(OauthProvider::Google) => Self::OauthGoogle,
            FactorKind::Oauth(OauthProvider::Microsoft) => Self::OauthMicrosoft,
            FactorKind::Oauth(OauthProvider::Slack) => Self::OauthSlack,
            FactorKind::Oauth(OauthProvider::Github) => Self::OauthGithub,
            FactorKind::Oauth(OauthProvider::Hubspot) => Self::OauthHubspot,
            FactorKind::Sso => Self::SsoOidc,
            FactorKind::Otp => Self::Sms,
            FactorKind::Totp => Self::AuthenticatorApp,
            FactorKind::RecoveryCodes => Self::RecoveryCode,
        }
    }
}

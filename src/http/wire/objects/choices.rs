//! Settings that are one of a few values: SDKs know these and no others.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    domain::{self, Admits, EmailInvites},
    flow::api,
};

/// Who or what is let in.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Admission {
    /// Everybody.
    AllAllowed,
    /// What a list names.
    Restricted,
    /// Nobody.
    NotAllowed,
}

/// Whether people may join by themselves.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum JitProvisioning {
    /// Those whom a list names.
    Restricted,
    /// Nobody.
    NotAllowed,
}

/// Whether all methods are accepted or those of a list.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Restriction {
    /// All.
    AllAllowed,
    /// Those of the list.
    Restricted,
}

/// Whether a second factor is demanded of everybody.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum MfaPolicy {
    /// Of those alone who have chosen one.
    Optional,
    /// Of everybody.
    RequiredForAll,
}

/// A first factor, as organizations accept them.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AuthMethod {
    /// Single sign-on.
    Sso,
    /// A link sent by email.
    MagicLink,
    /// A code sent by email.
    EmailOtp,
    /// A password.
    Password,
    /// An account at Google.
    GoogleOauth,
    /// An account at Microsoft.
    MicrosoftOauth,
    /// An account at Slack.
    SlackOauth,
    /// An account at GitHub.
    GithubOauth,
    /// An account at HubSpot.
    HubspotOauth,
}

/// A second factor, as organizations accept them.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MfaMethod {
    /// A code sent by SMS.
    SmsOtp,
    /// A code of an authenticator app.
    Totp,
}

/// What is sent to an address that is to become a member's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub(crate) enum EmailUpdateDelivery {
    /// A link.
    #[serde(rename = "EMAIL_MAGIC_LINK")]
    MagicLink,
    /// A code.
    #[serde(rename = "EMAIL_OTP")]
    Otp,
}

impl From<Admits> for Admission {
    fn from(admits: Admits) -> Self {
        match admits {
            Admits::AllAllowed => Self::AllAllowed,
            Admits::Restricted => Self::Restricted,
            Admits::NotAllowed => Self::NotAllowed,
        }
    }
}

impl From<Admission> for Admits {
    fn from(admission: Admission) -> Self {
        match admission {
            Admission::AllAllowed => Self::AllAllowed,
            Admission::Restricted => Self::Restricted,
            Admission::NotAllowed => Self::NotAllowed,
        }
    }
}

impl From<EmailInvites> for Admission {
    fn from(invites: EmailInvites) -> Self {
        match invites {
            EmailInvites::AllAllowed => Self::AllAllowed,
            EmailInvites::Restricted => Self::Restricted,
            EmailInvites::NotAllowed => Self::NotAllowed,
        }
    }
}

impl From<Admission> for EmailInvites {
    fn from(admission: Admission) -> Self {
        match admission {
            Admission::AllAllowed => Self::AllAllowed,
            Admission::Restricted => Self::Restricted,
            Admission::NotAllowed => Self::NotAllowed,
        }
    }
}

impl From<domain::JitProvisioning> for JitProvisioning {
    fn from(jit: domain::JitProvisioning) -> Self {
        match jit {
            domain::JitProvisioning::Restricted => Self::Restricted,
            domain::JitProvisioning::NotAllowed => Self::NotAllowed,
        }
    }
}

impl From<JitProvisioning> for domain::JitProvisioning {
    fn from(jit: JitProvisioning) -> Self {
        match jit {
            JitProvisioning::Restricted => Self::Restricted,
            JitProvisioning::NotAllowed => Self::NotAllowed,
        }
    }
}

impl From<Restriction> for api::Restriction {
    fn from(restriction: Restriction) -> Self {
        match restriction {
            Restriction::AllAllowed => Self::AllAllowed,
            Restriction::Restricted => Self::Restricted,
        }
    }
}

impl From<domain::MfaPolicy> for MfaPolicy {
    fn from(policy: domain::MfaPolicy) -> Self {
        match policy {
            domain::MfaPolicy::Optional => Self::Optional,
            domain::MfaPolicy::RequiredForAll => Self::RequiredForAll,
        }
    }
}

impl From<MfaPolicy> for domain::MfaPolicy {
    fn from(policy: MfaPolicy) -> Self {
        match policy {
            MfaPolicy::Optional => Self::Optional,
            MfaPolicy::RequiredForAll => Self::RequiredForAll,
        }
    }
}

impl From<domain::AuthMethod> for AuthMethod {
    fn from(method: domain::AuthMethod) -> Self {
        match method {
            domain::AuthMethod::Sso => Self::Sso,
            domain::AuthMethod::MagicLink => Self::MagicLink,
            domain::AuthMethod::EmailOtp => Self::EmailOtp,
            domain::AuthMethod::Password => Self::Password,
            domain::AuthMethod::GoogleOauth => Self::GoogleOauth,
            domain::AuthMethod::MicrosoftOauth => Self::MicrosoftOauth,
            domain::AuthMethod::SlackOauth => Self::SlackOauth,
            domain::AuthMethod::GithubOauth => Self::GithubOauth,
            domain::AuthMethod::HubspotOauth => Self::HubspotOauth,
        }
    }
}

impl From<domain::MfaMethod> for MfaMethod {
    fn from(method: domain::MfaMethod) -> Self {
        match method {
            domain::MfaMethod::SmsOtp => Self::SmsOtp,
            domain::MfaMethod::Totp => Self::Totp,
        }
    }
}

//! A factor: one proof of who somebody is.

use serde::{Deserialize, Serialize};

use super::{
    AuthMethod, CredentialId, EmailAddress, MemberId, MfaMethod, OrganizationId, PhoneNumber, Timestamp,
};

/// One proof: of what kind, of whom, when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factor {
    /// How it was proved.
    pub kind: FactorKind,
    /// Whose credential it proved. A factor counts in an organization only through this.
    pub subject: Subject,
    /// The credential: the address, phone, app or password that was used.
    pub credential_id: CredentialId,
    /// When it was proved, last.
    pub last_authenticated_at: Timestamp,
    /// When it was proved first.
    pub created_at: Timestamp,
}

impl Factor {
    /// A proof made just now.
    #[must_use]
    pub fn new(kind: FactorKind, subject: Subject, credential_id: CredentialId, now: Timestamp) -> Self {
        Self { kind, subject, credential_id, last_authenticated_at: now, created_at: now }
    }

    /// The address it is about, where it is about one.
    #[must_use]
    pub fn address(&self) -> Option<&EmailAddress> {
        match &self.subject {
            Subject::Email(address) | Subject::Named { address, .. } => Some(address),
            Subject::Phone(_) | Subject::Member(_) => None,
        }
    }

    /// Adds this to `held`; a repeat of the same credential replaces the older proof of it.
    pub fn add_to(mut self, held: &mut Vec<Self>) {
        let twin = held.iter_mut().find(|other| {
            (other.kind, &other.subject, &other.credential_id)
                == (self.kind, &self.subject, &self.credential_id)
        });
        match twin {
            Some(other) => {
                self.created_at = other.created_at;
                self.last_authenticated_at = self.last_authenticated_at.max(other.last_authenticated_at);
                *other = self;
            }
            None => held.push(self),
        }
    }
}

/// Whose credential a factor proved.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// Whoever reads the mail to this address.
    Email(EmailAddress),
    /// Whoever reads the messages to this number.
    Phone(PhoneNumber),
    /// One member, by a credential that is theirs alone (password, authenticator app, recovery code).
    Member(MemberId),
    /// Somebody whom the application knows under an address that is not proved: counts in the named
    /// organizations only, and never lets anybody join.
    Named {
        /// The address that the application has for them.
        address: EmailAddress,
        /// Where the application vouches for them.
        organizations: Vec<OrganizationId>,
    },
}

/// How a factor was proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorKind {
    /// By opening a link sent by email.
    MagicLink,
    /// By a code sent by email.
    EmailOtp,
    /// By a password.
    Password,
    /// By an account elsewhere.
    Oauth(OauthProvider),
    /// By single sign-on.
    Sso,
    /// By a code sent by SMS. Called plainly `otp` on the wire.
    Otp,
    /// By a code of an authenticator app.
    Totp,
    /// By a recovery code.
    RecoveryCodes,
}

impl FactorKind {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MagicLink => "magic_link",
            Self::EmailOtp => "email_otp",
            Self::Password => "password",
            Self::Oauth(_) => "oauth",
            Self::Sso => "sso",
            Self::Otp => "otp",
            Self::Totp => "totp",
            Self::RecoveryCodes => "recovery_codes",
        }
    }

    /// The way it came by, as the wire names it.
    #[must_use]
    pub fn delivery_method(self) -> &'static str {
        match self {
            Self::MagicLink | Self::EmailOtp => "email",
            Self::Password => "knowledge",
            Self::Oauth(OauthProvider::Google) => "oauth_google",
            Self::Oauth(OauthProvider::Microsoft) => "oauth_microsoft",
            Self::Oauth(OauthProvider::Slack) => "oauth_slack",
            Self::Oauth(OauthProvider::Github) => "oauth_github",
            Self::Oauth(OauthProvider::Hubspot) => "oauth_hubspot",
            Self::Sso => "sso_oidc",
            Self::Otp => "sms",
            Self::Totp => "authenticator_app",
            Self::RecoveryCodes => "recovery_code",
        }
    }

    /// Whether it is a first or a second factor.
    #[must_use]
    pub fn class(self) -> FactorClass {
        match self {
            Self::MagicLink | Self::EmailOtp | Self::Password | Self::Oauth(_) | Self::Sso => {
                FactorClass::Primary
            }
            Self::Otp | Self::Totp | Self::RecoveryCodes => FactorClass::Secondary,
        }
    }

    /// What an organization must allow for this to count as a first factor.
    #[must_use]
    pub fn auth_method(self) -> Option<AuthMethod> {
        match self {
            Self::MagicLink => Some(AuthMethod::MagicLink),
            Self::EmailOtp => Some(AuthMethod::EmailOtp),
            Self::Password => Some(AuthMethod::Password),
            Self::Oauth(OauthProvider::Google) => Some(AuthMethod::GoogleOauth),
            Self::Oauth(OauthProvider::Microsoft) => Some(AuthMethod::MicrosoftOauth),
            Self::Oauth(OauthProvider::Slack) => Some(AuthMethod::SlackOauth),
            Self::Oauth(OauthProvider::Github) => Some(AuthMethod::GithubOauth),
            Self::Oauth(OauthProvider::Hubspot) => Some(AuthMethod::HubspotOauth),
            Self::Sso => Some(AuthMethod::Sso),
            Self::Otp | Self::Totp | Self::RecoveryCodes => None,
        }
    }

    /// What an organization must allow for this to count as a second factor. Recovery codes stand
    /// in for the authenticator app.
    #[must_use]
    pub fn mfa_method(self) -> Option<MfaMethod> {
        match self {
            Self::Otp => Some(MfaMethod::SmsOtp),
            Self::Totp | Self::RecoveryCodes => Some(MfaMethod::Totp),
            Self::MagicLink | Self::EmailOtp | Self::Password | Self::Oauth(_) | Self::Sso => None,
        }
    }
}

/// First or second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorClass {
    /// Opens a sign-in.
    Primary,
    /// Adds to it.
    Secondary,
}

/// Where an account of somebody lies that an application lets them sign in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OauthProvider {
    /// Google.
    Google,
    /// Microsoft.
    Microsoft,
    /// Slack.
    Slack,
    /// GitHub.
    Github,
    /// HubSpot.
    Hubspot,
}

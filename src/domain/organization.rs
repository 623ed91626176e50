//! An organization and its policy.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Domain, Federation, OrganizationId, Role, RoleId, Slug, Timestamp};

/// A tenant: who may join it, by which factors, with which roles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Organization {
    /// Its id.
    pub organization_id: OrganizationId,
    /// Its name as shown to people, 1 to 128 characters.
    pub organization_name: String,
    /// Its name in URLs; unique in the project.
    pub organization_slug: Slug,
    /// Where its logo lies; empty for none.
    pub organization_logo_url: String,
    /// The application's own id for it, unique in the project.
    pub organization_external_id: Option<String>,
    /// Domains whose addresses may join or be invited where the settings below are restricted to them.
    pub email_allowed_domains: BTreeSet<Domain>,
    /// Domains that are this organization's alone: nobody with such an address joins or is invited
    /// elsewhere, or creates an organization with it. No other organization claims one of them.
    #[serde(default)]
    pub claimed_email_domains: BTreeSet<Domain>,
    /// Whether people with an allowed domain may join by themselves.
    pub email_jit_provisioning: JitProvisioning,
    /// Whom members may invite.
    pub email_invites: EmailInvites,
    /// The first factors it accepts.
    pub auth_methods: Allowed<AuthMethod>,
    /// The second factors it accepts.
    pub mfa_methods: Allowed<MfaMethod>,
    /// Whether it demands a second factor from everybody.
    pub mfa_policy: MfaPolicy,
    /// Roles that members have because of their address's domain.
    pub rbac_email_implicit_role_assignments: Vec<ImplicitRole>,
    /// Roles that exist in this organization only.
    pub custom_roles: Vec<Role>,
    /// Settings of doors that are not built yet.
    #[serde(default)]
    pub federation: Federation,
    /// The application's own data, which members can't write.
    pub trusted_metadata: Map<String, Value>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Organization {
    /// A new organization with Stytch's defaults: every method allowed, MFA optional, nobody joins
    /// by themselves, everybody may be invited.
    #[must_use]
    pub fn new(id: OrganizationId, name: impl Into<String>, slug: Slug, now: Timestamp) -> Self {
        Self {
            organization_id: id,
            organization_name: name.into(),
            organization_slug: slug,
            organization_logo_url: String::new(),
            organization_external_id: None,
            email_allowed_domains: BTreeSet::new(),
            claimed_email_domains: BTreeSet::new(),
            email_jit_provisioning: JitProvisioning::NotAllowed,
            email_invites: EmailInvites::AllAllowed,
            auth_methods: Allowed::All,
            mfa_methods: Allowed::All,
            mfa_policy: MfaPolicy::Optional,
            rbac_email_implicit_role_assignments: Vec::new(),
            custom_roles: Vec::new(),
            federation: Federation::default(),
            trusted_metadata: Map::new(),
            created_at: now,
            updated_at: now,
        }
    }
}

/// Whether people with an allowed email domain may join by themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JitProvisioning {
    /// With an address of `email_allowed_domains`.
    Restricted,
    /// Nobody.
    #[default]
    NotAllowed,
}

/// Whom members may invite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EmailInvites {
    /// Every address.
    #[default]
    AllAllowed,
    /// Addresses of `email_allowed_domains`.
    Restricted,
    /// Nobody.
    NotAllowed,
}

/// Whether an organization demands a second factor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MfaPolicy {
    /// From those members only who chose to have one.
    #[default]
    Optional,
    /// From every member.
    RequiredForAll,
}

/// All methods of a kind, or the listed ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Allowed<M: Ord> {
    /// Every method.
    #[default]
    All,
    /// Only these. An empty list allows nothing.
    Restricted(BTreeSet<M>),
}

impl<M: Ord> Allowed<M> {
    /// Only these methods.
    pub fn only(methods: impl IntoIterator<Item = M>) -> Self {
        Self::Restricted(methods.into_iter().collect())
    }

    /// Whether `method` is among the allowed ones.
    #[must_use]
    pub fn allows(&self, method: &M) -> bool {
        match self {
            Self::All => true,
            Self::Restricted(methods) => methods.contains(method),
        }
    }
}

/// A way to prove a first factor, as organizations allow them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// Single sign-on.
    Sso,
    /// A link sent by email.
    MagicLink,
    /// A code sent by email.
    EmailOtp,
    /// A password.
    Password,
    /// Google.
    GoogleOauth,
    /// Microsoft.
    MicrosoftOauth,
    /// Slack.
    SlackOauth,
    /// GitHub.
    GithubOauth,
    /// HubSpot.
    HubspotOauth,
}

impl AuthMethod {
    /// Every method.
    pub const ALL: [Self; 9] = [
        Self::Sso,
        Self::MagicLink,
        Self::EmailOtp,
        Self::Password,
        Self::GoogleOauth,
        Self::MicrosoftOauth,
        Self::SlackOauth,
        Self::GithubOauth,
        Self::HubspotOauth,
    ];

    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sso => "sso",
            Self::MagicLink => "magic_link",
            Self::EmailOtp => "email_otp",
            Self::Password => "password",
            Self::GoogleOauth => "google_oauth",
            Self::MicrosoftOauth => "microsoft_oauth",
            Self::SlackOauth => "slack_oauth",
            Self::GithubOauth => "github_oauth",
            Self::HubspotOauth => "hubspot_oauth",
        }
    }
}

/// A second factor that can be enrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MfaMethod {
    /// A code sent by SMS.
    SmsOtp,
    /// A code from an authenticator app.
    Totp,
}

impl MfaMethod {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SmsOtp => "sms_otp",
            Self::Totp => "totp",
        }
    }
}

/// A role that members have because of their address's domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImplicitRole {
    /// Members with an address of this domain …
    pub domain: Domain,
    /// … have this role.
    pub role_id: RoleId,
}

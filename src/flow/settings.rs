//! What is configured.

use std::time::Duration;

use crate::{
    domain::{Environment, RbacPolicy},
    judge::{LockoutPolicy, SessionPolicy},
    token::{JwtAlgorithm, SessionClaims},
};

/// What is configured of a project; made by the builder.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) environment: Environment,
    /// The name that people see in mails, pages and authenticator apps.
    pub(crate) name: String,
    /// Scheme and host of the application, such as `https://app.example.com`; never learned from a
    /// request.
    pub(crate) origin: String,
    /// The path below which the pages lie, such as `/auth`.
    pub(crate) prefix: String,
    /// Where somebody goes who signs in without having wanted to go anywhere.
    pub(crate) home: String,
    pub(crate) sessions: SessionPolicy,
    pub(crate) lockout: LockoutPolicy,
    pub(crate) rbac: RbacPolicy,
    pub(crate) jwt_algorithm: JwtAlgorithm,
    pub(crate) jwt: SessionClaims,
    /// How long a signing key signs.
    pub(crate) key_lifetime: Duration,
    pub(crate) limits: Limits,
    /// Whether people may create organizations through discovery.
    pub(crate) create_organizations: bool,
    /// Whether tokens travel in bodies, for clients that are no browsers, and cookies are ignored.
    pub(crate) tokens_in_body: bool,
    /// Whether codes can be sent by SMS.
    pub(crate) sms: bool,
    /// Development: cookies without `Secure`, under another name.
    pub(crate) development: bool,
    /// Whether Stytch's constants for tests are taken: a phone whose code everybody knows, and the like.
    pub(crate) sandbox: bool,
    pub(crate) trusted_proxies: Vec<ipnet::IpNet>,
    /// How long audit events are kept.
    pub(crate) audit_retention: Duration,
}

/// The phone of Stytch's sandbox, to which nothing is sent.
pub(crate) const SANDBOX_PHONE: &str = "+10000000000";

/// The code that each of its messages would hold.
pub(crate) const SANDBOX_CODE: &str = "000000";

/// How often something may happen: so many times in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How many times.
    pub count: u32,
    /// In how long.
    pub window: Duration,
}

impl Limit {
    /// So many times in so many minutes.
    #[must_use]
    pub const fn per_minutes(count: u32, minutes: u64) -> Self {
        Self { count, window: Duration::from_secs(minutes * 60) }
    }
}

/// The limits on what anybody may try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Codes and links sent to one address at the wish of one client: 5 in 10 minutes.
    pub emails_per_pair: Limit,
    /// Codes and links sent to one address, whoever asks: 60 in 60 minutes. High enough that nobody keeps
    /// somebody else from signing in by asking for codes, low enough for their mailbox.
    pub emails_per_address: Limit,
    /// Codes and links asked for by one client: 30 in 10 minutes.
    pub emails_per_client: Limit,
    /// Wrong first factors for one address from one client: 10 in 15 minutes.
    pub failures_per_pair: Limit,
    /// Wrong first factors for one address from everywhere, after which each further try is delayed
    /// and, at ten times as many, refused: 10 in 60 minutes.
    pub slow_after: Limit,
    /// Wrong first factors from one client: 50 in 15 minutes.
    pub failures_per_client: Limit,
    /// Intermediate sessions opened by one client: 60 in 10 minutes.
    pub intermediate_per_client: Limit,
    /// Intermediate sessions opened for one address: 30 in 10 minutes.
    pub intermediate_per_address: Limit,
    /// Codes by SMS to one number: 5 in 60 minutes.
    pub sms_per_number: Limit,
    /// Codes by SMS for all members of one organization: 100 in 60 minutes.
    pub sms_per_organization: Limit,
    /// The least time between two codes by SMS to one number: one in 30 seconds.
    pub sms_cooldown: Limit,
    /// Wrong secrets of the project from one client: 20 in 15 minutes.
    pub secret_failures_per_client: Limit,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            emails_per_pair: Limit::per_minutes(5, 10),
            emails_per_address: Limit::per_minutes(60, 60),
            emails_per_client: Limit::per_minutes(30, 10),
            failures_per_pair: Limit::per_minutes(10, 15),
            slow_after: Limit::per_minutes(10, 60),
            failures_per_client: Limit::per_minutes(50, 15),
            intermediate_per_client: Limit::per_minutes(60, 10),
            intermediate_per_address: Limit::per_minutes(30, 10),
            sms_per_number: Limit::per_minutes(5, 60),
            sms_per_organization: Limit::per_minutes(100, 60),
            sms_cooldown: Limit { count: 1, window: Duration::from_secs(30) },
            secret_failures_per_client: Limit::per_minutes(20, 15),
        }
    }
}

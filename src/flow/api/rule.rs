//! The rules that a server can break, and the one error of this room.

use std::{error::Error as StdError, fmt};

use crate::{
    flow::{Error, ErrorKind},
    store::StoreError,
};

/// Why a server's call was refused.
#[derive(Clone, Debug)]
pub(crate) enum ApiError {
    /// A flow refused it.
    Flow(Error),
    /// It breaks a rule.
    Rule(Rule),
}

/// A rule of Stytch's B2B documentation that a call breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// There is no organization of this name.
    OrganizationNotFound,
    /// There is no such member in this organization.
    MemberNotFound,
    /// There is no such member at all.
    NobodyFound,
    /// The member has no password.
    PasswordNotFound,
    /// The address is none that the member had.
    EmailNotFound,
    /// The organization does not accept this first factor.
    AuthMethodNotAllowed,
    /// The organization does not accept this second factor.
    MfaMethodNotAllowed,
    /// People may not join by themselves.
    JitNotAllowed,
    /// The address has no domain that may join.
    JitDomain,
    /// The address has no domain that may be invited.
    InviteNotAllowed,
    /// The address is an active member's.
    AlreadyMember,
    /// The address's domain is another organization's alone.
    DomainClaimed,
    /// Only an active member may.
    NotActive,
    /// The session or intermediate session is another member's.
    OtherMember,
    /// Neither of the tokens was given.
    NoSession,
    /// More than one of the tokens was given.
    ManySessions,
    /// What was given as a JWT is none.
    JwtForm,
    /// What is to be revoked is not said.
    NoSelector,
    /// It is said more than once.
    ManySelectors,
    /// The intermediate session does not open this organization.
    NotForOrganization,
    /// A second factor that the member has was not proved in this sign-in or session.
    MissingFactor,
    /// It was proved too long ago.
    StaleFactor,
    /// An authenticator app is set up already.
    TotpExists,
    /// The authenticator app was begun, and was not confirmed in time.
    TotpExpired,
    /// No authenticator app is set up.
    TotpNotFound,
    /// There are no recovery codes.
    RecoveryCodesNotFound,
    /// There is no phone.
    PhoneNotFound,
    /// Another phone is set up already.
    PhoneExists,
    /// Codes can't be sent by SMS here.
    NoSms,
    /// The secret is no base32 of 16 to 64 bytes.
    TotpSecret,
    /// Recovery codes have the form `xxxx-xxxx-xxxx`.
    RecoveryCodeForm,
    /// A recovery code stands where a code of the authenticator app belongs.
    RecoveryCodeAsTotp,
    /// A code of the authenticator app stands where a recovery code belongs.
    TotpAsRecoveryCode,
    /// The sign-in has proved no address.
    NothingDiscovers,
    /// Nothing that the session has proved counts in another organization.
    NothingTransfers,
    /// The verifier does not fit the challenge that the link was asked for with.
    PkceMismatch,
    /// The link was asked for with a challenge, and no verifier was given.
    PkceMissing,
    /// A verifier was given, and the link was asked for without a challenge.
    PkceUnexpected,
    /// The challenge is no SHA-256 in base64url.
    PkceChallenge,
    /// The address to lead to is none of the configured ones.
    UnknownRedirect,
    /// A length of time that is not allowed: the field, the least and the most minutes.
    Minutes(&'static str, u32, u32),
    /// A session that would last longer than any of the project's: the most minutes.
    SessionTooLong(u64),
    /// The password was proved too long ago, or nothing was lately.
    StaleSession,
    /// The token to reset a password is unknown.
    ResetTokenUnknown,
    /// It was used or has expired.
    ResetTokenSpent,
    /// A name is empty or too long.
    OrganizationName,
    /// The slug can't be one.
    OrganizationSlug,
    /// The slug is another's.
    SlugTaken,
    /// The external id is another organization's.
    OrganizationExternalIdTaken,
    /// The logo's address is too long or no `https` address.
    LogoUrl,
    /// An external id has other characters, or more.
    ExternalIdForm,
    /// Nobody could get in by any way.
    NoWayIn,
    /// A list must not be empty where it restricts: which.
    AuthMethodsRequired,
    /// The same of second factors.
    MfaMethodsRequired,
    /// A list of first factors has a name that is none.
    AuthMethodName,
    /// A list of second factors has a name that is none.
    MfaMethodName,
    /// Restricted to domains, and none is listed.
    DomainsRequired,
    /// Everybody's domain.
    DomainTooCommon(String),
    /// A domain that is none.
    DomainForm(String),
    /// A domain twice.
    DomainTwice(String),
    /// A domain that another organization claims.
    ClaimedTwice,
    /// A role that does not exist.
    UnknownRole(String),
    /// A role that can't be defined so.
    RoleForm(String),
    /// A setting has a value that it can't have: which.
    Setting(&'static str),
    /// Metadata take too much.
    MetadataTooLarge,
    /// Metadata with too many keys.
    MetadataKeys,
    /// There is no such kind of hashes.
    HashType,
    /// A member is named by neither of two ways, or by both.
    MemberNames,
    /// The address is another member's.
    EmailTaken,
    /// The external id is another member's.
    MemberExternalIdTaken,
    /// A member can't change their own address.
    OwnEmail,
    /// The method is none that the member has.
    DefaultMethodMissing,
    /// The member is not deleted.
    NotDeleted,
    /// The session may not do this.
    NotPermitted {
        /// To which kind of resource.
        resource: &'static str,
        /// What.
        action: &'static str,
    },
    /// The session may not do what was to be checked.
    NotAuthorized,
    /// The session is of another organization.
    Tenancy,
    /// The project does not have what is asked for.
    CrossOrganizationPasswords,
    /// The filter of a search can't be read: why.
    Search(String),
    /// A hash of a password can't be taken: why.
    Hash(String),
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Minutes(field, least, most) => write!(f, "{field} lies between {least} and {most}"),
            Self::SessionTooLong(most) => {
                write!(f, "sessions of this project last {most} minutes at the longest")
            }
            Self::DomainTooCommon(domain) => {
                write!(f, "{domain} is everybody's; name a domain that is the organization's own")
            }
            Self::DomainForm(domain) => write!(f, "{domain:?} is no domain, such as example.com"),
            Self::DomainTwice(domain) => write!(f, "{domain} stands there twice"),
            Self::UnknownRole(role) => write!(f, "there is no role {role:?} that can be assigned"),
            Self::RoleForm(why) | Self::Search(why) | Self::Hash(why) => f.write_str(why),
            Self::Setting(field) => write!(f, "{field} has a value that it can't have"),
            Self::NotPermitted { resource, action } => {
                write!(f, "the session's roles do not permit {action} on {resource}")
            }
            plain => f.write_str(plain.sentence()),
        }
    }
}

impl Rule {
    fn sentence(&self) -> &'static str {
        match self {
            Self::OrganizationNotFound => "there is no such organization; check the id, slug or external id",
            Self::MemberNotFound => "there is no such member in this organization",
            Self::NobodyFound => "there is no such member",
            Self::PasswordNotFound => "the member has no password",
            Self::EmailNotFound => "the member had no such address",
            Self::AuthMethodNotAllowed => "the organization does not accept this first factor",
            Self::MfaMethodNotAllowed => "the organization does not accept this second factor",
            Self::JitNotAllowed => "nobody joins this organization by themselves; invite them",
            Self::JitDomain => {
                "this address may not join by itself: its domain is not allowed, or nobody in the organization has \
                 proved an address of it yet; invite them"
            }
            Self::InviteNotAllowed => "this address may not be invited by the organization's settings",
            Self::AlreadyMember => "this address is an active member's",
            Self::DomainClaimed => "the domain of this address is another organization's alone",
            Self::NotActive => "only an active member may do this",
            Self::OtherMember => "the session or intermediate session is not this member's",
            Self::NoSession => {
                "give an intermediate_session_token, a session_token or a session_jwt that fits this call"
            }
            Self::ManySessions => {
                "give one of intermediate_session_token, session_token and session_jwt, not several"
            }
            Self::JwtForm => "session_jwt is no JWT",
            Self::NoSelector => {
                "say what to revoke: member_session_id, session_token, session_jwt or member_id"
            }
            Self::ManySelectors => {
                "say one of member_session_id, session_token, session_jwt and member_id, not several"
            }
            Self::NotForOrganization => "this intermediate session does not open that organization",
            Self::MissingFactor => {
                "the member has a second factor: bring an intermediate session or a session in which it was proved"
            }
            Self::StaleFactor => "the factor was proved more than five minutes ago; prove it again",
            Self::TotpExists => "an authenticator app is set up; delete it first",
            Self::TotpExpired => "the authenticator app was not confirmed in time; begin anew",
            Self::TotpNotFound => "the member has no authenticator app",
            Self::RecoveryCodesNotFound => "the member has no recovery codes",
            Self::PhoneNotFound => "the member has no phone number; give mfa_phone_number",
            Self::PhoneExists => "the member has another phone number; delete it first",
            Self::NoSms => "codes can't be sent by SMS in this project: no sender is configured",
            Self::TotpSecret => "the secret is base32 of 16 to 64 bytes",
            Self::RecoveryCodeForm => "a recovery code has twelve letters and digits, such as abcd-efgh-ijkm",
            Self::RecoveryCodeAsTotp => "this is a recovery code; send it to the route of recovery codes",
            Self::TotpAsRecoveryCode => {
                "this is a code of the authenticator app; send it to the route of TOTP"
            }
            Self::NothingDiscovers => {
                "this sign-in has proved no email address, and a password opens its own organization alone"
            }
            Self::NothingTransfers => {
                "nothing that this session has proved counts in another organization; sign in there"
            }
            Self::PkceMismatch => "the code verifier does not fit the challenge",
            Self::PkceMissing => "this was asked for with a code challenge; give the code verifier",
            Self::PkceUnexpected => "this was asked for without a code challenge; give no code verifier",
            Self::PkceChallenge => {
                "a code challenge is the SHA-256 of the verifier in base64url without padding"
            }
            Self::UnknownRedirect => "this redirect URL is none of the configured ones",
            Self::StaleSession => {
                "nothing was proved in this session in the last five minutes; sign in again"
            }
            Self::ResetTokenUnknown => "this token is unknown; start the reset again",
            Self::ResetTokenSpent => "this token was used or has expired; start the reset again",
            Self::OrganizationName => "an organization's name has 1 to 128 characters",
            Self::OrganizationSlug => "a slug is 2 to 128 characters of A-Z a-z 0-9 - . _ ~",
            Self::SlugTaken => "this slug is another organization's",
            Self::OrganizationExternalIdTaken => "this external id is another organization's",
            Self::LogoUrl => "a logo's address is an http or https URL of at most 2,048 characters",
            Self::ExternalIdForm => {
                "an external id is 1 to 128 characters of A-Z a-z 0-9 . _ | - and does not read like an id of ours"
            }
            Self::NoWayIn => {
                "sso_jit_provisioning, email_jit_provisioning and email_invites can't all be NOT_ALLOWED: nobody \
                 could get in"
            }
            Self::AuthMethodsRequired => "auth_methods RESTRICTED needs a list of allowed_auth_methods",
            Self::MfaMethodsRequired => "mfa_methods RESTRICTED needs a list of allowed_mfa_methods",
            Self::AuthMethodName => "allowed_auth_methods has a name that is no method",
            Self::MfaMethodName => {
                "allowed_mfa_methods has a name that is no method; there are sms_otp and totp"
            }
            Self::DomainsRequired => "RESTRICTED to domains needs a list of email_allowed_domains",
            Self::ClaimedTwice => "one of these domains is claimed by another organization",
            Self::MetadataTooLarge => "metadata take at most 4,096 bytes of JSON",
            Self::MetadataKeys => "metadata have at most 20 keys",
            Self::HashType => "there is no such hash_type",
            Self::MemberNames => "say whom: give member_id or email_address, one of the two",
            Self::EmailTaken => {
                "this address is another member's of the organization, perhaps of a deleted one: reactivate them"
            }
            Self::MemberExternalIdTaken => "this external id is another member's of the organization",
            Self::OwnEmail => "a member can't change their own address by this call; start an email update",
            Self::DefaultMethodMissing => "the member has no such second factor; set it up first",
            Self::NotDeleted => "the member is not deleted",
            Self::NotAuthorized => "the session's roles do not permit this",
            Self::Tenancy => "the session is of another organization",
            Self::CrossOrganizationPasswords => {
                "passwords are one organization's here; cross-organization passwords are not available"
            }
            // Written above.
            Self::Minutes(..)
            | Self::SessionTooLong(_)
            | Self::DomainTooCommon(_)
            | Self::DomainForm(_)
            | Self::DomainTwice(_)
            | Self::UnknownRole(_)
            | Self::RoleForm(_)
            | Self::Setting(_)
            | Self::NotPermitted { .. }
            | Self::Search(_)
            | Self::Hash(_) => "",
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flow(error) => error.fmt(f),
            Self::Rule(rule) => rule.fmt(f),
        }
    }
}

impl StdError for ApiError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Flow(error) => error.source(),
            Self::Rule(_) => None,
        }
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self::Flow(error)
    }
}

impl From<ErrorKind> for ApiError {
    fn from(kind: ErrorKind) -> Self {
        Self::Flow(kind.into())
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::Flow(error.into())
    }
}

impl From<Rule> for ApiError {
    fn from(rule: Rule) -> Self {
        Self::Rule(rule)
    }
}

//! Plain types: what the words of this crate mean. Nothing here decides anything.

mod address;
mod audit;
mod authority;
mod claims;
mod compact_id;
mod credentials;
mod demand;
mod directory;
mod factor;
mod factor_view;
mod federation;
mod id;
mod member;
mod organization;
mod path;
mod rbac;
mod return_to;
mod role;
mod secret;
mod session;
#[cfg(feature = "verify-only")]
mod shown_factor;
mod time;
mod transient;

pub use address::{Domain, EmailAddress, InvalidAddress, PhoneNumber, Slug};
pub use audit::{Admission, AuditEvent, AuditKind, AuditReason, ForbiddenReason, LimitKind};
pub(crate) use authority::is_host_and_port;
pub use claims::{CustomClaims, InvalidClaims};
pub(crate) use compact_id::CompactId;
pub use credentials::{
    Credentials, Digest, Lockout, Password, PendingTotp, RecoveryCode, Sealed, SmsCode, Totp,
};
pub use demand::FactorDemand;
pub use directory::Entrance;
pub use factor::{Factor, FactorClass, FactorKind, OauthProvider, Subject};
pub use factor_view::FactorView;
pub use federation::{Admits, Federation};
pub use id::{
    AuditEventId, CredentialId, Environment, InvalidId, MemberId, OrganizationId, RoleId, SessionId,
};
pub use member::{Enrolment, Member, MemberStatus, Phone, RetiredAddress};
pub use organization::{
    Allowed, AuthMethod, EmailInvites, ImplicitRole, JitProvisioning, MfaMethod, MfaPolicy, Organization,
};
pub use path::{AmbiguousPath, PlainPath};
pub use rbac::{AccessScope, RbacPolicy, Resource};
pub use return_to::ReturnTo;
pub use role::{Permission, Role};
pub use secret::Secret;
pub(crate) use session::TokenKey;
pub use session::{SessionRecord, TokenSeed};
#[cfg(feature = "verify-only")]
pub(crate) use shown_factor::ShownFactor;
pub use time::Timestamp;
pub use transient::{
    ApiLink, Challenge, Continues, EmailCode, IntermediateSession, LinkPurpose, MagicLink, Scope,
};

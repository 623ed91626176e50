//! The law: no token ever grants more than the factors that were completed, as the organization's
//! policy and the route's rule demand them.
//!
//! Every function here is pure: no I/O, no clock, no randomness. A [`MemberSession`] is made here
//! alone: from a [`Grant`], by [`resume`], or by `attest` from what a verified JWT of another deployment says
//! (feature `verify-only`). None of the three can be reached from outside the crate.

mod admission;
#[cfg(feature = "verify-only")]
mod attest;
mod change;
mod entry;
mod lockout;
mod member_session;
mod packed;
mod parts;
mod policy;
mod requirement;
mod roles;

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::a_session;

pub(crate) use admission::{Membership, membership, proven_address};
#[cfg(feature = "verify-only")]
pub(crate) use attest::{Attested, attest};
pub(crate) use change::may_change_factors;
pub(crate) use entry::{Entry, Grant, Verdict, accepts, counting, enter};
pub(crate) use entry::{MfaRequired, Owed};
pub use lockout::LockoutPolicy;
pub use member_session::MemberSession;
pub(crate) use member_session::{Ended, Opening, Resumed, resume};
pub(crate) use parts::{MemberPart, OrganizationPart, Parts, RolesPart};
pub use policy::{InvalidDuration, SessionDuration, SessionPolicy};
pub(crate) use requirement::{Proof, unmet};
pub use requirement::{Requirement, Unmet};
pub(crate) use roles::effective_roles;
#[cfg(feature = "wire-api")]
pub(crate) use roles::roles_by_domain;

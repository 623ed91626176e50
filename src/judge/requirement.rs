//! What a route demands of a session, and what of it is not met.

use std::time::Duration;

use super::{member_session::MemberSession, policy::SessionPolicy};
use crate::domain::{CredentialId, Factor, FactorClass, FactorKind, RoleId, Timestamp};

/// What a route demands. [`Requirement::member`] alone demands a member session, nothing more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirement {
    role: Option<RoleId>,
    permission: Option<(String, String)>,
    factor: Option<FactorDemand>,
}

impl Requirement {
    /// A member session, of whichever organization.
    #[must_use]
    pub fn member() -> Self {
        Self::default()
    }

    /// And this role.
    #[must_use]
    pub fn role(mut self, role: RoleId) -> Self {
        self.role = Some(role);
        self
    }

    /// And a role that permits `action` on `resource`.
    #[must_use]
    pub fn permission(mut self, resource: impl Into<String>, action: impl Into<String>) -> Self {
        self.permission = Some((resource.into(), action.into()));
        self
    }

    /// And this factor; a person who lacks it is challenged for it.
    #[must_use]
    pub fn factor(mut self, demand: FactorDemand) -> Self {
        self.factor = Some(demand);
        self
    }

    /// What is demanded as a factor.
    #[must_use]
    pub fn factor_demand(&self) -> Option<&FactorDemand> {
        self.factor.as_ref()
    }
}

/// A factor that must have been proved, and how long ago at most.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FactorDemand {
    what: What,
    max_age: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum What {
    Class(FactorClass),
    Kind(FactorKind),
}

/// Nobody could be sent to a page, type a code and come back sooner.
const LEAST_AGE: Duration = Duration::from_secs(30);

impl FactorDemand {
    /// Any first factor.
    #[must_use]
    pub fn primary() -> Self {
        Self { what: What::Class(FactorClass::Primary), max_age: None }
    }

    /// Any second factor, a recovery code included.
    #[must_use]
    pub fn secondary() -> Self {
        Self { what: What::Class(FactorClass::Secondary), max_age: None }
    }

    /// The authenticator app.
    #[must_use]
    pub fn totp() -> Self {
        Self { what: What::Kind(FactorKind::Totp), max_age: None }
    }

    /// A code sent by SMS.
    #[must_use]
    pub fn sms_otp() -> Self {
        Self { what: What::Kind(FactorKind::Otp), max_age: None }
    }

    /// Proved at most this long ago. Less than 30 seconds becomes 30 seconds: nobody could meet it.
    #[must_use]
    pub fn within(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age.max(LEAST_AGE));
        self
    }

    /// How long ago at most, if that matters.
    #[must_use]
    pub fn max_age(&self) -> Option<Duration> {
        self.max_age
    }

    /// Whether a factor of this kind answers the demand.
    #[must_use]
    pub fn takes(&self, kind: FactorKind) -> bool {
        match self.what {
            What::Class(class) => kind.class() == class,
            What::Kind(wanted) => kind == wanted,
        }
    }

    /// Whether a first factor is demanded.
    #[must_use]
    pub fn is_primary(&self) -> bool {
        self.what == What::Class(FactorClass::Primary)
    }

    /// The demand as a short name: `primary`, `secondary`, `totp` or `otp`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.what {
            What::Class(FactorClass::Primary) => "primary",
            What::Class(FactorClass::Secondary) => "secondary",
            What::Kind(kind) => kind.as_str(),
        }
    }
}

/// One part of a requirement that a session does not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unmet {
    /// The session belongs to another organization than the one in the URL.
    Organization,
    /// The member lacks this role.
    Role(RoleId),
    /// No role of the member permits this.
    Permission {
        /// The kind of resource.
        resource: String,
        /// What was to be done to it.
        action: String,
    },
    /// This factor was not proved, or too long ago.
    Factor(FactorDemand),
}

/// The factors of a session, with those that do not answer its challenges.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held<'a> {
    pub(crate) factors: &'a [Factor],
    pub(crate) enrolled_here: &'a [CredentialId],
}

/// Whether some factor held answers the demand. One that lies in the future is not fresh.
pub(super) fn answers(
    held: &Held<'_>,
    demand: &FactorDemand,
    policy: &SessionPolicy,
    now: Timestamp,
) -> bool {
    held.factors.iter().any(|factor| {
        demand.takes(factor.kind)
            && (policy.enrolled_answers || !held.enrolled_here.contains(&factor.credential_id))
            && now
                .since(factor.last_authenticated_at)
                .is_some_and(|age| demand.max_age.is_none_or(|max| age <= max))
    })
}

/// What of the requirement the session does not meet at `now`; nothing means that it may pass.
/// `organization` is the one that the URL names, by id or slug, where it names one.
pub(crate) fn unmet(
    session: &MemberSession,
    requirement: &Requirement,
    organization: Option<&str>,
    policy: &SessionPolicy,
    now: Timestamp,
) -> Vec<Unmet> {
    let mut unmet = Vec::new();
    if let Some(name) = organization
        && name != session.organization_id().as_str()
        && name != session.organization_slug().as_str()
    {
        unmet.push(Unmet::Organization);
    }
    if let Some(role) = &requirement.role
        && !session.roles().contains(role)
    {
        unmet.push(Unmet::Role(role.clone()));
    }
    if let Some((resource, action)) = &requirement.permission
        && !session.permits(resource, action)
    {
        unmet.push(Unmet::Permission { resource: resource.clone(), action: action.clone() });
    }
    if let Some(demand) = &requirement.factor
        && !answers(&session.held(), demand, policy, now)
    {
        unmet.push(Unmet::Factor(demand.clone()));
    }
    unmet
}

//! What a route demands of a session, and what of it is not met.

use super::{member_session::MemberSession, policy::SessionPolicy};
use crate::domain::{Factor, FactorDemand, FactorKind, RoleId, Timestamp};

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

    /// The role that is demanded.
    #[must_use]
    pub fn role_demand(&self) -> Option<&RoleId> {
        self.role.as_ref()
    }

    /// The resource and the action on it that some role has to permit.
    #[must_use]
    pub fn permission_demand(&self) -> Option<(&str, &str)> {
        self.permission.as_ref().map(|(resource, action)| (resource.as_str(), action.as_str()))
    }

    /// What is demanded as a factor.
    #[must_use]
    pub fn factor_demand(&self) -> Option<&FactorDemand> {
        self.factor.as_ref()
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

/// What of a factor answers a demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Proof {
    pub(crate) kind: FactorKind,
    pub(crate) at: Timestamp,
    /// Whether it was set up in the session that holds it, whose challenges it does not answer.
    pub(crate) enrolled_here: bool,
}

impl Proof {
    /// What a factor proves in a sign-in.
    pub(crate) fn of(factor: &Factor) -> Self {
        Self { kind: factor.kind, at: factor.last_authenticated_at, enrolled_here: false }
    }

    /// Whether it may answer a challenge: not if it was set up in the session, unless the policy lets it.
    pub(crate) fn may_answer(&self, policy: &SessionPolicy) -> bool {
        policy.enrolled_answers || !self.enrolled_here
    }
}

/// Whether some proof answers the demand. One that lies in the future is not fresh.
pub(super) fn answers(
    proofs: &[Proof],
    demand: &FactorDemand,
    policy: &SessionPolicy,
    now: Timestamp,
) -> bool {
    proofs.iter().any(|proof| {
        demand.takes(proof.kind)
            && proof.may_answer(policy)
            && now.since(proof.at).is_some_and(|age| demand.max_age().is_none_or(|max| age <= max))
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
        && !answers(&session.proofs(), demand, policy, now)
    {
        unmet.push(Unmet::Factor(demand.clone()));
    }
    unmet
}

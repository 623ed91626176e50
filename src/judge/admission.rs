//! Who may enter an organization at all. Listing and exchange ask the same function.

use crate::domain::{
    Domain, EmailAddress, Entrance, Factor, FactorClass, FactorKind, JitProvisioning, Member, MemberStatus,
    Organization, Subject,
};

/// How somebody stands to an organization that they may enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Membership {
    /// An active member.
    ActiveMember,
    /// Created and not yet come; entering activates them.
    PendingMember,
    /// Invited; entering accepts.
    InvitedMember,
    /// No member yet; entering makes them one, because of their address's domain.
    EligibleToJoinByEmailDomain {
        /// That domain.
        domain: Domain,
    },
}

impl Membership {
    /// Whether entering changes the directory: activates a member or makes one.
    pub(crate) fn joins(&self) -> bool {
        !matches!(self, Self::ActiveMember)
    }
}

/// How the holder of `factors` stands to the organization; `None` when they may not enter it, which
/// must look the same as an organization that does not exist.
pub(crate) fn membership(factors: &[Factor], entrance: &Entrance) -> Option<Membership> {
    let organization = &entrance.organization;
    match &entrance.member {
        Some(member) => {
            if member.organization_id != organization.organization_id {
                return None;
            }
            let known = factors.iter().any(|factor| is_about(factor, member));
            let proved = proves(factors, &member.email_address);
            match member.status {
                MemberStatus::Active => known.then_some(Membership::ActiveMember),
                MemberStatus::Pending => proved.then_some(Membership::PendingMember),
                MemberStatus::Invited => proved.then_some(Membership::InvitedMember),
                MemberStatus::Deleted => None,
            }
        }
        None => {
            let domain = entrance.address.domain();
            let joins = proves(factors, &entrance.address)
                && organization.email_jit_provisioning == JitProvisioning::Restricted
                && organization.email_allowed_domains.contains(&domain)
                && entrance.domain_has_verified_member;
            joins.then_some(Membership::EligibleToJoinByEmailDomain { domain })
        }
    }
}

/// The address that the first factors have proved, if one has.
pub(crate) fn proven_address(factors: &[Factor]) -> Option<&EmailAddress> {
    factors.iter().find_map(proved_by)
}

fn proves(factors: &[Factor], address: &EmailAddress) -> bool {
    factors.iter().any(|factor| proved_by(factor) == Some(address))
}

/// The address that this factor proves, if it is a first one.
fn proved_by(factor: &Factor) -> Option<&EmailAddress> {
    match &factor.subject {
        Subject::Email(address) if factor.kind.class() == FactorClass::Primary => Some(address),
        Subject::Email(_) | Subject::Phone(_) | Subject::Member(_) | Subject::Named { .. } => None,
    }
}

/// Whether a first factor proves a credential of this very member.
pub(super) fn is_about(factor: &Factor, member: &Member) -> bool {
    factor.kind.class() == FactorClass::Primary
        && match &factor.subject {
            Subject::Email(address) => *address == member.email_address,
            Subject::Named { address, organizations } => {
                *address == member.email_address && organizations.contains(&member.organization_id)
            }
            Subject::Member(id) => factor.kind == FactorKind::Password && *id == member.member_id,
            Subject::Phone(_) => false,
        }
}

/// Whether the organization accepts this method as a first factor from this member.
pub(super) fn accepts_first(organization: &Organization, member: &Member, kind: FactorKind) -> bool {
    match kind.auth_method() {
        Some(method) => member.is_breakglass || organization.auth_methods.allows(&method),
        None => false,
    }
}

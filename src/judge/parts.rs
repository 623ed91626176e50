//! What many sessions have in common, each kept once.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::domain::{EmailAddress, MemberId, Organization, OrganizationId, Permission, RoleId, Slug};

/// What a session shares with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) organization: Arc<OrganizationPart>,
    pub(crate) member: Arc<MemberPart>,
    pub(crate) roles: Arc<RolesPart>,
    pub(crate) user_agent: Arc<str>,
}

/// The organization as its sessions show it.
#[derive(Debug)]
pub(crate) struct OrganizationPart {
    pub(crate) organization_id: OrganizationId,
    pub(crate) organization_slug: Slug,
    outdated: AtomicBool,
}

impl OrganizationPart {
    pub(super) fn of(organization: &Organization) -> Self {
        Self::new(organization.organization_id.clone(), organization.organization_slug.clone())
    }

    pub(super) fn new(organization_id: OrganizationId, organization_slug: Slug) -> Self {
        Self { organization_id, organization_slug, outdated: AtomicBool::new(false) }
    }

    /// Notes that the organization has changed: whatever was judged under this is to be judged anew.
    pub(crate) fn outdate(&self) {
        self.outdated.store(true, Ordering::Release);
    }

    pub(crate) fn is_current(&self) -> bool {
        !self.outdated.load(Ordering::Acquire)
    }
}

impl PartialEq for OrganizationPart {
    fn eq(&self, other: &Self) -> bool {
        self.organization_id == other.organization_id && self.organization_slug == other.organization_slug
    }
}

impl Eq for OrganizationPart {}

/// The member as their sessions show them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MemberPart {
    pub(crate) member_id: MemberId,
    pub(crate) email_address: EmailAddress,
}

/// Roles in force, and what they permit.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct RolesPart {
    pub(crate) roles: Vec<RoleId>,
    pub(crate) permissions: Vec<Permission>,
}

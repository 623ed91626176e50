//! What many sessions have in common, each kept once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::domain::{EmailAddress, MemberId, Organization, OrganizationId, Permission, RoleId, Slug};

/// What a session shares with others. What a check and ordinary handlers read stands first.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Parts {
    pub(crate) organization: Arc<OrganizationPart>,
    pub(crate) roles: Arc<RolesPart>,
    pub(crate) member: Arc<MemberPart>,
    pub(crate) user_agent: Arc<str>,
}

/// The organization as its sessions show it, and what holds for all of them.
#[derive(Debug)]
pub(crate) struct OrganizationPart {
    pub(crate) organization_id: OrganizationId,
    pub(crate) organization_slug: Slug,
    /// How many milliseconds a session may lie unused. Here, since each check reads this part anyway.
    pub(super) idle: u64,
    outdated: AtomicBool,
}

impl OrganizationPart {
    pub(super) fn of(organization: &Organization, idle: Duration) -> Self {
        Self::new(organization.organization_id.clone(), organization.organization_slug.clone(), idle)
    }

    pub(super) fn new(organization_id: OrganizationId, organization_slug: Slug, idle: Duration) -> Self {
        let idle = u64::try_from(idle.as_millis()).unwrap_or(u64::MAX);
        Self { organization_id, organization_slug, idle, outdated: AtomicBool::new(false) }
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
        self.organization_id == other.organization_id
            && self.organization_slug == other.organization_slug
            && self.idle == other.idle
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

//! What sessions have in common is kept once.

use std::{
    borrow::Borrow,
    collections::{HashMap, HashSet},
    hash::Hash,
    sync::Arc,
};

use super::shard::Shard;
use crate::{
    domain::OrganizationId,
    judge::{OrganizationPart, RolesPart},
};

/// The parts of the sessions of this node but those of members, which stand with their sessions.
#[derive(Debug, Default)]
pub(super) struct Shared {
    organizations: Shard<HashMap<OrganizationId, Arc<OrganizationPart>>>,
    roles: Shard<HashSet<Arc<RolesPart>>>,
    user_agents: Shard<HashSet<Arc<str>>>,
}

impl Shared {
    /// The part of this organization that is outdated when the organization changes.
    pub(super) fn organization(&self, part: &Arc<OrganizationPart>) -> Arc<OrganizationPart> {
        if let Some(known) = self.organizations.read().get(&part.organization_id)
            && known == part
        {
            return Arc::clone(known);
        }
        let mut organizations = self.organizations.write();
        match organizations.get(&part.organization_id) {
            Some(known) if known == part => Arc::clone(known),
            _ => {
                let former = organizations.insert(part.organization_id.clone(), Arc::clone(part));
                // One of the two was read before the organization was renamed.
                former.inspect(|former| former.outdate());
                Arc::clone(part)
            }
        }
    }

    /// Whether a change of its organization will reach this part.
    pub(super) fn is_known(&self, part: &Arc<OrganizationPart>) -> bool {
        self.organizations.read().get(&part.organization_id).is_some_and(|known| Arc::ptr_eq(known, part))
    }

    pub(super) fn outdate(&self, organization_id: &OrganizationId) {
        let former = self.organizations.write().remove(organization_id);
        former.inspect(|former| former.outdate());
    }

    pub(super) fn roles(&self, part: &Arc<RolesPart>) -> Arc<RolesPart> {
        one_of(&self.roles, part)
    }

    pub(super) fn user_agent(&self, part: &Arc<str>) -> Arc<str> {
        one_of(&self.user_agents, part)
    }

    /// Forgets what no session has any more.
    pub(super) fn sweep(&self) {
        self.organizations.write().retain(|_, part| Arc::strong_count(part) > 1);
        self.roles.write().retain(|part| Arc::strong_count(part) > 1);
        self.user_agents.write().retain(|part| Arc::strong_count(part) > 1);
    }
}

/// The one of equal parts that is kept.
fn one_of<T: ?Sized + Hash + Eq>(known: &Shard<HashSet<Arc<T>>>, part: &Arc<T>) -> Arc<T>
where
    Arc<T>: Borrow<T>,
{
    if let Some(known) = known.read().get::<T>(part) {
        return Arc::clone(known);
    }
    let mut known = known.write();
    match known.get::<T>(part) {
        Some(known) => Arc::clone(known),
        None => {
            known.insert(Arc::clone(part));
            Arc::clone(part)
        }
    }
}

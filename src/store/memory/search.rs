//! Looking up by other ids, counting, and searching, which looks at everybody.

use std::ops::Bound;

use super::directory::DirectoryTable;
use crate::{
    domain::{Member, MemberId, MemberStatus, Organization, OrganizationId},
    store::{MemberSearch, OrganizationSearch},
};

impl DirectoryTable {
    pub(super) fn organization_by_external_id(&self, external_id: &str) -> Option<&Organization> {
        self.organizations.get(self.by_external_id.get(external_id)?)
    }

    pub(super) fn member_by_external_id(
        &self,
        organization_id: &OrganizationId,
        external_id: &str,
    ) -> Option<&Member> {
        let place = (organization_id.clone(), external_id.to_owned());
        self.members.get(self.by_member_external_id.get(&place)?)
    }

    pub(super) fn member_count(&self, organization_id: &OrganizationId) -> u64 {
        let living = self.members_of(organization_id).filter(|member| member.status != MemberStatus::Deleted);
        living.map(|_| 1).sum()
    }

    pub(super) fn search_organizations(
        &self,
        search: &OrganizationSearch,
        after: Option<&OrganizationId>,
        limit: usize,
    ) -> Vec<Organization> {
        self.organizations
            .range::<OrganizationId, _>((after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded))
            .filter(|(id, organization)| search.matches(organization, &self.members_of(id)))
            .take(limit)
            .map(|(_, organization)| organization.clone())
            .collect()
    }

    pub(super) fn search_members(
        &self,
        search: &MemberSearch,
        after: Option<&MemberId>,
        limit: usize,
    ) -> Vec<Member> {
        self.members
            .range::<MemberId, _>((after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded))
            .filter(|(_, member)| search.matches(member))
            .take(limit)
            .map(|(_, member)| member.clone())
            .collect()
    }

    fn members_of(&self, organization_id: &OrganizationId) -> impl Iterator<Item = &Member> + Clone {
        let ids = self.by_organization.get(organization_id).into_iter().flatten();
        ids.filter_map(|member_id| self.members.get(member_id))
    }
}

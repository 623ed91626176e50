//! Changes of organizations and members.

use std::ops::Bound;

use super::{MemoryStore, directory::DirectoryTable, tables::Tables};
use crate::{
    domain::{Member, MemberId, Organization, OrganizationId},
    store::{Answer, DirectoryAdmin, MemberSearch, OrganizationSearch, StoreError, StoreErrorKind},
};

impl DirectoryTable {
    fn create(&mut self, organization: &Organization, members: &[Member]) -> Result<(), StoreError> {
        let id = &organization.organization_id;
        if self.organizations.contains_key(id) || self.holds_what_is_taken(organization) {
            return Err(StoreError::new(StoreErrorKind::Taken));
        }
        self.link_organization(organization.clone());
        let mut added = Vec::new();
        for member in members {
            if let Err(error) = self.add_member(member) {
                added.into_iter().for_each(|member_id| self.unlink_member(member_id));
                self.unlink_organization(id);
                return Err(error);
            }
            added.push(&member.member_id);
        }
        Ok(())
    }

    fn replace(&mut self, organization: &Organization) -> Result<bool, StoreError> {
        if !self.organizations.contains_key(&organization.organization_id) {
            return Ok(false);
        }
        if self.holds_what_is_taken(organization) {
            return Err(StoreError::new(StoreErrorKind::Taken));
        }
        self.unlink_organization(&organization.organization_id);
        self.link_organization(organization.clone());
        Ok(true)
    }

    /// Whether another organization has the slug, the external id or one of the claimed domains.
    fn holds_what_is_taken(&self, organization: &Organization) -> bool {
        let slug = self.by_slug.get(&organization.organization_slug);
        let external_id =
            organization.organization_external_id.as_ref().and_then(|id| self.by_external_id.get(id));
        let domains = &organization.claimed_email_domains;
        let mut holders = slug
            .into_iter()
            .chain(external_id)
            .chain(domains.iter().filter_map(|domain| self.by_claimed_domain.get(domain)));
        holders.any(|holder| *holder != organization.organization_id)
    }

    fn link_organization(&mut self, organization: Organization) {
        let id = organization.organization_id.clone();
        self.by_slug.insert(organization.organization_slug.clone(), id.clone());
        if let Some(external_id) = &organization.organization_external_id {
            self.by_external_id.insert(external_id.clone(), id.clone());
        }
        for domain in &organization.email_allowed_domains {
            self.by_domain.entry(domain.clone()).or_default().insert(id.clone());
        }
        for domain in &organization.claimed_email_domains {
            self.by_claimed_domain.insert(domain.clone(), id.clone());
        }
        self.organizations.insert(id, organization);
    }

    fn unlink_organization(&mut self, id: &OrganizationId) -> bool {
        let Some(organization) = self.organizations.remove(id) else { return false };
        self.by_slug.remove(&organization.organization_slug);
        if let Some(external_id) = &organization.organization_external_id {
            self.by_external_id.remove(external_id);
        }
        for domain in &organization.email_allowed_domains {
            if let Some(of) = self.by_domain.get_mut(domain) {
                of.remove(id);
                if of.is_empty() {
                    self.by_domain.remove(domain);
                }
            }
        }
        for domain in &organization.claimed_email_domains {
            self.by_claimed_domain.remove(domain);
        }
        true
    }

    fn page(&self, id: &OrganizationId, after: Option<&MemberId>, limit: usize) -> Vec<Member> {
        let Some(of) = self.by_organization.get(id) else { return Vec::new() };
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        of.range::<MemberId, _>((start, Bound::Unbounded))
            .take(limit)
            .filter_map(|member_id| self.members.get(member_id).cloned())
            .collect()
    }
}

impl Tables {
    fn delete_organization(&mut self, id: &OrganizationId) -> bool {
        if !self.directory.unlink_organization(id) {
            return false;
        }
        for member_id in self.directory.by_organization.remove(id).unwrap_or_default() {
            self.directory.unlink_member(&member_id);
            self.credentials.remove(&member_id);
        }
        self.sessions.revoke_organization(id);
        true
    }
}

impl DirectoryAdmin for MemoryStore {
    fn create_organization<'a>(
        &'a self,
        organization: &'a Organization,
        members: &'a [Member],
    ) -> Answer<'a, ()> {
        Box::pin(async move { self.tables().directory.create(organization, members) })
    }

    fn update_organization<'a>(&'a self, organization: &'a Organization) -> Answer<'a, bool> {
        Box::pin(async move { self.tables().directory.replace(organization) })
    }

    fn replace_organization_if<'a>(
        &'a self,
        seen: &'a Organization,
        organization: &'a Organization,
    ) -> Answer<'a, bool> {
        Box::pin(async move {
            let directory = &mut self.tables().directory;
            if directory.organizations.get(&organization.organization_id) != Some(seen) {
                return Ok(false);
            }
            directory.replace(organization)
        })
    }

    fn replace_member_if<'a>(&'a self, seen: &'a Member, member: &'a Member) -> Answer<'a, bool> {
        Box::pin(async move {
            let directory = &mut self.tables().directory;
            if directory.members.get(&member.member_id) != Some(seen) {
                return Ok(false);
            }
            directory.replace_member(member)
        })
    }

    fn delete_organization<'a>(&'a self, organization_id: &'a OrganizationId) -> Answer<'a, bool> {
        Box::pin(async move { Ok(self.tables().delete_organization(organization_id)) })
    }

    fn create_member<'a>(&'a self, member: &'a Member) -> Answer<'a, ()> {
        Box::pin(async move { self.tables().directory.add_member(member) })
    }

    fn update_member<'a>(&'a self, member: &'a Member) -> Answer<'a, bool> {
        Box::pin(async move { self.tables().directory.replace_member(member) })
    }

    fn members<'a>(
        &'a self,
        organization_id: &'a OrganizationId,
        after: Option<&'a MemberId>,
        limit: usize,
    ) -> Answer<'a, Vec<Member>> {
        Box::pin(async move { Ok(self.tables().directory.page(organization_id, after, limit)) })
    }

    fn member_count<'a>(&'a self, organization_id: &'a OrganizationId) -> Answer<'a, u64> {
        Box::pin(async move { Ok(self.tables().directory.member_count(organization_id)) })
    }

    fn organization_by_external_id<'a>(&'a self, external_id: &'a str) -> Answer<'a, Option<Organization>> {
        Box::pin(async move { Ok(self.tables().directory.organization_by_external_id(external_id).cloned()) })
    }

    fn member_by_external_id<'a>(
        &'a self,
        organization_id: &'a OrganizationId,
        external_id: &'a str,
    ) -> Answer<'a, Option<Member>> {
        Box::pin(async move {
            Ok(self.tables().directory.member_by_external_id(organization_id, external_id).cloned())
        })
    }

    fn search_organizations<'a>(
        &'a self,
        search: &'a OrganizationSearch,
        after: Option<&'a OrganizationId>,
        limit: usize,
    ) -> Answer<'a, Vec<Organization>> {
        Box::pin(async move { Ok(self.tables().directory.search_organizations(search, after, limit)) })
    }

    fn search_members<'a>(
        &'a self,
        search: &'a MemberSearch,
        after: Option<&'a MemberId>,
        limit: usize,
    ) -> Answer<'a, Vec<Member>> {
        Box::pin(async move { Ok(self.tables().directory.search_members(search, after, limit)) })
    }
}

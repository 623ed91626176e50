//! Organizations and members with their indexes, as signing in asks for them.

use std::collections::{BTreeMap, BTreeSet};

use super::MemoryStore;
use crate::{
    domain::{
        Domain, EmailAddress, Entrance, Member, MemberId, MemberStatus, Organization, OrganizationId, Slug,
    },
    store::{Answer, Directory, FindOrganization, Joining, StoreError, StoreErrorKind},
};

/// At most so many organizations are listed for one address.
const ENTRANCES: usize = 1_000;

#[derive(Default)]
pub(super) struct DirectoryTable {
    pub(super) organizations: BTreeMap<OrganizationId, Organization>,
    pub(super) by_slug: BTreeMap<Slug, OrganizationId>,
    pub(super) by_external_id: BTreeMap<String, OrganizationId>,
    pub(super) by_domain: BTreeMap<Domain, BTreeSet<OrganizationId>>,
    pub(super) by_claimed_domain: BTreeMap<Domain, OrganizationId>,
    pub(super) members: BTreeMap<MemberId, Member>,
    pub(super) by_address: BTreeMap<EmailAddress, BTreeMap<OrganizationId, MemberId>>,
    pub(super) by_organization: BTreeMap<OrganizationId, BTreeSet<MemberId>>,
    pub(super) by_member_external_id: BTreeMap<(OrganizationId, String), MemberId>,
    /// Who has proved an address of which domain.
    pub(super) proved: BTreeMap<(OrganizationId, Domain), BTreeSet<MemberId>>,
}

impl DirectoryTable {
    fn organization(&self, find: FindOrganization<'_>) -> Option<&Organization> {
        match find {
            FindOrganization::Id(id) => self.organizations.get(id),
            FindOrganization::Slug(slug) => self.organizations.get(self.by_slug.get(slug)?),
        }
    }

    pub(super) fn member_at(
        &self,
        organization_id: &OrganizationId,
        address: &EmailAddress,
    ) -> Option<&Member> {
        self.members.get(self.by_address.get(address)?.get(organization_id)?)
    }

    fn entrance(&self, organization_id: &OrganizationId, address: &EmailAddress) -> Option<Entrance> {
        Some(Entrance {
            address: address.clone(),
            organization: self.organizations.get(organization_id)?.clone(),
            member: self.member_at(organization_id, address).cloned(),
            domain_has_verified_member: self
                .proved
                .contains_key(&(organization_id.clone(), address.domain())),
        })
    }

    fn entrances(&self, address: &EmailAddress) -> Vec<Entrance> {
        let mut doors: BTreeSet<(u8, &OrganizationId)> = BTreeSet::new();
        let memberships = self.by_address.get(address);
        for (organization_id, member_id) in memberships.into_iter().flatten() {
            let status = self.members.get(member_id).map(|member| member.status);
            doors.insert((rank(status), organization_id));
        }
        for organization_id in self.by_domain.get(&address.domain()).into_iter().flatten() {
            if !memberships.is_some_and(|of| of.contains_key(organization_id)) {
                doors.insert((rank(None), organization_id));
            }
        }
        doors.into_iter().take(ENTRANCES).filter_map(|(_, id)| self.entrance(id, address)).collect()
    }

    fn join(&mut self, joining: &Joining) -> Result<Member, StoreError> {
        let Joining { organization_id, address, member_id, now } = joining;
        let Some(found) = self.member_at(organization_id, address) else {
            let mut member = Member::new(
                member_id.clone(),
                organization_id.clone(),
                address.clone(),
                MemberStatus::Pending,
                *now,
            );
            member.activate(*now);
            return self.add_member(&member).map(|()| member);
        };
        let mut member = found.clone();
        let settled = member.status == MemberStatus::Active && member.email_address_verified;
        if !settled && member.status != MemberStatus::Deleted {
            member.activate(*now);
            self.replace_member(&member)?;
        }
        Ok(member)
    }

    pub(super) fn add_member(&mut self, member: &Member) -> Result<(), StoreError> {
        if !self.organizations.contains_key(&member.organization_id) {
            return Err(StoreError::new(StoreErrorKind::Unavailable));
        }
        if self.members.contains_key(&member.member_id) || self.is_taken(member) {
            return Err(StoreError::new(StoreErrorKind::Taken));
        }
        self.link_member(member.clone());
        Ok(())
    }

    pub(super) fn replace_member(&mut self, member: &Member) -> Result<bool, StoreError> {
        let stored = self.members.get(&member.member_id);
        if stored.is_none_or(|stored| stored.organization_id != member.organization_id) {
            return Ok(false);
        }
        if self.is_taken(member) {
            return Err(StoreError::new(StoreErrorKind::Taken));
        }
        self.unlink_member(&member.member_id);
        self.link_member(member.clone());
        Ok(true)
    }

    /// Whether another member of the organization has the address or the external id.
    fn is_taken(&self, member: &Member) -> bool {
        let other = |id: &MemberId| *id != member.member_id;
        let address = self.member_at(&member.organization_id, &member.email_address);
        let external_id = member.external_id.as_ref().and_then(|external_id| {
            self.by_member_external_id.get(&(member.organization_id.clone(), external_id.clone()))
        });
        address.is_some_and(|holder| other(&holder.member_id)) || external_id.is_some_and(other)
    }

    fn link_member(&mut self, member: Member) {
        let (id, organization) = (member.member_id.clone(), member.organization_id.clone());
        self.by_address
            .entry(member.email_address.clone())
            .or_default()
            .insert(organization.clone(), id.clone());
        self.by_organization.entry(organization.clone()).or_default().insert(id.clone());
        if let Some(external_id) = &member.external_id {
            self.by_member_external_id.insert((organization.clone(), external_id.clone()), id.clone());
        }
        if member.email_address_verified && member.status != MemberStatus::Deleted {
            let domain = member.email_address.domain();
            self.proved.entry((organization, domain)).or_default().insert(id.clone());
        }
        self.members.insert(id, member);
    }

    pub(super) fn unlink_member(&mut self, member_id: &MemberId) {
        let Some(member) = self.members.remove(member_id) else { return };
        let organization = member.organization_id;
        if let Some(of) = self.by_address.get_mut(&member.email_address) {
            of.remove(&organization);
            if of.is_empty() {
                self.by_address.remove(&member.email_address);
            }
        }
        if let Some(of) = self.by_organization.get_mut(&organization) {
            of.remove(member_id);
        }
        if let Some(external_id) = member.external_id {
            self.by_member_external_id.remove(&(organization.clone(), external_id));
        }
        let place = (organization, member.email_address.domain());
        if let Some(proved) = self.proved.get_mut(&place) {
            proved.remove(member_id);
            if proved.is_empty() {
                self.proved.remove(&place);
            }
        }
    }
}

/// Where an organization stands in the list. Whoever invites an address to a thousand organizations
/// must not push those out that it is active in.
fn rank(status: Option<MemberStatus>) -> u8 {
    match status {
        Some(MemberStatus::Active) => 0,
        Some(MemberStatus::Pending | MemberStatus::Invited) => 1,
        Some(MemberStatus::Deleted) => 2,
        None => 3,
    }
}

impl Directory for MemoryStore {
    fn organization<'a>(&'a self, find: FindOrganization<'a>) -> Answer<'a, Option<Organization>> {
        Box::pin(async move { Ok(self.tables().directory.organization(find).cloned()) })
    }

    fn member<'a>(&'a self, member_id: &'a MemberId) -> Answer<'a, Option<Member>> {
        Box::pin(async move { Ok(self.tables().directory.members.get(member_id).cloned()) })
    }

    fn entrance<'a>(
        &'a self,
        organization_id: &'a OrganizationId,
        address: &'a EmailAddress,
    ) -> Answer<'a, Option<Entrance>> {
        Box::pin(async move { Ok(self.tables().directory.entrance(organization_id, address)) })
    }

    fn entrances<'a>(&'a self, address: &'a EmailAddress) -> Answer<'a, Vec<Entrance>> {
        Box::pin(async move { Ok(self.tables().directory.entrances(address)) })
    }

    fn join<'a>(&'a self, joining: &'a Joining) -> Answer<'a, Member> {
        Box::pin(async move { self.tables().directory.join(joining) })
    }
}

//! Organizations and members. Often the application's own tables.

use super::{Answer, MemberSearch, OrganizationSearch};
use crate::domain::{
    EmailAddress, Entrance, Member, MemberId, Organization, OrganizationId, Slug, Timestamp,
};

/// How an organization is named by who asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindOrganization<'a> {
    /// By id.
    Id(&'a OrganizationId),
    /// By its name in URLs.
    Slug(&'a Slug),
}

/// Somebody who has proved an address and enters an organization that they are not an active member of.
#[derive(Clone, Debug)]
pub struct Joining {
    /// Where to.
    pub organization_id: OrganizationId,
    /// The proved address.
    pub address: EmailAddress,
    /// The id to give them if they are new.
    pub member_id: MemberId,
    /// When.
    pub now: Timestamp,
}

/// Organizations and members, as signing in needs them.
///
/// Five operations, so that an application can put it over the tables it has. One that does calls
/// `Vestibule::member_changed` and `Vestibule::organization_changed` after its own changes; without
/// that they are noticed after the greatest staleness, 60 seconds unless configured otherwise.
pub trait Directory: Send + Sync + 'static {
    /// One organization.
    fn organization<'a>(&'a self, find: FindOrganization<'a>) -> Answer<'a, Option<Organization>>;

    /// One member, whatever their status.
    fn member<'a>(&'a self, member_id: &'a MemberId) -> Answer<'a, Option<Member>>;

    /// One organization as an address meets it; nothing when there is no such organization.
    fn entrance<'a>(
        &'a self,
        organization_id: &'a OrganizationId,
        address: &'a EmailAddress,
    ) -> Answer<'a, Option<Entrance>>;

    /// Every organization that has a member with this address or lists its domain among the allowed
    /// ones, at most 1,000, in a stable order: those with an active member first, then those with
    /// another.
    fn entrances<'a>(&'a self, address: &'a EmailAddress) -> Answer<'a, Vec<Entrance>>;

    /// Lets somebody in: makes them an active member with a verified address, or activates the
    /// pending or invited member with that address. One transaction, under a unique (organization,
    /// address): of many at once, all get the same member. A deleted member stays deleted, and is
    /// returned so. `Unavailable` when the organization is gone, `Taken` when the id is another's.
    ///
    /// The judge has decided that they may; the store decides nothing.
    fn join<'a>(&'a self, joining: &'a Joining) -> Answer<'a, Member>;
}

/// A directory that can also be changed from here.
pub trait DirectoryAdmin: Directory {
    /// Makes an organization together with its first members, or nothing of it.
    ///
    /// `Taken` when the id, slug or external id, or a member's id, address or external id, exists, or
    /// when a claimed domain is another organization's already.
    fn create_organization<'a>(
        &'a self,
        organization: &'a Organization,
        members: &'a [Member],
    ) -> Answer<'a, ()>;

    /// Replaces an organization; false when there is none with that id. `Taken` when the slug, the
    /// external id or a claimed domain is.
    fn update_organization<'a>(&'a self, organization: &'a Organization) -> Answer<'a, bool>;

    /// Deletes an organization and its members for good; false when there was none. A store that holds
    /// credentials and sessions too ends those with them, in the same transaction.
    fn delete_organization<'a>(&'a self, organization_id: &'a OrganizationId) -> Answer<'a, bool>;

    /// Makes a member. `Taken` when the id, (organization, address) or (organization, external id)
    /// exists; `Unavailable` when there is no such organization.
    fn create_member<'a>(&'a self, member: &'a Member) -> Answer<'a, ()>;

    /// Replaces a member; false when there is none with that id in that organization. `Taken` when the
    /// address or external id is.
    fn update_member<'a>(&'a self, member: &'a Member) -> Answer<'a, bool>;

    /// Replaces an organization if it still is `seen`; false when it is not. `Taken` as for
    /// [`update_organization`](Self::update_organization).
    fn replace_organization_if<'a>(
        &'a self,
        seen: &'a Organization,
        organization: &'a Organization,
    ) -> Answer<'a, bool>;

    /// Replaces a member if they still are `seen`; false when they are not. `Taken` as for
    /// [`update_member`](Self::update_member).
    fn replace_member_if<'a>(&'a self, seen: &'a Member, member: &'a Member) -> Answer<'a, bool>;

    /// The members of an organization, in order of their ids, after `after`, at most `limit`.
    fn members<'a>(
        &'a self,
        organization_id: &'a OrganizationId,
        after: Option<&'a MemberId>,
        limit: usize,
    ) -> Answer<'a, Vec<Member>>;

    /// How many members an organization has. Deleted ones do not count.
    fn member_count<'a>(&'a self, organization_id: &'a OrganizationId) -> Answer<'a, u64>;

    /// The organization with this id of the application's own.
    fn organization_by_external_id<'a>(&'a self, external_id: &'a str) -> Answer<'a, Option<Organization>>;

    /// The member of an organization with this id of the application's own, whatever their status.
    fn member_by_external_id<'a>(
        &'a self,
        organization_id: &'a OrganizationId,
        external_id: &'a str,
    ) -> Answer<'a, Option<Member>>;

    /// The organizations that are searched for, in order of their ids, after `after`, at most `limit`:
    /// those that [`OrganizationSearch::matches`].
    fn search_organizations<'a>(
        &'a self,
        search: &'a OrganizationSearch,
        after: Option<&'a OrganizationId>,
        limit: usize,
    ) -> Answer<'a, Vec<Organization>>;

    /// The members that are searched for, in order of their ids, after `after`, at most `limit`: those
    /// that [`MemberSearch::matches`].
    fn search_members<'a>(
        &'a self,
        search: &'a MemberSearch,
        after: Option<&'a MemberId>,
        limit: usize,
    ) -> Answer<'a, Vec<Member>>;
}

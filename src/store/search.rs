//! What is searched for among organizations and members.

use std::collections::BTreeSet;

use crate::domain::{
    Domain, EmailAddress, Member, MemberId, MemberStatus, Organization, OrganizationId, RoleId, Slug,
};

/// How several filters are one. Without filters everything is found, whichever this is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Combine {
    /// Each must match.
    #[default]
    All,
    /// One must match.
    Any,
}

impl Combine {
    fn holds<F>(self, filters: &[F], matches: impl Fn(&F) -> bool) -> bool {
        match self {
            Self::All => filters.iter().all(matches),
            Self::Any => filters.is_empty() || filters.iter().any(matches),
        }
    }
}

/// Which organizations are searched for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrganizationSearch {
    /// How the filters are one.
    pub combine: Combine,
    /// What is demanded.
    pub filters: Vec<OrganizationFilter>,
}

/// What one filter demands of an organization.
///
/// A set matches whoever has one of it, so an empty one matches nobody. Parts of texts are compared
/// without regard to the case of ASCII letters; no character of them stands for others. Deleted members
/// do not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrganizationFilter {
    /// One of these ids.
    Ids(BTreeSet<OrganizationId>),
    /// One of these slugs.
    Slugs(BTreeSet<Slug>),
    /// One of these ids of the application's own.
    ExternalIds(BTreeSet<String>),
    /// A name with this in it.
    NameContains(String),
    /// A slug with this in it.
    SlugContains(String),
    /// A member with one of these addresses.
    MemberAddresses(BTreeSet<EmailAddress>),
    /// A member whose address has this in it.
    MemberAddressContains(String),
    /// One of these domains among the allowed ones.
    AllowedDomains(BTreeSet<Domain>),
    /// An allowed domain with this in it.
    AllowedDomainContains(String),
    /// One of these domains among the claimed ones.
    ClaimedDomains(BTreeSet<Domain>),
    /// Nothing: it matches always or never, as what stands for something that no organization has.
    Constant(bool),
}

impl OrganizationSearch {
    /// Whether an organization, whose members these are, is searched for.
    pub fn matches<'a>(
        &self,
        organization: &Organization,
        members: &(impl Iterator<Item = &'a Member> + Clone),
    ) -> bool {
        self.combine.holds(&self.filters, |filter| filter.matches(organization, members.clone()))
    }
}

impl OrganizationFilter {
    fn matches<'a>(&self, organization: &Organization, members: impl Iterator<Item = &'a Member>) -> bool {
        let mut addresses = members
            .filter(|member| member.status != MemberStatus::Deleted)
            .map(|member| &member.email_address);
        let external_id = organization.organization_external_id.as_ref();
        match self {
            Self::Ids(ids) => ids.contains(&organization.organization_id),
            Self::Slugs(slugs) => slugs.contains(&organization.organization_slug),
            Self::ExternalIds(ids) => external_id.is_some_and(|id| ids.contains(id)),
            Self::NameContains(part) => contains(&organization.organization_name, part),
            Self::SlugContains(part) => contains(organization.organization_slug.as_str(), part),
            Self::MemberAddresses(wanted) => addresses.any(|address| wanted.contains(address)),
            Self::MemberAddressContains(part) => addresses.any(|address| contains(address.as_str(), part)),
            Self::AllowedDomains(domains) => !domains.is_disjoint(&organization.email_allowed_domains),
            Self::AllowedDomainContains(part) => {
                organization.email_allowed_domains.iter().any(|domain| contains(domain.as_str(), part))
            }
            Self::ClaimedDomains(domains) => !domains.is_disjoint(&organization.claimed_email_domains),
            Self::Constant(holds) => *holds,
        }
    }
}

/// Which members are searched for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberSearch {
    /// The organizations whose members they are. Without one nobody is found.
    pub organizations: BTreeSet<OrganizationId>,
    /// How the filters are one.
    pub combine: Combine,
    /// What is demanded.
    pub filters: Vec<MemberFilter>,
}

/// What one filter demands of a member.
///
/// A set matches whoever has one of it, so an empty one matches nobody. Parts of texts are compared
/// without regard to the case of ASCII letters; no character of them stands for others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberFilter {
    /// One of these ids.
    Ids(BTreeSet<MemberId>),
    /// One of these ids of the application's own.
    ExternalIds(BTreeSet<String>),
    /// One of these addresses, now and not before.
    Addresses(BTreeSet<EmailAddress>),
    /// An address with this in it.
    AddressContains(String),
    /// A name with this in it.
    NameContains(String),
    /// One of these states.
    Statuses(BTreeSet<MemberStatus>),
    /// Whether restrictions of methods do not apply to them.
    IsBreakglass(bool),
    /// One of these roles, assigned directly.
    Roles(BTreeSet<RoleId>),
    /// Nothing: it matches always or never, as what stands for something that no member has.
    Constant(bool),
}

impl MemberSearch {
    /// Whether deleted members are found too: only if some filter names that status.
    #[must_use]
    pub fn wants_deleted(&self) -> bool {
        self.filters
            .iter()
            .any(|filter| matches!(filter, MemberFilter::Statuses(of) if of.contains(&MemberStatus::Deleted)))
    }

    /// Whether a member is searched for.
    #[must_use]
    pub fn matches(&self, member: &Member) -> bool {
        self.organizations.contains(&member.organization_id)
            && (member.status != MemberStatus::Deleted || self.wants_deleted())
            && self.combine.holds(&self.filters, |filter| filter.matches(member))
    }
}

impl MemberFilter {
    fn matches(&self, member: &Member) -> bool {
        match self {
            Self::Ids(ids) => ids.contains(&member.member_id),
            Self::ExternalIds(ids) => member.external_id.as_ref().is_some_and(|id| ids.contains(id)),
            Self::Addresses(addresses) => addresses.contains(&member.email_address),
            Self::AddressContains(part) => contains(member.email_address.as_str(), part),
            Self::NameContains(part) => contains(&member.name, part),
            Self::Statuses(statuses) => statuses.contains(&member.status),
            Self::IsBreakglass(is) => member.is_breakglass == *is,
            Self::Roles(roles) => member.roles.iter().any(|role| roles.contains(role)),
            Self::Constant(holds) => *holds,
        }
    }
}

fn contains(text: &str, part: &str) -> bool {
    text.to_ascii_lowercase().contains(&part.to_ascii_lowercase())
}

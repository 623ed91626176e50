//! Searching organizations and members.

use std::collections::{BTreeMap, BTreeSet};

use super::{Acting, Action, ApiError, Found, Rule};
use crate::{
    domain::{
        CredentialId, EmailAddress, Enrolment, Member, MemberId,
        MemberStatus::{self, Active, Deleted, Invited, Pending},
        Organization, OrganizationId, PhoneNumber,
    },
    flow::Engine,
    store::{Combine, MemberFilter, MemberSearch, OrganizationSearch},
};

/// How many members are looked at at a time where their credentials decide.
const AT_A_TIME: usize = 500;

/// What is demanded of what lies with a member's credentials.
#[derive(Clone, Debug)]
pub(crate) enum CredentialFilter {
    /// One of these phone numbers.
    PhoneIs(BTreeSet<PhoneNumber>),
    /// A phone number with these digits in it.
    PhoneContains(String),
    /// Whether they have a password.
    HasPassword(bool),
}

impl CredentialFilter {
    fn matches(&self, enrolment: &Enrolment) -> bool {
        let number = enrolment.phone.as_ref().map(|phone| &phone.number);
        match self {
            Self::PhoneIs(numbers) => number.is_some_and(|number| numbers.contains(number)),
            Self::PhoneContains(part) => number.is_some_and(|number| number.as_str().contains(part)),
            Self::HasPassword(exists) => enrolment.password_id.is_some() == *exists,
        }
    }
}

/// Which members are searched for.
#[derive(Clone, Debug)]
pub(crate) struct MembersQuery {
    pub(crate) search: MemberSearch,
    /// Filters of the same query that the directory can't answer.
    pub(crate) by_credentials: Vec<CredentialFilter>,
}

impl MembersQuery {
    fn matches(&self, member: &Member, enrolment: &Enrolment) -> bool {
        let matches = |filter: &CredentialFilter| filter.matches(enrolment);
        match self.search.combine {
            Combine::All => self.by_credentials.iter().all(matches),
            Combine::Any => {
                let by_directory = !self.search.filters.is_empty() && self.search.matches(member);
                by_directory || self.by_credentials.iter().any(matches)
            }
        }
    }

    /// What the directory is asked: all whose credentials may have to be looked at.
    fn asked_of_directory(&self) -> MemberSearch {
        match self.search.combine {
            Combine::Any if !self.by_credentials.is_empty() => {
                // Deleted ones are among all only where they are named.
                let everybody = [Pending, Invited, Active, Deleted].into();
                let filters =
                    self.search.wants_deleted().then_some(MemberFilter::Statuses(everybody)).into_iter();
                MemberSearch { filters: filters.collect(), ..self.search.clone() }
            }
            _ => self.search.clone(),
        }
    }
}

impl Engine {
    /// Organizations, in order of their ids.
    pub(crate) async fn find_organizations(
        &self,
        search: &OrganizationSearch,
        after: Option<&OrganizationId>,
        limit: usize,
    ) -> Result<Vec<Organization>, ApiError> {
        Ok(self.admin()?.search_organizations(search, after, limit).await?)
    }

    /// The organizations of these names, whose members are to be searched, by their ids.
    ///
    /// # Errors
    /// `Search` for none or too many; `OrganizationNotFound`; `NotPermitted`, `Tenancy`.
    pub(crate) async fn searchable(
        &self,
        names: &[String],
        acting: &Acting,
    ) -> Result<BTreeMap<OrganizationId, Organization>, ApiError> {
        if names.is_empty() || names.len() > 1000 {
            return Err(Rule::Search("organization_ids names 1 to 1000 organizations".to_owned()).into());
        }
        let mut organizations = BTreeMap::new();
        for name in names {
            let organization = self.api_organization(name).await?;
            acting.may(Action::on_members(&organization.organization_id, "search"))?;
            organizations.insert(organization.organization_id.clone(), organization);
        }
        Ok(organizations)
    }

    /// Members with what they have set up, in order of their ids. Where their credentials are searched as well,
    /// every member of the organizations is looked at whom the other filters leave.
    pub(crate) async fn find_members(
        &self,
        query: &MembersQuery,
        mut after: Option<MemberId>,
        limit: usize,
    ) -> Result<Vec<(Member, Enrolment)>, ApiError> {
        let admin = self.admin()?;
        let asked = query.asked_of_directory();
        let at_a_time = if query.by_credentials.is_empty() { limit } else { AT_A_TIME };
        let mut found = Vec::new();
        loop {
            let page = admin.search_members(&asked, after.as_ref(), at_a_time).await?;
            let more = page.len() == at_a_time;
            after = page.last().map(|member| member.member_id.clone());
            for member in page {
                let enrolment = self.enrolment(&member.member_id).await?;
                if query.by_credentials.is_empty() || query.matches(&member, &enrolment) {
                    found.push((member, enrolment));
                    if found.len() == limit {
                        return Ok(found);
                    }
                }
            }
            if !more {
                return Ok(found);
            }
        }
    }

    /// How many members an organization has who are not deleted.
    pub(crate) async fn count_members(&self, organization_id: &OrganizationId) -> Result<u64, ApiError> {
        Ok(self.admin()?.member_count(organization_id).await?)
    }

    /// The member of an organization with this address, who is not deleted.
    pub(crate) async fn api_member_at(
        &self,
        organization: &Organization,
        address: &EmailAddress,
    ) -> Result<Member, ApiError> {
        let entrance = self.stores.directory.entrance(&organization.organization_id, address).await?;
        let member = entrance.and_then(|entrance| entrance.member);
        let member = member.filter(|member| member.status != MemberStatus::Deleted);
        member.ok_or_else(|| Rule::MemberNotFound.into())
    }

    /// The member of an organization who has the password of this id.
    pub(crate) async fn holder_of_password(
        &self,
        organization: &str,
        password_id: &str,
    ) -> Result<Found, ApiError> {
        let not_found = || ApiError::from(Rule::PasswordNotFound);
        let organization = self.api_organization(organization).await?;
        let password_id = CredentialId::new(password_id).map_err(|_| not_found())?;
        let holder = self.stores.credentials.holder_of_password(&password_id).await?.ok_or_else(not_found)?;
        match self.api_member(&organization, holder.as_str()).await {
            Ok(member) => self.api_shown(member, organization).await,
            Err(ApiError::Rule(Rule::MemberNotFound)) => Err(not_found()),
            Err(error) => Err(error),
        }
    }
}

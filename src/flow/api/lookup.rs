//! Organizations and members, by whatever a server calls them.

use std::sync::Arc;

use super::{ApiError, Rule};
use crate::{
    domain::{Enrolment, Member, MemberId, MemberStatus, Organization, OrganizationId, Slug},
    flow::{Engine, Error, ErrorKind},
    store::{DirectoryAdmin, FindOrganization},
};

/// A member with all that is shown of them.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) member: Member,
    pub(crate) organization: Organization,
    pub(crate) enrolment: Enrolment,
}

impl Engine {
    /// The directory, to be changed.
    pub(super) fn admin(&self) -> Result<&Arc<dyn DirectoryAdmin>, ApiError> {
        // The API is built over one alone.
        self.stores.admin.as_ref().ok_or_else(|| Error::from(ErrorKind::Unavailable).into())
    }

    /// An organization by its id, slug or external id.
    pub(crate) async fn api_organization(&self, name: &str) -> Result<Organization, ApiError> {
        let directory = &self.stores.directory;
        if let Ok(id) = OrganizationId::new(name)
            && let Some(found) = directory.organization(FindOrganization::Id(&id)).await?
        {
            return Ok(found);
        }
        if let Ok(slug) = Slug::parse(name)
            && let Some(found) = directory.organization(FindOrganization::Slug(&slug)).await?
        {
            return Ok(found);
        }
        let found = self.admin()?.organization_by_external_id(name).await?;
        found.ok_or_else(|| Rule::OrganizationNotFound.into())
    }

    /// A member of an organization who is not deleted, by their id or external id.
    pub(crate) async fn api_member(
        &self,
        organization: &Organization,
        name: &str,
    ) -> Result<Member, ApiError> {
        let member = self.api_member_even_deleted(organization, name).await?;
        if member.status == MemberStatus::Deleted { Err(Rule::MemberNotFound.into()) } else { Ok(member) }
    }

    pub(super) async fn api_member_even_deleted(
        &self,
        organization: &Organization,
        name: &str,
    ) -> Result<Member, ApiError> {
        let id = &organization.organization_id;
        if let Ok(member_id) = MemberId::new(name)
            && let Some(member) = self.stores.directory.member(&member_id).await?
            && member.organization_id == *id
        {
            return Ok(member);
        }
        let found = self.admin()?.member_by_external_id(id, name).await?;
        found.ok_or_else(|| Rule::MemberNotFound.into())
    }

    /// Both, and what the member has set up.
    pub(crate) async fn api_found(&self, organization: &str, member: &str) -> Result<Found, ApiError> {
        let organization = self.api_organization(organization).await?;
        let member = self.api_member(&organization, member).await?;
        self.api_shown(member, organization).await
    }

    /// A member with what they have set up.
    pub(crate) async fn api_shown(
        &self,
        member: Member,
        organization: Organization,
    ) -> Result<Found, ApiError> {
        let enrolment = self.enrolment(&member.member_id).await?;
        Ok(Found { member, organization, enrolment })
    }

    /// A member of any organization; a deleted one only if they are asked for.
    pub(crate) async fn api_anybody(
        &self,
        member_id: &str,
        include_deleted: bool,
    ) -> Result<Found, ApiError> {
        let nobody = || ApiError::from(Rule::NobodyFound);
        let member_id = MemberId::new(member_id).map_err(|_| nobody())?;
        let found = self.stores.directory.member(&member_id).await?;
        let shown = |member: &Member| include_deleted || member.status != MemberStatus::Deleted;
        let member = found.filter(shown).ok_or_else(nobody)?;
        let organization = self.organization(&member.organization_id).await?;
        self.api_shown(member, organization).await
    }
}

//! Changes of organizations and members.

use sqlx::SqliteConnection;

use super::{
    SqliteStore,
    codec::{from_document, to_document},
    directory::{BY_ID, MEMBER_BY_ID, add_member, replace_member},
    error::failed,
    sessions::end_sessions_of,
};
use crate::{
    domain::{Member, MemberId, Organization, OrganizationId},
    store::{Answer, DirectoryAdmin, MemberSearch, OrganizationSearch, StoreError},
};

/// ?1 the organization, ?2 the member before, ?3 how many.
pub(super) const PAGE: &str = "
    SELECT document FROM members WHERE organization_id = ?1 AND member_id > ?2
    ORDER BY member_id LIMIT ?3";

const ALLOW: &str = "INSERT INTO organization_domains (domain, organization_id) VALUES (?1, ?2)";

const CLAIM: &str = "INSERT INTO claimed_domains (domain, organization_id) VALUES (?1, ?2)";

pub(super) const FORGET_ALLOWED: &str = "DELETE FROM organization_domains WHERE organization_id = ?1";

pub(super) const FORGET_CLAIMED: &str = "DELETE FROM claimed_domains WHERE organization_id = ?1";

impl SqliteStore {
    async fn create(&self, organization: &Organization, members: &[Member]) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "INSERT INTO organizations (organization_id, slug, external_id, document)
             VALUES (?1, ?2, ?3, ?4)",
        )
        .bind(organization.organization_id.as_str())
        .bind(organization.organization_slug.as_str())
        .bind(organization.organization_external_id.as_deref())
        .bind(to_document(organization)?)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        add_domains(&mut transaction, organization).await?;
        for member in members {
            add_member(&mut transaction, member).await?;
        }
        transaction.commit().await.map_err(failed)
    }

    /// Replaces an organization, where something has to have been seen if it still is that.
    async fn replace(
        &self,
        seen: Option<&Organization>,
        organization: &Organization,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        if let Some(seen) = seen {
            let id = organization.organization_id.as_str();
            let stored: Option<String> =
                sqlx::query_scalar(BY_ID).bind(id).fetch_optional(&mut *transaction).await.map_err(failed)?;
            if stored.as_deref().map(from_document).transpose()?.as_ref() != Some(seen) {
                return Ok(false);
            }
        }
        let done = sqlx::query(
            "UPDATE organizations SET slug = ?2, external_id = ?3, document = ?4
             WHERE organization_id = ?1",
        )
        .bind(organization.organization_id.as_str())
        .bind(organization.organization_slug.as_str())
        .bind(organization.organization_external_id.as_deref())
        .bind(to_document(organization)?)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        for statement in [FORGET_ALLOWED, FORGET_CLAIMED] {
            sqlx::query(statement)
                .bind(organization.organization_id.as_str())
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
        }
        add_domains(&mut transaction, organization).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(true)
    }

    async fn change_member(&self, seen: Option<&Member>, member: &Member) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        if let Some(seen) = seen {
            let id = member.member_id.as_str();
            let stored: Option<String> = sqlx::query_scalar(MEMBER_BY_ID)
                .bind(id)
                .fetch_optional(&mut *transaction)
                .await
                .map_err(failed)?;
            if stored.as_deref().map(from_document).transpose()?.as_ref() != Some(seen) {
                return Ok(false);
            }
        }
        let found = replace_member(&mut transaction, member).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(found)
    }

    async fn delete(&self, organization_id: &OrganizationId) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "DELETE FROM credentials
             WHERE member_id IN (SELECT member_id FROM members WHERE organization_id = ?1)",
        )
        .bind(organization_id.as_str())
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        // Its members and domains go with it.
        let done = sqlx::query("DELETE FROM organizations WHERE organization_id = ?1")
            .bind(organization_id.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        end_sessions_of(&mut transaction, organization_id).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(true)
    }

    async fn page(
        &self,
        organization_id: &OrganizationId,
        after: Option<&MemberId>,
        limit: usize,
    ) -> Result<Vec<Member>, StoreError> {
        let found: Vec<String> = sqlx::query_scalar(PAGE)
            .bind(organization_id.as_str())
            // No id is empty, so all come after this.
            .bind(after.map_or("", MemberId::as_str))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await
            .map_err(failed)?;
        found.iter().map(|document| from_document(document)).collect()
    }
}

async fn add_domains(
    connection: &mut SqliteConnection,
    organization: &Organization,
) -> Result<(), StoreError> {
    let allowed = organization.email_allowed_domains.iter().map(|domain| (ALLOW, domain));
    let claimed = organization.claimed_email_domains.iter().map(|domain| (CLAIM, domain));
    for (statement, domain) in allowed.chain(claimed) {
        sqlx::query(statement)
            .bind(domain.as_str())
            .bind(organization.organization_id.as_str())
            .execute(&mut *connection)
            .await
            .map_err(failed)?;
    }
    Ok(())
}

impl DirectoryAdmin for SqliteStore {
    fn create_organization<'a>(
        &'a self,
        organization: &'a Organization,
        members: &'a [Member],
    ) -> Answer<'a, ()> {
        Box::pin(self.create(organization, members))
    }

    fn update_organization<'a>(&'a self, organization: &'a Organization) -> Answer<'a, bool> {
        Box::pin(self.replace(None, organization))
    }

    fn delete_organization<'a>(&'a self, organization_id: &'a OrganizationId) -> Answer<'a, bool> {
        Box::pin(self.delete(organization_id))
    }

    fn create_member<'a>(&'a self, member: &'a Member) -> Answer<'a, ()> {
        Box::pin(async move {
            let mut transaction = self.begin().await?;
            add_member(&mut transaction, member).await?;
            transaction.commit().await.map_err(failed)
        })
    }

    fn update_member<'a>(&'a self, member: &'a Member) -> Answer<'a, bool> {
        Box::pin(self.change_member(None, member))
    }

    fn replace_organization_if<'a>(
        &'a self,
        seen: &'a Organization,
        organization: &'a Organization,
    ) -> Answer<'a, bool> {
        Box::pin(self.replace(Some(seen), organization))
    }

    fn replace_member_if<'a>(&'a self, seen: &'a Member, member: &'a Member) -> Answer<'a, bool> {
        Box::pin(self.change_member(Some(seen), member))
    }

    fn members<'a>(
        &'a self,
        organization_id: &'a OrganizationId,
        after: Option<&'a MemberId>,
        limit: usize,
    ) -> Answer<'a, Vec<Member>> {
        Box::pin(self.page(organization_id, after, limit))
    }

    fn member_count<'a>(&'a self, organization_id: &'a OrganizationId) -> Answer<'a, u64> {
        Box::pin(self.count_members(organization_id))
    }

    fn organization_by_external_id<'a>(&'a self, external_id: &'a str) -> Answer<'a, Option<Organization>> {
        Box::pin(self.find_by_external_id(external_id))
    }

    fn member_by_external_id<'a>(
        &'a self,
        organization_id: &'a OrganizationId,
        external_id: &'a str,
    ) -> Answer<'a, Option<Member>> {
        Box::pin(self.find_member_by_external_id(organization_id, external_id))
    }

    fn search_organizations<'a>(
        &'a self,
        search: &'a OrganizationSearch,
        after: Option<&'a OrganizationId>,
        limit: usize,
    ) -> Answer<'a, Vec<Organization>> {
        Box::pin(self.find_organizations(search, after, limit))
    }

    fn search_members<'a>(
        &'a self,
        search: &'a MemberSearch,
        after: Option<&'a MemberId>,
        limit: usize,
    ) -> Answer<'a, Vec<Member>> {
        Box::pin(self.find_members(search, after, limit))
    }
}

//! Looking up by other ids, counting, and searching.

use serde::de::DeserializeOwned;

use super::{
    SqliteStore,
    codec::{from_document, from_integer},
    error::failed,
    questions::{self, Question},
};
use crate::{
    domain::{Member, MemberId, Organization, OrganizationId},
    store::{MemberSearch, OrganizationSearch, StoreError},
};

pub(super) const BY_EXTERNAL_ID: &str = "SELECT document FROM organizations WHERE external_id = ?1";

pub(super) const MEMBER_BY_EXTERNAL_ID: &str =
    "SELECT document FROM members WHERE organization_id = ?1 AND external_id = ?2";

pub(super) const COUNT: &str =
    "SELECT count(*) FROM members WHERE organization_id = ?1 AND status <> 'deleted'";

impl SqliteStore {
    pub(super) async fn find_by_external_id(
        &self,
        external_id: &str,
    ) -> Result<Option<Organization>, StoreError> {
        let found: Option<String> = sqlx::query_scalar(BY_EXTERNAL_ID)
            .bind(external_id)
            .fetch_optional(&self.readers)
            .await
            .map_err(failed)?;
        found.as_deref().map(from_document).transpose()
    }

    pub(super) async fn find_member_by_external_id(
        &self,
        organization_id: &OrganizationId,
        external_id: &str,
    ) -> Result<Option<Member>, StoreError> {
        let found: Option<String> = sqlx::query_scalar(MEMBER_BY_EXTERNAL_ID)
            .bind(organization_id.as_str())
            .bind(external_id)
            .fetch_optional(&self.readers)
            .await
            .map_err(failed)?;
        found.as_deref().map(from_document).transpose()
    }

    pub(super) async fn count_members(&self, organization_id: &OrganizationId) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar(COUNT)
            .bind(organization_id.as_str())
            .fetch_one(&self.readers)
            .await
            .map_err(failed)?;
        from_integer(count)
    }

    pub(super) async fn find_organizations(
        &self,
        search: &OrganizationSearch,
        after: Option<&OrganizationId>,
        limit: usize,
    ) -> Result<Vec<Organization>, StoreError> {
        self.documents(questions::organizations(search, after, limit)?).await
    }

    pub(super) async fn find_members(
        &self,
        search: &MemberSearch,
        after: Option<&MemberId>,
        limit: usize,
    ) -> Result<Vec<Member>, StoreError> {
        self.documents(questions::members(search, after, limit)?).await
    }

    async fn documents<T: DeserializeOwned>(&self, mut question: Question) -> Result<Vec<T>, StoreError> {
        let found: Vec<String> =
            question.build_query_scalar().fetch_all(&self.readers).await.map_err(failed)?;
        found.iter().map(|document| from_document(document)).collect()
    }
}

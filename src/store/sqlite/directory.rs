//! Organizations and members, as signing in asks for them.

use sqlx::SqliteConnection;

use super::{
    SqliteStore,
    codec::{from_document, to_document},
    error::failed,
};
use crate::{
    domain::{EmailAddress, Entrance, Member, MemberId, MemberStatus, Organization, OrganizationId},
    store::{Answer, Directory, FindOrganization, Joining, StoreError},
};

pub(super) const BY_ID: &str = "SELECT document FROM organizations WHERE organization_id = ?1";

pub(super) const MEMBER_BY_ID: &str = "SELECT document FROM members WHERE member_id = ?1";

pub(super) const BY_SLUG: &str = "SELECT document FROM organizations WHERE slug = ?1";

/// ?1 the organization, ?2 the address, ?3 its domain.
pub(super) const ENTRANCE: &str = "
    SELECT organizations.document, members.document, EXISTS (
        SELECT 1 FROM members AS proved
        WHERE proved.organization_id = organizations.organization_id AND proved.domain = ?3
            AND proved.verified = 1 AND proved.status <> 'deleted'
    )
    FROM organizations
    LEFT JOIN members
        ON members.organization_id = organizations.organization_id AND members.address = ?2
    WHERE organizations.organization_id = ?1";

/// ?1 the address, ?2 its domain. Whoever invites an address to a thousand organizations must not
/// push those out that it is active in.
pub(super) const ENTRANCES: &str = "
    WITH doors (organization_id, rank) AS (
        SELECT organization_id, CASE status WHEN 'active' THEN 0 WHEN 'deleted' THEN 2 ELSE 1 END
        FROM members WHERE address = ?1
        UNION ALL
        SELECT organization_id, 3 FROM organization_domains AS allowed
        WHERE domain = ?2 AND NOT EXISTS (
            SELECT 1 FROM members
            WHERE members.organization_id = allowed.organization_id AND members.address = ?1
        )
        ORDER BY 2, 1 LIMIT 1000
    )
    SELECT organizations.document, members.document, EXISTS (
        SELECT 1 FROM members AS proved
        WHERE proved.organization_id = doors.organization_id AND proved.domain = ?2
            AND proved.verified = 1 AND proved.status <> 'deleted'
    )
    FROM doors
    JOIN organizations ON organizations.organization_id = doors.organization_id
    LEFT JOIN members
        ON members.organization_id = doors.organization_id AND members.address = ?1
    ORDER BY doors.rank, doors.organization_id";

pub(super) const AT_ADDRESS: &str =
    "SELECT document FROM members WHERE organization_id = ?1 AND address = ?2";

/// The documents of an organization and of a member, and whether somebody proved the domain.
type Row = (String, Option<String>, bool);

fn entrance(address: &EmailAddress, row: &Row) -> Result<Entrance, StoreError> {
    let (organization, member, domain_has_verified_member) = row;
    Ok(Entrance {
        address: address.clone(),
        organization: from_document(organization)?,
        member: member.as_deref().map(from_document).transpose()?,
        domain_has_verified_member: *domain_has_verified_member,
    })
}

impl SqliteStore {
    async fn find_organization(
        &self,
        find: FindOrganization<'_>,
    ) -> Result<Option<Organization>, StoreError> {
        let (question, name) = match find {
            FindOrganization::Id(id) => (BY_ID, id.as_str()),
            FindOrganization::Slug(slug) => (BY_SLUG, slug.as_str()),
        };
        let found: Option<String> =
            sqlx::query_scalar(question).bind(name).fetch_optional(&self.readers).await.map_err(failed)?;
        found.as_deref().map(from_document).transpose()
    }

    async fn find_member(&self, member_id: &MemberId) -> Result<Option<Member>, StoreError> {
        let found: Option<String> = sqlx::query_scalar(MEMBER_BY_ID)
            .bind(member_id.as_str())
            .fetch_optional(&self.readers)
            .await
            .map_err(failed)?;
        found.as_deref().map(from_document).transpose()
    }

    async fn find_entrance(
        &self,
        organization_id: &OrganizationId,
        address: &EmailAddress,
    ) -> Result<Option<Entrance>, StoreError> {
        let found: Option<Row> = sqlx::query_as(ENTRANCE)
            .bind(organization_id.as_str())
            .bind(address.as_str())
            .bind(address.domain().as_str())
            .fetch_optional(&self.readers)
            .await
            .map_err(failed)?;
        found.map(|row| entrance(address, &row)).transpose()
    }

    async fn find_entrances(&self, address: &EmailAddress) -> Result<Vec<Entrance>, StoreError> {
        let found: Vec<Row> = sqlx::query_as(ENTRANCES)
            .bind(address.as_str())
            .bind(address.domain().as_str())
            .fetch_all(&self.readers)
            .await
            .map_err(failed)?;
        found.iter().map(|row| entrance(address, row)).collect()
    }

    async fn let_in(&self, joining: &Joining) -> Result<Member, StoreError> {
        let Joining { organization_id, address, member_id, now } = joining;
        let mut transaction = self.begin().await?;
        let found: Option<String> = sqlx::query_scalar(AT_ADDRESS)
            .bind(organization_id.as_str())
            .bind(address.as_str())
            .fetch_optional(&mut *transaction)
            .await
            .map_err(failed)?;
        let member = if let Some(document) = found {
            let mut member: Member = from_document(&document)?;
            let settled = member.status == MemberStatus::Active && member.email_address_verified;
            if settled || member.status == MemberStatus::Deleted {
                return Ok(member);
            }
            member.activate(*now);
            replace_member(&mut transaction, &member).await?;
            member
        } else {
            let (id, organization) = (member_id.clone(), organization_id.clone());
            let mut member = Member::new(id, organization, address.clone(), MemberStatus::Pending, *now);
            member.activate(*now);
            add_member(&mut transaction, &member).await?;
            member
        };
        transaction.commit().await.map_err(failed)?;
        Ok(member)
    }
}

pub(super) async fn add_member(connection: &mut SqliteConnection, member: &Member) -> Result<(), StoreError> {
    let insert = "
        INSERT INTO members
            (member_id, organization_id, address, domain, status, verified, external_id, document)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    write_member(connection, insert, member).await.map(|_| ())
}

/// Replaces a member, who never moves to another organization.
pub(super) async fn replace_member(
    connection: &mut SqliteConnection,
    member: &Member,
) -> Result<bool, StoreError> {
    let update = "
        UPDATE members
        SET address = ?3, domain = ?4, status = ?5, verified = ?6, external_id = ?7, document = ?8
        WHERE member_id = ?1 AND organization_id = ?2";
    write_member(connection, update, member).await
}

/// Says whether a row was written.
async fn write_member(
    connection: &mut SqliteConnection,
    statement: &'static str,
    member: &Member,
) -> Result<bool, StoreError> {
    let done = sqlx::query(statement)
        .bind(member.member_id.as_str())
        .bind(member.organization_id.as_str())
        .bind(member.email_address.as_str())
        .bind(member.email_address.domain().as_str())
        .bind(status(member.status))
        .bind(member.email_address_verified)
        .bind(member.external_id.as_deref())
        .bind(to_document(member)?)
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(done.rows_affected() > 0)
}

pub(super) fn status(status: MemberStatus) -> &'static str {
    match status {
        MemberStatus::Pending => "pending",
        MemberStatus::Invited => "invited",
        MemberStatus::Active => "active",
        MemberStatus::Deleted => "deleted",
    }
}

impl Directory for SqliteStore {
    fn organization<'a>(&'a self, find: FindOrganization<'a>) -> Answer<'a, Option<Organization>> {
        Box::pin(self.find_organization(find))
    }

    fn member<'a>(&'a self, member_id: &'a MemberId) -> Answer<'a, Option<Member>> {
        Box::pin(self.find_member(member_id))
    }

    fn entrance<'a>(
        &'a self,
        organization_id: &'a OrganizationId,
        address: &'a EmailAddress,
    ) -> Answer<'a, Option<Entrance>> {
        Box::pin(self.find_entrance(organization_id, address))
    }

    fn entrances<'a>(&'a self, address: &'a EmailAddress) -> Answer<'a, Vec<Entrance>> {
        Box::pin(self.find_entrances(address))
    }

    fn join<'a>(&'a self, joining: &'a Joining) -> Answer<'a, Member> {
        Box::pin(self.let_in(joining))
    }
}

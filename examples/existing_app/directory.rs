//! The application's tables, as Vestibule asks for them: a company is an organization, a user a member.

use sqlx::{Row, sqlite::SqliteRow};
use vestibule::{
    domain::{
        EmailAddress, Entrance, Member, MemberId, MemberStatus, MfaPolicy, Organization, OrganizationId,
        RoleId, Slug, Timestamp,
    },
    store::{Answer, Directory, FindOrganization, Joining, StoreError, StoreErrorKind},
};

use crate::users::Users;

impl Directory for Users {
    fn organization<'a>(&'a self, find: FindOrganization<'a>) -> Answer<'a, Option<Organization>> {
        Box::pin(async move {
            let (question, name) = match find {
                FindOrganization::Id(id) => ("SELECT * FROM companies WHERE id = ?1", id.as_str()),
                FindOrganization::Slug(slug) => ("SELECT * FROM companies WHERE slug = ?1", slug.as_str()),
            };
            let row = sqlx::query(question).bind(name).fetch_optional(&self.0).await.map_err(unavailable)?;
            row.as_ref().map(organization).transpose()
        })
    }

    fn member<'a>(&'a self, id: &'a MemberId) -> Answer<'a, Option<Member>> {
        Box::pin(async move {
            let question = sqlx::query("SELECT * FROM users WHERE id = ?1").bind(id.as_str());
            let row = question.fetch_optional(&self.0).await.map_err(unavailable)?;
            row.as_ref().map(member).transpose()
        })
    }

    fn entrance<'a>(
        &'a self,
        organization_id: &'a OrganizationId,
        address: &'a EmailAddress,
    ) -> Answer<'a, Option<Entrance>> {
        Box::pin(async move {
            let find = FindOrganization::Id(organization_id);
            let Some(organization) = self.organization(find).await? else { return Ok(None) };
            let question = "SELECT * FROM users WHERE company_id = ?1 AND email = ?2";
            let question = sqlx::query(question).bind(organization_id.as_str()).bind(address.as_str());
            let row = question.fetch_optional(&self.0).await.map_err(unavailable)?;
            let member = row.as_ref().map(member).transpose()?;
            let address = address.clone();
            Ok(Some(Entrance { address, organization, member, domain_has_verified_member: false }))
        })
    }

    fn entrances<'a>(&'a self, address: &'a EmailAddress) -> Answer<'a, Vec<Entrance>> {
        Box::pin(async move {
            // Here an address has one user, and a user one company.
            let question = sqlx::query_scalar("SELECT company_id FROM users WHERE email = ?1");
            let company =
                question.bind(address.as_str()).fetch_optional(&self.0).await.map_err(unavailable)?;
            let Some(company): Option<String> = company else { return Ok(Vec::new()) };
            let entrance = self.entrance(&OrganizationId::new(company).map_err(corrupt)?, address).await?;
            Ok(entrance.into_iter().collect())
        })
    }

    // Nobody joins by themselves: no company allows it, and every user is active or disabled.
    fn join<'a>(&'a self, _: &'a Joining) -> Answer<'a, Member> {
        Box::pin(async { Err(StoreError::new(StoreErrorKind::Unavailable)) })
    }
}

fn organization(row: &SqliteRow) -> Result<Organization, StoreError> {
    let id = OrganizationId::new(row.get::<&str, _>("id")).map_err(corrupt)?;
    let slug = Slug::parse(row.get("slug")).map_err(corrupt)?;
    let mut organization = Organization::new(id, row.get::<&str, _>("name"), slug, Timestamp::default());
    if row.get::<&str, _>("plan") == "enterprise" {
        organization.mfa_policy = MfaPolicy::RequiredForAll;
    }
    Ok(organization)
}

fn member(row: &SqliteRow) -> Result<Member, StoreError> {
    let id = MemberId::new(row.get::<&str, _>("id")).map_err(corrupt)?;
    let company = OrganizationId::new(row.get::<&str, _>("company_id")).map_err(corrupt)?;
    let address = EmailAddress::parse(row.get("email")).map_err(corrupt)?;
    let status = if row.get("disabled") { MemberStatus::Deleted } else { MemberStatus::Active };
    let mut member = Member::new(id, company, address, status, Timestamp::default());
    member.email_address_verified = true;
    if row.get("admin") {
        member.roles.push(RoleId::admin());
    }
    Ok(member)
}

fn unavailable(error: sqlx::Error) -> StoreError {
    StoreError::with(StoreErrorKind::Unavailable, error)
}

fn corrupt(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::with(StoreErrorKind::Corrupt, error)
}

//! The session that a JWT of another deployment attests.

use std::{sync::Arc, time::Duration};

use super::{
    member_session::{Ended, MemberSession},
    parts::{MemberPart, OrganizationPart, Parts, RolesPart},
    roles::permissions,
};
use crate::domain::{EmailAddress, Role, RoleId, SessionRecord, Slug, Timestamp};

/// What a JWT of another deployment says. Made by `token` alone, once signature, key, issuer, audience and
/// time are verified; a test that reads the sources sees to it.
#[derive(Debug)]
pub(crate) struct Attested {
    /// The session as its issuer keeps it, without the seed of its token.
    pub(crate) record: SessionRecord,
    pub(crate) email_address: EmailAddress,
    pub(crate) organization_slug: Slug,
    /// Those in force when the JWT was issued.
    pub(crate) roles: Vec<RoleId>,
    /// When the JWT ends.
    pub(crate) ends: Timestamp,
}

/// Makes a session of what a JWT attests, if it still holds. It ends with the JWT, however long its issuer
/// lets it last: whether it was ended there is known no longer than that.
///
/// Roles permit what `project_roles` says; those that an organization has made itself permit nothing here.
pub(crate) fn attest(
    attested: Attested,
    project_roles: &[Role],
    now: Timestamp,
) -> Result<MemberSession, Ended> {
    let Attested { mut record, email_address, organization_slug, roles, ends } = attested;
    let ends = ends.min(record.expires_at).min(record.absolute_end);
    if now >= ends {
        return Err(Ended::Expired);
    }
    for factor in &mut record.factors {
        // The issuer's clock may be ahead of ours. What was proved a moment ago has no age then, instead of
        // one below nothing, which would never be fresh.
        factor.last_authenticated_at = factor.last_authenticated_at.min(now);
    }
    let permissions = permissions(&roles, project_roles, &[]);
    // How long it lay unused, its issuer knows.
    let organization =
        OrganizationPart::new(record.organization_id.clone(), organization_slug, Duration::MAX);
    let parts = Parts {
        organization: Arc::new(organization),
        member: Arc::new(MemberPart { member_id: record.member_id.clone(), email_address }),
        roles: Arc::new(RolesPart { roles, permissions }),
        user_agent: record.user_agent.as_str().into(),
    };
    Ok(MemberSession::with(&record, parts, ends))
}

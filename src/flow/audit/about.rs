//! Whom an event is about.

use crate::{
    domain::{Member, MemberId, Organization, OrganizationId, SessionId},
    judge::MemberSession,
};

#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    pub(crate) organization_id: Option<OrganizationId>,
    pub(crate) member_id: Option<MemberId>,
    pub(crate) session_id: Option<SessionId>,
}

impl About {
    /// Somebody of whom nothing is known here, or nobody.
    pub(crate) fn nobody() -> Self {
        Self::default()
    }

    pub(crate) fn organization(organization_id: &OrganizationId) -> Self {
        Self { organization_id: Some(organization_id.clone()), ..Self::default() }
    }

    pub(crate) fn only_member(member_id: &MemberId) -> Self {
        Self { member_id: Some(member_id.clone()), ..Self::default() }
    }
}

impl From<&Member> for About {
    fn from(member: &Member) -> Self {
        Self { member_id: Some(member.member_id.clone()), ..Self::organization(&member.organization_id) }
    }
}

impl From<&Organization> for About {
    fn from(organization: &Organization) -> Self {
        Self::organization(&organization.organization_id)
    }
}

impl From<&MemberSession> for About {
    fn from(session: &MemberSession) -> Self {
        Self {
            organization_id: Some(session.organization_id().clone()),
            member_id: Some(session.member_id().clone()),
            session_id: Some(session.member_session_id()),
        }
    }
}

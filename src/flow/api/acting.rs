//! On whose behalf a server calls: its own, or a member's, who may then do what their roles permit.

use super::{ApiError, Held, Rule, Tokens};
use crate::{
    domain::{MemberId, OrganizationId},
    flow::{Caller, Engine},
    judge::MemberSession,
};

/// Who a call acts as.
#[derive(Clone, Debug)]
pub(crate) enum Acting {
    /// The project, which may do everything.
    Project,
    /// The member of this session.
    Member(MemberSession),
}

/// What is to be done to something of one organization.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Action<'a> {
    pub(crate) organization_id: &'a OrganizationId,
    /// The member it is done to, who may be allowed more about themselves.
    pub(crate) about: Option<&'a MemberId>,
    pub(crate) resource: &'static str,
    pub(crate) action: &'static str,
}

impl<'a> Action<'a> {
    /// Something done to the organization.
    pub(crate) fn on_organization(organization_id: &'a OrganizationId, action: &'static str) -> Self {
        Self { organization_id, about: None, resource: "stytch.organization", action }
    }

    /// Something done to its members, of which nobody is named.
    pub(crate) fn on_members(organization_id: &'a OrganizationId, action: &'static str) -> Self {
        Self { organization_id, about: None, resource: "stytch.member", action }
    }

    /// Something done to one member.
    pub(crate) fn on_member(
        organization_id: &'a OrganizationId,
        member_id: &'a MemberId,
        action: &'static str,
    ) -> Self {
        Self { organization_id, about: Some(member_id), resource: "stytch.member", action }
    }
}

impl Acting {
    /// Refuses what the member's roles do not permit.
    ///
    /// # Errors
    /// `Tenancy` for another organization than the session's, `NotPermitted`.
    pub(crate) fn may(&self, action: Action<'_>) -> Result<(), ApiError> {
        let Self::Member(session) = self else { return Ok(()) };
        self.within(action.organization_id)?;
        let about_oneself = action.about == Some(session.member_id());
        let permitted = session.permits(action.resource, action.action)
            || (about_oneself && session.permits("stytch.self", action.action));
        if permitted {
            return Ok(());
        }
        let resource = if about_oneself { "stytch.self" } else { action.resource };
        Err(Rule::NotPermitted { resource, action: action.action }.into())
    }

    /// Refuses what lies in another organization than the session's.
    ///
    /// # Errors
    /// `Tenancy`.
    pub(crate) fn within(&self, organization_id: &OrganizationId) -> Result<(), ApiError> {
        match self {
            Self::Member(session) if session.organization_id() != organization_id => {
                Err(Rule::Tenancy.into())
            }
            _ => Ok(()),
        }
    }

    /// Refuses whatever a member may not do at all.
    pub(crate) fn project_only(&self, rule: Rule) -> Result<(), ApiError> {
        match self {
            Self::Project => Ok(()),
            Self::Member(_) => Err(rule.into()),
        }
    }

    /// The session that acts.
    pub(crate) fn session(&self) -> Option<&MemberSession> {
        match self {
            Self::Project => None,
            Self::Member(session) => Some(session),
        }
    }
}

impl Engine {
    /// Who acts by these tokens: the project where there are none.
    pub(crate) async fn acting(&self, tokens: &Tokens, caller: &Caller) -> Result<Acting, ApiError> {
        // Both headers may be sent at once, as SDKs do; then the token counts.
        let tokens = match &tokens.session_token {
            Some(_) => Tokens { session_jwt: None, ..tokens.clone() },
            None => tokens.clone(),
        };
        Ok(match self.held(&tokens, caller).await? {
            Held::Session(session) => Acting::Member(session),
            Held::Nothing | Held::Intermediate(_) => Acting::Project,
        })
    }
}

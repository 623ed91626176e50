//! Member sessions as a server authenticates, lists, exchanges and revokes them.

use std::sync::Arc;

use super::{Acting, Action, ApiError, Rule, Tokens};
use crate::{
    domain::{AuditKind, MemberId, OrganizationId, RoleId, Secret, SessionId, Timestamp},
    flow::{Caller, Discovered, Engine, Entered, Error, ErrorKind, Rotation, Terms, sessions::transferable},
    judge::{MemberSession, SessionDuration},
    store::FindOrganization,
};

/// Something that a session's member may have leave for.
#[derive(Clone, Debug)]
pub(crate) struct Authorization {
    pub(crate) organization_id: String,
    pub(crate) resource_id: String,
    pub(crate) action: String,
}

impl Engine {
    /// The session that was brought, extended and given claims as the call says, and the roles that permit what
    /// was to be checked. Nothing of it is changed where they do not.
    ///
    /// # Errors
    /// `NoSession`, `ManySessions`, `SessionNotFound`; `Tenancy`, `NotAuthorized`.
    pub(crate) async fn authenticate(
        self: &Arc<Self>,
        tokens: &Tokens,
        terms: &Terms,
        check: Option<&Authorization>,
        caller: &Caller,
    ) -> Result<(MemberSession, Option<Vec<RoleId>>), ApiError> {
        let session = match (&tokens.session_token, &tokens.session_jwt) {
            (Some(token), None) => self.session_of_token(token, caller).await?,
            (None, Some(jwt)) => self.session_of_jwt(jwt, caller).await?,
            (None, None) => return Err(Rule::NoSession.into()),
            (Some(_), Some(_)) => return Err(Rule::ManySessions.into()),
        };
        let granting = match check {
            Some(check) => Some(self.authorize(&session, check).await?),
            None => None,
        };
        if terms.duration.is_none() && terms.custom_claims.is_empty() {
            return Ok((session, granting));
        }
        Ok((self.update_session(&session, terms, caller.now).await?, granting))
    }

    /// How long a session of so many minutes lasts.
    ///
    /// # Errors
    /// `Duration` outside of what any session may last; `SessionTooLong` beyond the project's absolute limit.
    pub(crate) fn session_duration(&self, minutes: i64) -> Result<SessionDuration, ApiError> {
        let minutes = u32::try_from(minutes).map_err(|_| Error::from(ErrorKind::Duration))?;
        let duration = SessionDuration::from_minutes(minutes).map_err(Error::from)?;
        let most = self.settings.sessions.absolute.as_secs() / 60;
        if u64::from(minutes) > most { Err(Rule::SessionTooLong(most).into()) } else { Ok(duration) }
    }

    /// The token of a session, for who came with it or its JWT.
    pub(crate) fn token(&self, session: &MemberSession) -> Secret {
        self.token_of(session).into()
    }

    /// The live sessions of a member, newest first.
    ///
    /// # Errors
    /// `Unavailable`.
    pub(crate) async fn live_sessions(
        &self,
        member_id: &MemberId,
        now: Timestamp,
    ) -> Result<Vec<MemberSession>, Error> {
        let mut live = Vec::new();
        for record in self.sessions_of(member_id, now).await? {
            live.extend(self.by_id(&record.session_id, now).await?);
        }
        Ok(live)
    }

    /// The roles of a session that permit something, all of them.
    ///
    /// # Errors
    /// `Tenancy` for another organization than the session's; `NotAuthorized` where none does.
    async fn authorize(
        &self,
        session: &MemberSession,
        wanted: &Authorization,
    ) -> Result<Vec<RoleId>, ApiError> {
        let Authorization { organization_id, resource_id, action } = wanted;
        let find = FindOrganization::Id(session.organization_id());
        let organization = self.stores.directory.organization(find).await?;
        let external_id = organization.as_ref().and_then(|o| o.organization_external_id.as_ref());
        let mine = organization_id == session.organization_id().as_str()
            || organization_id == session.organization_slug().as_str()
            || external_id == Some(organization_id);
        if !mine {
            return Err(Rule::Tenancy.into());
        }
        let own = organization.map(|organization| organization.custom_roles).unwrap_or_default();
        let granting: Vec<RoleId> = self
            .settings
            .rbac
            .roles
            .iter()
            .chain(&own)
            .filter(|role| session.roles().contains(&role.role_id))
            .filter(|role| role.permissions.iter().any(|given| given.permits(resource_id, action)))
            .map(|role| role.role_id.clone())
            .collect();
        if granting.is_empty() { Err(Rule::NotAuthorized.into()) } else { Ok(granting) }
    }

    /// Turns a session to another organization of the same person; the old one goes on.
    ///
    /// # Errors
    /// `MemberNotFound` where they are no member there.
    pub(crate) async fn exchange_session(
        self: &Arc<Self>,
        session: &MemberSession,
        organization_id: &OrganizationId,
        terms: &Terms,
        caller: &Caller,
    ) -> Result<Entered, ApiError> {
        if transferable(&session.record()).iter().all(|factor| factor.address().is_none()) {
            return Err(Rule::NothingTransfers.into());
        }
        match self.switch(session, organization_id, terms, caller).await {
            Err(error) if *error.kind() == ErrorKind::OrganizationNotFound => {
                Err(Rule::MemberNotFound.into())
            }
            entered => Ok(entered?),
        }
    }

    /// Turns an intermediate session to an organization.
    ///
    /// # Errors
    /// `NotForOrganization` where it does not open that one.
    pub(crate) async fn exchange_by_server(
        self: &Arc<Self>,
        token: &Secret,
        organization_id: &OrganizationId,
        terms: &Terms,
        caller: &Caller,
    ) -> Result<Entered, ApiError> {
        match self.exchange(token.expose(), organization_id, Rotation::Keep, terms, caller).await {
            Err(error) if *error.kind() == ErrorKind::OrganizationNotFound => {
                Err(Rule::NotForOrganization.into())
            }
            entered => Ok(entered?),
        }
    }

    /// The organizations that the person of a session is a member of, that of the session among them.
    ///
    /// # Errors
    /// `Unavailable`.
    pub(crate) async fn memberships(
        &self,
        session: &MemberSession,
        now: Timestamp,
    ) -> Result<Vec<Discovered>, ApiError> {
        let mut found = self.discover(&session.record().factors, now).await?;
        found.retain(|found| found.member.is_some());
        Ok(found)
    }

    /// Ends one session, whose it may be.
    ///
    /// # Errors
    /// `SessionNotFound` where there is none.
    pub(crate) async fn revoke_one(
        self: &Arc<Self>,
        session_id: &SessionId,
        acting: &Acting,
        caller: &Caller,
    ) -> Result<(), ApiError> {
        let gone = || Error::from(ErrorKind::SessionNotFound);
        let (organization_id, member_id) = match self.by_id(session_id, caller.now).await? {
            Some(session) => (session.organization_id().clone(), session.member_id().clone()),
            None => {
                // It may be suspended until its member has proved what is demanded by now.
                let record = self.stores.sessions.by_id(session_id).await?;
                let record = record.filter(|record| caller.now < record.expires_at).ok_or_else(gone)?;
                (record.organization_id, record.member_id)
            }
        };
        acting.may(Action::on_member(&organization_id, &member_id, "revoke.sessions"))?;
        self.end(session_id, AuditKind::Revoked, caller).await?;
        Ok(())
    }

    /// Ends all sessions of a member.
    ///
    /// # Errors
    /// `NobodyFound`.
    pub(crate) async fn revoke_all_of(
        self: &Arc<Self>,
        member_id: &str,
        acting: &Acting,
        caller: &Caller,
    ) -> Result<(), ApiError> {
        let nobody = || ApiError::from(Rule::NobodyFound);
        let member_id = MemberId::new(member_id).map_err(|_| nobody())?;
        let member = self.stores.directory.member(&member_id).await?.ok_or_else(nobody)?;
        acting.may(Action::on_member(&member.organization_id, &member_id, "revoke.sessions"))?;
        self.end_member(&member_id, None, caller).await?;
        Ok(())
    }
}

//! Member sessions that live: shown, extended, listed, ended, and turned to another organization.

use std::{sync::Arc, time::Duration};

use tracing::Instrument as _;

use super::{
    audit::About,
    caller::Caller,
    discover::Discovered,
    engine::Engine,
    enter::{Entered, SignedIn, Source, Terms},
    error::{Error, ErrorKind},
};
use crate::{
    domain::{
        AuditKind, Continues, Factor, FactorClass, MemberId, OrganizationId, Secret, SessionId,
        SessionRecord, Timestamp,
    },
    judge::{MemberSession, membership},
    store::live::Found,
};

/// How often a stream that waits for its session's end looks again, whatever it was told.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

impl Engine {
    /// A fresh JWT of a session: good for five minutes by itself.
    ///
    /// # Errors
    /// `Unavailable` without a signing key.
    pub async fn session_jwt(
        self: &Arc<Self>,
        session: &MemberSession,
        now: Timestamp,
    ) -> Result<Secret, Error> {
        let key = self.ring.signing(now).ok_or(ErrorKind::Unavailable)?;
        let (engine, session) = (Arc::clone(self), session.clone());
        // A millisecond of RSA: off the runtime's threads.
        let sign = move || engine.settings.jwt.sign(&session, &engine.settings.sessions, &key, now);
        let signed = self.signing.run(sign).await?;
        Ok(Secret::new(signed?))
    }

    /// Extends a session, adds claims to it, or both: its token stays.
    ///
    /// # Errors
    /// `SessionNotFound` when it ended meanwhile, `Claims` when they can't be taken.
    pub async fn update_session(
        self: &Arc<Self>,
        session: &MemberSession,
        terms: &Terms,
        now: Timestamp,
    ) -> Result<MemberSession, Error> {
        let _turn = self.changes.of(&session.member_session_id()).await;
        let mut seen = session.clone();
        for _ in 0..8 {
            let mut record = seen.record();
            terms.apply_to(&mut record, now)?;
            record.last_accessed_at = record.last_accessed_at.max(now);
            record.revision += 1;
            match self.replace_session(&seen, record, now).await {
                Err(error) if *error.kind() == ErrorKind::SessionNotFound => {
                    // Changed by somebody else, or ended: look again.
                    seen = self.fresh(&session.member_session_id(), now).await?;
                }
                done => return done,
            }
        }
        Err(ErrorKind::Busy.into())
    }

    /// A session as the store has it now.
    pub(super) async fn fresh(&self, session_id: &SessionId, now: Timestamp) -> Result<MemberSession, Error> {
        let ticket = self.table.ticket();
        let gone = || Error::from(ErrorKind::SessionNotFound);
        let record = self.stores.sessions.by_id(session_id).await?.ok_or_else(gone)?;
        self.resume(record, ticket, now).await?.ok_or_else(gone)
    }

    /// The live sessions of a member, newest first.
    ///
    /// # Errors
    /// `Unavailable` when the store does not answer.
    pub(crate) async fn sessions_of(
        &self,
        member_id: &MemberId,
        now: Timestamp,
    ) -> Result<Vec<SessionRecord>, Error> {
        let mut records = self.stores.sessions.of_member(member_id, now).await?;
        for record in &mut records {
            // The table knows of uses that are not written yet.
            if let Found::Live(session) = self.table.by_id(&record.session_id, now) {
                record.last_accessed_at = session.last_accessed_at();
            }
        }
        Ok(records)
    }

    /// Ends one session, here and at once. When the store does not answer it is ended on this node all
    /// the same, and the call fails: try again.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn revoke(self: &Arc<Self>, session_id: &SessionId, now: Timestamp) -> Result<bool, Error> {
        self.end(session_id, AuditKind::Revoked, &Caller::at(now)).await
    }

    /// The same, told as what it is.
    pub(crate) async fn end(
        self: &Arc<Self>,
        session_id: &SessionId,
        happened: AuditKind,
        caller: &Caller,
    ) -> Result<bool, Error> {
        let known = match self.table.by_id(session_id, caller.now) {
            Found::Live(session) => Some(About::from(&session)),
            Found::Ended | Found::Unknown => None,
        };
        self.end_here(session_id, caller.now);
        let (engine, session_id, caller) = (Arc::clone(self), session_id.clone(), caller.clone());
        let task = async move {
            let about = match known {
                Some(about) => about,
                None => engine.about_stored(&session_id).await,
            };
            let ended = engine.stores.sessions.revoke(&session_id).await?;
            if ended {
                engine.tell(happened, about, &caller);
            }
            Ok::<_, Error>(ended)
        };
        tokio::spawn(task.in_current_span()).await.map_err(|_| Error::from(ErrorKind::Unavailable))?
    }

    /// Whose session it is, as far as the store tells.
    async fn about_stored(&self, session_id: &SessionId) -> About {
        let record = self.stores.sessions.by_id(session_id).await.ok().flatten();
        About {
            organization_id: record.as_ref().map(|record| record.organization_id.clone()),
            member_id: record.map(|record| record.member_id),
            session_id: Some(session_id.clone()),
        }
    }

    /// Ends all sessions of a member, or all but one; says how many.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn revoke_member(
        self: &Arc<Self>,
        member_id: &MemberId,
        except: Option<&SessionId>,
        now: Timestamp,
    ) -> Result<usize, Error> {
        self.end_member(member_id, except, &Caller::at(now)).await
    }

    /// The same at the wish of a caller.
    pub(crate) async fn end_member(
        self: &Arc<Self>,
        member_id: &MemberId,
        except: Option<&SessionId>,
        caller: &Caller,
    ) -> Result<usize, Error> {
        let now = caller.now;
        let here = self.table.end_member(member_id, except, now.after(self.settings.sessions.absolute));
        let (engine, caller) = (Arc::clone(self), caller.clone());
        let (member_id, except) = (member_id.clone(), except.cloned());
        let task = async move {
            let ended = engine.stores.sessions.revoke_member(&member_id, except.as_ref()).await?;
            // Those that this node did not know yet, or came to know meanwhile.
            for session_id in &ended {
                if !here.contains(&session_id.into()) {
                    engine.end_here(session_id, now);
                }
            }
            if !ended.is_empty() {
                let member = engine.member(&member_id).await.ok();
                let about = member.as_ref().map_or_else(|| About::only_member(&member_id), About::from);
                for session_id in &ended {
                    let about = About { session_id: Some(session_id.clone()), ..about.clone() };
                    engine.tell(AuditKind::Revoked, about, &caller);
                }
            }
            Ok::<_, Error>(ended.len())
        };
        tokio::spawn(task.in_current_span()).await.map_err(|_| Error::from(ErrorKind::Unavailable))?
    }

    fn end_here(&self, session_id: &SessionId, now: Timestamp) {
        self.table.end(session_id, now.after(self.settings.sessions.absolute));
    }

    /// To be called after a member was changed or deleted in the application's own tables: their
    /// sessions are judged anew at their next request.
    pub fn member_changed(&self, member_id: &MemberId) {
        self.table.member_changed(member_id);
    }

    /// To be called after an organization was changed or deleted in the application's own tables.
    pub fn organization_changed(&self, organization_id: &OrganizationId) {
        self.table.organization_changed(organization_id);
    }

    /// The other organizations that a session could be turned to, and what they would ask.
    pub(crate) async fn switchable(
        &self,
        session: &MemberSession,
        now: Timestamp,
    ) -> Result<Vec<Discovered>, Error> {
        let mut found = self.discover(&transferable(&session.record()), now).await?;
        found.retain(|found| {
            found.member.is_some() && found.organization.organization_id != *session.organization_id()
        });
        Ok(found)
    }

    /// Turns a session to another organization of the same person, judged anew by the factors that
    /// count there: a new session, or an intermediate one and what is owed. The old one goes on.
    ///
    /// # Errors
    /// `OrganizationNotFound` where the person is no member.
    pub(crate) async fn switch(
        self: &Arc<Self>,
        session: &MemberSession,
        organization_id: &OrganizationId,
        terms: &Terms,
        caller: &Caller,
    ) -> Result<Entered, Error> {
        let record = session.record();
        let not_found = || Error::from(ErrorKind::OrganizationNotFound);
        let factors = transferable(&record);
        if organization_id == session.organization_id() {
            // Going on as the same member would make a session that forgets what was set up in this one.
            return Err(not_found());
        }
        let entrance = self.entrance(organization_id, &factors).await?.ok_or_else(not_found)?;
        // Switching accepts invitations, but makes nobody a member who was none.
        if entrance.member.is_none() || membership(&factors, &entrance).is_none() {
            return Err(self.denied(organization_id, &factors, caller).await);
        }
        let continues = Some(Continues {
            session_id: record.session_id,
            absolute_end: record.absolute_end,
            enrolled_here: record.enrolled_here,
        });
        let source = Source::Fresh { factors, return_to: None, continues };
        self.enter(organization_id, source, terms, caller).await
    }

    /// What the person behind a session is: for answers that show member and organization.
    pub(crate) async fn described(&self, session: &MemberSession) -> Result<SignedIn, Error> {
        Ok(SignedIn {
            session: session.clone(),
            session_token: self.token_of(session).into(),
            member: self.member(session.member_id()).await?,
            organization: self.organization(session.organization_id()).await?,
            return_to: None,
        })
    }

    /// Whether a session lives at `now`.
    ///
    /// # Errors
    /// `Unavailable` when a store does not answer.
    pub async fn is_live(&self, session_id: &SessionId, now: Timestamp) -> Result<bool, Error> {
        Ok(self.by_id(session_id, now).await?.is_some())
    }

    /// Waits until a session has ended: for streams that outlive the request that opened them. `clock`
    /// says the time. A store that does not answer for the whole of a session's idle limit ends it too.
    pub async fn ended(&self, session: &MemberSession, clock: impl Fn() -> Timestamp) {
        let id = &session.member_session_id();
        loop {
            // Registered before looking, so that nothing that ends it in between is missed.
            let stirred = self.table.stirred(id);
            let now = clock();
            match self.is_live(id, now).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(_) if !session.holds_at(now) => return,
                Err(_) => {}
            }
            let left = session.expires_at().since(now).unwrap_or_default();
            let _ = tokio::time::timeout(left.clamp(Duration::from_millis(10), LOOK_AGAIN), stirred).await;
        }
    }
}

/// The factors that go along to another organization.
pub(super) fn transferable(record: &SessionRecord) -> Vec<Factor> {
    let factors = record.factors.iter();
    factors
        // What proves one member's own credential counts nowhere else, and would only be carried along.
        .filter(|factor| factor.kind.class() == FactorClass::Secondary || factor.address().is_some())
        // What was set up in this session counts from the next sign-in on, and this is none.
        .filter(|factor| !record.enrolled_here.contains(&factor.credential_id))
        .cloned()
        .collect()
}

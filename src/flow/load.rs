//! From a token to the session behind it: the look that every request takes, and the slow road when
//! this node does not know.

use tracing::{Instrument as _, debug_span};

use super::{
    engine::Engine,
    error::{Error, ErrorKind},
    meters::{self, Watch},
};
use crate::{
    domain::{CompactId, SessionId, SessionRecord, Timestamp, TokenSeed},
    judge::{Ended, MemberSession, Resumed, resume},
    store::{
        FindOrganization,
        live::{Found, Ticket},
    },
    token::{OpaqueToken, TokenKind, begins_like_jwt, looks_like_jwt},
};

/// What a look at a presented token finds, without waiting for anything.
#[derive(Debug)]
pub(crate) enum Look {
    /// A session that this node answers for.
    Live(MemberSession),
    /// Ask with this.
    Ask(Presented),
    /// Nothing that could be a token, a forged one, or one whose session has ended.
    No,
}

/// A token that a store has to be asked about.
#[derive(Debug)]
pub(crate) enum Presented {
    /// An opaque session token that a key of ours has made, and the seed in it.
    Token(OpaqueToken, TokenSeed),
    /// Perhaps a session JWT.
    Jwt(crate::domain::Secret),
}

impl Engine {
    /// Looks a session token up, opaque or JWT. Costs one look into the table where the session is
    /// known here.
    pub(crate) fn look(&self, token: &[u8], now: Timestamp) -> Look {
        if token.len() == 44 {
            return match self.table.by_token(token, now) {
                Found::Live(session) => {
                    self.used(&session, now);
                    Look::Live(session)
                }
                Found::Ended => Look::No,
                Found::Unknown => self.genuine(token).map_or(Look::No, Look::Ask),
            };
        }
        // Its dots are counted only when it is not remembered: what is remembered has them.
        if !begins_like_jwt(token) {
            return Look::No;
        }
        if let Some(remembered) = self.jwts.find(token, now) {
            match self.table.by_compact_id(&remembered.proves.session_id, now) {
                Found::Live(session) => {
                    self.used(&session, now);
                    return Look::Live(session);
                }
                Found::Ended => return Look::No,
                Found::Unknown => {}
            }
        }
        match std::str::from_utf8(token) {
            Ok(text) if looks_like_jwt(token) => Look::Ask(Presented::Jwt(text.into())),
            _ => Look::No,
        }
    }

    /// The token, if its MAC is ours. A forgery ends here: it costs no box, no clone and no span.
    fn genuine(&self, token: &[u8]) -> Option<Presented> {
        let token = OpaqueToken::parse(TokenKind::Session, token)?;
        let seed = token.seed(&self.purposes)?;
        Some(Presented::Token(token, seed))
    }

    pub(super) fn used(&self, session: &MemberSession, now: Timestamp) {
        if session.touch(now) {
            self.touches.note(session);
        }
    }

    /// Asks the stores for the session of a token; nothing when there is none.
    ///
    /// # Errors
    /// `Unavailable` when a store does not answer.
    pub(crate) async fn load(
        &self,
        presented: &Presented,
        now: Timestamp,
    ) -> Result<Option<MemberSession>, Error> {
        let watch = Watch::start();
        let loaded = self.ask_stores(presented, now).instrument(debug_span!("load")).await;
        let outcome = match &loaded {
            Ok(Some(_)) => "found",
            Ok(None) => "none",
            Err(_) => "unavailable",
        };
        meters::loaded(watch, outcome);
        loaded
    }

    async fn ask_stores(
        &self,
        presented: &Presented,
        now: Timestamp,
    ) -> Result<Option<MemberSession>, Error> {
        let session = match presented {
            Presented::Token(token, seed) => {
                let ticket = self.table.ticket();
                // As it was presented: an older key may have made it.
                let token = token.expose();
                match self.stores.sessions.by_seed(seed).await? {
                    Some(record) => self.resume_as(record, &token, ticket, now).await?,
                    None => {
                        self.table.over(token.as_bytes(), ticket, now);
                        None
                    }
                }
            }
            Presented::Jwt(text) => {
                let Some(proves) = self.jwt_session(text.expose(), now) else { return Ok(None) };
                match self.table.by_compact_id(&proves, now) {
                    Found::Live(session) => Some(session),
                    Found::Ended => None,
                    Found::Unknown => self.stored(&SessionId::from(&proves), now).await?,
                }
            }
        };
        if let Some(session) = &session {
            self.used(session, now);
        }
        Ok(session)
    }

    /// The session that a JWT of ours names; the first time, its signature is checked.
    fn jwt_session(&self, text: &str, now: Timestamp) -> Option<CompactId> {
        if let Some(known) = self.jwts.find(text.as_bytes(), now) {
            return Some(known.proves.session_id.clone());
        }
        let round = self.jwts.round();
        let verified = self.settings.jwt.verify(text, &self.ring, Some(now));
        meters::jwt_verified(verified.is_some());
        let proves = verified?;
        self.jwts.remember(text, proves.clone(), proves.expires_at, round);
        Some(proves.session_id)
    }

    /// Judges what a store holds, and enters it into the table if nothing moved since the ticket.
    pub(crate) async fn resume(
        &self,
        record: SessionRecord,
        ticket: Ticket,
        now: Timestamp,
    ) -> Result<Option<MemberSession>, Error> {
        let token = OpaqueToken::of_session(record.seed, &self.purposes).expose();
        self.resume_as(record, &token, ticket, now).await
    }

    async fn resume_as(
        &self,
        record: SessionRecord,
        token: &str,
        ticket: Ticket,
        now: Timestamp,
    ) -> Result<Option<MemberSession>, Error> {
        let find = FindOrganization::Id(&record.organization_id);
        let (organization, member) = (
            self.stores.directory.organization(find).await?,
            self.stores.directory.member(&record.member_id).await?,
        );
        let (Some(organization), Some(member)) = (organization, member) else { return Ok(None) };
        let enrolment = if self.settings.sessions.rejudge {
            self.enrolment(&record.member_id).await?
        } else {
            Default::default()
        };
        let by = Resumed {
            organization: &organization,
            member: &member,
            enrolment: &enrolment,
            project_roles: &self.settings.rbac.roles,
            policy: &self.settings.sessions,
            now,
        };
        let mut session = match resume(&record, by) {
            Ok(session) => session,
            Err(Ended::Expired | Ended::Idle) => {
                self.table.over(token.as_bytes(), ticket, now);
                return Ok(None);
            }
            // The next change may let them in again.
            Err(Ended::NotMember | Ended::Owed) => return Ok(None),
        };
        self.table.settle(&mut session, token.as_bytes());
        let usable = self.table.fill(&session, ticket, now);
        Ok(usable.then_some(session))
    }

    /// A session by its id, from the table or the stores.
    pub(crate) async fn by_id(
        &self,
        session_id: &SessionId,
        now: Timestamp,
    ) -> Result<Option<MemberSession>, Error> {
        match self.table.by_id(session_id, now) {
            Found::Live(session) => Ok(Some(session)),
            Found::Ended => Ok(None),
            Found::Unknown => self.stored(session_id, now).await,
        }
    }

    async fn stored(&self, session_id: &SessionId, now: Timestamp) -> Result<Option<MemberSession>, Error> {
        let ticket = self.table.ticket();
        match self.stores.sessions.by_id(session_id).await? {
            Some(record) => self.resume(record, ticket, now).await,
            None => Ok(None),
        }
    }

    /// The opaque token of a session, as text.
    pub(crate) fn token_of(&self, session: &MemberSession) -> String {
        OpaqueToken::of_session(session.seed(), &self.purposes).expose()
    }

    /// The session of a token, opaque or JWT.
    ///
    /// # Errors
    /// `SessionNotFound` when there is none, `Unavailable` when a store does not answer.
    pub async fn current_session(&self, token: &str, now: Timestamp) -> Result<MemberSession, Error> {
        match self.look(token.as_bytes(), now) {
            Look::Live(session) => Ok(session),
            Look::Ask(presented) => {
                self.load(&presented, now).await?.ok_or_else(|| ErrorKind::SessionNotFound.into())
            }
            Look::No => Err(ErrorKind::SessionNotFound.into()),
        }
    }
}

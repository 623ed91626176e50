//! From a JWT of another deployment to the session that it attests.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use super::{fetch::KeySource, keys::Known};
use crate::{
    domain::{Role, Timestamp},
    flow::{EdgeClock, Error, ErrorKind, JwtMemory, Look, Presented, meters},
    judge::{MemberSession, SessionPolicy, attest},
    token::{SessionClaims, begins_like_jwt, key_id, looks_like_jwt},
};

/// How many verified JWTs are remembered until they end, so that their signatures are checked once.
const REMEMBERED: u64 = 100_000;

/// Another deployment, whose JWTs are taken here.
pub(crate) struct Issuer {
    parties: SessionClaims,
    roles: Vec<Role>,
    pub(crate) policy: SessionPolicy,
    /// The cookie that a JWT may come in; otherwise only `Authorization` is read.
    pub(crate) cookie: Option<&'static str>,
    /// Where people sign in.
    pub(crate) sign_in_at: Option<String>,
    /// For the edge alone: layers and the handle.
    pub(crate) clock: EdgeClock,
    pub(super) source: KeySource,
    pub(super) known: Mutex<Known>,
    pub(super) jwts: JwtMemory<MemberSession>,
}

impl Issuer {
    pub(crate) fn new(
        parties: SessionClaims,
        source: KeySource,
        roles: Vec<Role>,
        cookie: Option<&'static str>,
        sign_in_at: Option<String>,
        clock: EdgeClock,
    ) -> Self {
        Self {
            parties,
            roles,
            // What was set up in the session that it was proved in, the JWT says already as its issuer sees it.
            policy: SessionPolicy::default(),
            cookie,
            sign_in_at,
            clock,
            source,
            known: Mutex::default(),
            jwts: JwtMemory::new(REMEMBERED),
        }
    }

    /// Looks a JWT up among those that were verified.
    pub(crate) fn look(&self, token: &[u8], now: Timestamp) -> Look {
        // Its dots are counted only when it is not remembered: what is remembered has them.
        if !begins_like_jwt(token) {
            return Look::No;
        }
        if let Some(remembered) = self.jwts.find(token, now) {
            return Look::Live(remembered.proves.clone());
        }
        match std::str::from_utf8(token) {
            Ok(text) if looks_like_jwt(token) => Look::Ask(Presented::Jwt(text.into())),
            _ => Look::No,
        }
    }

    /// Verifies a JWT; nothing when it lets nobody in.
    ///
    /// # Errors
    /// `Unavailable` when its key is not known and the issuer does not answer.
    pub(crate) async fn load(
        self: &Arc<Self>,
        presented: &Presented,
        now: Timestamp,
    ) -> Result<Option<MemberSession>, Error> {
        let Presented::Jwt(text) = presented else { return Ok(None) };
        let text = text.expose();
        let Some(key_id) = key_id(text) else { return Ok(None) };
        // Before the keys: what is verified by one that is withdrawn meanwhile must not be remembered.
        let round = self.jwts.round();
        let keys = self.keys_for(&key_id, now).await?;
        // It may have ended while the keys were waited for.
        let now = now.max(self.clock.now());
        let attested = self.parties.attest(text, &keys, now);
        meters::jwt_verified(attested.is_some());
        let session = attested.and_then(|attested| attest(attested, &self.roles, now).ok());
        if let Some(session) = &session {
            self.jwts.remember(text, session.clone(), session.expires_at(), round);
        }
        Ok(session)
    }

    /// The session that a JWT attests.
    ///
    /// # Errors
    /// `SessionNotFound` when there is none; `Unavailable` as above.
    pub(crate) async fn current_session(
        self: &Arc<Self>,
        jwt: &str,
        now: Timestamp,
    ) -> Result<MemberSession, Error> {
        let session = match self.look(jwt.as_bytes(), now) {
            Look::Live(session) => Some(session),
            Look::Ask(presented) => self.load(&presented, now).await?,
            Look::No => None,
        };
        session.ok_or_else(|| ErrorKind::SessionNotFound.into())
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer")
            .field("parties", &self.parties)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

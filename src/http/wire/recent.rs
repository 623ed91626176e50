//! What was answered of a session a moment ago: its JWT, and the member and organization as they were written.
//!
//! Signing a JWT by RSA takes half a millisecond, and reading member and organization asks the store three
//! times. A server that authenticates the same session at every request of a page gets the same answer for up
//! to five seconds, unless anything of it has changed on this node.

use std::{sync::Arc, time::Duration};

use moka::{policy::EvictionPolicy, sync::Cache};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    call::Call,
    error::WireError,
    objects::{Member, Organization},
};
use crate::{
    domain::{Secret, SessionId, Timestamp},
    judge::MemberSession,
    token::random,
};

/// For so long the same answer is given again.
const AGAIN: Duration = Duration::from_secs(5);

/// So many sessions are remembered: a few kilobytes each.
const SESSIONS: u64 = 10_000;

/// What was answered.
#[derive(Debug)]
pub(super) struct Said {
    session: MemberSession,
    stamp: u64,
    /// The key that has signed: what a key signed that was retired is not said again.
    key_id: Option<String>,
    /// Until when it is said again.
    until: Timestamp,
    pub(super) jwt: Secret,
    pub(super) member: Arc<RawValue>,
    pub(super) organization: Arc<RawValue>,
}

/// The answers of the last seconds.
#[derive(Clone, Debug)]
pub(crate) struct Recent(Cache<SessionId, Arc<Said>>);

impl Default for Recent {
    fn default() -> Self {
        let cache = Cache::builder()
            .max_capacity(SESSIONS)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(AGAIN)
            .build();
        Self(cache)
    }
}

impl Recent {
    /// What is to be said of a session: what was said a moment ago, or it is made anew.
    pub(super) async fn of(&self, session: &MemberSession, call: &Call) -> Result<Arc<Said>, WireError> {
        let (engine, now) = (&call.engine, call.now());
        let id = session.member_session_id();
        // Taken before anything is read: a change in between makes the next call look again.
        let stamp = engine.stamps.of(session.member_id());
        let key_id = engine.ring.signing(now).map(|key| key.key_id.clone());
        if let Some(said) = self.0.get(&id)
            && said.session.is_same_as(session)
            && said.stamp == stamp
            && now < said.until
            && said.key_id == key_id
        {
            return Ok(said);
        }
        let described = engine.described(session).await?;
        let enrolment = engine.enrolment(session.member_id()).await?;
        let jwt = engine.session_jwt(session, now).await?;
        let member = Member::of(&described.member, &described.organization, &enrolment, now);
        let organization = Organization::from(&described.organization);
        let said = Arc::new(Said {
            session: session.clone(),
            stamp,
            key_id,
            until: now.after(for_so_long()),
            jwt,
            member: written(&member)?,
            organization: written(&organization)?,
        });
        self.0.insert(id, Arc::clone(&said));
        Ok(said)
    }
}

/// Half of the time to all of it: sessions that are first seen together are not all signed for together again.
fn for_so_long() -> Duration {
    let [share] = random().unwrap_or_default();
    AGAIN / 2 + AGAIN / 2 * u32::from(share) / 256
}

fn written(object: &impl Serialize) -> Result<Arc<RawValue>, WireError> {
    serde_json::value::to_raw_value(object).map(Arc::from).map_err(|_| WireError::unwritable())
}

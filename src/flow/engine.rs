//! The engine: what every use case works with.

use std::sync::Arc;

use super::{
    audit::{About, AuditQueue},
    caller::Caller,
    clock::EdgeClock,
    error::{Error, ErrorKind},
    hashing::HashingPool,
    jwt_memory::JwtMemory,
    meters,
    settings::{Limit, Settings},
    stamps::Stamps,
    touches::Touches,
    turns::Turns,
};
use crate::{
    deliver::{Message, Outbox},
    domain::{AuditKind, CredentialId, Credentials, Enrolment, LimitKind, MemberId},
    store::{
        AuditLog, AuditSink, CounterKey, Counters, CredentialStore, Directory, DirectoryAdmin, KeyStore,
        LinkStore, SessionStore, TransientStore, Version, live::LiveTable,
    },
    token::{JwtSession, KeyRing, Purposes, Sealer, random},
};

/// The stores that the engine works over.
#[derive(Clone)]
pub(crate) struct Stores {
    pub(crate) directory: Arc<dyn Directory>,
    /// The same directory, where it can be changed from here.
    pub(crate) admin: Option<Arc<dyn DirectoryAdmin>>,
    pub(crate) credentials: Arc<dyn CredentialStore>,
    pub(crate) sessions: Arc<dyn SessionStore>,
    pub(crate) links: Arc<dyn LinkStore>,
    pub(crate) keys: Arc<dyn KeyStore>,
    pub(crate) transient: Arc<dyn TransientStore>,
    pub(crate) counters: Arc<dyn Counters>,
    pub(crate) audit: Arc<dyn AuditSink>,
    /// The same sink, where it can be read from here.
    pub(crate) audit_log: Option<Arc<dyn AuditLog>>,
}

/// The use cases. Takes the time as an argument everywhere; `Vestibule` wraps it with a clock.
// Apart from the count of its references, which every processor writes with every request.
#[repr(align(128))]
pub struct Engine {
    pub(crate) settings: Settings,
    pub(crate) stores: Stores,
    pub(crate) table: LiveTable,
    pub(crate) jwts: JwtMemory<JwtSession>,
    pub(crate) ring: KeyRing,
    pub(crate) purposes: Purposes,
    pub(crate) sealer: Sealer,
    pub(crate) outbox: Outbox,
    pub(crate) hashing: HashingPool,
    /// Apart from passwords, so that no flood of those keeps sessions from their JWTs.
    pub(crate) signing: HashingPool,
    pub(crate) touches: Touches,
    /// Of members' credentials.
    pub(crate) stamps: Stamps,
    /// Of those who change one session.
    pub(crate) changes: Turns,
    /// Of those who prove a second factor for one sign-in.
    #[cfg(feature = "wire-api")]
    pub(crate) sign_ins: Turns,
    pub(crate) audit: AuditQueue,
    /// For the edge alone: layers, routes and the handle.
    pub(crate) clock: EdgeClock,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Engine {
    /// A new id of a credential.
    pub(crate) fn credential_id(&self, kind: &'static str) -> Result<CredentialId, Error> {
        Ok(CredentialId::mint(kind, self.settings.environment, random()?))
    }

    pub(crate) async fn enrolment(&self, member_id: &MemberId) -> Result<Enrolment, Error> {
        Ok(self.stores.credentials.load(member_id).await?.0.enrolment())
    }

    /// Changes a member's credentials by a pure step: what it saw is what it replaces, so taking,
    /// counting and comparing are one operation however many try at once.
    pub(crate) async fn change_credentials<T>(
        &self,
        member_id: &MemberId,
        step: impl Fn(&Credentials) -> Result<(Option<Credentials>, T), Error>,
    ) -> Result<T, Error> {
        loop {
            let (seen, version) = self.stores.credentials.load(member_id).await?;
            let (write, outcome) = step(&seen)?;
            let stored = match write {
                Some(write) => self.replace_credentials(member_id, version, &write).await?,
                None => true,
            };
            if stored {
                return Ok(outcome);
            }
            tokio::task::yield_now().await;
        }
    }

    pub(super) async fn replace_credentials(
        &self,
        member_id: &MemberId,
        seen: Version,
        write: &Credentials,
    ) -> Result<bool, Error> {
        let replaced = self.stores.credentials.replace_if(member_id, seen, write).await;
        // Whatever the store says, it may have been done.
        self.stamps.changed(member_id);
        Ok(replaced?)
    }

    /// Counts one of something that is limited; the count, or a refusal.
    pub(crate) async fn limit(
        &self,
        kind: LimitKind,
        subject: &str,
        limit: Limit,
        about: About,
        caller: &Caller,
    ) -> Result<u32, Error> {
        let key = CounterKey::new(kind.as_str(), subject);
        let count = self.stores.counters.increment_below(&key, limit.count, limit.window, caller.now).await?;
        if let Some(count) = count {
            return Ok(count);
        }
        meters::limited(kind);
        self.tell_seldom(key.as_str(), AuditKind::Limited { limit: kind }, about, caller).await;
        Err(ErrorKind::TooManyRequests.into())
    }

    /// Hands a message to the outbox.
    pub(crate) fn post(&self, message: Message) -> Result<(), Error> {
        self.outbox.post(message).map_err(|_| ErrorKind::Busy.into())
    }
}

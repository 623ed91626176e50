//! Stores that fail when they are told to.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::{
    domain::{
        EmailAddress, Entrance, Member, MemberId, Organization, OrganizationId, SessionId, SessionRecord,
        Timestamp, TokenSeed,
    },
    store::{
        Answer, Directory, FindOrganization, Joining, LastUse, SessionStore, StoreError, StoreErrorKind,
    },
};

#[derive(Clone, Default)]
pub(super) struct Switch(Arc<AtomicBool>);

impl Switch {
    /// Until what comes of it is dropped.
    pub(super) fn off(&self) -> Outage {
        self.0.store(true, Ordering::SeqCst);
        Outage(self.clone())
    }
}

pub(super) struct Outage(Switch);

impl Drop for Outage {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::SeqCst);
    }
}

/// The store behind the switch.
pub(super) struct Switched<S: ?Sized> {
    inner: Arc<S>,
    switch: Switch,
}

impl<S: ?Sized> Switched<S> {
    pub(super) fn new(inner: Arc<S>, switch: Switch) -> Self {
        Self { inner, switch }
    }

    fn answer<'a, T: 'a>(&'a self, ask: impl FnOnce(&'a S) -> Answer<'a, T>) -> Answer<'a, T> {
        if self.switch.0.load(Ordering::SeqCst) {
            return Box::pin(async { Err(StoreError::new(StoreErrorKind::Unavailable)) });
        }
        ask(&*self.inner)
    }
}

impl Directory for Switched<dyn Directory> {
    fn organization<'a>(&'a self, find: FindOrganization<'a>) -> Answer<'a, Option<Organization>> {
        self.answer(|directory| directory.organization(find))
    }

    fn member<'a>(&'a self, member_id: &'a MemberId) -> Answer<'a, Option<Member>> {
        self.answer(|directory| directory.member(member_id))
    }

    fn entrance<'a>(
        &'a self,
        organization_id: &'a OrganizationId,
        address: &'a EmailAddress,
    ) -> Answer<'a, Option<Entrance>> {
        self.answer(|directory| directory.entrance(organization_id, address))
    }

    fn entrances<'a>(&'a self, address: &'a EmailAddress) -> Answer<'a, Vec<Entrance>> {
        self.answer(|directory| directory.entrances(address))
    }

    fn join<'a>(&'a self, joining: &'a Joining) -> Answer<'a, Member> {
        self.answer(|directory| directory.join(joining))
    }
}

impl SessionStore for Switched<dyn SessionStore> {
    fn insert<'a>(&'a self, record: &'a SessionRecord) -> Answer<'a, ()> {
        self.answer(|store| store.insert(record))
    }

    fn by_seed<'a>(&'a self, seed: &'a TokenSeed) -> Answer<'a, Option<SessionRecord>> {
        self.answer(|store| store.by_seed(seed))
    }

    fn by_id<'a>(&'a self, session_id: &'a SessionId) -> Answer<'a, Option<SessionRecord>> {
        self.answer(|store| store.by_id(session_id))
    }

    fn of_member<'a>(&'a self, member_id: &'a MemberId, now: Timestamp) -> Answer<'a, Vec<SessionRecord>> {
        self.answer(|store| store.of_member(member_id, now))
    }

    fn replace_if<'a>(&'a self, seen: u64, record: &'a SessionRecord) -> Answer<'a, bool> {
        self.answer(|store| store.replace_if(seen, record))
    }

    fn revoke<'a>(&'a self, session_id: &'a SessionId) -> Answer<'a, bool> {
        self.answer(|store| store.revoke(session_id))
    }

    fn revoke_member<'a>(
        &'a self,
        member_id: &'a MemberId,
        except: Option<&'a SessionId>,
    ) -> Answer<'a, Vec<SessionId>> {
        self.answer(|store| store.revoke_member(member_id, except))
    }

    fn revoke_organization<'a>(&'a self, organization_id: &'a OrganizationId) -> Answer<'a, ()> {
        self.answer(|store| store.revoke_organization(organization_id))
    }

    fn touch<'a>(&'a self, uses: &'a [LastUse]) -> Answer<'a, ()> {
        self.answer(|store| store.touch(uses))
    }

    fn sweep(&self, now: Timestamp) -> Answer<'_, u64> {
        self.answer(|store| store.sweep(now))
    }
}

//! The stores of the crate, with faults in front of them.

use std::sync::Arc;

use vestibule::{
    domain::{
        AuditEvent, AuditEventId, Challenge, CredentialId, Credentials, Digest, EmailAddress, EmailCode,
        Entrance, FactorDemand, IntermediateSession, MagicLink, Member, MemberId, Organization,
        OrganizationId, ReturnTo, Sealed, SessionId, SessionRecord, Timestamp, TokenSeed,
    },
    store::{
        Answer, Attempt, AuditLog, AuditOf, AuditSink, CodeKey, CredentialStore, Directory, DirectoryAdmin,
        FindOrganization, Joining, KeyStore, LastUse, LinkStore, MemberSearch, OrganizationSearch,
        SessionStore, StoredKey, TakenLink, TransientStore, TriedCode, Version, memory::MemoryStore,
        moka::MokaTransient,
    },
};

use super::faults::Faults;

/// Everything durable, in memory; a clone is the same store.
#[derive(Clone, Default)]
pub(crate) struct Durable {
    pub(crate) memory: Arc<MemoryStore>,
    pub(crate) faults: Faults,
}

/// Everything transient, in moka; a clone is the same store.
#[derive(Clone, Default)]
pub(crate) struct Transient {
    pub(crate) moka: Arc<MokaTransient>,
    pub(crate) faults: Faults,
}

impl Directory for Durable {
    fn organization<'a>(&'a self, find: FindOrganization<'a>) -> Answer<'a, Option<Organization>> {
        Box::pin(self.faults.run("directory.organization", Directory::organization(&*self.memory, find)))
    }

    fn member<'a>(&'a self, member_id: &'a MemberId) -> Answer<'a, Option<Member>> {
        Box::pin(self.faults.run("directory.member", Directory::member(&*self.memory, member_id)))
    }

    fn entrance<'a>(
        &'a self,
        organization_id: &'a OrganizationId,
        address: &'a EmailAddress,
    ) -> Answer<'a, Option<Entrance>> {
        Box::pin(
            self.faults
                .run("directory.entrance", Directory::entrance(&*self.memory, organization_id, address)),
        )
    }

    fn entrances<'a>(&'a self, address: &'a EmailAddress) -> Answer<'a, Vec<Entrance>> {
        Box::pin(self.faults.run("directory.entrances", Directory::entrances(&*self.memory, address)))
    }

    fn join<'a>(&'a self, joining: &'a Joining) -> Answer<'a, Member> {
        Box::pin(self.faults.run("directory.join", Directory::join(&*self.memory, joining)))
    }
}

impl DirectoryAdmin for Durable {
    fn create_organization<'a>(
        &'a self,
        organization: &'a Organization,
        members: &'a [Member],
    ) -> Answer<'a, ()> {
        Box::pin(self.faults.run(
            "directory.create_organization",
            DirectoryAdmin::create_organization(&*self.memory, organization, members),
        ))
    }

    fn update_organization<'a>(&'a self, organization: &'a Organization) -> Answer<'a, bool> {
        Box::pin(self.faults.run(
            "directory.update_organization",
            DirectoryAdmin::update_organization(&*self.memory, organization),
        ))
    }

    fn delete_organization<'a>(&'a self, organization_id: &'a OrganizationId) -> Answer<'a, bool> {
        Box::pin(self.faults.run(
            "directory.delete_organization",
            DirectoryAdmin::delete_organization(&*self.memory, organization_id),
        ))
    }

    fn create_member<'a>(&'a self, member: &'a Member) -> Answer<'a, ()> {
        Box::pin(
            self.faults.run("directory.create_member", DirectoryAdmin::create_member(&*self.memory, member)),
        )
    }

    fn update_member<'a>(&'a self, member: &'a Member) -> Answer<'a, bool> {
        Box::pin(
            self.faults.run("directory.update_member", DirectoryAdmin::update_member(&*self.memory, member)),
        )
    }

    fn replace_organization_if<'a>(
        &'a self,
        seen: &'a Organization,
        organization: &'a Organization,
    ) -> Answer<'a, bool> {
        Box::pin(self.faults.run(
            "directory.replace_organization_if",
            DirectoryAdmin::replace_organization_if(&*self.memory, seen, organization),
        ))
    }

    fn replace_member_if<'a>(&'a self, seen: &'a Member, member: &'a Member) -> Answer<'a, bool> {
        Box::pin(self.faults.run(
            "directory.replace_member_if",
            DirectoryAdmin::replace_member_if(&*self.memory, seen, member),
        ))
    }

    fn members<'a>(
        &'a self,
        organization_id: &'a OrganizationId,
        after: Option<&'a MemberId>,
        limit: usize,
    ) -> Answer<'a, Vec<Member>> {
        Box::pin(
            self.faults.run(
                "directory.members",
                DirectoryAdmin::members(&*self.memory, organization_id, after, limit),
            ),
        )
    }

    fn member_count<'a>(&'a self, organization_id: &'a OrganizationId) -> Answer<'a, u64> {
        Box::pin(
            self.faults
                .run("directory.member_count", DirectoryAdmin::member_count(&*self.memory, organization_id)),
        )
    }

    fn organization_by_external_id<'a>(&'a self, external_id: &'a str) -> Answer<'a, Option<Organization>> {
        Box::pin(self.faults.run(
            "directory.organization_by_external_id",
            DirectoryAdmin::organization_by_external_id(&*self.memory, external_id),
        ))
    }

    fn member_by_external_id<'a>(
        &'a self,
        organization_id: &'a OrganizationId,
        external_id: &'a str,
    ) -> Answer<'a, Option<Member>> {
        Box::pin(self.faults.run(
            "directory.member_by_external_id",
            DirectoryAdmin::member_by_external_id(&*self.memory, organization_id, external_id),
        ))
    }

    fn search_organizations<'a>(
        &'a self,
        search: &'a OrganizationSearch,
        after: Option<&'a OrganizationId>,
        limit: usize,
    ) -> Answer<'a, Vec<Organization>> {
        Box::pin(self.faults.run(
            "directory.search_organizations",
            DirectoryAdmin::search_organizations(&*self.memory, search, after, limit),
        ))
    }

    fn search_members<'a>(
        &'a self,
        search: &'a MemberSearch,
        after: Option<&'a MemberId>,
        limit: usize,
    ) -> Answer<'a, Vec<Member>> {
        Box::pin(self.faults.run(
            "directory.search_members",
            DirectoryAdmin::search_members(&*self.memory, search, after, limit),
        ))
    }
}

impl CredentialStore for Durable {
    fn load<'a>(&'a self, member_id: &'a MemberId) -> Answer<'a, (Credentials, Version)> {
        Box::pin(self.faults.run("credentials.load", CredentialStore::load(&*self.memory, member_id)))
    }

    fn replace_if<'a>(
        &'a self,
        member_id: &'a MemberId,
        seen: Version,
        credentials: &'a Credentials,
    ) -> Answer<'a, bool> {
        Box::pin(self.faults.run(
            "credentials.replace_if",
            CredentialStore::replace_if(&*self.memory, member_id, seen, credentials),
        ))
    }

    fn ids<'a>(&'a self, after: Option<&'a MemberId>, limit: usize) -> Answer<'a, Vec<MemberId>> {
        Box::pin(self.faults.run("credentials.ids", CredentialStore::ids(&*self.memory, after, limit)))
    }

    fn holder_of_password<'a>(&'a self, password_id: &'a CredentialId) -> Answer<'a, Option<MemberId>> {
        Box::pin(self.faults.run(
            "credentials.holder_of_password",
            CredentialStore::holder_of_password(&*self.memory, password_id),
        ))
    }

    fn forget<'a>(&'a self, member_id: &'a MemberId) -> Answer<'a, ()> {
        Box::pin(self.faults.run("credentials.forget", CredentialStore::forget(&*self.memory, member_id)))
    }
}

impl SessionStore for Durable {
    fn insert<'a>(&'a self, record: &'a SessionRecord) -> Answer<'a, ()> {
        Box::pin(self.faults.run("sessions.insert", SessionStore::insert(&*self.memory, record)))
    }

    fn by_seed<'a>(&'a self, seed: &'a TokenSeed) -> Answer<'a, Option<SessionRecord>> {
        Box::pin(self.faults.run("sessions.by_seed", SessionStore::by_seed(&*self.memory, seed)))
    }

    fn by_id<'a>(&'a self, session_id: &'a SessionId) -> Answer<'a, Option<SessionRecord>> {
        Box::pin(self.faults.run("sessions.by_id", SessionStore::by_id(&*self.memory, session_id)))
    }

    fn of_member<'a>(&'a self, member_id: &'a MemberId, now: Timestamp) -> Answer<'a, Vec<SessionRecord>> {
        Box::pin(
            self.faults.run("sessions.of_member", SessionStore::of_member(&*self.memory, member_id, now)),
        )
    }

    fn replace_if<'a>(&'a self, seen: u64, record: &'a SessionRecord) -> Answer<'a, bool> {
        Box::pin(
            self.faults.run("sessions.replace_if", SessionStore::replace_if(&*self.memory, seen, record)),
        )
    }

    fn revoke<'a>(&'a self, session_id: &'a SessionId) -> Answer<'a, bool> {
        Box::pin(self.faults.run("sessions.revoke", SessionStore::revoke(&*self.memory, session_id)))
    }

    fn revoke_member<'a>(
        &'a self,
        member_id: &'a MemberId,
        except: Option<&'a SessionId>,
    ) -> Answer<'a, Vec<SessionId>> {
        Box::pin(
            self.faults
                .run("sessions.revoke_member", SessionStore::revoke_member(&*self.memory, member_id, except)),
        )
    }

    fn revoke_organization<'a>(&'a self, organization_id: &'a OrganizationId) -> Answer<'a, ()> {
        Box::pin(self.faults.run(
            "sessions.revoke_organization",
            SessionStore::revoke_organization(&*self.memory, organization_id),
        ))
    }

    fn touch<'a>(&'a self, uses: &'a [LastUse]) -> Answer<'a, ()> {
        Box::pin(self.faults.run("sessions.touch", SessionStore::touch(&*self.memory, uses)))
    }

    fn sweep(&self, now: Timestamp) -> Answer<'_, u64> {
        Box::pin(self.faults.run("sessions.sweep", SessionStore::sweep(&*self.memory, now)))
    }
}

impl LinkStore for Durable {
    fn put<'a>(&'a self, link: &'a MagicLink, now: Timestamp) -> Answer<'a, ()> {
        Box::pin(self.faults.run("links.put", LinkStore::put(&*self.memory, link, now)))
    }

    fn peek<'a>(&'a self, digest: &'a Digest, now: Timestamp) -> Answer<'a, Option<MagicLink>> {
        Box::pin(self.faults.run("links.peek", LinkStore::peek(&*self.memory, digest, now)))
    }

    fn take<'a>(&'a self, digest: &'a Digest, now: Timestamp) -> Answer<'a, TakenLink> {
        Box::pin(self.faults.run("links.take", LinkStore::take(&*self.memory, digest, now)))
    }
}

impl KeyStore for Durable {
    fn load(&self) -> Answer<'_, Vec<StoredKey>> {
        Box::pin(self.faults.run("keys.load", KeyStore::load(&*self.memory)))
    }

    fn add<'a>(&'a self, key: &'a StoredKey) -> Answer<'a, ()> {
        Box::pin(self.faults.run("keys.add", KeyStore::add(&*self.memory, key)))
    }

    fn reseal<'a>(&'a self, key_id: &'a str, seen: &'a Sealed, sealed: &'a Sealed) -> Answer<'a, bool> {
        Box::pin(self.faults.run("keys.reseal", KeyStore::reseal(&*self.memory, key_id, seen, sealed)))
    }

    fn remove<'a>(&'a self, key_id: &'a str) -> Answer<'a, bool> {
        Box::pin(self.faults.run("keys.remove", KeyStore::remove(&*self.memory, key_id)))
    }

    fn note_time(&self, now: Timestamp) -> Answer<'_, ()> {
        Box::pin(self.faults.run("keys.note_time", KeyStore::note_time(&*self.memory, now)))
    }

    fn latest_time(&self) -> Answer<'_, Option<Timestamp>> {
        Box::pin(self.faults.run("keys.latest_time", KeyStore::latest_time(&*self.memory)))
    }
}

impl AuditSink for Durable {
    fn record<'a>(&'a self, events: &'a [AuditEvent]) -> Answer<'a, ()> {
        Box::pin(self.faults.run("audit.record", AuditSink::record(&*self.memory, events)))
    }

    fn forget_before(&self, before: Timestamp) -> Answer<'_, u64> {
        Box::pin(self.faults.run("audit.forget_before", AuditSink::forget_before(&*self.memory, before)))
    }
}

impl AuditLog for Durable {
    fn events<'a>(
        &'a self,
        of: AuditOf<'a>,
        before: Option<&'a AuditEventId>,
        limit: usize,
    ) -> Answer<'a, Vec<AuditEvent>> {
        Box::pin(self.faults.run("audit.events", AuditLog::events(&*self.memory, of, before, limit)))
    }
}

impl TransientStore for Transient {
    fn insert<'a>(&'a self, key: Digest, session: IntermediateSession, now: Timestamp) -> Answer<'a, ()> {
        Box::pin(self.faults.run("transient.insert", TransientStore::insert(&*self.moka, key, session, now)))
    }

    fn get(&self, key: Digest, now: Timestamp) -> Answer<'_, Option<IntermediateSession>> {
        Box::pin(self.faults.run("transient.get", TransientStore::get(&*self.moka, key, now)))
    }

    fn replace_if<'a>(
        &'a self,
        key: Digest,
        seen: &'a IntermediateSession,
        session: IntermediateSession,
        now: Timestamp,
    ) -> Answer<'a, bool> {
        Box::pin(
            self.faults.run(
                "transient.replace_if",
                TransientStore::replace_if(&*self.moka, key, seen, session, now),
            ),
        )
    }

    fn claim<'a>(
        &'a self,
        key: Digest,
        seen: &'a IntermediateSession,
        attempt: Attempt,
        lease_ends: Timestamp,
        now: Timestamp,
    ) -> Answer<'a, bool> {
        Box::pin(
            self.faults.run(
                "transient.claim",
                TransientStore::claim(&*self.moka, key, seen, attempt, lease_ends, now),
            ),
        )
    }

    fn consume(&self, key: Digest, attempt: Attempt) -> Answer<'_, bool> {
        Box::pin(self.faults.run("transient.consume", TransientStore::consume(&*self.moka, key, attempt)))
    }

    fn release(&self, key: Digest, attempt: Attempt) -> Answer<'_, ()> {
        Box::pin(self.faults.run("transient.release", TransientStore::release(&*self.moka, key, attempt)))
    }

    fn discard(&self, key: Digest) -> Answer<'_, ()> {
        Box::pin(self.faults.run("transient.discard", TransientStore::discard(&*self.moka, key)))
    }

    fn put_code<'a>(&'a self, key: &'a CodeKey, code: EmailCode, now: Timestamp) -> Answer<'a, ()> {
        Box::pin(self.faults.run("transient.put_code", TransientStore::put_code(&*self.moka, key, code, now)))
    }

    fn code<'a>(&'a self, key: &'a CodeKey, now: Timestamp) -> Answer<'a, Option<EmailCode>> {
        Box::pin(self.faults.run("transient.code", TransientStore::code(&*self.moka, key, now)))
    }

    fn try_code<'a>(&'a self, key: &'a CodeKey, digest: Digest, now: Timestamp) -> Answer<'a, TriedCode> {
        Box::pin(
            self.faults.run("transient.try_code", TransientStore::try_code(&*self.moka, key, digest, now)),
        )
    }

    fn drop_code<'a>(&'a self, key: &'a CodeKey) -> Answer<'a, ()> {
        Box::pin(self.faults.run("transient.drop_code", TransientStore::drop_code(&*self.moka, key)))
    }

    fn challenge<'a>(
        &'a self,
        session_id: &'a SessionId,
        challenge: Challenge,
        now: Timestamp,
    ) -> Answer<'a, Challenge> {
        Box::pin(
            self.faults.run(
                "transient.challenge",
                TransientStore::challenge(&*self.moka, session_id, challenge, now),
            ),
        )
    }

    fn challenges<'a>(&'a self, session_id: &'a SessionId, now: Timestamp) -> Answer<'a, Vec<Challenge>> {
        Box::pin(
            self.faults.run("transient.challenges", TransientStore::challenges(&*self.moka, session_id, now)),
        )
    }

    fn close_challenge<'a>(
        &'a self,
        session_id: &'a SessionId,
        demand: &'a FactorDemand,
        nonce: [u8; 16],
    ) -> Answer<'a, bool> {
        Box::pin(self.faults.run(
            "transient.close_challenge",
            TransientStore::close_challenge(&*self.moka, session_id, demand, nonce),
        ))
    }

    fn put_destination(
        &self,
        browser: Digest,
        return_to: ReturnTo,
        until: Timestamp,
        now: Timestamp,
    ) -> Answer<'_, ()> {
        Box::pin(self.faults.run(
            "transient.put_destination",
            TransientStore::put_destination(&*self.moka, browser, return_to, until, now),
        ))
    }

    fn destination(&self, browser: Digest, now: Timestamp) -> Answer<'_, Option<ReturnTo>> {
        Box::pin(
            self.faults.run("transient.destination", TransientStore::destination(&*self.moka, browser, now)),
        )
    }

    fn evictions(&self) -> u64 {
        self.moka.evictions()
    }
}

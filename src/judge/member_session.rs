//! The member session: the only thing that lets anybody in, and the only place that makes one.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use serde::{Serialize, Serializer, ser::SerializeStruct};
use serde_json::{Map, Value};

use super::{
    SessionDuration, SessionPolicy,
    entry::{Entry, Grant, counting, still_enters},
    packed::Packed,
    parts::{MemberPart, OrganizationPart, Parts, RolesPart},
    requirement::Proof,
    roles::{effective_roles, permissions},
};
use crate::domain::{
    CompactId, CredentialId, CustomClaims, EmailAddress, Enrolment, Factor, FactorClass, FactorView, Member,
    MemberId, MemberStatus, Organization, OrganizationId, Role, RoleId, SessionId, SessionRecord, Slug,
    Timestamp, TokenKey, TokenSeed,
};

/// A signed-in member of one organization, as the judge has let them in.
///
/// Handlers take it from the request's extensions, with axum as an [argument](crate::extract). Cheap to
/// clone. It can't be built outside this crate:
///
/// ```compile_fail
/// let session = vestibule::MemberSession { };
/// ```
///
/// It serializes as Stytch's `member_session` object, so that it can be shown or logged; there is no
/// way back:
///
/// ```compile_fail
/// let session: vestibule::MemberSession = serde_json::from_str("{}").unwrap();
/// ```
#[derive(Clone)]
pub struct MemberSession(Arc<Inner>);

/// What a check and ordinary handlers read stands first, to the roles among its parts: with the counters of the
/// `Arc` before it 72 bytes, which lie in two cache lines wherever they begin.
#[repr(C)]
struct Inner {
    /// By what a table finds it; nothing before it is settled there.
    key: TokenKey,
    /// When it ends, at the latest. Times are milliseconds since the epoch.
    ends: u64,
    /// Relaxed: a lost update makes the session look idle a moment sooner, never later.
    last_used: AtomicU64,
    /// Until when a table believes what it was judged by.
    believed_until: AtomicU64,
    parts: Parts,
    session_id: CompactId,
    packed: Packed,
}

/// What a new session is to have besides what its grant says.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    pub(crate) session_id: SessionId,
    pub(crate) seed: TokenSeed,
    pub(crate) duration: Option<SessionDuration>,
    pub(crate) custom_claims: CustomClaims,
    pub(crate) user_agent: String,
    pub(crate) ip_address: String,
    /// Where this session continues another one: when that one had to end at the latest.
    pub(crate) absolute_end: Option<Timestamp>,
    /// And what was set up in it.
    pub(crate) enrolled_here: Vec<CredentialId>,
}

/// What a record is judged by when it is to become a session again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resumed<'a> {
    pub(crate) organization: &'a Organization,
    pub(crate) member: &'a Member,
    pub(crate) enrolment: &'a Enrolment,
    pub(crate) project_roles: &'a [Role],
    pub(crate) policy: &'a SessionPolicy,
    pub(crate) now: Timestamp,
}

/// Why a record is no session any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Its time is over.
    Expired,
    /// It lay unused for too long.
    Idle,
    /// Its member is no active member of its organization any more.
    NotMember,
    /// Its organization demands more now, and the policy judges live sessions anew.
    Owed,
}

/// A session that another first factor is added to. Made from a session alone.
#[derive(Clone, Debug)]
pub(crate) struct Standing(MemberSession);

impl Standing {
    /// Whether it is a live session of this very member.
    pub(super) fn stands_for(&self, member: &Member, now: Timestamp) -> bool {
        let Self(session) = self;
        session.member_id() == &member.member_id
            && session.organization_id() == &member.organization_id
            && session.holds_at(now)
    }
}

/// Leave to go on with the session that stands, made by [`enter`](super::enter) alone. It opens no session
/// of its own: no second factor may have been proved for it.
#[derive(Debug)]
pub(crate) struct Continuation {
    pub(super) standing: Standing,
    pub(super) factors: Vec<Factor>,
}

impl Grant {
    /// Opens the session that this grant allows.
    pub(crate) fn open(
        self,
        opening: Opening,
        policy: &SessionPolicy,
        project_roles: &[Role],
        now: Timestamp,
    ) -> MemberSession {
        let longest = now.after(policy.absolute);
        let absolute_end = opening.absolute_end.map_or(longest, |end| end.min(longest));
        let duration = opening.duration.unwrap_or(policy.duration).as_duration();
        let record = SessionRecord {
            session_id: opening.session_id,
            member_id: self.member.member_id.clone(),
            organization_id: self.organization.organization_id.clone(),
            seed: opening.seed,
            revision: 0,
            factors: self.factors,
            enrolled_here: opening.enrolled_here,
            custom_claims: opening.custom_claims,
            started_at: now,
            last_accessed_at: now,
            expires_at: now.after(duration).min(absolute_end),
            absolute_end,
            user_agent: opening.user_agent,
            ip_address: opening.ip_address,
        };
        MemberSession::of(&record, &self.organization, &self.member, project_roles, policy)
    }
}

impl Continuation {
    /// Adds the first factors to the session that stands, and extends it. Neither its assurance nor
    /// its absolute end changes by this.
    pub(crate) fn extend(
        self,
        duration: Option<SessionDuration>,
        policy: &SessionPolicy,
        now: Timestamp,
    ) -> SessionRecord {
        let mut record = self.standing.0.record();
        let primary = |factor: &Factor| factor.kind.class() == FactorClass::Primary;
        for factor in self.factors.into_iter().filter(primary) {
            factor.add_to(&mut record.factors);
        }
        record.revision += 1;
        record.last_accessed_at = now.max(record.last_accessed_at);
        let asked = now.after(duration.unwrap_or(policy.duration).as_duration());
        record.expires_at = record.expires_at.max(asked).min(record.absolute_end);
        record
    }
}

/// Makes a session of what a store holds, if it still is one.
pub(crate) fn resume(record: &SessionRecord, by: Resumed<'_>) -> Result<MemberSession, Ended> {
    let Resumed { organization, member, enrolment, project_roles, policy, now } = by;
    if record.member_id != member.member_id
        || record.organization_id != organization.organization_id
        || member.organization_id != organization.organization_id
        || member.status != MemberStatus::Active
    {
        return Err(Ended::NotMember);
    }
    if now >= record.expires_at || now >= record.absolute_end {
        return Err(Ended::Expired);
    }
    if now >= record.last_accessed_at.after(policy.idle) {
        return Err(Ended::Idle);
    }
    if policy.rejudge {
        let entry = Entry { factors: &record.factors, organization, member, enrolment, standing: None, now };
        if !still_enters(&entry) {
            return Err(Ended::Owed);
        }
    }
    Ok(MemberSession::of(record, organization, member, project_roles, policy))
}

impl MemberSession {
    fn of(
        record: &SessionRecord,
        organization: &Organization,
        member: &Member,
        project_roles: &[Role],
        policy: &SessionPolicy,
    ) -> Self {
        let roles = effective_roles(organization, member);
        let permissions = permissions(&roles, project_roles, &organization.custom_roles);
        let parts = Parts {
            organization: Arc::new(OrganizationPart::of(organization, policy.idle)),
            member: Arc::new(MemberPart {
                member_id: member.member_id.clone(),
                email_address: member.email_address.clone(),
            }),
            roles: Arc::new(RolesPart { roles, permissions }),
            user_agent: record.user_agent.as_str().into(),
        };
        Self::with(record, parts, record.expires_at.min(record.absolute_end))
    }

    /// Made of a record and what its parts say, until `ends` at the latest.
    pub(super) fn with(record: &SessionRecord, parts: Parts, ends: Timestamp) -> Self {
        Self(Arc::new(Inner {
            key: TokenKey::default(),
            ends: ends.as_millis(),
            last_used: AtomicU64::new(record.last_accessed_at.as_millis()),
            believed_until: AtomicU64::new(0),
            session_id: (&record.session_id).into(),
            packed: Packed::of(record, &parts.member.email_address),
            parts,
        }))
    }

    /// Its id, which stays when its token changes.
    #[must_use]
    pub fn member_session_id(&self) -> SessionId {
        (&self.0.session_id).into()
    }

    /// Who is signed in.
    #[must_use]
    pub fn member_id(&self) -> &MemberId {
        &self.0.parts.member.member_id
    }

    /// The address they are known by.
    #[must_use]
    pub fn email_address(&self) -> &EmailAddress {
        &self.0.parts.member.email_address
    }

    /// The one organization that this session belongs to.
    #[must_use]
    pub fn organization_id(&self) -> &OrganizationId {
        &self.0.parts.organization.organization_id
    }

    /// That organization's name in URLs.
    #[must_use]
    pub fn organization_slug(&self) -> &Slug {
        &self.0.parts.organization.organization_slug
    }

    /// The roles in force.
    #[must_use]
    pub fn roles(&self) -> &[RoleId] {
        &self.0.parts.roles.roles
    }

    /// Whether a role of this name is in force.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.roles().iter().any(|held| held.as_str() == role)
    }

    /// Whether some role in force permits `action` on `resource`.
    #[must_use]
    pub fn permits(&self, resource: &str, action: &str) -> bool {
        self.0.parts.roles.permissions.iter().any(|permission| permission.permits(resource, action))
    }

    /// What the application added. Read from its packed form at each call.
    #[must_use]
    pub fn custom_claims(&self) -> Map<String, Value> {
        self.0.packed.open().custom_claims().into()
    }

    /// The factors that were proved, in the order they were. Read from their packed form at each call.
    #[must_use]
    pub fn authentication_factors(&self) -> Vec<Factor> {
        self.0.packed.open().factors(self.member_id(), self.email_address())
    }

    /// When it began.
    #[must_use]
    pub fn started_at(&self) -> Timestamp {
        self.0.packed.open().started_at()
    }

    /// When it was last used, to the minute.
    #[must_use]
    pub fn last_accessed_at(&self) -> Timestamp {
        Timestamp::from_millis(self.0.last_used.load(Ordering::Relaxed))
    }

    /// When it ends, unless it is extended or ended before. Where it was read from a JWT of another
    /// deployment (feature `verify-only`), when that JWT ends.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        Timestamp::from_millis(self.0.ends)
    }

    /// The record to store.
    pub(crate) fn record(&self) -> SessionRecord {
        let rest = self.0.packed.open();
        SessionRecord {
            session_id: self.member_session_id(),
            member_id: self.member_id().clone(),
            organization_id: self.organization_id().clone(),
            seed: rest.seed(),
            revision: rest.revision,
            factors: rest.factors(self.member_id(), self.email_address()),
            enrolled_here: rest.enrolled_here(),
            custom_claims: rest.custom_claims(),
            started_at: rest.started_at(),
            last_accessed_at: rest.last_accessed_at(),
            expires_at: rest.expires_at(),
            absolute_end: rest.absolute_end(),
            user_agent: self.0.parts.user_agent.as_ref().to_owned(),
            ip_address: rest.ip_address.to_owned(),
        }
    }

    /// Whether the two are one and the same: nothing of it was changed, or judged anew, between them.
    #[cfg(feature = "wire-api")]
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The random half of its token.
    pub(crate) fn seed(&self) -> TokenSeed {
        self.0.packed.open().seed()
    }

    /// How often its record has changed.
    pub(crate) fn revision(&self) -> u64 {
        self.0.packed.open().revision
    }

    /// What of its factors answers demands.
    pub(crate) fn proofs(&self) -> Vec<Proof> {
        self.0.packed.open().proofs().collect()
    }

    /// What it has in common with other sessions.
    pub(crate) fn parts(&self) -> &Parts {
        &self.0.parts
    }

    /// Prepares it for a table: by what it is found there, and parts that it shares with other sessions:
    /// equal ones, whatever is offered. Does nothing once anybody else holds this session.
    pub(crate) fn settle(&mut self, key: TokenKey, parts: Parts) {
        if let Some(inner) = Arc::get_mut(&mut self.0)
            && inner.parts == parts
        {
            inner.key = key;
            inner.parts = parts;
        }
    }

    pub(crate) fn token_key(&self) -> &TokenKey {
        &self.0.key
    }

    pub(crate) fn compact_id(&self) -> &CompactId {
        &self.0.session_id
    }

    /// Whether the two are one and the same, not only equal.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn standing(&self) -> Standing {
        Standing(self.clone())
    }

    /// Says until when a table may answer for it without having it judged anew.
    pub(crate) fn believe_until(&self, until: Timestamp) {
        self.0.believed_until.store(until.as_millis(), Ordering::Relaxed);
    }

    /// Whether a table may answer for it.
    pub(crate) fn is_believed_at(&self, now: Timestamp) -> bool {
        now.as_millis() < self.0.believed_until.load(Ordering::Relaxed)
            && self.0.parts.organization.is_current()
            && self.holds_at(now)
    }

    /// Whether it may still be used, as far as time goes.
    pub(crate) fn holds_at(&self, now: Timestamp) -> bool {
        let used = self.0.last_used.load(Ordering::Relaxed);
        now.as_millis() < self.0.ends && now.as_millis() < used.saturating_add(self.0.parts.organization.idle)
    }

    /// Notes that it is used, and says whether that is worth telling the store: at most once a
    /// minute is.
    pub(crate) fn touch(&self, now: Timestamp) -> bool {
        let last = self.0.last_used.load(Ordering::Relaxed);
        // A session that is over stays over.
        let due = now.as_millis() >= last.saturating_add(60_000) && self.holds_at(now);
        if due {
            self.0.last_used.store(now.as_millis(), Ordering::Relaxed);
        }
        due
    }

    /// The record with one more proof in it, and a new token; nothing where the proof does not
    /// count for this member. `enrolled` says that the credential was set up in this session.
    pub(crate) fn raised(
        &self,
        factor: Factor,
        enrolled: bool,
        seed: TokenSeed,
        by: Resumed<'_>,
    ) -> Option<SessionRecord> {
        let Resumed { organization, member, enrolment, now, .. } = by;
        let mine =
            self.member_id() == &member.member_id && self.organization_id() == &organization.organization_id;
        let factors = std::slice::from_ref(&factor);
        let entry = Entry { factors, organization, member, enrolment, standing: None, now };
        if !mine || counting(&entry).next().is_none() {
            return None;
        }
        let mut record = self.record();
        if enrolled {
            record.enrolled_here.push(factor.credential_id.clone());
        }
        factor.add_to(&mut record.factors);
        record.seed = seed;
        record.revision += 1;
        record.last_accessed_at = now.max(record.last_accessed_at);
        Some(record)
    }
}

impl fmt::Debug for MemberSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemberSession")
            .field("member_session_id", &self.member_session_id())
            .field("member_id", self.member_id())
            .field("organization_id", self.organization_id())
            .field("roles", &self.roles())
            .field("expires_at", &self.expires_at())
            .finish_non_exhaustive()
    }
}

/// As Stytch's `member_session` object.
impl Serialize for MemberSession {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rest = self.0.packed.open();
        let factors = rest.factors(self.member_id(), self.email_address());
        let factors: Vec<FactorView<'_>> = factors.iter().map(FactorView).collect();
        let mut object = serializer.serialize_struct("MemberSession", 10)?;
        object.serialize_field("member_session_id", &self.member_session_id())?;
        object.serialize_field("member_id", self.member_id())?;
        object.serialize_field("organization_id", self.organization_id())?;
        object.serialize_field("organization_slug", self.organization_slug())?;
        object.serialize_field("started_at", &rest.started_at())?;
        object.serialize_field("last_accessed_at", &self.last_accessed_at())?;
        object.serialize_field("expires_at", &self.expires_at())?;
        object.serialize_field("authentication_factors", &factors)?;
        object.serialize_field("roles", &self.roles())?;
        object.serialize_field("custom_claims", &rest.custom_claims())?;
        object.end()
    }
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::*;

    #[test]
    fn what_a_check_reads_lies_in_two_cache_lines() {
        let counters = 2 * size_of::<usize>();
        assert_eq!(counters + offset_of!(Inner, parts) + offset_of!(Parts, member), 72);
    }
}

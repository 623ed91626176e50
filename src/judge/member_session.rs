//! The member session: the only thing that lets anybody in, and the only place that makes one.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde::{Serialize, Serializer, ser::SerializeStruct};
use serde_json::{Map, Value};

use super::{
    SessionDuration, SessionPolicy,
    entry::{Entry, Grant, Verdict, counting, enter},
    requirement::Held,
    roles::{effective_roles, permissions},
};
use crate::domain::{
    CredentialId, CustomClaims, EmailAddress, Enrolment, Factor, FactorClass, FactorView, Member, MemberId,
    MemberStatus, Organization, OrganizationId, Permission, Role, RoleId, SessionId, SessionRecord, Slug,
    Timestamp, TokenSeed,
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

struct Inner {
    record: SessionRecord,
    organization_slug: Slug,
    email_address: EmailAddress,
    roles: Vec<RoleId>,
    permissions: Vec<Permission>,
    idle: Duration,
    /// Milliseconds since the epoch. Relaxed: a lost update makes the session look idle a moment
    /// sooner, never later.
    last_used: AtomicU64,
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
        let record = self.0.record();
        record.member_id == member.member_id
            && record.organization_id == member.organization_id
            && self.0.holds_at(now)
    }
}

/// Leave to go on with the session that stands, made by [`enter`] alone. It opens no session of its
/// own: no second factor may have been proved for it.
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
        MemberSession::of(record, &self.organization, &self.member, project_roles, policy)
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
        let mut record = self.standing.0.record().clone();
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
pub(crate) fn resume(record: SessionRecord, by: Resumed<'_>) -> Result<MemberSession, Ended> {
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
        if !matches!(enter(&entry), Verdict::Granted(_)) {
            return Err(Ended::Owed);
        }
    }
    Ok(MemberSession::of(record, organization, member, project_roles, policy))
}

impl MemberSession {
    fn of(
        record: SessionRecord,
        organization: &Organization,
        member: &Member,
        project_roles: &[Role],
        policy: &SessionPolicy,
    ) -> Self {
        let roles = effective_roles(organization, member);
        Self(Arc::new(Inner {
            organization_slug: organization.organization_slug.clone(),
            email_address: member.email_address.clone(),
            permissions: permissions(&roles, project_roles, organization),
            roles,
            idle: policy.idle,
            last_used: AtomicU64::new(record.last_accessed_at.as_millis()),
            record,
        }))
    }

    /// Its id, which stays when its token changes.
    #[must_use]
    pub fn member_session_id(&self) -> &SessionId {
        &self.0.record.session_id
    }

    /// Who is signed in.
    #[must_use]
    pub fn member_id(&self) -> &MemberId {
        &self.0.record.member_id
    }

    /// The address they are known by.
    #[must_use]
    pub fn email_address(&self) -> &EmailAddress {
        &self.0.email_address
    }

    /// The one organization that this session belongs to.
    #[must_use]
    pub fn organization_id(&self) -> &OrganizationId {
        &self.0.record.organization_id
    }

    /// That organization's name in URLs.
    #[must_use]
    pub fn organization_slug(&self) -> &Slug {
        &self.0.organization_slug
    }

    /// The roles in force.
    #[must_use]
    pub fn roles(&self) -> &[RoleId] {
        &self.0.roles
    }

    /// Whether a role of this name is in force.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.0.roles.iter().any(|held| held.as_str() == role)
    }

    /// Whether some role in force permits `action` on `resource`.
    #[must_use]
    pub fn permits(&self, resource: &str, action: &str) -> bool {
        self.0.permissions.iter().any(|permission| permission.permits(resource, action))
    }

    /// What the application added.
    #[must_use]
    pub fn custom_claims(&self) -> &Map<String, Value> {
        self.0.record.custom_claims.as_map()
    }

    /// The factors that were proved, in the order they were.
    #[must_use]
    pub fn authentication_factors(&self) -> &[Factor] {
        &self.0.record.factors
    }

    /// When it began.
    #[must_use]
    pub fn started_at(&self) -> Timestamp {
        self.0.record.started_at
    }

    /// When it was last used, to the minute.
    #[must_use]
    pub fn last_accessed_at(&self) -> Timestamp {
        Timestamp::from_millis(self.0.last_used.load(Ordering::Relaxed))
    }

    /// When it ends, unless it is extended or ended before.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.0.record.expires_at
    }

    /// The record to store.
    pub(crate) fn record(&self) -> &SessionRecord {
        &self.0.record
    }

    pub(crate) fn held(&self) -> Held<'_> {
        Held { factors: &self.0.record.factors, enrolled_here: &self.0.record.enrolled_here }
    }

    pub(crate) fn standing(&self) -> Standing {
        Standing(self.clone())
    }

    /// Whether it may still be used, as far as time goes.
    pub(crate) fn holds_at(&self, now: Timestamp) -> bool {
        now < self.0.record.expires_at
            && now < self.0.record.absolute_end
            && now < self.last_accessed_at().after(self.0.idle)
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
        let mut record = self.0.record.clone();
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
            .field("member_session_id", self.member_session_id())
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
        let factors: Vec<FactorView<'_>> = self.authentication_factors().iter().map(FactorView).collect();
        let mut object = serializer.serialize_struct("MemberSession", 10)?;
        object.serialize_field("member_session_id", self.member_session_id())?;
        object.serialize_field("member_id", self.member_id())?;
        object.serialize_field("organization_id", self.organization_id())?;
        object.serialize_field("organization_slug", self.organization_slug())?;
        object.serialize_field("started_at", &self.started_at())?;
        object.serialize_field("last_accessed_at", &self.last_accessed_at())?;
        object.serialize_field("expires_at", &self.expires_at())?;
        object.serialize_field("authentication_factors", &factors)?;
        object.serialize_field("roles", &self.roles())?;
        object.serialize_field("custom_claims", self.custom_claims())?;
        object.end()
    }
}

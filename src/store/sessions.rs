//! Member sessions: durable.

use super::Answer;
use crate::domain::{MemberId, OrganizationId, SessionId, SessionRecord, Timestamp, TokenSeed};

/// When a session was used last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUse {
    /// Which session.
    pub session_id: SessionId,
    /// When.
    pub at: Timestamp,
}

/// The durable records of member sessions. A revoked one is gone, and no write brings it back.
///
/// What was acknowledged is seen by everybody who asks afterwards, on whichever node: what is found here, and that
/// nothing is found by a seed, is believed for the greatest staleness without asking again.
pub trait SessionStore: Send + Sync + 'static {
    /// Stores a new session. A repeat of the same record changes nothing and succeeds; `Taken` when
    /// the id or the seed belongs to another, or the id to a session that was revoked and has not
    /// passed its absolute end.
    fn insert<'a>(&'a self, record: &'a SessionRecord) -> Answer<'a, ()>;

    /// Finds the session whose token has this random half.
    fn by_seed<'a>(&'a self, seed: &'a TokenSeed) -> Answer<'a, Option<SessionRecord>>;

    /// Finds a session by id.
    fn by_id<'a>(&'a self, session_id: &'a SessionId) -> Answer<'a, Option<SessionRecord>>;

    /// The sessions of a member that have not expired at `now`, newest first, at most 1,000.
    fn of_member<'a>(&'a self, member_id: &'a MemberId, now: Timestamp) -> Answer<'a, Vec<SessionRecord>>;

    /// Replaces a session if its stored revision is still `seen`; false when it is not, the session is
    /// gone, or it is of another member or organization. A later last use that is noted stays. The
    /// revision always grows: a record that names none above `seen` gets the next one. `Taken` when
    /// its new seed is another's.
    fn replace_if<'a>(&'a self, seen: u64, record: &'a SessionRecord) -> Answer<'a, bool>;

    /// Ends a session; false when it was gone already.
    fn revoke<'a>(&'a self, session_id: &'a SessionId) -> Answer<'a, bool>;

    /// Ends all sessions of a member, but `except`; says which.
    fn revoke_member<'a>(
        &'a self,
        member_id: &'a MemberId,
        except: Option<&'a SessionId>,
    ) -> Answer<'a, Vec<SessionId>>;

    /// Ends all sessions of an organization.
    fn revoke_organization<'a>(&'a self, organization_id: &'a OrganizationId) -> Answer<'a, ()>;

    /// Notes when sessions were used, where that is later than what is noted, and only of sessions
    /// that still are there.
    fn touch<'a>(&'a self, uses: &'a [LastUse]) -> Answer<'a, ()>;

    /// Removes at most 1,000 sessions that expired before `now`; says how many.
    fn sweep(&self, now: Timestamp) -> Answer<'_, u64>;
}

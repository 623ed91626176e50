//! Credentials of members: always ours, always durable.

use super::Answer;
use crate::domain::{CredentialId, Credentials, MemberId};

/// Counts the changes of one member's credentials; 0 means that none were stored yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u64);

/// The credentials of members, one document each.
///
/// Whoever changes one loads it, makes the new one by a pure function, and replaces what they saw;
/// of many at once one succeeds, and the others look again.
pub trait CredentialStore: Send + Sync + 'static {
    /// A member's credentials and their version; empty ones of version 0 when none were stored yet.
    fn load<'a>(&'a self, member_id: &'a MemberId) -> Answer<'a, (Credentials, Version)>;

    /// Replaces a member's credentials if `seen` is still their version, and makes it one more; false
    /// when it is not.
    fn replace_if<'a>(
        &'a self,
        member_id: &'a MemberId,
        seen: Version,
        credentials: &'a Credentials,
    ) -> Answer<'a, bool>;

    /// The ids of members of whom something was stored, in order, after `after`, at most `limit`.
    fn ids<'a>(&'a self, after: Option<&'a MemberId>, limit: usize) -> Answer<'a, Vec<MemberId>>;

    /// The member who has the password of this id.
    fn holder_of_password<'a>(&'a self, password_id: &'a CredentialId) -> Answer<'a, Option<MemberId>>;

    /// Forgets a member's credentials. Their version counts on, so that nobody who saw the old ones
    /// brings them back.
    fn forget<'a>(&'a self, member_id: &'a MemberId) -> Answer<'a, ()>;
}

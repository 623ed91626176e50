//! What stands in sets and maps without being kept twice: found by what stands in it.

use std::{
    borrow::Borrow,
    hash::{Hash, Hasher},
    sync::Arc,
};

use crate::{
    domain::{CompactId, MemberId},
    judge::{MemberPart, MemberSession},
};

/// A session, found by its id.
#[derive(Debug)]
pub(super) struct ById(pub(super) MemberSession);

/// What the sessions of one member share, found by the member's id.
#[derive(Debug)]
pub(super) struct ByMember(pub(super) Arc<MemberPart>);

impl Borrow<CompactId> for ById {
    fn borrow(&self) -> &CompactId {
        self.0.compact_id()
    }
}

impl PartialEq for ById {
    fn eq(&self, other: &Self) -> bool {
        self.0.compact_id() == other.0.compact_id()
    }
}

impl Eq for ById {}

impl Hash for ById {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.compact_id().hash(state);
    }
}

impl Borrow<MemberId> for ByMember {
    fn borrow(&self) -> &MemberId {
        &self.0.member_id
    }
}

impl PartialEq for ByMember {
    fn eq(&self, other: &Self) -> bool {
        self.0.member_id == other.0.member_id
    }
}

impl Eq for ByMember {}

impl Hash for ByMember {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.member_id.hash(state);
    }
}

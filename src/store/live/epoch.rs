//! Counts the changes of an organization.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// How often an organization had changed when this was taken, and the count to compare with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Epoch {
    current: Arc<AtomicU64>,
    seen: u64,
}

impl Epoch {
    /// The same organization as it is now.
    pub(super) fn renewed(&self) -> Self {
        Self { current: Arc::clone(&self.current), seen: self.current.load(Ordering::Acquire) }
    }

    pub(super) fn advance(&self) {
        self.current.fetch_add(1, Ordering::AcqRel);
    }

    /// Whether any session or reader holds the same organization.
    pub(super) fn is_held(&self) -> bool {
        Arc::strong_count(&self.current) > 1
    }

    /// Whether the organization has not changed since.
    pub(super) fn is_current(&self) -> bool {
        self.current.load(Ordering::Acquire) == self.seen
    }
}

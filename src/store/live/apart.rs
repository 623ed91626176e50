//! What stands on cache lines of its own.

/// Something that is written often, or that everybody reads: whoever writes it, or what lies beside it, takes no
/// line away from the others. Processors fetch lines in pairs, so it is two of them.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Apart<T>(pub(crate) T);

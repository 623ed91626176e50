//! What handlers take from a request: with axum (feature `axum`) as arguments, elsewhere from the
//! request's extensions.

#[cfg(feature = "axum")]
mod rejection;

#[cfg(feature = "axum")]
pub use rejection::SessionRejection;

/// Stands in the extensions of a request whose session could not be checked because a store did not
/// answer. It is not "anonymous": whoever needs a session answers 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable;

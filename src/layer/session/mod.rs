//! Loads the session of a request into its extensions.
//!
//! 1. `Authorization: Bearer`, if present, alone counts; a bad token there never falls back to a cookie.
//! 2. Otherwise the session cookie; two of that name count as none.
//! 3. Where there is a live session, a [`MemberSession`](crate::MemberSession) stands in the extensions.
//! 4. Where a store would have to answer and does not, [`Unavailable`](crate::extract::Unavailable) does.
//! 5. It never refuses, never touches an answer, and inserts nothing where there is no token.
//!
//! It goes around the whole router, which is also its fastest form: `Router::layer` boxes each route's
//! service and future once more.

mod future;
mod layer;
mod service;

pub use layer::SessionLayer;
pub use service::Session;

//! Another deployment, as a service sees it that only verifies: its keys, fetched and kept, and the sessions
//! that its JWTs attest.

mod fetch;
mod keys;
mod load;

pub(crate) use fetch::KeySource;
pub(crate) use load::Issuer;

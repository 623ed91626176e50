//! The handle of a service that has no sign-in of its own, and takes the JWTs of another deployment.

mod builder;
mod handle;

pub use builder::VerifierBuilder;
pub use handle::Verifier;

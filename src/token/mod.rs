//! Tokens and keys: opaque tokens, JWTs and the keys that sign them, encryption at rest.
//!
//! All cryptography is that of aws-lc-rs and jsonwebtoken; this room says what is signed, sealed and
//! digested with which key, and what a token looks like.

mod digest;
mod jwt;
mod master;
mod opaque;
#[cfg(feature = "verify-only")]
mod public_keys;
mod random;
mod ring;
mod seal;

pub(crate) use digest::{Purpose, Purposes, code_digits, constant_time_eq, sha256};
#[cfg(feature = "wire-api")]
pub(crate) use jwt::is_jwt;
#[cfg(feature = "verify-only")]
pub(crate) use jwt::key_id;
pub(crate) use jwt::{JwtSession, SessionClaims, begins_like_jwt, looks_like_jwt};
pub use master::{EnvironmentKeys, FileKeys, KeyError, KeyProvider, MasterKey};
pub(crate) use opaque::{OpaqueToken, TokenKind};
#[cfg(feature = "verify-only")]
pub(crate) use public_keys::{InvalidKeys, PublicKeys};
pub(crate) use random::{Unrandom, random};
pub use ring::JwtAlgorithm;
pub(crate) use ring::{KeyRing, KeyUnusable, SigningKey};
pub(crate) use seal::{Place, Sealer, Unsealable};

//! What comes with a hash from another system, and why one is not taken.

use std::fmt;

/// What made the hash, by the names that Stytch's API has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HashKind {
    /// `bcrypt`.
    Bcrypt,
    /// `md_5`: one MD5, with salts or without.
    Md5,
    /// `argon_2i`.
    Argon2i,
    /// `argon_2id`.
    Argon2id,
    /// `sha_1`: one SHA-1, with salts or without.
    Sha1,
    /// `sha_512`: one SHA-512, with salts or without.
    Sha512,
    /// `scrypt`.
    Scrypt,
    /// `phpass`: WordPress's and phpBB's portable hashes.
    Phpass,
    /// `pbkdf_2`, with HMAC.
    Pbkdf2,
}

impl HashKind {
    /// Every kind.
    pub(super) const ALL: [Self; 9] = [
        Self::Bcrypt,
        Self::Md5,
        Self::Argon2i,
        Self::Argon2id,
        Self::Sha1,
        Self::Sha512,
        Self::Scrypt,
        Self::Phpass,
        Self::Pbkdf2,
    ];

    /// The kind of this name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Its name, the same in requests and at rest.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Bcrypt => "bcrypt",
            Self::Md5 => "md_5",
            Self::Argon2i => "argon_2i",
            Self::Argon2id => "argon_2id",
            Self::Sha1 => "sha_1",
            Self::Sha512 => "sha_512",
            Self::Scrypt => "scrypt",
            Self::Phpass => "phpass",
            Self::Pbkdf2 => "pbkdf_2",
        }
    }
}

/// What the other system hashed with, where the hash does not say so itself. What a kind has no use for
/// is not looked at, nor is anything beside a hash in PHC form.
#[derive(Clone, Default)]
pub(crate) struct HashSettings {
    /// Text before the password: `md_5`, `sha_1`, `sha_512`.
    pub(crate) prepend_salt: Option<String>,
    /// Text after the password: `md_5`, `sha_1`, `sha_512`.
    pub(crate) append_salt: Option<String>,
    /// The salt: for `argon_2i` and `argon_2id` the text itself, for `scrypt` and `pbkdf_2` base64 of it.
    pub(crate) salt: Option<String>,
    /// Passes of `argon_2i` and `argon_2id`, iterations of `pbkdf_2`.
    pub(crate) iteration_amount: Option<u32>,
    /// KiB of `argon_2i` and `argon_2id`.
    pub(crate) memory: Option<u32>,
    /// Lanes of `argon_2i` and `argon_2id`.
    pub(crate) threads: Option<u32>,
    /// Bytes of the hash: `argon_2i`, `argon_2id`, `scrypt`, `pbkdf_2`. Without it, as many as there are.
    pub(crate) key_length: Option<u32>,
    /// N of `scrypt`, a power of two.
    pub(crate) n_parameter: Option<u32>,
    /// r of `scrypt`.
    pub(crate) r_parameter: Option<u32>,
    /// p of `scrypt`.
    pub(crate) p_parameter: Option<u32>,
    /// Digest of `pbkdf_2`: `sha1`, `sha256` (so without it) or `sha512`.
    pub(crate) algorithm: Option<String>,
}

impl fmt::Debug for HashSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Why a hash from another system is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum InvalidHash {
    /// Not a hash of that kind, or one that is too long or too short.
    Malformed,
    /// Without this setting nobody can tell what was hashed.
    Missing(&'static str),
    /// This setting is none that the kind has, or not this hash's.
    Unfit(&'static str),
    /// Checking it would keep a sign-in waiting; at most this is taken.
    TooCostly(&'static str),
}

impl fmt::Display for InvalidHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str(
                "this is no hash of that kind; send it as the other system stored it, or in hex or base64 \
                 with its settings",
            ),
            Self::Missing(setting) => {
                write!(f, "{setting} is missing; send what the other system hashed with")
            }
            Self::Unfit(setting) => {
                write!(f, "{setting} does not go with this hash; send what the other system hashed with")
            }
            Self::TooCostly(limit) => write!(
                f,
                "checking this hash would take too long, at most {limit} is taken; have the member set a new \
                 password",
            ),
        }
    }
}

impl std::error::Error for InvalidHash {}

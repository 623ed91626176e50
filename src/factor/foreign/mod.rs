//! Password hashes that come from another system, so that members sign in with the passwords they had.
//! Whoever does is hashed anew, with argon2id; until then the hash lies sealed as it came.
//!
//! The hash says what checking it costs, and whoever sends hashes in is not to make sign-ins take minutes
//! of a core, so that there are limits:
//!
//! | kind | form | at most |
//! |---|---|---|
//! | `bcrypt` | `$2a$`, `$2b$`, `$2y$` | a cost of 14 |
//! | `argon_2i`, `argon_2id` | PHC, hex, base64 | 256 MiB of memory; 1 GiB of memory times iterations |
//! | `scrypt` | PHC, hex, base64 | 512 MiB for 128·N·r·p |
//! | `pbkdf_2` | PHC, hex, base64 | 2,000,000 iterations; twice as many over all blocks of the hash |
//! | `phpass` | `$P$`, `$H$` | 2^20 rounds |
//! | `md_5`, `sha_1`, `sha_512` | hex, base64 | always the same |
//! | each of them | | 2 KiB of text, 512 bytes of hash, 256 bytes of salt, 256 bytes of password |
//!
//! bcrypt looks at the first 72 bytes of a password and at none beyond, so that whatever begins with them
//! is let in until it is hashed anew.

mod argon2;
mod bcrypt;
mod digest;
mod pbkdf2;
mod phpass;
mod scrypt;
mod settings;
#[cfg(test)]
mod tests;
mod text;

use std::fmt;

use ::argon2::Algorithm;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use zeroize::Zeroizing;

pub(crate) use self::settings::{HashKind, HashSettings, InvalidHash};
use self::{
    argon2::Argon2,
    bcrypt::Bcrypt,
    digest::{Function, Salted},
    pbkdf2::Pbkdf2,
    phpass::Phpass,
    scrypt::Scrypt,
};
use super::password::MAX_BYTES;
use crate::domain::Secret;

/// What our own hashes, which begin with `$`, never begin with.
const PREFIX: &str = "foreign:";
/// Longer texts are not looked at.
const MAX_TEXT: usize = 2048;

/// Wiped when it is dropped.
type Bytes = Zeroizing<Vec<u8>>;
/// What a hash says: how it was made, and what came of it.
type Parsed = (Recipe, Bytes);

/// A hash that another system made, and that can be checked.
pub(crate) struct ForeignHash {
    kind: HashKind,
    recipe: Recipe,
    hash: Bytes,
}

/// How a password was hashed, by family.
enum Recipe {
    Bcrypt(Bcrypt),
    Salted(Salted),
    Argon2(Argon2),
    Scrypt(Scrypt),
    Phpass(Phpass),
    Pbkdf2(Pbkdf2),
}

impl ForeignHash {
    /// Takes a hash as another system has it.
    pub(crate) fn parse(kind: HashKind, hash: &Secret, settings: &HashSettings) -> Result<Self, InvalidHash> {
        let text = hash.expose();
        if text.len() > MAX_TEXT {
            return Err(InvalidHash::Malformed);
        }
        let (recipe, hash) = match kind {
            HashKind::Bcrypt => Bcrypt::parse(text),
            HashKind::Md5 => Salted::parse(Function::Md5, text, settings),
            HashKind::Sha1 => Salted::parse(Function::Sha1, text, settings),
            HashKind::Sha512 => Salted::parse(Function::Sha512, text, settings),
            HashKind::Argon2i => Argon2::parse(Algorithm::Argon2i, text, settings),
            HashKind::Argon2id => Argon2::parse(Algorithm::Argon2id, text, settings),
            HashKind::Scrypt => Scrypt::parse(text, settings),
            HashKind::Phpass => Phpass::parse(text),
            HashKind::Pbkdf2 => Pbkdf2::parse(text, settings),
        }?;
        Ok(Self { kind, recipe, hash })
    }

    /// Reads what [`Self::stored`] wrote. The limits hold here too.
    pub(crate) fn read(stored: &str) -> Option<Self> {
        let (kind, text) = stored.strip_prefix(PREFIX)?.split_once(':')?;
        let kind = HashKind::from_name(kind)?;
        match Function::of(kind) {
            Some(function) => Salted::read(function, text).map(|(recipe, hash)| Self { kind, recipe, hash }),
            None => Self::parse(kind, &Secret::new(text), &HashSettings::default()).ok(),
        }
    }

    /// One line of text, from which [`Self::read`] makes the same again.
    pub(crate) fn stored(&self) -> Secret {
        let text = Zeroizing::new(match &self.recipe {
            Recipe::Bcrypt(recipe) => recipe.to_text(&self.hash),
            Recipe::Salted(recipe) => recipe.to_text(&self.hash),
            Recipe::Argon2(recipe) => recipe.to_text(&self.hash),
            Recipe::Scrypt(recipe) => recipe.to_text(&self.hash),
            Recipe::Phpass(recipe) => recipe.to_text(&self.hash),
            Recipe::Pbkdf2(recipe) => recipe.to_text(&self.hash),
        });
        Secret::new(format!("{PREFIX}{}:{}", self.kind.name(), *text))
    }

    /// Whether this is the password that was hashed. Longer ones than we take ourselves are refused, and
    /// of one for bcrypt the first 72 bytes count.
    pub(crate) fn verify(&self, password: &Secret) -> bool {
        let password = password.expose().as_bytes();
        password.len() <= MAX_BYTES
            && match &self.recipe {
                Recipe::Bcrypt(recipe) => recipe.matches(password, &self.hash),
                Recipe::Salted(recipe) => recipe.matches(password, &self.hash),
                Recipe::Argon2(recipe) => recipe.matches(password, &self.hash),
                Recipe::Scrypt(recipe) => recipe.matches(password, &self.hash),
                Recipe::Phpass(recipe) => recipe.matches(password, &self.hash),
                Recipe::Pbkdf2(recipe) => recipe.matches(password, &self.hash),
            }
    }
}

impl fmt::Debug for ForeignHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Whether what is stored in place of our own hash came from another system.
pub(crate) fn is_foreign(stored: &str) -> bool {
    stored.starts_with(PREFIX)
}

/// Whether two hashes are the same, in constant time.
fn same(one: &[u8], other: &[u8]) -> bool {
    verify_slices_are_equal(one, other).is_ok()
}

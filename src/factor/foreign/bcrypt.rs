//! bcrypt: `$2a$`, `$2b$` and `$2y$`, which are one for every password in UTF-8 without NUL. Not `$2x$`,
//! which hashes of a mistake are called that took letters beyond ASCII for others.

use base64::{
    Engine,
    alphabet::BCRYPT,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use zeroize::Zeroizing;

use super::{Bytes, InvalidHash, Parsed, Recipe, same, text};

/// Some systems set bits of the last letter that mean nothing.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &BCRYPT,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);
/// Letters of the salt's 16 bytes.
const SALT_LETTERS: usize = 22;
/// Bytes of the hash: the last one of bcrypt's 24 is not written.
const HASH: usize = 23;
/// Bytes of the password and the NUL after it that bcrypt looks at.
const KEY: usize = 72;

/// How a password was hashed.
pub(super) struct Bcrypt {
    cost: u32,
    salt: [u8; 16],
}

impl Bcrypt {
    /// Reads `$2b$cost$salt+hash`.
    pub(super) fn parse(hash: &str) -> Result<Parsed, InvalidHash> {
        let (recipe, hash) = Self::split(hash).ok_or(InvalidHash::Malformed)?;
        match recipe.cost {
            4..=14 => Ok((Recipe::Bcrypt(recipe), hash)),
            15..=31 => Err(InvalidHash::TooCostly("a cost of 14")),
            _ => Err(InvalidHash::Malformed),
        }
    }

    /// Its parts, whatever the cost.
    fn split(hash: &str) -> Option<(Self, Bytes)> {
        let rest = ["$2a$", "$2b$", "$2y$"].into_iter().find_map(|version| hash.strip_prefix(version))?;
        let (cost, rest) = rest.split_once('$').filter(|(cost, _)| cost.len() == 2)?;
        let (salt, hash) = rest.split_at_checked(SALT_LETTERS)?;
        let hash = BASE64.decode(hash).ok().filter(|hash| hash.len() == HASH)?;
        let salt = BASE64.decode(salt).ok()?.try_into().ok()?;
        Some((Self { cost: text::number(cost)?, salt }, hash.into()))
    }

    /// What [`Self::parse`] reads.
    pub(super) fn to_text(&self, hash: &[u8]) -> String {
        format!("$2b${:02}${}{}", self.cost, BASE64.encode(self.salt), BASE64.encode(hash))
    }

    /// Whether this password gives this hash. bcrypt looks at 72 bytes of it and at none beyond.
    pub(super) fn matches(&self, password: &[u8], hash: &[u8]) -> bool {
        let key: Vec<u8> = password.iter().copied().chain([0]).take(KEY).collect();
        same(&Zeroizing::new(::bcrypt::bcrypt(self.cost, self.salt, &Zeroizing::new(key)))[..HASH], hash)
    }
}

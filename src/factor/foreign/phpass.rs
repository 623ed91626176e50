//! phpass's portable hashes, as WordPress (`$P$`) and phpBB (`$H$`) have them: MD5 over and over.

use md5::{Digest, Md5};
use zeroize::{Zeroize, Zeroizing};

use super::{Bytes, InvalidHash, Parsed, Recipe, same};

/// A letter stands for its place.
const LETTERS: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Letters of the salt, which is hashed as it is written.
const SALT: usize = 8;
/// Letters of the hash's 16 bytes.
const HASH: usize = 22;

/// How a password was hashed.
pub(super) struct Phpass {
    /// The power of two that says how often.
    rounds: u8,
    salt: [u8; SALT],
}

impl Phpass {
    /// Reads `$P$`, the letter of the rounds, the salt and the hash.
    pub(super) fn parse(hash: &str) -> Result<Parsed, InvalidHash> {
        let (recipe, hash) = Self::split(hash).ok_or(InvalidHash::Malformed)?;
        match recipe.rounds {
            7..=20 => Ok((Recipe::Phpass(recipe), hash)),
            21..=30 => Err(InvalidHash::TooCostly("2^20 rounds")),
            _ => Err(InvalidHash::Malformed),
        }
    }

    /// Its parts, whatever the rounds. The hash remains in its letters, which are compared.
    fn split(hash: &str) -> Option<(Self, Bytes)> {
        let rest = hash.strip_prefix("$P$").or_else(|| hash.strip_prefix("$H$"))?.as_bytes();
        let (rounds, rest) = rest.split_first()?;
        let (salt, hash) = rest.split_first_chunk::<SALT>()?;
        let places = rest.iter().map(place).collect::<Option<Vec<_>>>()?;
        // The last letter has the two bits that are left over.
        let whole = hash.len() == HASH && places.last().is_some_and(|last| *last < 4);
        whole.then_some((Self { rounds: place(rounds)?, salt: *salt }, hash.to_vec().into()))
    }

    /// What [`Self::parse`] reads.
    pub(super) fn to_text(&self, hash: &[u8]) -> String {
        let rounds = LETTERS.get(usize::from(self.rounds)).into_iter();
        let letters = rounds.chain(&self.salt).chain(hash);
        "$P$".chars().chain(letters.map(|letter| char::from(*letter))).collect()
    }

    /// Whether this password gives this hash.
    pub(super) fn matches(&self, password: &[u8], hash: &[u8]) -> bool {
        let mut digest = Md5::new().chain_update(self.salt).chain_update(password).finalize();
        for _ in 0..1_u32 << self.rounds {
            digest = Md5::new().chain_update(digest).chain_update(password).finalize();
        }
        let found = Zeroizing::new(letters(&digest));
        digest.as_mut_slice().zeroize();
        same(&found, hash)
    }
}

/// The place of a letter.
fn place(letter: &u8) -> Option<u8> {
    LETTERS.iter().position(|at| at == letter).and_then(|place| u8::try_from(place).ok())
}

/// Six bits a letter, the low ones first; not base64, which has the high ones first.
fn letters(bytes: &[u8]) -> Vec<u8> {
    let groups = bytes.chunks(3).flat_map(|group| {
        let value = group.iter().rev().fold(0, |value, byte| value << 8 | usize::from(*byte));
        (0..=group.len()).map(move |letter| LETTERS[value >> (6 * letter) & 63])
    });
    groups.collect()
}

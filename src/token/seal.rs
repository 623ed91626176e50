//! Encryption at rest: AES-256-GCM, bound to the place where the ciphertext lies.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::{
    digest::{derive_key, sha256},
    master::MasterKey,
    random::{Unrandom, random},
};
use crate::domain::Sealed;

const FORMAT: u8 = 1;
const KEY_TAG: usize = 8;
const HEADER: usize = 1 + KEY_TAG + NONCE_LEN;

/// Where a sealed text belongs; it can't be opened as anything else, nor as somebody else's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// What it is, such as `totp`.
    pub(crate) column: &'static str,
    /// Whose it is, such as a member's id.
    pub(crate) row: &'a str,
}

/// Why a sealed text can't be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsealable {
    /// None of the keys sealed it.
    UnknownKey,
    /// It was changed, or belongs elsewhere.
    Broken,
}

impl fmt::Display for Unsealable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownKey => "the master key that sealed this is not among the configured ones",
            Self::Broken => "a sealed text was changed or lies where it does not belong",
        })
    }
}

impl std::error::Error for Unsealable {}

struct Key {
    tag: [u8; KEY_TAG],
    aead: LessSafeKey,
}

/// Seals with the newest master key, opens with any.
pub(crate) struct Sealer(Vec<Key>);

impl Sealer {
    pub(crate) fn new(masters: &[MasterKey]) -> Self {
        let key = |master: &MasterKey| {
            let bytes = Zeroizing::new(derive_key(master, b"vestibule seal"));
            // The key has the length that the algorithm wants, so this can't fail.
            let unbound = UnboundKey::new(&AES_256_GCM, bytes.as_slice()).ok()?;
            Some(Key { tag: tag_of(master.id()), aead: LessSafeKey::new(unbound) })
        };
        Self(masters.iter().filter_map(key).collect())
    }

    /// Seals a text for a place.
    pub(crate) fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Sealed, Unrandom> {
        let key = self.0.first().ok_or(Unrandom)?;
        let nonce: [u8; NONCE_LEN] = random()?;
        let mut text = Vec::with_capacity(HEADER + plain.len() + 16);
        text.push(FORMAT);
        text.extend(key.tag);
        text.extend(nonce);
        let mut body = plain.to_vec();
        let aad = Aad::from(associated(place));
        key.aead
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut body)
            .map_err(|_| Unrandom)?;
        text.extend(body);
        Ok(Sealed(text))
    }

    /// Opens what was sealed for this place.
    pub(crate) fn open(&self, place: Place<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        let (header, body) = sealed.0.split_at_checked(HEADER).ok_or(Unsealable::Broken)?;
        let key = self.key_of(sealed).ok_or(Unsealable::UnknownKey)?;
        let nonce =
            Nonce::try_assume_unique_for_key(&header[1 + KEY_TAG..]).map_err(|_| Unsealable::Broken)?;
        let mut text = Zeroizing::new(body.to_vec());
        let aad = Aad::from(associated(place));
        let length = key.aead.open_in_place(nonce, aad, &mut text).map_err(|_| Unsealable::Broken)?.len();
        text.truncate(length);
        Ok(text)
    }

    /// Whether the newest key sealed this.
    pub(crate) fn is_current(&self, sealed: &Sealed) -> bool {
        self.0.first().is_some_and(|newest| sealed.0.get(1..1 + KEY_TAG) == Some(&newest.tag[..]))
    }

    fn key_of(&self, sealed: &Sealed) -> Option<&Key> {
        let (format, tag) = (sealed.0.first()?, sealed.0.get(1..1 + KEY_TAG)?);
        self.0.iter().find(|key| *format == FORMAT && key.tag == tag)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({} keys)", self.0.len())
    }
}

/// Names a key in what it sealed, whatever the length of its id.
fn tag_of(id: &str) -> [u8; KEY_TAG] {
    let mut tag = [0; KEY_TAG];
    tag.copy_from_slice(&sha256(&[id.as_bytes()]).0[..KEY_TAG]);
    tag
}

fn associated(place: Place<'_>) -> Vec<u8> {
    [place.column.as_bytes(), b"\0", place.row.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Place<'_> = Place { column: "totp", row: "member-1" };

    #[test]
    fn opens_only_where_it_belongs() {
        let sealer = Sealer::new(&[MasterKey::new("a", [1; 32])]);
        let sealed = sealer.seal(HERE, b"secret").unwrap();
        assert_eq!(sealer.open(HERE, &sealed).unwrap().as_slice(), b"secret");
        for place in [Place { column: "password", ..HERE }, Place { row: "member-2", ..HERE }] {
            assert_eq!(sealer.open(place, &sealed).unwrap_err(), Unsealable::Broken);
        }
        for byte in HEADER..sealed.0.len() {
            let mut changed = sealed.clone();
            changed.0[byte] ^= 1;
            assert_eq!(sealer.open(HERE, &changed).unwrap_err(), Unsealable::Broken);
        }
        assert_eq!(sealer.open(HERE, &Sealed(Vec::new())).unwrap_err(), Unsealable::Broken);
    }

    #[test]
    fn several_keys_open_and_the_newest_seals() {
        let old = MasterKey::new("old", [1; 32]);
        let sealed = Sealer::new(std::slice::from_ref(&old)).seal(HERE, b"x").unwrap();
        let new = MasterKey::new("new", [2; 32]);
        let both = Sealer::new(&[new.clone(), old]);
        assert_eq!(both.open(HERE, &sealed).unwrap().as_slice(), b"x");
        assert!(!both.is_current(&sealed));
        assert!(both.is_current(&both.seal(HERE, b"x").unwrap()));
        assert_eq!(Sealer::new(&[new]).open(HERE, &sealed).unwrap_err(), Unsealable::UnknownKey);
    }
}

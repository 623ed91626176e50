//! Encryption at rest: AES-256-GCM, bound to the place where the ciphertext lies.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::{
    digest::derive_key,
    master::MasterKey,
    random::{Unrandom, random},
};
use crate::domain::Sealed;

/// The first byte of a sealed text. It is followed by the length of the key's id, the id, the nonce and
/// the ciphertext.
const FORMAT: u8 = 1;

/// Where a sealed text belongs; it can't be opened as anything else, nor as somebody else's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// What it is, such as `totp`.
    pub(crate) column: &'static str,
    /// Whose it is, such as a member's id.
    pub(crate) row: &'a str,
}

/// Why a sealed text can't be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unsealable {
    /// The key of this id sealed it, and is not configured.
    UnknownKey(String),
    /// The key of this id did not seal it, or it was changed, or belongs elsewhere.
    Broken(String),
    /// It is no sealed text.
    Unreadable,
}

impl fmt::Display for Unsealable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKey(id) => {
                write!(f, "the master key {id:?} is not configured, and something is sealed with it; add it")
            }
            Self::Broken(id) => {
                write!(f, "the master key {id:?} is not the one that sealed this, or the text was changed")
            }
            Self::Unreadable => f.write_str("a sealed text can't be read; restore a backup"),
        }
    }
}

impl std::error::Error for Unsealable {}

struct Key {
    id: String,
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
            Some(Key { id: master.id().to_owned(), aead: LessSafeKey::new(unbound) })
        };
        Self(masters.iter().filter_map(key).collect())
    }

    /// Seals a text for a place.
    pub(crate) fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Sealed, Unrandom> {
        let key = self.0.first().ok_or(Unrandom)?;
        let nonce: [u8; NONCE_LEN] = random()?;
        // Ids have at most 64 bytes.
        let length = u8::try_from(key.id.len()).map_err(|_| Unrandom)?;
        let mut text = vec![FORMAT, length];
        text.extend(key.id.as_bytes());
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
        let (id, rest) = split_id(sealed).ok_or(Unsealable::Unreadable)?;
        let key =
            self.0.iter().find(|key| key.id == id).ok_or_else(|| Unsealable::UnknownKey(id.to_owned()))?;
        let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or(Unsealable::Unreadable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unsealable::Unreadable)?;
        let mut text = Zeroizing::new(body.to_vec());
        let aad = Aad::from(associated(place));
        let broken = |_| Unsealable::Broken(id.to_owned());
        let length = key.aead.open_in_place(nonce, aad, &mut text).map_err(broken)?.len();
        text.truncate(length);
        Ok(text)
    }

    /// Whether the newest key sealed this.
    pub(crate) fn is_current(&self, sealed: &Sealed) -> bool {
        let newest = self.0.first().map(|key| key.id.as_str());
        newest.is_some() && newest == split_id(sealed).map(|(id, _)| id)
    }
}

/// The id of the key that sealed a text, and what follows it.
fn split_id(sealed: &Sealed) -> Option<(&str, &[u8])> {
    let (&format, rest) = sealed.0.split_first()?;
    let (&length, rest) = rest.split_first()?;
    let (id, rest) = rest.split_at_checked(length.into())?;
    let id = std::str::from_utf8(id).ok()?;
    (format == FORMAT).then_some((id, rest))
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({} keys)", self.0.len())
    }
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
            assert_eq!(sealer.open(place, &sealed).unwrap_err(), Unsealable::Broken("a".into()));
        }
        for byte in 0..sealed.0.len() {
            let mut changed = sealed.clone();
            changed.0[byte] ^= 1;
            assert!(sealer.open(HERE, &changed).is_err(), "byte {byte}");
            assert!(sealer.open(HERE, &Sealed(sealed.0[..byte].to_vec())).is_err(), "cut at {byte}");
        }
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
        assert_eq!(
            Sealer::new(&[new]).open(HERE, &sealed).unwrap_err(),
            Unsealable::UnknownKey("old".into())
        );
    }
}

//! Ids in a few bytes, for tables that hold a million of them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What ids that this crate mints begin with. A record in memory names them by their place here.
const PREFIXES: [&str; 12] = [
    "session-live-",
    "session-test-",
    "member-live-",
    "member-test-",
    "email-live-",
    "email-test-",
    "member-totp-live-",
    "member-totp-test-",
    "phone-number-live-",
    "phone-number-test-",
    "member-password-live-",
    "member-password-test-",
];

/// An id of 24 bytes at most where this crate minted it; the text itself where it did not.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum CompactId {
    /// A prefix and a UUID.
    Minted(u8, [u8; 16]),
    /// Any other text.
    Other(Arc<str>),
}

impl CompactId {
    pub(super) fn of(text: &Arc<str>) -> Self {
        minted(text).unwrap_or_else(|| Self::Other(Arc::clone(text)))
    }

    pub(super) fn text(&self) -> Arc<str> {
        match self {
            Self::Minted(prefix, uuid) => {
                let prefix = PREFIXES.get(usize::from(*prefix)).copied().unwrap_or_default();
                let mut text = String::with_capacity(prefix.len() + 36);
                text.push_str(prefix);
                push_uuid(&mut text, uuid);
                text.into()
            }
            Self::Other(text) => Arc::clone(text),
        }
    }
}

fn minted(text: &str) -> Option<CompactId> {
    let (prefix, uuid) = text.split_at_checked(text.len().checked_sub(36)?)?;
    let prefix = PREFIXES.iter().position(|known| *known == prefix)?;
    Some(CompactId::Minted(u8::try_from(prefix).ok()?, parse(uuid.as_bytes())?))
}

/// Reads a UUID in the one form that is written: 8-4-4-4-12 lower-case hexadecimal digits.
fn parse(text: &[u8]) -> Option<[u8; 16]> {
    let mut uuid = [0; 16];
    let mut place = 0;
    for (index, byte) in uuid.iter_mut().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            if *text.get(place)? != b'-' {
                return None;
            }
            place += 1;
        }
        *byte = digit(*text.get(place)?)? << 4 | digit(*text.get(place + 1)?)?;
        place += 2;
    }
    (place == text.len()).then_some(uuid)
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

/// Writes 16 bytes as a UUID (RFC 9562 §4).
pub(super) fn push_uuid(text: &mut String, uuid: &[u8; 16]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (index, byte) in uuid.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push(DIGITS[usize::from(byte >> 4)].into());
        text.push(DIGITS[usize::from(byte & 15)].into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{CredentialId, Environment, MemberId, SessionId};

    #[test]
    fn every_text_comes_back_as_it_was() {
        let uuid = "0f3f1c80-93c6-4d2c-9e5b-a1b2c3d4e5f6";
        let other =
            ["user-7", "x", "", uuid, "session-live-", "org-live-0f3f1c80-93c6-4d2c-9e5b-a1b2c3d4e5f6"];
        let almost = [
            format!("session-live-{}", uuid.to_uppercase()),
            format!("session-live-{}", uuid.replace('-', "0")),
            format!("session-live-{}", &uuid[1..]),
            format!("session-live-0{uuid}"),
            format!("session-live-{}g", &uuid[..35]),
            format!("Session-live-{uuid}"),
            format!("ä{uuid}"),
        ];
        for text in other.into_iter().chain(almost.iter().map(String::as_str)) {
            let compact = CompactId::of(&text.into());
            assert!(matches!(compact, CompactId::Other(_)), "{text}");
            assert_eq!(&*compact.text(), text);
        }
        for prefix in PREFIXES {
            let text = format!("{prefix}{uuid}");
            let compact = CompactId::of(&text.as_str().into());
            assert!(matches!(compact, CompactId::Minted(..)), "{text}");
            assert_eq!(*compact.text(), *text);
        }
    }

    #[test]
    fn what_is_minted_for_a_session_takes_24_bytes() {
        assert_eq!(size_of::<CompactId>(), 24);
        for environment in [Environment::Live, Environment::Test] {
            let session = SessionId::mint(environment, [7; 16]);
            let mut ids = vec![CompactId::from(&session), (&MemberId::mint(environment, [7; 16])).into()];
            for kind in ["email", "member-totp", "phone-number", "member-password"] {
                ids.push((&CredentialId::mint(kind, environment, [7; 16])).into());
            }
            assert!(ids.iter().all(|id| matches!(id, CompactId::Minted(..))), "{ids:?}");
            assert_eq!(SessionId::from(&ids[0]), session);
        }
    }
}

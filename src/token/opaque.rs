//! Opaque tokens: 33 bytes as 44 base64url characters, the first byte saying of which kind.

use std::fmt;

use aws_lc_rs::{constant_time, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroize;

use super::{
    digest::{Purpose, Purposes, sha256},
    random::{Unrandom, random},
};
use crate::domain::{Digest, TokenSeed};

/// What a token is good for. One kind is refused wherever another is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// An intermediate session.
    Intermediate = 0x10,
    /// A step-up challenge.
    Challenge = 0x20,
    /// A member session.
    Session = 0x30,
    /// A link sent by email.
    MagicLink = 0x40,
    /// One browser, before and while it signs in.
    Browser = 0x50,
    /// A link to set a new password by.
    #[cfg(feature = "wire-api")]
    PasswordReset = 0x60,
}

const LENGTH: usize = 44;

/// A token in its one canonical form. 33 bytes fill 44 characters to the last bit, so no two texts
/// mean the same bytes.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct OpaqueToken([u8; 33]);

impl OpaqueToken {
    /// A new token of 32 random bytes.
    pub(crate) fn new(kind: TokenKind) -> Result<Self, Unrandom> {
        Ok(Self::of(kind, random()?))
    }

    /// The token of this kind with these 32 bytes.
    pub(crate) fn of(kind: TokenKind, body: [u8; 32]) -> Self {
        let mut bytes = [0; 33];
        bytes[0] = kind as u8;
        bytes[1..].copy_from_slice(&body);
        Self(bytes)
    }

    /// The token of the session with this seed: the seed, and a MAC over it that only the project's
    /// keys can make.
    pub(crate) fn of_session(seed: TokenSeed, keys: &Purposes) -> Self {
        let mut body = [0; 32];
        body[..16].copy_from_slice(&seed.0);
        let tag = hmac::sign(keys.newest(Purpose::SessionToken), &seed.0);
        body[16..].copy_from_slice(&tag.as_ref()[..16]);
        Self::of(TokenKind::Session, body)
    }

    /// Reads a token of this kind; nothing for any other text.
    pub(crate) fn parse(kind: TokenKind, text: &[u8]) -> Option<Self> {
        if text.len() != LENGTH {
            return None;
        }
        let mut bytes = [0; 33];
        let read = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        (read == bytes.len() && bytes[0] == kind as u8).then_some(Self(bytes))
    }

    /// The seed in a session's token, if the project's keys made its MAC. A forgery ends here, and
    /// no store is asked about it.
    pub(crate) fn seed(&self, keys: &Purposes) -> Option<TokenSeed> {
        let seed: [u8; 16] = self.0[1..17].try_into().ok()?;
        let genuine = keys.all(Purpose::SessionToken).any(|key| {
            let tag = hmac::sign(key, &seed);
            constant_time::verify_slices_are_equal(&tag.as_ref()[..16], &self.0[17..]).is_ok()
        });
        genuine.then_some(TokenSeed(seed))
    }

    /// Under what a store keeps it.
    pub(crate) fn digest(&self) -> Digest {
        sha256(&[&self.0])
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The token as text, to be handed to who it belongs to and nobody else.
    pub(crate) fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl fmt::Debug for OpaqueToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Drop for OpaqueToken {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::{super::MasterKey, *};

    fn keys(id: &str) -> Purposes {
        Purposes::derive(&[MasterKey::new(id, [7; 32])])
    }

    #[test]
    fn a_token_has_one_text_and_one_kind() {
        let token = OpaqueToken::new(TokenKind::Intermediate).unwrap();
        let text = token.expose();
        assert_eq!(text.len(), 44);
        assert_eq!(OpaqueToken::parse(TokenKind::Intermediate, text.as_bytes()), Some(token));
        for kind in [TokenKind::Session, TokenKind::Challenge, TokenKind::MagicLink, TokenKind::Browser] {
            assert_eq!(OpaqueToken::parse(kind, text.as_bytes()), None);
        }
    }

    #[test]
    fn refuses_what_is_cut_padded_or_in_another_alphabet() {
        let text = OpaqueToken::of(TokenKind::Session, [0xfb; 32]).expose();
        let parse = |text: &str| OpaqueToken::parse(TokenKind::Session, text.as_bytes());
        assert!(parse(&text).is_some());
        for end in 0..text.len() {
            assert_eq!(parse(&text[..end]), None);
        }
        for wrong in
            [format!("{text}="), format!("{text}A"), format!(" {}", &text[1..]), text.replace('-', "+")]
        {
            assert_eq!(parse(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_changed_bit_of_a_session_token_is_noticed() {
        let keys = keys("a");
        let token = OpaqueToken::of_session(TokenSeed([3; 16]), &keys);
        assert_eq!(token.seed(&keys), Some(TokenSeed([3; 16])));
        for bit in 8..33 * 8 {
            let mut forged = token.clone();
            forged.0[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(forged.seed(&keys), None, "bit {bit}");
        }
        let other = Purposes::derive(&[MasterKey::new("a", [8; 32])]);
        assert_eq!(token.seed(&other), None);
    }

    #[test]
    fn an_older_key_still_opens() {
        let old = MasterKey::new("old", [1; 32]);
        let token =
            OpaqueToken::of_session(TokenSeed([3; 16]), &Purposes::derive(std::slice::from_ref(&old)));
        let both = Purposes::derive(&[MasterKey::new("new", [2; 32]), old]);
        assert_eq!(token.seed(&both), Some(TokenSeed([3; 16])));
    }
}

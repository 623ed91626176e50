//! Names of things. Ids that this crate mints have the shape `member-live-<uuid>`; an application
//! that owns its directory may bring its own.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::compact_id::{CompactId, push_uuid};

/// Whether a project serves the public or tests; stands in the ids it mints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// Ids read `…-live-…`.
    Live,
    /// Ids read `…-test-…`.
    Test,
}

impl Environment {
    pub(crate) fn infix(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
        }
    }
}

/// A text that can't be an id: empty, longer than 128 characters, or with characters other than
/// `A-Z a-z 0-9 . _ | -`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidId;

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id is 1 to 128 characters of A-Z a-z 0-9 . _ | -")
    }
}

impl std::error::Error for InvalidId {}

fn checked(text: &str) -> Result<Arc<str>, InvalidId> {
    let fits = (1..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'|' | b'-'));
    if fits { Ok(Arc::from(text)) } else { Err(InvalidId) }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes an id that exists already.
            ///
            /// # Errors
            /// [`InvalidId`] when the text is empty, too long or has other characters than ids have.
            pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidId> {
                checked(text.as_ref()).map(Self)
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&$name> for CompactId {
            fn from(id: &$name) -> Self {
                Self::of(&id.0)
            }
        }

        impl From<&CompactId> for $name {
            fn from(compact: &CompactId) -> Self {
                Self(compact.text())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    )*};
}

ids! {
    /// One organization (a tenant).
    OrganizationId;
    /// One person's account in one organization.
    MemberId;
    /// One member session, whatever its token is at the moment.
    SessionId;
    /// One credential of a member: an address, a phone number, a TOTP registration, a password.
    CredentialId;
    /// One event of the audit log.
    AuditEventId;
    /// A role, such as `stytch_admin` or `editor`.
    RoleId;
}

fn minted(prefix: &str, environment: Environment, mut random: [u8; 16]) -> Arc<str> {
    let mut text = format!("{prefix}-{}-", environment.infix());
    // A random (version 4) UUID, RFC 9562 §5.4.
    random[6] = (random[6] & 0x0f) | 0x40;
    random[8] = (random[8] & 0x3f) | 0x80;
    push_uuid(&mut text, &random);
    text.into()
}

impl OrganizationId {
    /// Makes a new id from 16 random bytes.
    #[must_use]
    pub fn mint(environment: Environment, random: [u8; 16]) -> Self {
        Self(minted("organization", environment, random))
    }
}

impl MemberId {
    /// Makes a new id from 16 random bytes.
    #[must_use]
    pub fn mint(environment: Environment, random: [u8; 16]) -> Self {
        Self(minted("member", environment, random))
    }
}

impl SessionId {
    /// Makes a new id from 16 random bytes.
    #[must_use]
    pub fn mint(environment: Environment, random: [u8; 16]) -> Self {
        Self(minted("session", environment, random))
    }
}

impl AuditEventId {
    /// Makes a new id from 16 random bytes.
    #[must_use]
    pub fn mint(environment: Environment, random: [u8; 16]) -> Self {
        Self(minted("audit-event", environment, random))
    }
}

impl CredentialId {
    /// Makes a new id of a credential, such as `member-totp-live-…`, from 16 random bytes.
    #[must_use]
    pub fn mint(kind: &'static str, environment: Environment, random: [u8; 16]) -> Self {
        Self(minted(kind, environment, random))
    }
}

impl RoleId {
    /// The role every member has: `stytch_member`.
    #[must_use]
    pub fn member() -> Self {
        Self("stytch_member".into())
    }

    /// The role of who created an organization through discovery: `stytch_admin`.
    #[must_use]
    pub fn admin() -> Self {
        Self("stytch_admin".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minted_ids_have_the_documented_shape() {
        let id = MemberId::mint(Environment::Test, [0xff; 16]);
        assert_eq!(id.as_str(), "member-test-ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(MemberId::new(id.as_str()), Ok(id));
    }

    #[test]
    fn refuses_what_can_not_be_an_id() {
        for text in ["", "a b", "a/b", "ä", "a\0", &"x".repeat(129)] {
            assert_eq!(OrganizationId::new(text), Err(InvalidId), "{text:?}");
        }
    }
}

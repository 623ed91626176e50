//! The addresses by which people are known: email, phone, and the domains that organizations trust.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// Why a text is no address, number, domain or slug. Shown to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidAddress {
    /// Not an email address.
    Email,
    /// Not a phone number in E.164 form.
    Phone,
    /// Not a domain name.
    Domain,
    /// Not an organization's slug.
    Slug,
}

impl fmt::Display for InvalidAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Email => "enter an email address, such as name@example.com",
            Self::Phone => "enter a phone number with its country code, such as +15551234567",
            Self::Domain => "enter a domain name, such as example.com",
            Self::Slug => "a slug is 2 to 128 characters of A-Z a-z 0-9 - . _ ~",
        })
    }
}

impl std::error::Error for InvalidAddress {}

/// A domain name in lower-case ASCII (IDNA A-labels); compared exactly.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Domain(Arc<str>);

impl Domain {
    /// Reads a domain name, in any case and in Unicode or ASCII.
    ///
    /// # Errors
    /// [`InvalidAddress::Domain`] when IDNA (UTS 46, strict) refuses it or it has no dot.
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let ascii = idna::domain_to_ascii_strict(text).map_err(|_| InvalidAddress::Domain)?;
        let labels = ascii.split('.').count();
        let fits = labels >= 2 && ascii.len() <= 253 && !ascii.ends_with('.');
        if fits { Ok(Self(ascii.into())) } else { Err(InvalidAddress::Domain) }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether everybody can have an address of it, so that it says nothing of where somebody works.
    #[must_use]
    pub fn is_common(&self) -> bool {
        COMMON.contains(&self.as_str())
    }
}

/// Where everybody can have a mailbox.
const COMMON: [&str; 40] = [
    "aim.com",
    "aol.com",
    "duck.com",
    "fastmail.com",
    "free.fr",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hey.com",
    "hotmail.co.uk",
    "hotmail.com",
    "hotmail.fr",
    "icloud.com",
    "laposte.net",
    "libero.it",
    "live.com",
    "mac.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "naver.com",
    "orange.fr",
    "outlook.com",
    "outlook.de",
    "pm.me",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "t-online.de",
    "web.de",
    "yahoo.co.uk",
    "yahoo.com",
    "yandex.ru",
    "ymail.com",
    "zoho.com",
];

/// The one canonical form by which people are matched: lower case, the domain in ASCII.
///
/// Made by [`parse`](Self::parse) alone. Neither dots nor `+tags` are folded: they may be other
/// people's mailboxes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(Arc<str>);

impl EmailAddress {
    /// Reads an address as a person types it; surrounding white space is forgiven.
    ///
    /// # Errors
    /// [`InvalidAddress::Email`] for quoted or non-ASCII local parts, comments, and whatever
    /// RFC 5321 §4.1.2 would not take as `Dot-string@Domain`.
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let (local, domain) = text.trim().rsplit_once('@').ok_or(InvalidAddress::Email)?;
        let atoms = local.split('.').all(|atom| {
            !atom.is_empty()
                && atom.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
        });
        if !atoms || local.len() > 64 {
            return Err(InvalidAddress::Email);
        }
        let domain = Domain::parse(domain).map_err(|_| InvalidAddress::Email)?;
        let canonical = format!("{}@{}", local.to_ascii_lowercase(), domain.as_str());
        if canonical.len() > 254 {
            return Err(InvalidAddress::Email);
        }
        Ok(Self(canonical.into()))
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind the `@`.
    #[must_use]
    pub fn domain(&self) -> Domain {
        let (_, domain) = self.0.rsplit_once('@').unwrap_or_default();
        Domain(domain.into())
    }

    /// What stands before the `@`.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').unwrap_or_default().0
    }
}

/// A phone number in E.164 form: `+`, then 8 to 15 digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(Arc<str>);

impl PhoneNumber {
    /// Reads a number as a person types it; spaces, dashes, dots and parentheses are forgiven.
    ///
    /// # Errors
    /// [`InvalidAddress::Phone`] without a country code or with a wrong count of digits.
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let compact: String =
            text.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')' | '\u{a0}')).collect();
        let digits = compact.strip_prefix('+').ok_or(InvalidAddress::Phone)?;
        let fits = (8..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0');
        if fits { Ok(Self(compact.into())) } else { Err(InvalidAddress::Phone) }
    }

    /// The number as text, with its `+`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Seven `X` and the last four digits, as shown before the second factor is proved.
    #[must_use]
    pub fn masked(&self) -> String {
        format!("XXXXXXX{}", &self.0[self.0.len() - 4..])
    }
}

/// An organization's name in URLs: 2 to 128 of `A-Z a-z 0-9 - . _ ~`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(Arc<str>);

impl Slug {
    /// Reads a slug.
    ///
    /// # Errors
    /// [`InvalidAddress::Slug`] when it is too short, too long or has other characters.
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let fits = (2..=128).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
            // Browsers resolve these away, so no such path could be reached.
            && text != ".."
            // Where a URL may name an organization by id or slug, no slug may pass for another's id.
            && !["live", "test"].iter().any(|at| text.starts_with(&format!("organization-{at}-")));
        if fits { Ok(Self(text.into())) } else { Err(InvalidAddress::Slug) }
    }

    /// The slug as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! texts {
    ($($name:ident),*) => {$(
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
            type Error = InvalidAddress;
            fn try_from(text: String) -> Result<Self, InvalidAddress> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0.as_ref().to_owned()
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidAddress;
            fn from_str(text: &str) -> Result<Self, InvalidAddress> {
                Self::parse(text)
            }
        }
    )*};
}

texts!(Domain, EmailAddress, PhoneNumber, Slug);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_canonical_form() {
        let address = EmailAddress::parse(" Ada.L+x@Bücher.Example ").unwrap();
        assert_eq!(address.as_str(), "ada.l+x@xn--bcher-kva.example");
        assert_eq!(address.domain(), Domain::parse("BÜCHER.example").unwrap());
        assert_eq!(EmailAddress::parse(address.as_str()).unwrap(), address);
    }

    #[test]
    fn refuses_what_is_no_address() {
        for text in [
            "",
            "@",
            "a@",
            "@b.c",
            "a@b",
            "a b@c.de",
            "a..b@c.de",
            ".a@c.de",
            "a.@c.de",
            "\"a\"@c.de",
            "a@c..de",
            "a@-c.de",
            "a\r\nBcc: x@y.de",
            "ä@c.de",
            "a@c.de.",
            "a@[127.0.0.1]",
            "a@c.de\0",
            "a\u{200b}@c.de",
        ] {
            assert_eq!(EmailAddress::parse(text), Err(InvalidAddress::Email), "{text:?}");
        }
    }

    #[test]
    fn phone_numbers() {
        assert_eq!(PhoneNumber::parse("+1 (555) 123-4567").unwrap().as_str(), "+15551234567");
        assert_eq!(PhoneNumber::parse("+15551234567").unwrap().masked(), "XXXXXXX4567");
        for text in ["", "+", "15551234567", "+0555123456", "+1555", "+1555123456789012", "+1555a234567"] {
            assert_eq!(PhoneNumber::parse(text), Err(InvalidAddress::Phone), "{text:?}");
        }
    }

    #[test]
    fn slugs() {
        assert!(Slug::parse("acme-1.0_x~").is_ok());
        let ids = ["organization-live-x", "organization-test-00000000-0000-4000-8000-000000000000"];
        for text in ["", "a", "..", "a/b", "a%2f", "ä1", &"x".repeat(129), ids[0], ids[1]] {
            assert_eq!(Slug::parse(text), Err(InvalidAddress::Slug), "{text:?}");
        }
    }
}

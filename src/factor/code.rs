//! Six digits, as people type them.

use crate::domain::Secret;

/// How many wrong tries a code sent by email survives.
pub(crate) const EMAIL_TRIES: u32 = 5;

/// Six digits.
#[derive(Clone, Debug)]
pub(crate) struct Digits(Secret);

impl Digits {
    /// Reads a code; spaces and dashes, which people paste along, are dropped.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits: String =
            text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2013}')).take(7).collect();
        (digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| Self(Secret::new(digits)))
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_paste() {
        for text in ["123456", " 123 456 ", "123-456", "1 2 3 4 5 6\n"] {
            assert_eq!(Digits::parse(text).unwrap().as_str(), "123456", "{text:?}");
        }
        for text in ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "123456 7", "-", "123456123456"] {
            assert!(Digits::parse(text).is_none(), "{text:?}");
        }
    }
}

//! Hashes and salts as text: hex, base64, PHC strings.

use std::ops::RangeInclusive;

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use zeroize::Zeroizing;

use super::{Bytes, HashSettings, InvalidHash};

/// With or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// Bytes of a hash. Shorter ones could be met by chance (the PHC form demands as much); nobody has longer.
const HASH: RangeInclusive<usize> = 10..=512;
/// Bytes of a salt, wherever it is.
const MAX_SALT: usize = 256;

/// A PHC string: `$name$v=version$parameters$salt$hash`, the version left out by most.
pub(super) struct Phc<'a> {
    pub(super) name: &'a str,
    pub(super) version: Option<u32>,
    pub(super) parameters: &'a str,
    pub(super) salt: Bytes,
    pub(super) hash: Bytes,
}

impl<'a> Phc<'a> {
    /// Takes one apart.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let mut fields = text.strip_prefix('$')?.split('$').peekable();
        let name = fields.next()?;
        let version = match fields.next_if(|field| field.starts_with("v=")) {
            Some(field) => Some(number(field.strip_prefix("v=")?)?),
            None => None,
        };
        let parameters = fields.next()?;
        let salt = base64(fields.next()?)?;
        let hash = base64(fields.next()?)?;
        fields.next().is_none().then_some(Self { name, version, parameters, salt, hash })
    }

    /// The parameters of these names, if there are just these and in this order.
    pub(super) fn numbers<const N: usize>(&self, names: [&str; N]) -> Option<[u32; N]> {
        let mut fields = self.parameters.split(',');
        let mut numbers = [0; N];
        for (name, value) in names.into_iter().zip(&mut numbers) {
            *value = number(fields.next()?.strip_prefix(name)?.strip_prefix('=')?)?;
        }
        fields.next().is_none().then_some(numbers)
    }
}

/// A hash by itself, whose length its settings may say.
pub(super) fn raw_hash(text: &str, settings: &HashSettings) -> Result<Bytes, InvalidHash> {
    let Some(length) = settings.key_length else {
        return hex(text).or_else(|| base64(text)).ok_or(InvalidHash::Malformed);
    };
    if hex(text).or_else(|| base64(text)).is_none() {
        return Err(InvalidHash::Malformed);
    }
    let length = usize::try_from(length).ok();
    length.and_then(|length| hash_of(text, length)).ok_or(InvalidHash::Unfit("key_length"))
}

/// A hash by itself, whose length is known: so hex is told from base64 that looks like it.
pub(super) fn hash_of(text: &str, length: usize) -> Option<Bytes> {
    [hex(text), base64(text)].into_iter().flatten().find(|hash| hash.len() == length)
}

/// A salt that its settings have in base64.
pub(super) fn base64_salt(settings: &HashSettings) -> Result<Bytes, InvalidHash> {
    base64(settings.salt.as_deref().ok_or(InvalidHash::Missing("salt"))?).ok_or(InvalidHash::Unfit("salt"))
}

/// Refuses hashes and salts of a length that nobody has.
pub(super) fn check_lengths(hash: &[u8], salt: &[u8]) -> Result<(), InvalidHash> {
    if !HASH.contains(&hash.len()) {
        return Err(InvalidHash::Malformed);
    }
    check_salt(salt, "salt")
}

/// Refuses a salt that nobody has, by the name of its setting.
pub(super) fn check_salt(salt: &[u8], setting: &'static str) -> Result<(), InvalidHash> {
    if salt.len() > MAX_SALT { Err(InvalidHash::Unfit(setting)) } else { Ok(()) }
}

/// A number in digits alone.
pub(super) fn number(digits: &str) -> Option<u32> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// Hex, in any case.
fn hex(text: &str) -> Option<Bytes> {
    let digits = text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()));
    let digits = digits.collect::<Option<Vec<_>>>().map(Bytes::new)?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect::<Vec<_>>().into())
}

/// Base64, standard or for URLs, or with `.` in place of `+`, as passlib writes it.
pub(super) fn base64(text: &str) -> Option<Bytes> {
    let standard = text.bytes().map(|byte| match byte {
        b'-' | b'.' => b'+',
        b'_' => b'/',
        byte => byte,
    });
    BASE64.decode(Bytes::new(standard.collect())).ok().map(Bytes::new)
}

/// Base64 that [`base64()`] reads.
pub(super) fn to_base64(bytes: &[u8]) -> Zeroizing<String> {
    BASE64.encode(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_hex_and_base64_as_others_write_them() {
        let of = |text| raw_hash(text, &HashSettings::default()).map(|bytes| bytes.to_vec());
        for text in ["fbff00", "FBFF00"] {
            assert_eq!(of(text), Ok(vec![0xfb, 0xff, 0]));
        }
        for text in ["+/8AAQ==", "+/8AAQ", "-_8AAQ==", "-_8AAQ", "./8AAQ"] {
            assert_eq!(of(text), Ok(vec![0xfb, 0xff, 0, 1]), "{text}");
        }
        for text in ["+/8AA", "+/8A AQ==", "+/8AAR", "=", "ü", "$"] {
            assert_eq!(of(text), Err(InvalidHash::Malformed), "{text}");
        }
    }

    #[test]
    fn the_length_tells_base64_from_hex() {
        let of = |key_length| {
            let settings = HashSettings { key_length: Some(key_length), ..HashSettings::default() };
            raw_hash("deadbeef", &settings).map(|bytes| bytes.to_vec())
        };
        assert_eq!(of(4), Ok(vec![0xde, 0xad, 0xbe, 0xef]));
        assert_eq!(of(6), Ok(vec![0x75, 0xe6, 0x9d, 0x6d, 0xe7, 0x9f]));
        assert_eq!(of(5), Err(InvalidHash::Unfit("key_length")));
        assert_eq!(hash_of("deadbeef", 6).map(|bytes| bytes.len()), Some(6));
    }

    #[test]
    fn takes_phc_strings_apart() {
        let phc = Phc::parse("$name$v=19$m=64,t=2$c2FsdA$aGFzaA").unwrap();
        assert_eq!((phc.name, phc.version, phc.numbers(["m", "t"])), ("name", Some(19), Some([64, 2])));
        assert_eq!((phc.salt.as_slice(), phc.hash.as_slice()), (b"salt".as_slice(), b"hash".as_slice()));
        assert_eq!(Phc::parse("$name$m=64$c2FsdA$aGFzaA").unwrap().version, None);
        for names in [vec!["m"], vec!["t", "m"], vec!["m", "t", "p"]] {
            let found = match names.as_slice() {
                [a] => phc.numbers([a]).is_some(),
                [a, b] => phc.numbers([a, b]).is_some(),
                [a, b, c, ..] => phc.numbers([a, b, c]).is_some(),
                [] => true,
            };
            assert!(!found, "{names:?}");
        }
        for text in ["", "$", "name$m=64$c2FsdA$aGFzaA", "$name$v=x$m=64$c2FsdA$aGFzaA", "$name$m=64$c2FsdA"]
        {
            assert!(Phc::parse(text).is_none(), "{text}");
        }
        assert!(Phc::parse("$name$m=64$c2FsdA$aGFzaA$").is_none());
        for text in ["", "+1", "-1", "1 ", "4294967296"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}

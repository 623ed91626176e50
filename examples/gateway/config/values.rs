//! The kinds of values, each read so that what exists is right.

use std::{str::FromStr, time::Duration};

use http::{Uri, uri::Authority};
use serde::Deserialize;
use vestibule::{JwtAlgorithm, domain::FactorDemand};

/// A length of time, such as `500ms`, `30s`, `5m`, `12h` or `180d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Span(pub(crate) Duration);

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no length of time such as 500ms, 30s, 5m, 12h or 180d");
        let digits = text.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, unit) = text.split_at(digits);
        let number: u32 = number.parse().map_err(|_| wrong())?;
        let unit = match unit {
            "ms" => Duration::from_millis(1),
            "s" => Duration::from_secs(1),
            "m" => Duration::from_secs(60),
            "h" => Duration::from_secs(3600),
            "d" => Duration::from_secs(24 * 3600),
            _ => return Err(wrong()),
        };
        let span = unit.checked_mul(number).filter(|span| !span.is_zero() && *span <= LONGEST);
        span.map(Self).ok_or_else(|| format!("{text:?} does not lie between 1ms and 3660d"))
    }
}

/// More than any limit that is asked for; timers can count it.
const LONGEST: Duration = Duration::from_secs(3660 * 24 * 3600);

/// Where the application listens: `http://`, a host, perhaps a port.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct UpstreamUrl(pub(crate) Authority);

impl TryFrom<String> for UpstreamUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let url =
            Uri::from_str(&text).map_err(|_| format!("{text:?} is no URL such as http://127.0.0.1:9000"))?;
        let (Some(scheme), Some(authority)) = (url.scheme_str(), url.authority()) else {
            return Err(format!("{text:?} has no scheme or no host; write http://127.0.0.1:9000"));
        };
        if scheme != "http" {
            return Err(format!(
                "{scheme}:// is not spoken; write http://, on this machine or a network that you trust"
            ));
        }
        if authority.as_str().contains('@') {
            return Err("has a user in it, and is sent to the application without".to_owned());
        }
        if url.path() != "/" || url.query().is_some() || text.contains('#') {
            return Err(format!("{text:?} has a path; the application sees the path that was asked for"));
        }
        // A port that can't be read would be 80.
        let right = authority.port_u16().map_or(authority.as_str() == authority.host(), |port| port > 0);
        if authority.host().is_empty() || !right {
            return Err(format!("{text:?} has no host, or a port that is no number from 1 to 65535"));
        }
        Ok(Self(authority.clone()))
    }
}

/// How the application is told who is signed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Passing {
    /// `X-Vestibule-Member-Id`, `X-Vestibule-Organization-Id`, `X-Vestibule-Roles`.
    #[default]
    Headers,
    /// `X-Vestibule-Session-Jwt`.
    Jwt,
}

/// How session JWTs are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum Signature {
    #[default]
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "EdDSA")]
    EdDsa,
    #[serde(rename = "ES256")]
    Es256,
}

impl From<Signature> for JwtAlgorithm {
    fn from(signature: Signature) -> Self {
        match signature {
            Signature::Rs256 => Self::Rs256,
            Signature::EdDsa => Self::EdDsa,
            Signature::Es256 => Self::Es256,
        }
    }
}

/// A factor that a route demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FactorName {
    Primary,
    Secondary,
    Totp,
    SmsOtp,
}

impl FactorName {
    pub(crate) fn demand(self) -> FactorDemand {
        match self {
            Self::Primary => FactorDemand::primary(),
            Self::Secondary => FactorDemand::secondary(),
            Self::Totp => FactorDemand::totp(),
            Self::SmsOtp => FactorDemand::sms_otp(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lengths_of_time() {
        let read = |text: &str| Span::try_from(text.to_owned()).map(|span| span.0.as_millis());
        assert_eq!(read("500ms"), Ok(500));
        assert_eq!(read("12h"), Ok(12 * 3600 * 1000));
        for wrong in ["", "5", "s", "0s", "-1s", "1.5s", "5 s", "5w", "99999999d", "99999999999s"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn reads_where_the_application_listens() {
        let read = |text: &str| UpstreamUrl::try_from(text.to_owned());
        for right in ["http://127.0.0.1:9000", "http://app/", "http://[::1]:9000", "http://app.internal:80"] {
            assert!(read(right).is_ok(), "{right}");
        }
        for wrong in [
            "",
            "app",
            "app:9000",
            "/app",
            "https://app",
            "http://",
            "http://app/base",
            "http://app?x",
            "http://a@b",
            "unix:/run/app",
            "http://app:",
            "http://app:0",
            "http://app:99999",
            "http://app:90o0",
            "http://[::1]:x",
            "http://:9000",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}

//! What is configured of the API.

use std::sync::Arc;

use super::{Secrets, error::WireError};
use crate::flow::api::Rule;

/// For which links a redirect URL is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Redirect {
    /// Links to sign in.
    Login,
    /// Links to sign up.
    Signup,
    /// Invitations.
    Invite,
    /// Links of discovery.
    Discovery,
    /// Links to set a new password.
    ResetPassword,
}

impl Redirect {
    /// What it is called that there is none.
    fn missing(self) -> &'static str {
        match self {
            Self::Login => "no_login_redirect_url",
            Self::Signup => "no_signup_redirect_url",
            Self::Invite => "no_invite_redirect_url",
            Self::Discovery => "no_discovery_redirect_url",
            Self::ResetPassword => "no_password_reset_redirect_url",
        }
    }
}

/// The URLs that links may lead to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Redirects {
    pub(crate) urls: Vec<(Redirect, String)>,
    /// Development: every URL of this machine will do.
    pub(crate) loopback: bool,
}

/// What is configured of the API.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) project_id: String,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) redirects: Redirects,
}

impl Redirects {
    /// Where a link leads: as the call says, if that is configured, or else the first that is.
    ///
    /// # Errors
    /// `no_…_redirect_url`, `UnknownRedirect`.
    pub(crate) fn of(&self, kind: Redirect, asked: Option<&str>) -> Result<String, WireError> {
        let mut configured = self.urls.iter().filter(|(of, _)| *of == kind).map(|(_, url)| url);
        match asked.filter(|url| !url.is_empty()) {
            None => configured.next().cloned().ok_or_else(|| WireError::no_redirect(kind.missing())),
            Some(url) => {
                let known = configured.any(|known| known == url) || (self.loopback && is_loopback(url));
                if known { Ok(url.to_owned()) } else { Err(Rule::UnknownRedirect.into()) }
            }
        }
    }
}

/// Whether a URL can be one that links lead to: absolute, for browsers or an app of its own scheme, and without
/// a fragment, behind which a token would not arrive.
pub(crate) fn can_lead_to(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let plain =
        url.len() <= 2048 && url.bytes().all(|b| b.is_ascii_graphic() && !b"#\"<>\\^`{|}".contains(&b));
    let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    plain && named && !authority.is_empty() && !authority.contains('@') && scheme != "javascript"
}

/// Whether a URL leads to this machine.
pub(crate) fn is_loopback(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")) else {
        return false;
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    can_lead_to(url)
        && (host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_where_it_is_configured() {
        let redirects = Redirects {
            urls: vec![
                (Redirect::Login, "https://app.example/a".into()),
                (Redirect::Login, "https://app.example/b?x=1".into()),
            ],
            loopback: false,
        };
        assert_eq!(redirects.of(Redirect::Login, None).unwrap(), "https://app.example/a");
        let second = "https://app.example/b?x=1";
        assert_eq!(redirects.of(Redirect::Login, Some(second)).unwrap(), second);
        let refused = |kind, url| redirects.of(kind, url).unwrap_err().error_type;
        assert_eq!(refused(Redirect::Invite, None), "no_invite_redirect_url");
        for foreign in ["https://evil.example/", "https://app.example/a/", "http://127.0.0.1/"] {
            assert_eq!(
                refused(Redirect::Login, Some(foreign)),
                "no_match_for_provided_magic_link_url",
                "{foreign}"
            );
        }
        let development = Redirects { loopback: true, ..redirects };
        assert!(development.of(Redirect::Invite, Some("http://127.0.0.1:3000/x")).is_ok());
        for foreign in ["http://127.0.0.1@evil.example/", "http://127.0.0.1.evil.example/", "//127.0.0.1/"] {
            assert!(development.of(Redirect::Login, Some(foreign)).is_err(), "{foreign}");
        }
    }

    #[test]
    fn what_can_be_led_to() {
        for url in ["https://a.example", "https://a.example/x?y=1", "com.acme.app://authenticate"] {
            assert!(can_lead_to(url), "{url}");
        }
        for url in [
            "",
            "a.example",
            "https://",
            "javascript://x/%0aalert(1)",
            "https://a.example/#x",
            "https://a b/",
        ] {
            assert!(!can_lead_to(url), "{url}");
        }
    }
}

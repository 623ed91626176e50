use std::{fmt, sync::Arc};

use http::Uri;

use super::Verifier;
use crate::{
    domain::{CredentialId, Role, Timestamp},
    flow::{Clock, EdgeClock, SystemClock, meters},
    issuer::{Issuer, KeySource},
    outbound::{InvalidUrl, checked, client, parsed},
    token::{JwtAlgorithm, KeyUnusable, SessionClaims, SigningKey},
    vestibule::BuildError,
};

/// Configures a [`Verifier`]. Made by [`Verifier::builder`].
///
/// # Examples
/// What is wrong or missing is told all at once:
/// ```
/// let error = vestibule::Verifier::builder().jwks("http://app.example.com/auth/jwks.json").build().unwrap_err();
/// assert!(error.problems().iter().any(|problem| problem.starts_with("project_id is missing")));
/// assert!(error.problems().iter().any(|problem| problem.contains("write https://")));
/// ```
#[must_use]
pub struct VerifierBuilder {
    jwks: Option<Jwks>,
    project_id: Option<String>,
    issuer: Option<String>,
    roles: Vec<Role>,
    cookie: Option<&'static str>,
    sign_in_at: Option<String>,
    clock: Arc<dyn Clock>,
}

struct Jwks {
    address: String,
    plaintext: bool,
}

impl VerifierBuilder {
    pub(super) fn new() -> Self {
        Self {
            jwks: None,
            project_id: None,
            issuer: None,
            roles: Vec::new(),
            cookie: None,
            sign_in_at: None,
            clock: Arc::new(SystemClock),
        }
    }

    /// Where the issuer publishes its keys, such as `https://app.example.com/auth/jwks.json`: over TLS, or in
    /// plaintext from this machine. Redirects are not followed.
    pub fn jwks(mut self, address: impl Into<String>) -> Self {
        self.jwks = Some(Jwks { address: address.into(), plaintext: false });
        self
    }

    /// The same in plaintext from anywhere. Whoever can change what travels between the issuer and this service
    /// can sign anybody in here: only for a network that sees to that itself.
    pub fn insecure_plaintext_jwks(mut self, address: impl Into<String>) -> Self {
        self.jwks = Some(Jwks { address: address.into(), plaintext: true });
        self
    }

    /// The issuer's project id: the audience of its JWTs.
    pub fn project_id(mut self, id: impl Into<String>) -> Self {
        self.project_id = Some(id.into());
        self
    }

    /// What the issuer calls itself in its JWTs. `stytch.com/<project id>`.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// The project's roles and what they permit, as the issuer has them. None: then roles count by their name
    /// alone, and permit nothing. Those that an organization has made itself permit nothing here.
    pub fn roles(mut self, roles: impl IntoIterator<Item = Role>) -> Self {
        self.roles = roles.into_iter().collect();
        self
    }

    /// The cookie that a JWT may come in, where there is no `Authorization: Bearer`. None: cookies are ignored.
    /// Whoever sets one sees to it that other sites' requests do not count (`SameSite`).
    pub fn cookie(mut self, name: &'static str) -> Self {
        self.cookie = Some(name);
        self
    }

    /// Where people sign in, such as `https://app.example.com/auth/sign-in`: browsers without a session are led
    /// there, programs are told of it. Without this, they are only refused.
    pub fn sign_in_at(mut self, address: impl Into<String>) -> Self {
        self.sign_in_at = Some(address.into());
        self
    }

    /// The clock. The system's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Builds it. The issuer is not asked for anything yet.
    ///
    /// # Errors
    /// [`BuildError`] with every setting that is wrong or missing.
    pub fn build(self) -> Result<Verifier, BuildError> {
        let mut wrong = Vec::new();
        let address = key_address(self.jwks.as_ref()).map_err(|problem| wrong.push(problem)).ok();
        match &self.project_id {
            None => wrong.push("project_id is missing; use that of the issuer".to_owned()),
            Some(id) if CredentialId::new(id).is_err() => {
                wrong.push(format!("project_id {id:?} is none; use that of the issuer"));
            }
            Some(_) => {}
        }
        if let Some(name) = self.cookie.filter(|name| !is_token(name)) {
            wrong.push(format!("cookie {name:?} can't be the name of one"));
        }
        if let Some(to) = self.sign_in_at.as_ref().filter(|to| parsed(to).is_err()) {
            wrong.push(format!(
                "sign_in_at {to:?} is no address such as https://app.example.com/auth/sign-in"
            ));
        }
        let client = client().map_err(|error| wrong.push(format!("TLS can't be set up: {error}"))).ok();
        try_cryptography().unwrap_or_else(|error| wrong.push(error.to_string()));
        let (Some(address), Some(audience), Some(client), true) =
            (address, self.project_id, client, wrong.is_empty())
        else {
            return Err(BuildError::new(wrong));
        };
        meters::describe();
        let issuer = self.issuer.unwrap_or_else(|| format!("stytch.com/{audience}"));
        Ok(Verifier::new(Issuer::new(
            SessionClaims { issuer, audience },
            KeySource::new(client, address),
            self.roles,
            self.cookie,
            self.sign_in_at,
            EdgeClock::new(self.clock, Timestamp::default()),
        )))
    }
}

fn key_address(jwks: Option<&Jwks>) -> Result<Uri, String> {
    let Some(Jwks { address, plaintext }) = jwks else {
        return Err("jwks is missing; use an address such as https://app.example.com/auth/jwks.json".into());
    };
    let read = if *plaintext { parsed(address) } else { checked(address) };
    read.map_err(|error| match error {
        InvalidUrl::Malformed => {
            format!("jwks {address:?} is no address, or has a user or a wrong port in it")
        }
        InvalidUrl::Plaintext => {
            format!("jwks {address:?}: write https://, or anybody between could sign anybody in")
        }
    })
}

/// A name as RFC 9110 §5.6.2 has it.
fn is_token(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(fits)
}

/// Signs and checks once, so that a program whose cryptography does not work says so at its start.
fn try_cryptography() -> Result<(), KeyUnusable> {
    let algorithm = JwtAlgorithm::EdDsa;
    let pkcs8 = SigningKey::generate(algorithm)?;
    SigningKey::read("trial".to_owned(), algorithm, Timestamp::default(), &pkcs8)?.try_out()
}

impl fmt::Debug for VerifierBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifierBuilder")
            .field("project_id", &self.project_id)
            .field("issuer", &self.issuer)
            .field("sign_in_at", &self.sign_in_at)
            .finish_non_exhaustive()
    }
}

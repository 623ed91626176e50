//! Who may call: project id and secret by Basic authentication (RFC 7617).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, header::AUTHORIZATION};
use zeroize::Zeroizing;

use crate::{
    domain::{Digest, Secret},
    token::{constant_time_eq, sha256},
};

/// The project's secrets, of which only digests are kept. Several at once, so that one can be replaced.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets(Vec<(String, Digest)>);

impl Secrets {
    /// Takes secrets with their ids.
    pub(crate) fn new(secrets: impl IntoIterator<Item = (String, Secret)>) -> Self {
        Self(secrets.into_iter().map(|(id, secret)| (id, digest(secret.expose()))).collect())
    }

    /// The id of the secret that a request brings, if it is one of these and the project is this.
    pub(super) fn of(&self, headers: &HeaderMap, project_id: &str) -> Option<&str> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        // Two headers count as none.
        let value = values.next().filter(|_| values.next().is_none())?;
        let (scheme, encoded) = value.as_bytes().split_at_checked(6)?;
        if !scheme.eq_ignore_ascii_case(b"basic ") {
            return None;
        }
        let decoded = Zeroizing::new(STANDARD.decode(encoded.trim_ascii()).ok()?);
        let colon = decoded.iter().position(|byte| *byte == b':')?;
        let (id, secret) = decoded.split_at_checked(colon)?;
        let given = sha256(&[secret.get(1..)?]);
        let mut found = None;
        // All are compared, whichever it is.
        for (secret_id, known) in &self.0 {
            if constant_time_eq(&known.0, &given.0) {
                found = Some(secret_id.as_str());
            }
        }
        found.filter(|_| constant_time_eq(id, project_id.as_bytes()))
    }
}

fn digest(secret: &str) -> Digest {
    sha256(&[secret.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(AUTHORIZATION, value.parse().unwrap())])
    }

    fn basic(text: &str) -> HeaderMap {
        asked(&format!("Basic {}", STANDARD.encode(text)))
    }

    #[test]
    fn one_of_several_secrets_will_do_and_nothing_else() {
        let secrets = Secrets::new([
            ("old".to_owned(), Secret::new("secret-1:with a colon")),
            ("new".to_owned(), Secret::new("secret-2")),
        ]);
        let of = |headers: &HeaderMap| secrets.of(headers, "project-1").map(str::to_owned);
        assert_eq!(of(&basic("project-1:secret-1:with a colon")).as_deref(), Some("old"));
        assert_eq!(of(&basic("project-1:secret-2")).as_deref(), Some("new"));
        let encoded = STANDARD.encode("project-1:secret-2");
        assert_eq!(of(&asked(&format!("bASIC  {encoded} "))).as_deref(), Some("new"));
        for text in
            ["project-2:secret-2", "project-1:secret-3", "project-1:", ":secret-2", "project-1", "", ":"]
        {
            assert_eq!(of(&basic(text)), None, "{text:?}");
        }
        for value in ["Basic", "Basic !!!", &format!("Bearer {encoded}"), &encoded, "B", ""] {
            assert_eq!(of(&asked(value)), None, "{value:?}");
        }
        let mut twice = basic("project-1:secret-2");
        twice.append(AUTHORIZATION, format!("Basic {encoded}").parse().unwrap());
        assert_eq!(of(&twice), None);
        assert_eq!(of(&HeaderMap::new()), None);
        assert_eq!(Secrets::default().of(&basic("project-1:"), "project-1"), None);
    }
}

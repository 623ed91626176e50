//! Everything that opens something, and whether a text shows it.

use super::Client;

#[derive(Clone, Default)]
pub(crate) struct Issued(Vec<(String, String)>);

impl Issued {
    pub(crate) fn note(&mut self, what: &str, secret: impl Into<String>) {
        let secret = secret.into();
        assert!(secret.len() >= 6, "{what}");
        // What is signed is told apart from who signed it.
        if let Some((_, signature)) = secret.rsplit_once('.').filter(|_| secret.starts_with("ey")) {
            self.0.push((format!("signature of the {what}"), signature.to_owned()));
        }
        self.0.push((what.to_owned(), secret));
    }

    pub(crate) fn cookies(&mut self, client: &Client) {
        for cookie in ["session", "intermediate", "browser", "challenge"] {
            if let Some(value) = client.cookie(cookie) {
                self.note(cookie, value);
            }
        }
    }

    pub(crate) fn has(&self, what: &str) -> bool {
        self.0.iter().any(|(noted, _)| noted == what)
    }

    #[track_caller]
    pub(crate) fn none_in(&self, place: &str, text: &str) {
        for (what, secret) in &self.0 {
            // Six digits may stand in an id by chance; as a word of its own they are a code.
            let shown = if secret.len() == 6 {
                text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(|word| word == secret)
            } else {
                text.contains(secret.as_str())
            };
            assert!(!shown, "{place} shows the {what} {secret}:\n{text}");
        }
    }
}

//! What arrives in the mailbox of the development.

use std::time::Duration;

use reqwest::Url;
use vestibule::deliver::Received;

use super::World;

/// A link that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Link(pub(crate) Url);

impl Link {
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.0.query_pairs().find(|(named, _)| named == name).map(|(_, value)| value.into_owned())
    }

    pub(crate) fn token(&self) -> String {
        self.parameter("token").unwrap()
    }
}

impl World {
    /// The number of the last message that came.
    pub(crate) fn last_message(&self) -> u64 {
        self.mailbox.messages().first().map_or(0, |message| message.number)
    }

    /// The first message that came to somebody after another.
    pub(crate) async fn message_for(&self, to: &str, after: u64) -> Received {
        let came = tokio::time::timeout(PATIENCE, self.mailbox.wait_for(to, after)).await;
        came.unwrap_or_else(|_| panic!("nothing came to {to}"))
    }

    /// The first six digits that were sent to somebody after a message.
    pub(crate) async fn code_for(&self, to: &str, after: u64) -> String {
        self.found_in_mail(to, after, digits).await
    }

    /// The first link that was sent to somebody after a message.
    pub(crate) async fn link_for(&self, to: &str, after: u64) -> Link {
        self.found_in_mail(to, after, link).await
    }

    /// How many messages with a code came to somebody after a message.
    pub(crate) fn codes_for(&self, to: &str, after: u64) -> usize {
        let messages = self.mailbox.messages();
        let mut to_them = messages.iter().filter(|message| message.to == to && message.number > after);
        to_them.by_ref().filter(|message| digits(&message.text).is_some()).count()
    }

    async fn found_in_mail<T>(&self, to: &str, mut after: u64, find: impl Fn(&str) -> Option<T>) -> T {
        loop {
            let message = self.message_for(to, after).await;
            // Notices come between.
            match find(&message.text) {
                Some(found) => return found,
                None => after = message.number,
            }
        }
    }
}

/// Longer than any machine needs, so that a message which never comes fails a test instead of hanging it.
const PATIENCE: Duration = Duration::from_secs(60);

fn digits(text: &str) -> Option<String> {
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    words.find(|word| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit())).map(str::to_owned)
}

fn link(text: &str) -> Option<Link> {
    let mut words = text.split_whitespace().filter(|word| word.contains("://") && word.contains("token="));
    words.next().and_then(|word| word.parse().ok()).map(Link)
}

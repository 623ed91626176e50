//! What has arrived, as the demo's mailbox page shows it.

use std::{collections::HashMap, time::Duration};

use hyper::Method;
use tokio::time::{Instant, sleep};

use crate::{client::Client, html, process::Demo};

const PATIENCE: Duration = Duration::from_secs(20);

/// A message.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    pub(crate) subject: String,
    pub(crate) to: String,
    pub(crate) text: String,
}

/// Reads the mailbox, each message once.
#[derive(Debug)]
pub(crate) struct Mailbox {
    client: Client,
    read: HashMap<(String, &'static str), usize>,
}

impl Mailbox {
    pub(crate) fn of(demo: &Demo) -> Self {
        Self { client: Client::of(demo), read: HashMap::new() }
    }

    /// The next code by email to an address.
    pub(crate) async fn code(&mut self, to: &str) -> String {
        six_digits(&self.next(to, "Your code for").await.text)
    }

    /// The next code by SMS to a number.
    pub(crate) async fn sms_code(&mut self, to: &str) -> String {
        six_digits(&self.next(to, "").await.text)
    }

    /// The path of the next link to an address.
    pub(crate) async fn link(&mut self, to: &str) -> String {
        let letter = self.next(to, "Sign in to").await;
        let origin = self.client.origin();
        let path = letter.text.split_whitespace().find_map(|word| word.strip_prefix(origin));
        path.unwrap_or_else(|| panic!("no link in {letter:?}")).to_owned()
    }

    /// The next message to an address whose subject begins like this. A message is posted after the
    /// answer to whoever asked for it, so it may take a moment.
    pub(crate) async fn next(&mut self, to: &str, subject: &'static str) -> Letter {
        let late = Instant::now() + PATIENCE;
        loop {
            let mut letters = self.letters().await;
            letters.retain(|letter| letter.to == to && letter.subject.starts_with(subject));
            letters.reverse();
            let read = self.read.entry((to.to_owned(), subject)).or_default();
            if let Some(letter) = letters.get(*read) {
                *read += 1;
                return letter.clone();
            }
            assert!(Instant::now() < late, "nothing came to {to}");
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// All of them, newest first.
    pub(crate) async fn letters(&mut self) -> Vec<Letter> {
        let page = self.client.send(Method::GET, "/mailbox", &[], String::new()).await;
        let articles = page.body.split("<article>").skip(1);
        articles
            .map(|article| {
                let part = |name| html::elements(article, name).swap_remove(0);
                let to = part("p").strip_prefix("to ").unwrap().to_owned();
                Letter { subject: part("h2"), to, text: part("pre") }
            })
            .collect()
    }
}

fn six_digits(text: &str) -> String {
    let mut words = text.split(|letter: char| !letter.is_ascii_digit());
    words.find(|word| word.len() == 6).unwrap_or_else(|| panic!("no code in {text:?}")).to_owned()
}

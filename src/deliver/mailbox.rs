//! The development mailbox: messages end here instead of leaving the machine.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use super::{Email, EmailSender, Sending, Sms, SmsSender};

/// Keeps the newest 200 messages, readable by whoever holds a clone. For development and tests only.
#[derive(Clone, Default)]
pub struct Mailbox(Arc<Shared>);

#[derive(Default)]
struct Shared {
    kept: Mutex<Kept>,
    came: Notify,
}

#[derive(Default)]
struct Kept {
    messages: VecDeque<Received>,
    count: u64,
}

/// A message in the [`Mailbox`].
#[derive(Clone, PartialEq, Eq)]
pub struct Received {
    /// The address or number it went to, in its canonical form.
    pub to: String,
    /// The subject; empty for a text message.
    pub subject: String,
    /// The text, codes and links included.
    pub text: String,
    /// 1 for the first message that came, then 2, 3, …
    pub number: u64,
}

impl Mailbox {
    /// An empty mailbox.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What is kept, newest first.
    #[must_use]
    pub fn messages(&self) -> Vec<Received> {
        self.kept().messages.iter().rev().cloned().collect()
    }

    /// Waits for the first message to `to` with a number greater than `after` (0: any). Waits forever
    /// if none comes.
    pub async fn wait_for(&self, to: &str, after: u64) -> Received {
        loop {
            // Made before looking, so that no message between looking and waiting is missed.
            let came = self.0.came.notified();
            if let Some(found) = self.find(to, after) {
                return found;
            }
            came.await;
        }
    }

    fn find(&self, to: &str, after: u64) -> Option<Received> {
        self.kept().messages.iter().find(|message| message.number > after && message.to == to).cloned()
    }

    fn keep(&self, to: &str, subject: &str, text: &str) {
        let mut kept = self.kept();
        kept.count += 1;
        if kept.messages.len() == CAPACITY {
            kept.messages.pop_front();
        }
        let number = kept.count;
        kept.messages.push_back(Received {
            to: to.to_owned(),
            subject: subject.to_owned(),
            text: text.to_owned(),
            number,
        });
        drop(kept);
        self.0.came.notify_waiters();
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EmailSender for Mailbox {
    fn send<'a>(&'a self, email: &'a Email) -> Sending<'a> {
        Box::pin(async move {
            self.keep(email.to().as_str(), email.subject(), email.text().expose());
            Ok(())
        })
    }
}

impl SmsSender for Mailbox {
    fn send<'a>(&'a self, sms: &'a Sms) -> Sending<'a> {
        Box::pin(async move {
            self.keep(sms.to().as_str(), "", sms.text().expose());
            Ok(())
        })
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox").field("kept", &self.kept().messages.len()).finish()
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("to", &self.to)
            .field("subject", &self.subject)
            .field("text", &format_args!("[redacted]"))
            .field("number", &self.number)
            .finish()
    }
}

const CAPACITY: usize = 200;

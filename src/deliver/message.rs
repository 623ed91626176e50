//! What is sent.

use std::time::Duration;

use crate::domain::{EmailAddress, PhoneNumber, Secret};

/// An email: plain text to one person.
#[derive(Clone, Debug)]
pub struct Email {
    to: EmailAddress,
    subject: String,
    text: Secret,
    lifetime: Option<Duration>,
}

impl Email {
    /// Writes an email. Lists and lock screens show the subject: no code belongs there. Control
    /// characters in it, line breaks among them, become spaces.
    #[must_use]
    pub fn new(to: EmailAddress, subject: &str, text: Secret) -> Self {
        let subject = subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Self { to, subject, text, lifetime: None }
    }

    /// Says how long the text is of use, counted from when it is posted; later it is not sent.
    #[must_use]
    pub fn useful_for(mut self, lifetime: Duration) -> Self {
        self.lifetime = Some(lifetime);
        self
    }

    /// Who gets it.
    #[must_use]
    pub fn to(&self) -> &EmailAddress {
        &self.to
    }

    /// The subject: one line, in Unicode.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The text, in Unicode, with line breaks of any kind.
    #[must_use]
    pub fn text(&self) -> &Secret {
        &self.text
    }
}

/// A text message to one phone.
#[derive(Clone, Debug)]
pub struct Sms {
    to: PhoneNumber,
    text: Secret,
    lifetime: Option<Duration>,
}

impl Sms {
    /// Writes a text message.
    #[must_use]
    pub fn new(to: PhoneNumber, text: Secret) -> Self {
        Self { to, text, lifetime: None }
    }

    /// Says how long the text is of use, counted from when it is posted; later it is not sent.
    #[must_use]
    pub fn useful_for(mut self, lifetime: Duration) -> Self {
        self.lifetime = Some(lifetime);
        self
    }

    /// Who gets it.
    #[must_use]
    pub fn to(&self) -> &PhoneNumber {
        &self.to
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &Secret {
        &self.text
    }
}

/// Anything that can be posted.
#[derive(Clone, Debug)]
pub enum Message {
    /// By email.
    Email(Email),
    /// By text message.
    Sms(Sms),
}

impl Message {
    pub(super) fn lifetime(&self) -> Option<Duration> {
        match self {
            Self::Email(email) => email.lifetime,
            Self::Sms(sms) => sms.lifetime,
        }
    }

    /// Enough of the address to look into a fault, too little to know whose it is.
    pub(super) fn hint(&self) -> String {
        match self {
            Self::Email(email) => format!("***@{}", email.to.domain()),
            Self::Sms(sms) => sms.to.masked(),
        }
    }
}

impl From<Email> for Message {
    fn from(email: Email) -> Self {
        Self::Email(email)
    }
}

impl From<Sms> for Message {
    fn from(sms: Sms) -> Self {
        Self::Sms(sms)
    }
}

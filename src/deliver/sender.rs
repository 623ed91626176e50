//! What carries messages, and how it fails.

use std::{fmt, pin::Pin};

use super::{Email, Sms};

/// A delivery under way. May be dropped at any time: the message is then perhaps sent, perhaps not.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), DeliveryError>> + Send + 'a>>;

/// Carries emails.
pub trait EmailSender: Send + Sync {
    /// Sends one email; done when someone else has taken responsibility for it.
    fn send<'a>(&'a self, email: &'a Email) -> Sending<'a>;
}

/// Carries text messages.
pub trait SmsSender: Send + Sync {
    /// Sends one text message; done when someone else has taken responsibility for it.
    fn send<'a>(&'a self, sms: &'a Sms) -> Sending<'a>;
}

/// What to do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryErrorKind {
    /// Try again later.
    Temporary,
    /// Give up: trying again would fail again.
    Permanent,
}

/// Why a message was not sent.
///
/// It is made of a fixed sentence and a number, so it can hold nothing of the message, nor of what a
/// server answered to it (servers quote).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryError {
    kind: DeliveryErrorKind,
    sentence: &'static str,
    code: Option<u16>,
}

impl DeliveryError {
    /// A failure that may pass.
    #[must_use]
    pub const fn temporary(sentence: &'static str) -> Self {
        Self { kind: DeliveryErrorKind::Temporary, sentence, code: None }
    }

    /// A failure that will not pass.
    #[must_use]
    pub const fn permanent(sentence: &'static str) -> Self {
        Self { kind: DeliveryErrorKind::Permanent, sentence, code: None }
    }

    /// Adds the number that the server answered: an SMTP reply code or an HTTP status.
    #[must_use]
    pub const fn with_code(mut self, code: u16) -> Self {
        self.code = Some(code);
        self
    }

    /// What to do about it.
    #[must_use]
    pub const fn kind(&self) -> DeliveryErrorKind {
        self.kind
    }

    /// The SMTP reply code or HTTP status, where there was one.
    #[must_use]
    pub const fn code(&self) -> Option<u16> {
        self.code
    }
}

impl fmt::Display for DeliveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence)?;
        match self.code {
            Some(code) => write!(f, " ({code})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for DeliveryError {}

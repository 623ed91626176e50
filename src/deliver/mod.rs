//! How codes and links reach people.
//!
//! A flow writes an [`Email`] or an [`Sms`] and posts it to the [`Outbox`]; that never waits, so that
//! no answer takes longer for an address that exists. Elsewhere one task, [`Outbox::run`], hands the
//! messages to an [`EmailSender`] and an [`SmsSender`]:
//!
//! | sender | carries | feature |
//! |---|---|---|
//! | [`Mailbox`] | both, into memory; for development and tests | |
//! | `SmtpSender` | email, to a mail server | `smtp` |
//! | `SmsWebhook` | SMS, to an HTTP gateway | `sms-webhook` |
//!
//! # What is kept from whom
//!
//! 1. Texts hold codes and links. They are [`Secret`](crate::domain::Secret)s from the moment they are
//!    written: no `Debug` prints them, no error and no trace event of this module names them.
//! 2. Trace events name the domain of an email address or the last four digits of a number, no more.
//! 3. A subject is one line, whatever it was made from: headers can't be injected.
//! 4. Nothing travels in plaintext beyond this machine unless a constructor named `insecure_…` was
//!    called.

mod caught;
mod mailbox;
mod message;
mod outbox;
mod queue;
#[cfg(feature = "smtp")]
mod relay;
mod sender;
#[cfg(feature = "smtp")]
mod smtp;
#[cfg(feature = "sms-webhook")]
mod webhook;

pub(crate) use caught::caught;
pub use mailbox::{Mailbox, Received};
pub use message::{Email, Message, Sms};
pub use outbox::{Outbox, OutboxFull};
pub use sender::{DeliveryError, DeliveryErrorKind, EmailSender, Sending, SmsSender};
#[cfg(feature = "smtp")]
pub use smtp::{InvalidSmtp, SmtpSender};
#[cfg(feature = "sms-webhook")]
pub use webhook::{InvalidWebhook, SmsWebhook};

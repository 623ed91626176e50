//! Email through a mail server.

use std::{
    collections::hash_map::RandomState,
    fmt,
    hash::{BuildHasher, Hasher},
    str::FromStr,
};

use http::uri::Authority;
use lettre::{
    Address,
    message::{
        Mailbox, MessageBuilder,
        header::{ContentType, HeaderName, HeaderValue},
    },
    transport::smtp::{
        authentication::Credentials,
        client::{CertificateStore, TlsParameters},
    },
};
use percent_encoding::percent_decode_str;

use super::{
    DeliveryError, Email, EmailSender, Sending,
    relay::{Encryption, Relay},
};

/// Sends email through one mail server (RFC 5321), over TLS with Mozilla's roots.
///
/// Up to eight connections stay open between messages, for a minute at most. A try takes at most 25 s,
/// connecting at most 10 s of them.
///
/// lettre, which speaks the protocol, writes whole messages to the trace where its own feature
/// `tracing` is on. Leave that feature off.
pub struct SmtpSender {
    relay: Relay,
    from: Mailbox,
}

impl SmtpSender {
    /// A sender from a URL: `smtps://user:password@mail.example.com` for TLS from the first byte
    /// (port 465 unless it names another), or `smtp://…?tls=required` for STARTTLS, never without (port
    /// 587). User and password are percent-encoded and may be left out.
    ///
    /// `from` is whom the emails come from: `Acme <sign-in@acme.example>` or a bare address.
    ///
    /// # Errors
    /// [`InvalidSmtp`], which names the part that is wrong and repeats none of it.
    pub fn from_url(url: &str, from: &str) -> Result<Self, InvalidSmtp> {
        let (scheme, rest) = url.split_once("://").ok_or(InvalidSmtp::Url)?;
        let (rest, query) = rest.rsplit_once('?').unwrap_or((rest, ""));
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (user, server) = match rest.rsplit_once('@') {
            Some((user, server)) => (Some(user), server),
            None => (None, rest),
        };
        let (host, port) = host_and_port(server)?;
        let credentials = user.map(credentials).transpose()?;
        let (encryption, usual_port): (fn(TlsParameters) -> Encryption, u16) = match (scheme, query) {
            ("smtps", "" | "tls=required") => (Encryption::FromStart, 465),
            ("smtp", "tls=required") => (Encryption::StartTls, 587),
            ("smtp", _) => return Err(InvalidSmtp::Plaintext),
            _ => return Err(InvalidSmtp::Url),
        };
        let tls = TlsParameters::builder(host.to_owned())
            .certificate_store(CertificateStore::WebpkiRoots)
            .build()
            .map_err(|_| InvalidSmtp::Tls)?;
        let relay = Relay::new(host, port.unwrap_or(usual_port), encryption(tls), credentials);
        Ok(Self { relay, from: mailbox(from)? })
    }

    /// A sender without TLS and without a password. Everyone on the way reads the codes and links: for
    /// a mail server on this machine, or behind a tunnel.
    ///
    /// # Errors
    /// [`InvalidSmtp::From`].
    pub fn insecure_plaintext(host: &str, port: u16, from: &str) -> Result<Self, InvalidSmtp> {
        Ok(Self { relay: Relay::new(host, port, Encryption::None, None), from: mailbox(from)? })
    }

    fn compose(&self, email: &Email) -> Result<lettre::Message, DeliveryError> {
        let to = Address::from_str(email.to().as_str()).map_err(|_| UNWRITABLE)?;
        MessageBuilder::new()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(email.subject())
            .message_id(Some(format!("<{}@{}>", unique(), self.from.email.domain())))
            // RFC 3834 §5: nobody's absence notice shall answer.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .header(ContentType::TEXT_PLAIN)
            .body(email.text().expose().to_owned())
            .map_err(|_| UNWRITABLE)
    }
}

impl EmailSender for SmtpSender {
    fn send<'a>(&'a self, email: &'a Email) -> Sending<'a> {
        Box::pin(async move {
            let message = self.compose(email)?;
            self.relay.hand_over(message.envelope(), &message.formatted()).await
        })
    }
}

impl fmt::Debug for SmtpSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpSender")
            .field("relay", &self.relay)
            .field("from", &self.from.to_string())
            .finish()
    }
}

/// Why an [`SmtpSender`] can't be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidSmtp {
    /// The URL has not the form that is asked for.
    Url,
    /// The URL asks for a connection that is not, or perhaps not, encrypted.
    Plaintext,
    /// The sender's address is none.
    From,
    /// TLS can't be set up in this process.
    Tls,
}

impl fmt::Display for InvalidSmtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url => "write the mail server as smtps://user:password@mail.example.com, percent-encoded",
            Self::Plaintext => {
                "write smtps://, or smtp:// with ?tls=required; \
                 SmtpSender::insecure_plaintext does without encryption"
            }
            Self::From => "write the sender as sign-in@example.com or Example <sign-in@example.com>",
            Self::Tls => "TLS can't be set up with this process's crypto provider",
        })
    }
}

impl std::error::Error for InvalidSmtp {}

fn host_and_port(server: &str) -> Result<(&str, Option<u16>), InvalidSmtp> {
    let authority = Authority::from_str(server).map_err(|_| InvalidSmtp::Url)?;
    let host = server.get(..authority.host().len()).unwrap_or_default();
    let port = match server.get(host.len()..).and_then(|rest| rest.strip_prefix(':')) {
        Some(port) => Some(port.parse().map_err(|_| InvalidSmtp::Url)?),
        None => None,
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if host.is_empty() { Err(InvalidSmtp::Url) } else { Ok((host, port)) }
}

fn credentials(user: &str) -> Result<Credentials, InvalidSmtp> {
    let (user, password) = user.split_once(':').ok_or(InvalidSmtp::Url)?;
    let decode = |text| percent_decode_str(text).decode_utf8().map_err(|_| InvalidSmtp::Url);
    Ok(Credentials::new(decode(user)?.into_owned(), decode(password)?.into_owned()))
}

fn mailbox(text: &str) -> Result<Mailbox, InvalidSmtp> {
    if text.chars().any(char::is_control) {
        return Err(InvalidSmtp::From);
    }
    text.parse().map_err(|_| InvalidSmtp::From)
}

/// Text that no other message has; it need not be hard to guess.
fn unique() -> String {
    let word = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", word(), word())
}

const UNWRITABLE: DeliveryError = DeliveryError::permanent("the email can't be written as RFC 5322 wants it");

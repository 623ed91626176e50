//! One mail server and the open connections to it.
//!
//! lettre's own pool takes back a connection whose transaction was dropped midway, and the next message
//! then reads the answers to the last one. Outbox tries are dropped when they take too long, so here a
//! connection is kept only after a whole transaction.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lettre::{
    address::Envelope,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, TlsParameters},
        extension::ClientId,
    },
};
use tokio::time::{Instant, timeout};

use super::DeliveryError;

pub(super) enum Encryption {
    None,
    StartTls(TlsParameters),
    FromStart(TlsParameters),
}

pub(super) struct Relay {
    host: String,
    port: u16,
    encryption: Encryption,
    credentials: Option<Credentials>,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Instant,
}

impl Relay {
    pub(super) fn new(
        host: &str,
        port: u16,
        encryption: Encryption,
        credentials: Option<Credentials>,
    ) -> Self {
        Self { host: host.to_owned(), port, encryption, credentials, idle: Mutex::default() }
    }

    /// Gives one message to the server.
    pub(super) async fn hand_over(&self, envelope: &Envelope, message: &[u8]) -> Result<(), DeliveryError> {
        timeout(TRY, self.transact(envelope, message)).await.unwrap_or(Err(TOO_SLOW))
    }

    async fn transact(&self, envelope: &Envelope, message: &[u8]) -> Result<(), DeliveryError> {
        let mut connection = match self.reuse().await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        connection.send(envelope, message).await.map_err(|error| verdict(&error))?;
        self.keep(connection);
        Ok(())
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, DeliveryError> {
        let connected = timeout(CONNECT, self.try_connect()).await.map_err(|_| TOO_SLOW)?;
        connected.map_err(|error| {
            // An answer of the server may quote what it was told; a failure below SMTP can't.
            if error.status().is_none() && !error.is_response() {
                tracing::debug!(%error, "no connection to the mail server");
            }
            verdict(&error)
        })
    }

    async fn try_connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let hello = ClientId::default();
        let wrapper = match &self.encryption {
            Encryption::FromStart(tls) => Some(tls.clone()),
            Encryption::None | Encryption::StartTls(_) => None,
        };
        let server = (self.host.as_str(), self.port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(server, None, &hello, wrapper, None).await?;
        if let Encryption::StartTls(tls) = &self.encryption {
            connection.starttls(tls.clone(), &hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }

    /// An open connection that still answers.
    async fn reuse(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let mut connection = self.newest_idle()?;
            if timeout(PROBE, connection.test_connected()).await == Ok(true) {
                return Some(connection);
            }
        }
    }

    fn newest_idle(&self) -> Option<AsyncSmtpConnection> {
        let mut idle = self.idle();
        idle.retain(|idle| idle.since.elapsed() < IDLE);
        idle.pop().map(|idle| idle.connection)
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle();
        if idle.len() < CONNECTIONS {
            idle.push(Idle { connection, since: Instant::now() });
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encrypted = !matches!(self.encryption, Encryption::None);
        f.debug_struct("Relay")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("encrypted", &encrypted)
            .finish_non_exhaustive()
    }
}

fn verdict(error: &Error) -> DeliveryError {
    let verdict = if error.is_permanent() {
        DeliveryError::permanent("the mail server refused")
    } else if error.is_transient() {
        DeliveryError::temporary("the mail server asked to try again later")
    } else if error.is_client() {
        DeliveryError::permanent("the mail server does not offer what is needed")
    } else {
        DeliveryError::temporary("the mail server can't be reached")
    };
    match error.status() {
        Some(code) => verdict.with_code(code.into()),
        None => verdict,
    }
}

/// Less than the outbox allows, so that the more telling of the two errors comes first.
const TRY: Duration = Duration::from_secs(25);
const CONNECT: Duration = Duration::from_secs(10);
const PROBE: Duration = Duration::from_secs(2);
const IDLE: Duration = Duration::from_secs(60);
const CONNECTIONS: usize = 8;
const TOO_SLOW: DeliveryError = DeliveryError::temporary("the mail server did not answer in time");

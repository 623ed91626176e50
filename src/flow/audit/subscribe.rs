//! Hearing of events as they happen.

use std::fmt;

use tokio::sync::broadcast::{Receiver, error::RecvError};

use crate::domain::AuditEvent;

/// Events as they happen, from when this was asked for. Whoever hears them too slowly is told how many they
/// missed; nobody else waits for them.
///
/// # Examples
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let vestibule = vestibule::Vestibule::development().build().await?;
/// let background = vestibule.start();
/// let mut events = vestibule.audit_events();
///
/// vestibule.rotate_signing_key().await?;
/// let event = events.next().await.ok_or("the vestibule is gone")??;
/// assert_eq!(event.kind.name(), "key_rotated");
///
/// background.stop().await;
/// # Ok(())
/// # }
/// ```
pub struct AuditEvents(Receiver<AuditEvent>);

impl AuditEvents {
    pub(super) fn new(receiver: Receiver<AuditEvent>) -> Self {
        Self(receiver)
    }

    /// The next event; nothing when none can come any more. Cancelling loses none.
    ///
    /// # Errors
    /// [`Missed`]: the next call goes on with the oldest event that is still there.
    pub async fn next(&mut self) -> Option<Result<AuditEvent, Missed>> {
        match self.0.recv().await {
            Ok(event) => Some(Ok(event)),
            Err(RecvError::Lagged(missed)) => Some(Err(Missed(missed))),
            Err(RecvError::Closed) => None,
        }
    }
}

impl fmt::Debug for AuditEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditEvents")
    }
}

/// So many events went by unheard; the sink has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed(pub u64);

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} audit events went by before they were heard; read them from the log", self.0)
    }
}

impl std::error::Error for Missed {}

//! The uses of the project's secrets: who called with which, and who failed to.

use crate::{
    domain::{AuditKind, LimitKind},
    flow::{About, Caller, Engine, Error},
};

impl Engine {
    /// Tells that a secret was used, once a minute for each secret and client.
    pub(crate) async fn secret_used(&self, secret_id: &str, caller: &Caller) {
        let subject = format!("{secret_id}/{}", caller.address);
        let happened = AuditKind::SecretUsed { secret_id: secret_id.to_owned() };
        self.tell_seldom(&subject, happened, About::nobody(), caller).await;
    }

    /// Counts a wrong project id or secret. A right one is never refused: nobody guesses it.
    ///
    /// # Errors
    /// `TooManyRequests` for a client that has failed too often.
    pub(crate) async fn secret_refused(&self, caller: &Caller) -> Result<(), Error> {
        self.tell_seldom(&caller.address, AuditKind::SecretRefused, About::nobody(), caller).await;
        let Some(client) = caller.client else { return Ok(()) };
        let (kind, limit) =
            (LimitKind::SecretFailuresPerClient, self.settings.limits.secret_failures_per_client);
        self.limit(kind, &client.to_string(), limit, About::nobody(), caller).await.map(|_| ())
    }
}

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
        // By its network, and not beyond the limit: nobody fills the audit log by having many addresses.
        let client = caller.client.map(|client| client.to_string());
        if let Some(client) = &client {
            let limit = self.settings.limits.secret_failures_per_client;
            self.limit(LimitKind::SecretFailuresPerClient, client, limit, About::nobody(), caller).await?;
        }
        let subject = client.unwrap_or_default();
        self.tell_seldom(&subject, AuditKind::SecretRefused, About::nobody(), caller).await;
        Ok(())
    }
}

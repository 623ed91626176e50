//! What goes on in the background: messages are sent, audit events recorded, last uses written, the
//! expired swept away, keys rotated. One task, which the application starts and stops.

use std::{sync::Arc, time::Duration};

use tracing::{Instrument as _, debug_span};

use super::{engine::Engine, meters};
use crate::{
    deliver::{EmailSender, SmsSender},
    domain::Timestamp,
};

const WRITE_USES_EVERY: Duration = Duration::from_secs(10);
const SWEEP_EVERY: u32 = 30;

impl Engine {
    /// Runs until `stop` completes, then writes and sends what is left.
    pub(crate) async fn upkeep(
        self: Arc<Self>,
        email: &dyn EmailSender,
        sms: &dyn SmsSender,
        clock: impl Fn() -> Timestamp,
        stop: impl Future<Output = ()>,
    ) {
        let (tell, _) = tokio::sync::broadcast::channel::<()>(1);
        let told = || {
            let mut told = tell.subscribe();
            async move {
                let _ = told.recv().await;
            }
        };
        let (outbox, audit) = (told(), told());
        let tend = async {
            self.tend_until(&clock, stop).await;
            let _ = tell.send(());
        };
        let record = self.audit.run(&*self.stores.audit, audit);
        let send = self.outbox.run(email, sms, outbox);
        async { tokio::join!(tend, send, record) }.instrument(debug_span!("upkeep")).await;
    }

    async fn tend_until(&self, clock: &impl Fn() -> Timestamp, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let mut round = 0_u32;
        loop {
            let stopped = tokio::time::timeout(WRITE_USES_EVERY, &mut stop).await.is_ok();
            self.write_uses().await;
            meters::levels(self);
            if let Err(error) = self.stores.keys.note_time(clock()).await {
                tracing::warn!(%error, "the time was not noted");
            }
            if stopped {
                return;
            }
            round = round.wrapping_add(1);
            if round.is_multiple_of(SWEEP_EVERY) {
                self.sweep(clock()).await;
            }
        }
    }

    pub(crate) async fn write_uses(&self) {
        let uses = self.touches.take();
        if uses.is_empty() {
            return;
        }
        if let Err(error) = self.stores.sessions.touch(&uses).await {
            tracing::warn!(%error, sessions = uses.len(), "last uses were not written; sessions look idle sooner");
        }
    }

    async fn sweep(&self, now: Timestamp) {
        self.table.sweep(now).await;
        loop {
            match self.stores.sessions.sweep(now).await {
                Ok(1000..) => tokio::task::yield_now().await,
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "expired sessions were not removed");
                    break;
                }
            }
        }
        loop {
            match self.stores.audit.forget_before(now.before(self.settings.audit_retention)).await {
                Ok(1000..) => tokio::task::yield_now().await,
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "old audit events were not removed");
                    break;
                }
            }
        }
        if let Err(error) = self.tend_keys(now).await {
            tracing::warn!(%error, "signing keys were not tended");
        }
    }
}

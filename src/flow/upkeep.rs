//! What goes on in the background: messages are sent, audit events recorded, last uses written, the
//! expired swept away, keys rotated. One task, which the application starts and stops.
//!
//! Senders, stores and the clock may be the application's own: what fails, hangs or panics there ends nothing
//! here, and holds up no stop for longer than is promised.

use std::{pin::pin, sync::Arc, time::Duration};

use tokio::{sync::watch, time::timeout};
use tracing::{Instrument as _, debug_span};

use super::{
    engine::Engine,
    meters,
    supervise::{Stop, at_most, attempt, given, supervised},
};
use crate::{
    deliver::{EmailSender, SmsSender},
    domain::Timestamp,
};

const WRITE_USES_EVERY: Duration = Duration::from_secs(10);
const SWEEP_EVERY: u32 = 30;

/// So many last uses are written at once: where a store has one writer, others come between.
const USES_AT_ONCE: usize = 500;

/// How long what is left may take after the stop.
const LEFT: Duration = Duration::from_secs(10);

/// How long of it what is under way may take, and how long the last writes: what they tell of is recorded in
/// the rest.
const TENDING: Duration = Duration::from_secs(2);

impl Engine {
    /// Runs until `stop` completes, then writes and sends what is left, for at most 10 seconds.
    pub(crate) async fn upkeep(
        self: Arc<Self>,
        email: &dyn EmailSender,
        sms: &dyn SmsSender,
        clock: impl Fn() -> Timestamp,
        stop: impl Future<Output = ()>,
    ) {
        let (stop_all, stopped) = watch::channel(false);
        let (stop_audit, tended) = watch::channel(false);
        let tend = async {
            let tending = supervised("upkeep", &stopped, || self.tend_until(&stopped, &clock));
            at_most(2 * TENDING, &stopped, tending).await;
            stop_audit.send_replace(true);
        };
        let record = supervised("audit", &tended, || self.audit.run(&*self.stores.audit, &tended));
        let send = supervised("outbox", &stopped, || self.outbox.run(email, sms, given(&stopped)));
        let parts = async {
            tokio::join!(tend, record, send);
        };
        let work = async {
            tokio::join!(at_most(LEFT, &stopped, parts), async {
                stop.await;
                stop_all.send_replace(true);
            });
        };
        work.instrument(debug_span!("upkeep")).await;
        self.audit.tell_what_is_left();
    }

    async fn tend_until(&self, stop: &Stop, clock: &impl Fn() -> Timestamp) {
        let rounds = async {
            let mut stopped = pin!(given(stop));
            let mut round = 0_u32;
            while timeout(WRITE_USES_EVERY, &mut stopped).await.is_err() {
                self.write(clock()).await;
                round = round.wrapping_add(1);
                if round.is_multiple_of(SWEEP_EVERY) {
                    self.sweep(clock()).await;
                }
            }
        };
        at_most(TENDING, stop, rounds).await;
        self.write(clock()).await;
    }

    async fn write(&self, now: Timestamp) {
        // At once, so that neither waits for the other where it does not answer.
        tokio::join!(self.write_uses(), attempt("noting the time", || self.stores.keys.note_time(now)));
        meters::levels(self);
    }

    /// What is not written makes sessions look idle sooner.
    async fn write_uses(&self) {
        let uses = self.touches.take();
        for some in uses.chunks(USES_AT_ONCE) {
            if attempt("writing last uses", || self.stores.sessions.touch(some)).await.is_none() {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    async fn sweep(&self, now: Timestamp) {
        self.table.sweep(now).await;
        let sessions = &self.stores.sessions;
        while let Some(1000..) = attempt("removing expired sessions", || sessions.sweep(now)).await {
            tokio::task::yield_now().await;
        }
        let (audit, kept) = (&self.stores.audit, now.before(self.settings.audit_retention));
        while let Some(1000..) = attempt("removing old audit events", || audit.forget_before(kept)).await {
            tokio::task::yield_now().await;
        }
        attempt("tending signing keys", || self.tend_keys(now)).await;
    }
}

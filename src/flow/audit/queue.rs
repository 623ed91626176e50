//! The queue between those who tell and those who hear: bounded, and never waited for by who tells.

use std::{
    fmt,
    ops::ControlFlow,
    pin::pin,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use tokio::{
    sync::{Mutex, broadcast, mpsc},
    time::timeout,
};

use super::AuditEvents;
use crate::{
    domain::AuditEvent,
    flow::meters::{self, Watch},
    store::{AuditSink, StoreErrorKind},
};

/// What is recorded at once.
const BATCH: usize = 256;

/// How long events are gathered, so that not each of them costs the store a write of its own.
const GATHER: Duration = Duration::from_millis(250);

/// How long a sink that does not answer is left alone.
const AGAIN: Duration = Duration::from_secs(1);

/// How much is tried when everything stops.
const LAST: Duration = Duration::from_secs(10);

/// How many events a subscriber may be behind.
const BEHIND: usize = 1024;

pub(crate) struct AuditQueue {
    push: mpsc::Sender<AuditEvent>,
    waiting: Mutex<mpsc::Receiver<AuditEvent>>,
    subscribers: broadcast::Sender<AuditEvent>,
    dropped: AtomicU64,
    /// Whether it was said that events are lost, since they last were not.
    said: AtomicBool,
}

impl AuditQueue {
    /// A queue for so many events.
    pub(crate) fn new(capacity: usize) -> Self {
        let (push, waiting) = mpsc::channel(capacity);
        let (subscribers, _) = broadcast::channel(BEHIND);
        Self {
            push,
            waiting: Mutex::new(waiting),
            subscribers,
            dropped: AtomicU64::new(0),
            said: AtomicBool::new(false),
        }
    }

    pub(super) fn push(&self, event: AuditEvent) {
        if self.push.try_send(event).is_err() {
            self.lost();
        }
    }

    /// Counts an event that will not be recorded.
    pub(super) fn lost(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
        if !self.said.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "audit events are lost: the sink is slow or does not answer, or nothing was started"
            );
        }
    }

    /// How many events were lost since the start.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// How many events wait.
    pub(crate) fn len(&self) -> usize {
        self.push.max_capacity() - self.push.capacity()
    }

    pub(crate) fn subscribe(&self) -> AuditEvents {
        AuditEvents::new(self.subscribers.subscribe())
    }

    /// Brings events to subscribers and to the sink until `stop` completes, and then what is left.
    pub(crate) async fn run(&self, sink: &dyn AuditSink, stop: impl Future<Output = ()>) {
        let mut waiting = self.waiting.lock().await;
        let mut stop = pin!(stop);
        let mut batch = Vec::new();
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                _ = waiting.recv_many(&mut batch, BATCH) => {}
            }
            // Subscribers hear at once; the sink has what comes meanwhile along with it.
            self.publish(&batch);
            let stopped = batch.len() < BATCH && timeout(GATHER, &mut stop).await.is_ok();
            self.gather(&mut waiting, &mut batch);
            if stopped || self.record(sink, &mut batch, &mut stop).await.is_break() {
                break;
            }
        }
        let rest = async {
            loop {
                self.gather(&mut waiting, &mut batch);
                if batch.is_empty() || self.record_once(sink, &mut batch).await.is_break() {
                    break;
                }
            }
        };
        let _ = timeout(LAST, rest).await;
        let events = batch.len() + waiting.len();
        if events > 0 {
            tracing::warn!(events, "audit events were left unrecorded");
        }
    }

    fn gather(&self, waiting: &mut mpsc::Receiver<AuditEvent>, batch: &mut Vec<AuditEvent>) {
        let known = batch.len();
        while batch.len() < BATCH
            && let Ok(event) = waiting.try_recv()
        {
            batch.push(event);
        }
        self.publish(&batch[known..]);
    }

    fn publish(&self, events: &[AuditEvent]) {
        if self.subscribers.receiver_count() > 0 {
            for event in events {
                // Nobody may be left to hear it.
                let _ = self.subscribers.send(event.clone());
            }
        }
    }

    /// Records a batch, however often that takes; says whether it is to stop.
    async fn record(
        &self,
        sink: &dyn AuditSink,
        batch: &mut Vec<AuditEvent>,
        stop: &mut (impl Future<Output = ()> + Unpin),
    ) -> ControlFlow<()> {
        while self.record_once(sink, batch).await.is_break() {
            if timeout(AGAIN, &mut *stop).await.is_ok() {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    /// Tries once; whether the sink did not answer. What it can't take is given up.
    async fn record_once(&self, sink: &dyn AuditSink, batch: &mut Vec<AuditEvent>) -> ControlFlow<()> {
        let watch = Watch::start();
        let recorded = sink.record(batch).await;
        meters::recorded(watch, if recorded.is_ok() { "ok" } else { "error" });
        match recorded {
            Ok(()) => self.said.store(false, Ordering::Relaxed),
            Err(error) if error.kind() == StoreErrorKind::Unavailable => {
                tracing::debug!(%error, events = batch.len(), "audit events were not recorded; trying again");
                return ControlFlow::Break(());
            }
            Err(error) => {
                tracing::error!(%error, events = batch.len(), "audit events were refused by the sink, and given up");
                batch.iter().for_each(|_| self.lost());
            }
        }
        batch.clear();
        ControlFlow::Continue(())
    }
}

impl fmt::Debug for AuditQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditQueue").field("len", &self.len()).finish_non_exhaustive()
    }
}

//! The queue between those who tell and those who hear: bounded, and never waited for by who tells.

use std::{
    fmt,
    ops::ControlFlow,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use tokio::{
    sync::{Mutex, broadcast, mpsc},
    time::timeout,
};

use super::AuditEvents;
use crate::{
    deliver::caught,
    domain::AuditEvent,
    flow::{
        meters::{self, Watch},
        supervise::{Stop, given},
    },
    store::{AuditSink, StoreError, StoreErrorKind},
};

/// What is recorded at once.
const BATCH: usize = 256;

/// How long events are gathered, so that not each of them costs the store a write of its own.
const GATHER: Duration = Duration::from_millis(250);

/// How long a sink that does not answer is left alone.
const AGAIN: Duration = Duration::from_secs(1);

/// How long a sink may take for a batch.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many events a subscriber may be behind.
const BEHIND: usize = 1024;

pub(crate) struct AuditQueue {
    push: mpsc::Sender<AuditEvent>,
    held: Mutex<Held>,
    subscribers: broadcast::Sender<AuditEvent>,
    dropped: AtomicU64,
    /// Whether it was said that events are lost, since they last were not.
    said: AtomicBool,
}

/// What whoever brings events holds, and leaves to the next.
struct Held {
    waiting: mpsc::Receiver<AuditEvent>,
    /// What is being recorded: subscribers have heard of it.
    batch: Vec<AuditEvent>,
    /// Whether the sink has panicked over this batch.
    panicked: bool,
}

impl AuditQueue {
    /// A queue for so many events.
    pub(crate) fn new(capacity: usize) -> Self {
        let (push, waiting) = mpsc::channel(capacity);
        let (subscribers, _) = broadcast::channel(BEHIND);
        Self {
            push,
            held: Mutex::new(Held { waiting, batch: Vec::new(), panicked: false }),
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

    /// Brings events to subscribers and to the sink until `stop` is given, and then what is left. What it
    /// leaves, because the sink does not answer or this is dropped, stays here for another `run`.
    pub(crate) async fn run(&self, sink: &dyn AuditSink, stop: &Stop) {
        let mut held = self.held.lock().await;
        loop {
            if held.batch.is_empty() {
                let Held { waiting, batch, .. } = &mut *held;
                tokio::select! {
                    biased;
                    () = given(stop) => {}
                    _ = waiting.recv_many(batch, BATCH) => {}
                }
                // Subscribers hear at once; the sink has what comes meanwhile along with it.
                self.publish(batch);
                if batch.len() < BATCH {
                    let _ = timeout(GATHER, given(stop)).await;
                }
                self.gather(waiting, batch);
                if batch.is_empty() {
                    return;
                }
            }
            let last = *stop.borrow();
            if self.record(sink, &mut held).await.is_break() {
                if last {
                    return;
                }
                let _ = timeout(AGAIN, given(stop)).await;
            }
        }
    }

    /// Says how many events nobody will record any more, when nothing runs any more.
    pub(crate) fn tell_what_is_left(&self) {
        let left = self.held.try_lock().map(|held| held.batch.len() + held.waiting.len());
        if let Ok(events @ 1..) = left {
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

    /// Tries once; whether it is to be tried again. What the sink can't take is given up.
    async fn record(&self, sink: &dyn AuditSink, held: &mut Held) -> ControlFlow<()> {
        let Held { batch, panicked, .. } = held;
        let (watch, events) = (Watch::start(), batch.len());
        let recorded = caught(async {
            let answer = timeout(PATIENCE, sink.record(batch)).await;
            answer.unwrap_or_else(|_| Err(StoreError::new(StoreErrorKind::Unavailable)))
        })
        .await;
        meters::recorded(watch, if matches!(recorded, Ok(Ok(()))) { "ok" } else { "error" });
        let given_up = match recorded {
            Ok(Ok(())) => {
                self.said.store(false, Ordering::Relaxed);
                false
            }
            Ok(Err(error)) if error.kind() == StoreErrorKind::Unavailable => {
                tracing::debug!(%error, events, "audit events were not recorded; trying again");
                return ControlFlow::Break(());
            }
            Ok(Err(error)) => {
                tracing::error!(%error, events, "audit events were refused by the sink, and given up");
                true
            }
            // Over the same events again, it would keep all others waiting.
            Err(_) if *panicked => {
                tracing::error!(
                    events,
                    "the audit sink has panicked again over audit events, which are given up"
                );
                true
            }
            Err(_) => {
                tracing::error!(events, "the audit sink has panicked; trying again");
                *panicked = true;
                return ControlFlow::Break(());
            }
        };
        if given_up {
            batch.iter().for_each(|_| self.lost());
        }
        batch.clear();
        *panicked = false;
        ControlFlow::Continue(())
    }
}

impl fmt::Debug for AuditQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditQueue").field("len", &self.len()).finish_non_exhaustive()
    }
}

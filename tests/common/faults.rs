//! What a store is made to do instead of answering.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::sync::Notify;
use vestibule::store::{StoreError, StoreErrorKind};

/// What goes wrong in one operation.
#[derive(Clone)]
pub(crate) enum Fault {
    /// It does nothing and fails.
    Fails,
    /// It does what it should, and its answer is lost.
    FailsAfter,
    /// It panics.
    Panics,
    /// It waits, before it does anything, until it is let go on.
    Waits(Arc<Gate>),
}

/// Where an operation waits.
#[derive(Default)]
pub(crate) struct Gate {
    arrived: Notify,
    opened: Notify,
}

impl Gate {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Until an operation waits here.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Lets one operation go on.
    pub(crate) fn open(&self) {
        self.opened.notify_one();
    }
}

/// The faults of a store by the names of its operations, and which operations were called.
#[derive(Clone, Default)]
pub(crate) struct Faults(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    rules: HashMap<&'static str, Fault>,
    calls: Vec<&'static str>,
}

fn down() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable)
}

impl Faults {
    pub(crate) fn set(&self, operation: &'static str, fault: Fault) {
        self.0.lock().unwrap().rules.insert(operation, fault);
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap().rules.clear();
    }

    /// The operations that were called since this was asked last.
    pub(crate) fn calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.0.lock().unwrap().calls)
    }

    fn rule(&self, operation: &'static str) -> Option<Fault> {
        let mut state = self.0.lock().unwrap();
        state.calls.push(operation);
        state.rules.get(operation).or_else(|| state.rules.get("*")).cloned()
    }

    /// Runs an operation as its rule has it.
    pub(crate) async fn run<T>(
        &self,
        operation: &'static str,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        match self.rule(operation) {
            None => work.await,
            Some(Fault::Fails) => Err(down()),
            Some(Fault::FailsAfter) => work.await.and_then(|_| Err(down())),
            Some(Fault::Panics) => panic!("{operation} panics, as it was told to"),
            Some(Fault::Waits(gate)) => {
                gate.arrived.notify_one();
                gate.opened.notified().await;
                work.await
            }
        }
    }
}

//! No log line, no audit event and no `Debug` shows what opens anything.

#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

#[path = "../common/mod.rs"]
mod common;

mod debug;
mod flows;
mod programs;
mod routes;
mod senders;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "verify-only")]
mod verifier;
mod wire;

use std::sync::OnceLock;

use common::Traced;

/// What all of these tests trace, at every level: each looks for its own secrets in it.
fn log() -> &'static Traced {
    static LOG: OnceLock<Traced> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Traced::default();
        tracing::subscriber::set_global_default(log.clone()).unwrap();
        log
    })
}

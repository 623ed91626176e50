//! What keeps one part of the background from ending or holding up another.

use std::{fmt, time::Duration};

use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use crate::deliver::caught;

/// How long a part that has panicked is left alone.
const PAUSE: Duration = Duration::from_secs(1);

/// How long a store may take for one thing.
const PATIENCE: Duration = Duration::from_secs(30);

/// A signal that any number wait for, also after it was given.
pub(super) type Stop = watch::Receiver<bool>;

/// Waits until it is given.
pub(super) async fn given(stop: &Stop) {
    // Nobody is left to give it: then it is given.
    let _ = stop.clone().wait_for(|given| *given).await;
}

/// Runs a part until it ends by itself. One that panics is told of at once, and begins anew after a pause;
/// after the stop it does not.
pub(super) async fn supervised<P: Future<Output = ()>>(
    part: &'static str,
    stop: &Stop,
    begin: impl Fn() -> P,
) {
    while caught(begin()).await.is_err() {
        tracing::error!(part, "a part of the background task has panicked");
        if *stop.borrow() {
            return;
        }
        let _ = timeout(PAUSE, given(stop)).await;
    }
}

/// Does something until it is done, and for at most `span` after the stop.
pub(super) async fn at_most(span: Duration, stop: &Stop, work: impl Future<Output = ()>) {
    let over = async {
        given(stop).await;
        sleep(span).await;
    };
    tokio::select! {
        biased;
        () = work => {}
        () = over => {}
    }
}

/// Does something that is done again and again; nothing where it failed. What fails, does not answer or panics
/// is told, and keeps nothing else from being done.
pub(super) async fn attempt<T, E: fmt::Display, W: Future<Output = Result<T, E>>>(
    what: &'static str,
    work: impl FnOnce() -> W,
) -> Option<T> {
    match caught(timeout(PATIENCE, async { work().await })).await {
        Ok(Ok(Ok(done))) => return Some(done),
        Ok(Ok(Err(error))) => tracing::warn!(what, %error, "not done in the background"),
        Ok(Err(_)) => tracing::warn!(what, error = "no answer in time", "not done in the background"),
        Err(_) => tracing::error!(what, "the background task has panicked"),
    }
    None
}

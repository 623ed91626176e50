use std::sync::Arc;

use tokio::{sync::oneshot, task::JoinHandle};

use crate::{
    deliver::{EmailSender, SmsSender},
    flow::Engine,
};

/// What goes on in the background: messages are sent, audit events recorded, last uses written, the expired
/// swept away, signing keys rotated. Runs until it is stopped or dropped: what fails, hangs or panics in a sender
/// or store is told to the log, and ends nothing.
#[derive(Debug)]
#[must_use = "dropping this stops the sending of mails"]
pub struct Background {
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Background {
    pub(super) fn start(engine: Arc<Engine>, email: Arc<dyn EmailSender>, sms: Arc<dyn SmsSender>) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let clock = engine.clock.clone();
            let stopped = async {
                let _ = stopped.await;
            };
            engine.upkeep(&*email, &*sms, || clock.now(), stopped).await;
        });
        Self { stop: Some(stop), task }
    }

    /// Stops it: writes and sends what is left, for at most 10 seconds.
    pub async fn stop(mut self) {
        self.stop.take();
        if (&mut self.task).await.is_err() {
            tracing::error!("the background task has panicked");
        }
    }
}

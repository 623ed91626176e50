//! The queue between those who write messages and those who carry them.

use std::{
    fmt,
    pin::{Pin, pin},
    sync::atomic::{AtomicBool, Ordering},
    task::Poll,
    time::Duration,
};

use tokio::time::{Instant, timeout};

use super::{
    DeliveryError, DeliveryErrorKind, EmailSender, Message, SmsSender, caught,
    queue::{Letter, Queue},
};

/// Messages on their way, in memory, bounded.
///
/// # The rules
///
/// 1. Emails and text messages wait in queues of their own, and eight of each kind are sent at a time:
///    neither a flood nor an outage of one holds up the other.
/// 2. A try lasts at most 30 s.
/// 3. After a temporary failure it is tried again, 1 s, 5 s, 30 s and 2 min later; while it waits,
///    others are sent. After the fifth failure, or a permanent one, it is given up with one warning.
/// 4. A sender that panics is told of at once, as an error, and has failed temporarily.
/// 5. A message that has [outlived its use](super::Email::useful_for) is not sent any more.
/// 6. What is lost in a crash is a code that the person asks for again; so nothing is written to disk,
///    where it would have to be protected.
///
/// # Example
/// ```
/// use vestibule::{
///     deliver::{Email, Mailbox, Outbox},
///     domain::EmailAddress,
/// };
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let outbox = Outbox::default();
/// let mailbox = Mailbox::new();
///
/// let ada = EmailAddress::parse("ada@example.com")?;
/// outbox.post(Email::new(ada, "Your code", "123456".into()).into())?;
///
/// // An application spawns this, with a signal to stop.
/// outbox.run(&mailbox, &mailbox, async {}).await;
/// assert_eq!(mailbox.messages()[0].text, "123456");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Outbox {
    emails: Queue,
    texts: Queue,
}

impl Outbox {
    /// An outbox that holds at most `capacity` emails and as many text messages, those being sent and
    /// those waiting for another try included.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { emails: Queue::new(capacity), texts: Queue::new(capacity) }
    }

    /// Takes a message to be sent. Neither waits nor tells anything about the address.
    ///
    /// # Errors
    /// [`OutboxFull`]; the message is dropped.
    pub fn post(&self, message: Message) -> Result<(), OutboxFull> {
        match message {
            Message::Email(_) => self.emails.put(message),
            Message::Sms(_) => self.texts.put(message),
        }
    }

    /// How many emails and how many text messages wait or are being sent.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        (self.emails.len(), self.texts.len())
    }

    /// Sends what is posted until `stop` completes; then tries everything that is left once more, for
    /// at most 10 s. What that leaves stays here for another `run`, except what was being sent.
    ///
    /// All happens within this future: a sender that blocks the thread holds up the others.
    pub async fn run(&self, email: &dyn EmailSender, sms: &dyn SmsSender, stop: impl Future) {
        let stopping = AtomicBool::new(false);
        let senders = Senders { email, sms };
        let workers = [&self.emails, &self.texts]
            .into_iter()
            .flat_map(|queue| [queue; AT_A_TIME])
            .map(|queue| Box::pin(work(queue, senders, &stopping)))
            .collect();
        let mut workers = pin!(all(workers));
        tokio::select! {
            biased;
            _ = stop => {}
            () = &mut workers => {}
        }
        stopping.store(true, Ordering::Relaxed);
        self.emails.wake_all();
        self.texts.wake_all();
        if timeout(DRAIN, &mut workers).await.is_err() {
            let (emails, texts) = self.waiting();
            tracing::warn!(emails, texts, "the outbox stopped with messages unsent");
        }
    }
}

impl Default for Outbox {
    /// An outbox for 10,000 emails and 10,000 text messages.
    fn default() -> Self {
        Self::new(10_000)
    }
}

/// The outbox holds as many messages of this kind as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxFull;

impl fmt::Display for OutboxFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many messages are waiting to be sent")
    }
}

impl std::error::Error for OutboxFull {}

#[derive(Clone, Copy)]
struct Senders<'a> {
    email: &'a dyn EmailSender,
    sms: &'a dyn SmsSender,
}

impl<'a> Senders<'a> {
    async fn send(self, message: &'a Message) -> Result<(), DeliveryError> {
        match message {
            Message::Email(email) => self.email.send(email).await,
            Message::Sms(sms) => self.sms.send(sms).await,
        }
    }

    /// Tries once, whatever the sender does instead of answering.
    async fn attempt(self, message: &'a Message) -> Result<(), DeliveryError> {
        match timeout(TRY, caught(self.send(message))).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => {
                tracing::error!(to = message.hint(), "a sender has panicked");
                Err(PANICKED)
            }
            Err(_) => Err(TOO_SLOW),
        }
    }
}

/// Sends one letter after the other until there are none when `stopping`.
async fn work(queue: &Queue, senders: Senders<'_>, stopping: &AtomicBool) {
    while let Some(mut letter) = queue.next(stopping).await {
        if is_useless(&letter, Instant::now()) {
            give_up(&letter, &"it has outlived its use");
            continue;
        }
        let last_try = stopping.load(Ordering::Relaxed);
        let Err(error) = senders.attempt(&letter.message).await else { continue };
        let wait = WAITS.get(letter.failures);
        letter.failures += 1;
        match (error.kind(), wait) {
            (DeliveryErrorKind::Temporary, Some(wait)) if !last_try => {
                let due = Instant::now() + *wait;
                if is_useless(&letter, due) {
                    give_up(&letter, &error);
                } else {
                    queue.put_back(letter, due);
                }
            }
            _ => give_up(&letter, &error),
        }
    }
}

fn is_useless(letter: &Letter, at: Instant) -> bool {
    letter.expires.is_some_and(|expires| expires <= at)
}

fn give_up(letter: &Letter, reason: &dyn fmt::Display) {
    let (to, failures) = (letter.message.hint(), letter.failures);
    tracing::warn!(to, failures, %reason, "gave up on a message");
}

/// Drives all futures within the one that awaits this, so that they may borrow.
async fn all<F: Future<Output = ()>>(mut futures: Vec<Pin<Box<F>>>) {
    std::future::poll_fn(|context| {
        futures.retain_mut(|future| future.as_mut().poll(context).is_pending());
        if futures.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

const AT_A_TIME: usize = 8;
const TRY: Duration = Duration::from_secs(30);
const WAITS: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30), Duration::from_secs(120)];
const DRAIN: Duration = Duration::from_secs(10);
const PANICKED: DeliveryError = DeliveryError::temporary("the sender panicked");
const TOO_SLOW: DeliveryError = DeliveryError::temporary("the sender did not answer in time");

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use totp_rs::{Builder, Secret, Totp};

use super::{KitError, TestClock};
use crate::{domain::Timestamp, flow::Clock};

/// How long an authenticator app shows a code (RFC 6238 §4.1), in seconds.
const STEP: u64 = 30;

/// An authenticator app, as a member has it on a phone: six digits, 30 seconds (RFC 6238). Clones are the same
/// app.
#[derive(Clone)]
pub struct Authenticator(Arc<App>);

struct App {
    totp: Totp,
    clock: TestClock,
    /// The last time step whose code was given out.
    given: Mutex<u64>,
}

impl Authenticator {
    pub(super) fn new(secret: &str, clock: TestClock) -> Result<Self, KitError> {
        let unreadable = || KitError::NoFactor("this is no secret of an authenticator app".to_owned());
        let secret = Secret::try_from_base32(secret).map_err(|_| unreadable())?;
        let totp = Builder::new().with_secret(secret).with_account_name("-").build();
        let totp = totp.map_err(|_| unreadable())?;
        Ok(Self(Arc::new(App { totp, clock, given: Mutex::default() })))
    }

    /// The code that the app shows at some time, whether it was used or not.
    #[must_use]
    pub fn code_at(&self, time: Timestamp) -> String {
        self.0.totp.generate(time.as_secs()).to_string()
    }

    /// A code that was not used yet. Each is good once: where this has answered the present one already, it
    /// moves the kit's clock to the next time step first, as a person waits for it.
    #[must_use]
    pub fn next_code(&self) -> String {
        let mut given = self.0.given.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.0.clock.now();
        if now.as_secs() / STEP <= *given {
            let next = Timestamp::from_millis((*given + 1) * STEP * 1000);
            self.0.clock.advance(next.since(now).unwrap_or(Duration::ZERO));
        }
        let now = self.0.clock.now();
        *given = now.as_secs() / STEP;
        self.code_at(now)
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authenticator([redacted])")
    }
}

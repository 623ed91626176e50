//! An authenticator app.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use totp_rs::{Builder, Secret, Totp};

const STEP: u64 = 30;

/// An app that has been told its secret.
#[derive(Clone, Debug)]
pub(crate) struct Authenticator {
    totp: Totp,
    /// The first time step whose code was not given away yet.
    next: u64,
}

impl Authenticator {
    /// As typed from a page, in groups.
    pub(crate) fn of(secret: &str) -> Self {
        let secret = Secret::try_from_base32(secret.replace(' ', "")).unwrap();
        Self { totp: Builder::new().with_secret(secret).build().unwrap(), next: 0 }
    }

    /// A code that was not given away before: of now, or of the step to come, which counts too. Waits
    /// for a third one within a step.
    pub(crate) async fn code(&mut self) -> String {
        let step = self.next.max(now() / STEP);
        while step > now() / STEP + 1 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        self.next = step + 1;
        self.totp.generate(step * STEP).to_string()
    }

    /// A code that it does not show now, nor a step before or after.
    pub(crate) fn wrong_code(&self) -> String {
        let near: Vec<String> = (0..5).map(|step| self.code_at(now() / STEP + step - 2)).collect();
        (0..).map(|number| format!("{number:06}")).find(|code| !near.contains(code)).unwrap()
    }

    fn code_at(&self, step: u64) -> String {
        self.totp.generate(step * STEP).to_string()
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

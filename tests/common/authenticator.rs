//! An authenticator app, as a member has it on a phone.

use totp_rs::{Builder, Secret};

use super::TestClock;

#[derive(Clone)]
pub(crate) struct App {
    pub(crate) secret: String,
    pub(crate) recovery_codes: Vec<String>,
    clock: TestClock,
}

impl App {
    pub(crate) fn new(secret: &str, recovery_codes: Vec<String>, clock: TestClock) -> Self {
        Self { secret: secret.to_owned(), recovery_codes, clock }
    }

    /// The code that the app shows now.
    pub(crate) fn code(&self) -> String {
        self.code_at(self.clock.millis() / 1000)
    }

    pub(crate) fn code_at(&self, seconds: u64) -> String {
        let secret = Secret::try_from_base32(&self.secret).unwrap();
        let totp = Builder::new().with_secret(secret).with_account_name("-").build().unwrap();
        totp.generate(seconds).to_string()
    }

    /// Waits for the next time step and answers its code, which was not used yet.
    pub(crate) fn next_code(&self) -> String {
        self.clock.advance_secs(30);
        self.code()
    }

    /// Six digits that are no code around now.
    pub(crate) fn wrong_code(&self, number: u32) -> String {
        let seconds = self.clock.millis() / 1000;
        let near: Vec<String> = (0..5).map(|step| self.code_at(seconds - 60 + step * 30)).collect();
        (number..).map(|n| format!("{:06}", n % 1_000_000)).find(|code| !near.contains(code)).unwrap()
    }
}

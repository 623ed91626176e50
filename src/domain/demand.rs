//! What a route demands as a factor.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{FactorClass, FactorKind};

/// A factor that must have been proved, and how long ago at most.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FactorDemand {
    what: What,
    max_age: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    Class(FactorClass),
    Kind(FactorKind),
}

/// Nobody could be sent to a page, type a code and come back sooner.
const LEAST_AGE: Duration = Duration::from_secs(30);

impl FactorDemand {
    /// Any first factor.
    #[must_use]
    pub fn primary() -> Self {
        Self { what: What::Class(FactorClass::Primary), max_age: None }
    }

    /// Any second factor, a recovery code included.
    #[must_use]
    pub fn secondary() -> Self {
        Self { what: What::Class(FactorClass::Secondary), max_age: None }
    }

    /// The authenticator app.
    #[must_use]
    pub fn totp() -> Self {
        Self { what: What::Kind(FactorKind::Totp), max_age: None }
    }

    /// A code sent by SMS.
    #[must_use]
    pub fn sms_otp() -> Self {
        Self { what: What::Kind(FactorKind::Otp), max_age: None }
    }

    /// Proved at most this long ago. Less than 30 seconds becomes 30 seconds: nobody could meet it.
    #[must_use]
    pub fn within(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age.max(LEAST_AGE));
        self
    }

    /// How long ago at most, if that matters.
    #[must_use]
    pub fn max_age(&self) -> Option<Duration> {
        self.max_age
    }

    /// Whether a factor of this kind answers the demand.
    #[must_use]
    pub fn takes(&self, kind: FactorKind) -> bool {
        match self.what {
            What::Class(class) => kind.class() == class,
            What::Kind(wanted) => kind == wanted,
        }
    }

    /// Whether a first factor is demanded.
    #[must_use]
    pub fn is_primary(&self) -> bool {
        self.what == What::Class(FactorClass::Primary)
    }

    /// The demand as a short name: `primary`, `secondary`, `totp` or `otp`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.what {
            What::Class(FactorClass::Primary) => "primary",
            What::Class(FactorClass::Secondary) => "secondary",
            What::Kind(kind) => kind.as_str(),
        }
    }
}

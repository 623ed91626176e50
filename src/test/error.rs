use std::fmt;

use http::StatusCode;

use crate::{
    domain::{InvalidAddress, InvalidId},
    flow::Error,
    vestibule::BuildError,
};

/// Why the kit could not do what a test asked for. Prints as a sentence, also by `{:?}`, so that a test that
/// answers it with `?` fails with words.
#[derive(Clone)]
#[non_exhaustive]
pub enum KitError {
    /// The [`Vestibule`](crate::Vestibule) can't be built.
    Build(BuildError),
    /// A flow refused.
    Flow(Error),
    /// The address, number or slug can't be read.
    Address(InvalidAddress),
    /// The role can't be read.
    Role(InvalidId),
    /// A step of a sign-in was not answered as it has to be.
    Refused {
        /// The path below the prefix.
        step: String,
        /// The answer's status.
        status: StatusCode,
        /// What the answer said.
        why: String,
    },
    /// No message with a code or link was sent there.
    NoMessage(String),
    /// There is nothing by which what is demanded could be proved.
    NoFactor(String),
    /// The service under test failed instead of answering.
    Service(String),
    /// A route can't be attacked, because it was named wrongly or lets nobody in who may.
    Route {
        /// The route, such as `GET /reports`.
        route: String,
        /// What is wrong with it.
        why: String,
    },
}

impl fmt::Display for KitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Build(error) => error.fmt(f),
            Self::Flow(error) => error.fmt(f),
            Self::Address(error) => error.fmt(f),
            Self::Role(error) => error.fmt(f),
            Self::Refused { step, status, why } => write!(f, "{step} was answered {status}: {why}"),
            Self::NoMessage(to) => write!(f, "no code or link was sent to {to}"),
            Self::NoFactor(why) => f.write_str(why),
            Self::Service(why) => write!(f, "the service failed: {why}"),
            Self::Route { route, why } => write!(f, "{route} can't be attacked: {why}"),
        }
    }
}

impl fmt::Debug for KitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for KitError {}

impl From<BuildError> for KitError {
    fn from(error: BuildError) -> Self {
        Self::Build(error)
    }
}

impl From<Error> for KitError {
    fn from(error: Error) -> Self {
        Self::Flow(error)
    }
}

impl From<InvalidAddress> for KitError {
    fn from(error: InvalidAddress) -> Self {
        Self::Address(error)
    }
}

impl From<InvalidId> for KitError {
    fn from(error: InvalidId) -> Self {
        Self::Role(error)
    }
}

//! What can be wrong with a step of a sign-in.

use std::{error::Error as StdError, fmt, sync::Arc};

use crate::{
    domain::{FactorDemand, InvalidAddress, InvalidClaims},
    factor::{PasswordStrength, WeakPassword},
    judge::InvalidDuration,
    store::{StoreError, StoreErrorKind},
    token::{KeyUnusable, Unrandom, Unsealable},
};

/// Why a step was refused. Prints as a sentence that says what to do; see [`kind`](Self::kind).
#[derive(Clone, Debug)]
pub struct Error {
    kind: ErrorKind,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// The kinds of [`Error`]. Several look the same to a browser, so that nobody learns from them whether
/// an account exists: see `http`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No such intermediate session: unknown, expired or used.
    IntermediateSessionNotFound,
    /// No such member session: unknown, expired or revoked.
    SessionNotFound,
    /// No organization of that name that this person may enter.
    OrganizationNotFound,
    /// No such member.
    MemberNotFound,
    /// The code is not six digits, or a recovery code is not of its form.
    MalformedCode,
    /// The code is wrong.
    WrongCode,
    /// The code was used, has expired, or died of wrong tries.
    SpentCode,
    /// The code was right, and was used already in its time step.
    ReplayedCode,
    /// The link is unknown.
    UnknownLink,
    /// The link was used or has expired.
    SpentLink,
    /// Address and password do not belong together.
    WrongPassword,
    /// The password is too easy to guess.
    WeakPassword(PasswordStrength),
    /// The member is locked after too many wrong second factors.
    Locked,
    /// Too many of these in too short a time.
    TooManyRequests,
    /// A second factor was brought before the first one that the organization demands.
    PrimaryRequired,
    /// The second factor is not set up.
    NotEnrolled,
    /// A second factor is to be changed, which takes a fresh proof of this first.
    FreshFactorRequired(FactorDemand),
    /// The member has a phone; another can't be given here.
    PhoneExists,
    /// The challenge is unknown, expired or met.
    ChallengeNotFound,
    /// This factor does not answer the challenge.
    FactorNotAccepted,
    /// The address, number, domain or slug can't be read.
    Address(InvalidAddress),
    /// The custom claims can't be taken.
    Claims(InvalidClaims),
    /// No session lasts that long, or that short.
    Duration,
    /// An organization's name is empty or longer than 128 characters.
    OrganizationName,
    /// The slug is taken.
    SlugTaken,
    /// People may not create organizations here.
    CreationDisabled,
    /// What an application vouches for can't be: a second factor, or a time in the future.
    NotVouchable,
    /// Too much work is waiting; nothing was done.
    Busy,
    /// A store does not answer; nobody was let in.
    Unavailable,
}

impl Error {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    fn with(kind: ErrorKind, source: impl StdError + Send + Sync + 'static) -> Self {
        Self { kind, source: Some(Arc::new(source)) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.kind {
            ErrorKind::IntermediateSessionNotFound => "this sign-in has expired; start again",
            ErrorKind::SessionNotFound => "this session has ended; sign in again",
            ErrorKind::OrganizationNotFound => "there is no such organization that you may enter",
            ErrorKind::MemberNotFound => "there is no such member",
            ErrorKind::MalformedCode => "a code has six digits, a recovery code the form xxxx-xxxx-xxxx",
            ErrorKind::WrongCode => "this code is wrong; check it and try again",
            ErrorKind::SpentCode => "this code is not good any more; ask for a new one",
            ErrorKind::ReplayedCode => "this code was used already; wait for the next one",
            ErrorKind::UnknownLink => "this link is unknown; ask for a new one",
            ErrorKind::SpentLink => "this link was used or has expired; ask for a new one",
            ErrorKind::WrongPassword => "address and password do not belong together",
            ErrorKind::WeakPassword(strength) => return WeakPassword(strength.clone()).fmt(f),
            ErrorKind::Locked => "too many wrong codes; try again in an hour",
            ErrorKind::TooManyRequests => "too many tries; wait some minutes",
            ErrorKind::PrimaryRequired => {
                "a first factor that this organization accepts has to come before the second"
            }
            ErrorKind::NotEnrolled => "this second factor is not set up",
            ErrorKind::FreshFactorRequired(_) => "confirm that it is you before you change how you sign in",
            ErrorKind::PhoneExists => "there is a phone already; remove it first",
            ErrorKind::ChallengeNotFound => "this confirmation has expired; go back to what you wanted to do",
            ErrorKind::FactorNotAccepted => "another way to confirm is asked for here",
            ErrorKind::Address(error) => return error.fmt(f),
            ErrorKind::Claims(error) => return error.fmt(f),
            ErrorKind::Duration => return InvalidDuration.fmt(f),
            ErrorKind::OrganizationName => "an organization's name has 1 to 128 characters",
            ErrorKind::SlugTaken => "this name is taken; choose another",
            ErrorKind::CreationDisabled => "organizations can't be created here",
            ErrorKind::NotVouchable => {
                "an application can vouch for first factors that were proved, no others"
            }
            ErrorKind::Busy => "too much is waiting; try again in a moment",
            ErrorKind::Unavailable => "signing in is not possible at the moment; try again later",
        })
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn StdError + 'static))
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self { kind, source: None }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let kind = match error.kind() {
            StoreErrorKind::Taken => ErrorKind::SlugTaken,
            StoreErrorKind::Unavailable | StoreErrorKind::Corrupt => ErrorKind::Unavailable,
        };
        Self::with(kind, error)
    }
}

impl From<InvalidAddress> for Error {
    fn from(error: InvalidAddress) -> Self {
        ErrorKind::Address(error).into()
    }
}

impl From<InvalidClaims> for Error {
    fn from(error: InvalidClaims) -> Self {
        ErrorKind::Claims(error).into()
    }
}

impl From<InvalidDuration> for Error {
    fn from(_: InvalidDuration) -> Self {
        ErrorKind::Duration.into()
    }
}

impl From<Unrandom> for Error {
    fn from(error: Unrandom) -> Self {
        Self::with(ErrorKind::Unavailable, error)
    }
}

impl From<Unsealable> for Error {
    fn from(error: Unsealable) -> Self {
        Self::with(ErrorKind::Unavailable, error)
    }
}

impl From<KeyUnusable> for Error {
    fn from(error: KeyUnusable) -> Self {
        Self::with(ErrorKind::Unavailable, error)
    }
}

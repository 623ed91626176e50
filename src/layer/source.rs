//! Where the layers have sessions from.

use std::sync::Arc;

use http::{Extensions, request::Parts};

use crate::{
    domain::{Secret, Timestamp},
    flow::{Caller, Engine, Error, Look, Presented},
    http::{CookieNames, Refusal, Refused, anonymous, unavailable, unmet},
    judge::{MemberSession, SessionPolicy, Unmet},
    layer::{caller, client::is_trusted_proxy},
};
#[cfg(feature = "verify-only")]
use crate::{flow::ErrorKind, http::elsewhere, issuer::Issuer};

/// This deployment, or another one whose JWTs are taken.
#[derive(Clone)]
pub(crate) enum Source {
    Here(Arc<Engine>),
    #[cfg(feature = "verify-only")]
    Elsewhere(Arc<Issuer>),
}

impl Source {
    #[inline]
    pub(super) fn now(&self) -> Timestamp {
        match self {
            Self::Here(engine) => engine.clock.now(),
            #[cfg(feature = "verify-only")]
            Self::Elsewhere(issuer) => issuer.clock.now(),
        }
    }

    #[inline]
    pub(super) fn policy(&self) -> &SessionPolicy {
        match self {
            Self::Here(engine) => &engine.settings.sessions,
            #[cfg(feature = "verify-only")]
            Self::Elsewhere(issuer) => &issuer.policy,
        }
    }

    /// The cookie that a token may come in, where cookies are read.
    pub(super) fn cookie(&self) -> Option<&'static str> {
        match self {
            Self::Here(engine) => {
                let name = CookieNames::new(engine.settings.development).session;
                (!engine.settings.tokens_in_body).then_some(name)
            }
            #[cfg(feature = "verify-only")]
            Self::Elsewhere(issuer) => issuer.cookie,
        }
    }

    #[inline]
    pub(super) fn look(&self, token: &[u8], now: Timestamp) -> Look {
        match self {
            Self::Here(engine) => engine.look(token, now),
            #[cfg(feature = "verify-only")]
            Self::Elsewhere(issuer) => issuer.look(token, now),
        }
    }

    pub(super) async fn load(
        &self,
        presented: &Presented,
        now: Timestamp,
    ) -> Result<Option<MemberSession>, Error> {
        match self {
            Self::Here(engine) => engine.load(presented, now).await,
            #[cfg(feature = "verify-only")]
            Self::Elsewhere(issuer) => issuer.load(presented, now).await,
        }
    }

    /// Tells that a session could not be loaded.
    pub(super) fn tell_unavailable(&self, error: &Error) {
        let error: &dyn std::error::Error = error;
        match self {
            Self::Here(_) => tracing::error!(error, "a session could not be loaded"),
            // Each fetch that failed is told of once; anybody can ask for a key that is not known.
            #[cfg(feature = "verify-only")]
            Self::Elsewhere(_) => tracing::debug!(error, "a session could not be verified"),
        }
    }

    pub(super) fn caller(&self, parts: &Parts) -> Caller {
        match self {
            Self::Here(engine) => caller(engine, &parts.extensions, &parts.headers),
            // Nothing is counted or recorded there.
            #[cfg(feature = "verify-only")]
            Self::Elsewhere(issuer) => Caller::at(issuer.clock.now()),
        }
    }

    /// Whether a peer may ask about other requests than its own.
    pub(super) fn trusts(&self, extensions: &Extensions) -> bool {
        match self {
            Self::Here(engine) => is_trusted_proxy(engine, extensions),
            // No proxy is known there.
            #[cfg(feature = "verify-only")]
            Self::Elsewhere(_) => false,
        }
    }

    pub(super) async fn session_jwt(&self, session: &MemberSession) -> Result<Secret, Error> {
        match self {
            Self::Here(engine) => engine.session_jwt(session, engine.clock.now()).await,
            // Nothing is signed there.
            #[cfg(feature = "verify-only")]
            Self::Elsewhere(_) => Err(ErrorKind::Unavailable.into()),
        }
    }

    /// Answers a request that is not let in: whose session lacks something, or that has none.
    pub(super) async fn refuse(
        &self,
        lacking: Option<(MemberSession, Vec<Unmet>)>,
        store_down: bool,
        refused: &Refused,
    ) -> Refusal {
        match (self, lacking) {
            (Self::Here(engine), Some((session, missing))) => unmet(engine, &session, missing, refused).await,
            (Self::Here(engine), None) if store_down => unavailable(engine, refused),
            (Self::Here(engine), None) => anonymous(engine, refused),
            #[cfg(feature = "verify-only")]
            (Self::Elsewhere(issuer), Some((_, missing))) => elsewhere::unmet(issuer, missing, refused),
            #[cfg(feature = "verify-only")]
            (Self::Elsewhere(_), None) if store_down => elsewhere::unavailable(refused),
            #[cfg(feature = "verify-only")]
            (Self::Elsewhere(issuer), None) => elsewhere::anonymous(issuer, refused),
        }
    }
}

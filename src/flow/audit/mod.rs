//! Telling what happens: to those who read the log and the metrics at once, and by a queue to whoever
//! subscribed and to the sink.
//!
//! One rule keeps the log from a flood: what somebody who has proved nothing can cause without limit is
//! counted in a metric and is no event, and what somebody who has can cause without limit is told once a
//! minute.

mod about;
mod queue;
mod subscribe;

use std::time::Duration;

use tokio::time::timeout;
use tracing::{Span, field::display};

pub(crate) use about::About;
pub(crate) use queue::AuditQueue;
pub use subscribe::{AuditEvents, Missed};

use super::{
    caller::Caller,
    engine::Engine,
    error::{Error, ErrorKind},
    meters,
};
use crate::{
    domain::{
        AuditEvent, AuditEventId, AuditKind, AuditReason, CredentialId, FactorKind, MemberId, OrganizationId,
        SessionId,
    },
    store::CounterKey,
    token::random,
};

const SELDOM: Duration = Duration::from_secs(60);

/// How long a refusal waits to know whether it was told of already: whoever is refused hears so, whatever becomes
/// of the counters.
const COUNTING: Duration = Duration::from_millis(250);

impl Engine {
    /// Tells of something that has happened. Never waits, and can't fail: what finds no room is counted.
    pub(crate) fn tell(&self, kind: AuditKind, about: About, caller: &Caller) {
        meters::happened(&kind);
        let About { organization_id, member_id, session_id } = about;
        note_in_span(organization_id.as_ref(), member_id.as_ref(), session_id.as_ref());
        tracing::info!(
            target: "vestibule::audit",
            organization_id = organization_id.as_ref().map(display),
            member_id = member_id.as_ref().map(display),
            session_id = session_id.as_ref().map(display),
            happened = ?kind,
        );
        let Ok(random) = random() else {
            self.audit.lost();
            return;
        };
        let event_id = AuditEventId::mint(self.settings.environment, random);
        self.audit.push(AuditEvent {
            organization_id,
            member_id,
            member_session_id: session_id,
            ip_address: caller.address.clone(),
            user_agent: caller.user_agent.clone(),
            ..AuditEvent::new(event_id, caller.now, kind)
        });
    }

    /// Tells of something that can be caused again and again, once a minute for each `subject`.
    pub(crate) async fn tell_seldom(&self, subject: &str, kind: AuditKind, about: About, caller: &Caller) {
        let key = CounterKey::new("told", format!("{}/{subject}", kind.name()));
        let first =
            timeout(COUNTING, self.stores.counters.increment_below(&key, 1, SELDOM, caller.now)).await;
        // A count that can't be kept, or is not kept in time, silences nothing.
        if matches!(first, Ok(Ok(None))) {
            meters::happened(&kind);
        } else {
            self.tell(kind, about, caller);
        }
    }

    /// Tells that a factor was refused; answers the error that says so to the caller.
    pub(crate) fn refused(
        &self,
        factor: FactorKind,
        error: ErrorKind,
        credential_id: Option<CredentialId>,
        about: About,
        caller: &Caller,
    ) -> Error {
        let reason = reason(&error);
        self.tell(AuditKind::Refused { factor, reason, credential_id }, about, caller);
        error.into()
    }
}

/// A step does not know at its beginning whom it is about.
fn note_in_span(
    organization_id: Option<&OrganizationId>,
    member_id: Option<&MemberId>,
    session_id: Option<&SessionId>,
) {
    let span = Span::current();
    if let Some(id) = organization_id {
        span.record("organization_id", display(id));
    }
    if let Some(id) = member_id {
        span.record("member_id", display(id));
    }
    if let Some(id) = session_id {
        span.record("session_id", display(id));
    }
}

pub(super) fn reason(error: &ErrorKind) -> AuditReason {
    match error {
        ErrorKind::WrongCode => AuditReason::WrongCode,
        ErrorKind::SpentCode => AuditReason::SpentCode,
        ErrorKind::ReplayedCode => AuditReason::ReplayedCode,
        ErrorKind::SpentLink => AuditReason::SpentLink,
        ErrorKind::WrongPassword => AuditReason::WrongPassword,
        ErrorKind::Locked => AuditReason::Locked,
        ErrorKind::NotEnrolled => AuditReason::NotEnrolled,
        ErrorKind::FactorNotAccepted => AuditReason::NotAccepted,
        _ => AuditReason::NotChecked,
    }
}

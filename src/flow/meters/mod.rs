//! What is counted and measured, for the facade of the crate `metrics`; nothing without that feature.
//! `docs/observability.md` says what each means. Labels are words of this program, never ids.

#[cfg(feature = "metrics")]
mod facade;
#[cfg(feature = "metrics")]
use facade as recorder;
#[cfg(not(feature = "metrics"))]
mod silent;
#[cfg(not(feature = "metrics"))]
use silent as recorder;

pub(crate) use recorder::{Watch, describe};

use super::engine::Engine;
use crate::domain::{AuditKind, FactorClass, FactorKind, LimitKind};

/// Something has happened.
pub(super) fn happened(kind: &AuditKind) {
    recorder::count("vestibule_events_total", &[("event", kind.name())]);
    match kind {
        AuditKind::SignedIn { factors } => signed_in("sign_in", factors),
        AuditKind::Switched { factors, .. } => signed_in("switch", factors),
        AuditKind::Challenged { demand } => {
            recorder::count("vestibule_challenges_total", &[("demand", demand.name())]);
        }
        AuditKind::Refused { factor, reason, .. } => {
            let labels = [("factor", factor.as_str()), ("reason", reason.as_str())];
            recorder::count("vestibule_factors_refused_total", &labels);
        }
        AuditKind::Sent { factor, .. } => {
            recorder::count("vestibule_messages_total", &[("factor", factor.as_str())]);
        }
        _ => {}
    }
}

fn signed_in(how: &'static str, factors: &[FactorKind]) {
    let of = |class| {
        let factor = factors.iter().find(|factor| factor.class() == class);
        factor.map_or("none", |factor| factor.as_str())
    };
    let labels = [("how", how), ("first", of(FactorClass::Primary)), ("second", of(FactorClass::Secondary))];
    recorder::count("vestibule_sign_ins_total", &labels);
}

/// Something was tried too often.
pub(super) fn limited(limit: LimitKind) {
    recorder::count("vestibule_limited_total", &[("limit", limit.as_str())]);
}

/// A session that this node did not know was asked of the stores.
pub(super) fn loaded(watch: Watch, outcome: &'static str) {
    recorder::count("vestibule_session_loads_total", &[("outcome", outcome)]);
    watch.stop("vestibule_session_load_seconds", &[]);
}

/// The signature of a JWT was checked.
pub(crate) fn jwt_verified(good: bool) {
    let outcome = if good { "good" } else { "bad" };
    recorder::count("vestibule_jwt_verifications_total", &[("outcome", outcome)]);
}

/// The keys of another deployment were asked for.
#[cfg(feature = "verify-only")]
pub(crate) fn keys_fetched(known: bool) {
    let outcome = if known { "ok" } else { "error" };
    recorder::count("vestibule_key_fetches_total", &[("outcome", outcome)]);
}

/// Audit events were brought to the sink.
pub(super) fn recorded(watch: Watch, outcome: &'static str) {
    watch.stop("vestibule_audit_record_seconds", &[("outcome", outcome)]);
}

/// A route below the prefix has answered.
pub(crate) fn stepped(watch: Watch, step: &'static str, outcome: &'static str) {
    recorder::count("vestibule_steps_total", &[("step", step), ("outcome", outcome)]);
    watch.stop("vestibule_step_seconds", &[("step", step)]);
}

/// An operation of the API for servers has answered.
#[cfg(feature = "wire-api")]
pub(crate) fn called(watch: Watch, operation: &'static str, outcome: &'static str) {
    recorder::count("vestibule_calls_total", &[("operation", operation), ("outcome", outcome)]);
    watch.stop("vestibule_call_seconds", &[("operation", operation)]);
}

/// A route of the application has refused a request.
pub(crate) fn request_refused(reason: &'static str) {
    recorder::count("vestibule_requests_refused_total", &[("reason", reason)]);
}

/// What there is of everything at the moment.
pub(super) fn levels(engine: &Engine) {
    let (emails, texts) = engine.outbox.waiting();
    recorder::level("vestibule_outbox_messages", &[("kind", "email")], emails);
    recorder::level("vestibule_outbox_messages", &[("kind", "sms")], texts);
    recorder::level("vestibule_live_sessions", &[], engine.table.len());
    recorder::level("vestibule_audit_waiting", &[], engine.audit.len());
    recorder::total("vestibule_audit_lost_total", engine.audit.dropped());
    recorder::total("vestibule_transient_evictions_total", engine.stores.transient.evictions());
}

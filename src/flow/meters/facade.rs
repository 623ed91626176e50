//! To whatever recorder the application has installed.

use std::time::Instant;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

type Labels<'a> = &'a [(&'static str, &'static str)];

pub(super) fn count(name: &'static str, labels: Labels<'_>) {
    counter!(name, labels).increment(1);
}

#[allow(clippy::cast_precision_loss, reason = "nothing here comes near 2^52")]
pub(super) fn level(name: &'static str, labels: Labels<'_>, level: usize) {
    gauge!(name, labels).set(level as f64);
}

pub(super) fn total(name: &'static str, total: u64) {
    counter!(name).absolute(total);
}

/// How long something takes.
#[derive(Debug)]
pub(crate) struct Watch(Instant);

impl Watch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(super) fn stop(self, name: &'static str, labels: Labels<'_>) {
        histogram!(name, labels).record(self.0.elapsed());
    }
}

/// Tells the recorder what each means.
pub(crate) fn describe() {
    let counters = [
        ("vestibule_events_total", "Audit events, those that are told once a minute each time."),
        ("vestibule_sign_ins_total", "Member sessions that began."),
        ("vestibule_challenges_total", "Live sessions challenged for a factor."),
        ("vestibule_factors_refused_total", "Factors refused."),
        ("vestibule_messages_total", "Codes and links handed to the outbox."),
        ("vestibule_limited_total", "Refusals because of a limit."),
        ("vestibule_requests_refused_total", "Requests that a route's requirement refused."),
        ("vestibule_steps_total", "Answers of the routes below the prefix."),
        ("vestibule_calls_total", "Answers of the API for servers."),
        ("vestibule_session_loads_total", "Sessions asked of the stores, not found in memory."),
        ("vestibule_jwt_verifications_total", "Signatures of JWTs checked."),
        ("vestibule_key_fetches_total", "Key sets asked of another deployment."),
        ("vestibule_audit_lost_total", "Audit events that were not recorded."),
        ("vestibule_transient_evictions_total", "Live sign-ins, codes and challenges pushed out."),
    ];
    for (name, text) in counters {
        describe_counter!(name, Unit::Count, text);
    }
    let gauges = [
        ("vestibule_outbox_messages", "Messages that wait or are being sent."),
        ("vestibule_live_sessions", "Sessions held in memory."),
        ("vestibule_audit_waiting", "Audit events that wait to be recorded."),
    ];
    for (name, text) in gauges {
        describe_gauge!(name, Unit::Count, text);
    }
    let histograms = [
        ("vestibule_step_seconds", "How long the routes below the prefix take."),
        ("vestibule_call_seconds", "How long calls of the API for servers take."),
        ("vestibule_session_load_seconds", "How long the stores take to find a session."),
        ("vestibule_audit_record_seconds", "How long the sink takes for a batch of events."),
    ];
    for (name, text) in histograms {
        describe_histogram!(name, Unit::Seconds, text);
    }
}

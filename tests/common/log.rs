//! What is traced and what was issued, to be held against each other.

use std::{
    fmt::{self, Write as _},
    sync::{Arc, Mutex},
};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use super::Client;

/// Writes down everything that is traced, at every level.
#[derive(Clone, Default)]
pub(crate) struct Everything(Arc<Mutex<String>>);

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }

    fn record_error(&mut self, field: &Field, error: &(dyn std::error::Error + 'static)) {
        write!(self.0, " {field}={error} {error:?}").unwrap();
        let mut source = error.source();
        while let Some(cause) = source {
            write!(self.0, " because {cause} {cause:?}").unwrap();
            source = cause.source();
        }
    }
}

impl Everything {
    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

impl Subscriber for Everything {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut text = self.0.lock().unwrap();
        text.push_str(span.metadata().name());
        span.record(&mut Line(&mut text));
        text.push('\n');
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Line(&mut self.0.lock().unwrap()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = self.0.lock().unwrap();
        text.push_str(event.metadata().target());
        event.record(&mut Line(&mut text));
        text.push('\n');
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Everything that opened something on the way.
#[derive(Default)]
pub(crate) struct Issued(Vec<(&'static str, String)>);

impl Issued {
    pub(crate) fn note(&mut self, what: &'static str, secret: impl Into<String>) {
        let secret = secret.into();
        assert!(secret.len() >= 6, "{what}");
        self.0.push((what, secret));
    }

    pub(crate) fn cookies(&mut self, client: &Client) {
        for (what, cookie) in [
            ("session", "session"),
            ("intermediate", "intermediate"),
            ("browser", "browser"),
            ("challenge", "challenge"),
        ] {
            if let Some(value) = client.cookie(cookie) {
                self.note(what, value);
            }
        }
    }

    #[track_caller]
    pub(crate) fn none_in(&self, place: &str, text: &str) {
        for (what, secret) in &self.0 {
            // Six digits may stand in an id by chance; as a word of its own they are a code.
            let shown = if secret.len() == 6 {
                text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(|word| word == secret)
            } else {
                text.contains(secret.as_str())
            };
            assert!(!shown, "{place} shows the {what} {secret}:\n{text}");
        }
    }
}

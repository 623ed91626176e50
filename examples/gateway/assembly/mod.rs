//! From the configuration to a vestibule, by the builder that every application uses, and with its checks.

mod blame;
mod senders;

use std::{path::Path, time::Duration};

use vestibule::{
    Builder, EnvironmentKeys, FileKeys, SessionDuration, SessionPolicy, Vestibule,
    store::{memory::MemoryStore, sqlite::SqliteStore},
};

use crate::{
    config::{Config, Sessions, Span},
    problem::{Problem, missing},
    terminal::Terminal,
};

/// Where the master keys may stand in the environment.
const KEYS_VARIABLE: &str = "VESTIBULE_MASTER_KEYS__TEXT";

/// Builds it, or tells everything that is wrong. Where something is already, and where it is only `checked`,
/// nothing is written: the store is not opened then.
pub(crate) async fn vestibule(
    config: &Config,
    origin: Option<String>,
    checked: bool,
    problems: &mut Vec<Problem>,
) -> Option<Vestibule> {
    let builder = if config.development { Vestibule::development() } else { Vestibule::builder() };
    let builder = with(builder, config.project_id.clone(), Builder::project_id);
    let builder = with(builder, config.name.clone(), Builder::name);
    let builder = with(builder, origin, Builder::origin);
    let builder = with(builder, config.home.clone(), Builder::home);
    let builder = with(builder, config.issuer.clone(), Builder::issuer)
        .prefix(config.prefix.clone())
        .jwt_algorithm(config.jwt_algorithm.into())
        // Whoever may create an organization is a member of it, and the gateway lets members in.
        .create_organizations(config.create_organizations.unwrap_or(config.development))
        .trusted_proxies(config.trusted_proxies.clone())
        .session_policy(session_policy(&config.sessions, problems));
    let builder = master_keys(builder, config, problems);
    let builder = senders::email(builder, config, problems);
    let builder = senders::sms(builder, config, problems);
    let builder = store(builder, config, checked, problems).await;
    match builder.build().await {
        Ok(vestibule) if problems.is_empty() => Some(vestibule),
        Ok(_) => None,
        Err(error) => {
            blame::add(&error, config, problems);
            None
        }
    }
}

fn with<T>(builder: Builder, value: Option<T>, set: impl FnOnce(Builder, T) -> Builder) -> Builder {
    match value {
        Some(value) => set(builder, value),
        None => builder,
    }
}

fn session_policy(sessions: &Sessions, problems: &mut Vec<Problem>) -> SessionPolicy {
    let usual = SessionPolicy::default();
    let minutes = |Span(span): Span| u32::try_from(span.as_secs().div_ceil(60)).unwrap_or(u32::MAX);
    let duration =
        sessions.duration.map_or(Ok(usual.duration), |span| SessionDuration::from_minutes(minutes(span)));
    let duration = duration.unwrap_or_else(|error| {
        problems.push(Problem::new("sessions.duration", error.to_string()));
        usual.duration
    });
    let or = |span: Option<Span>, usual: Duration| span.map_or(usual, |Span(span)| span);
    let (absolute, idle) = (or(sessions.absolute, usual.absolute), or(sessions.idle, usual.idle));
    SessionPolicy { duration, absolute, idle, ..usual }
}

fn master_keys(builder: Builder, config: &Config, problems: &mut Vec<Problem>) -> Builder {
    match (&config.master_keys.file, &config.master_keys.text) {
        (Some(_), Some(_)) => {
            let reason = format!("{KEYS_VARIABLE} is set too; take one of them out");
            problems.push(Problem::new("master_keys.file", reason));
            builder
        }
        (Some(file), None) => builder.master_keys(FileKeys::new(file)),
        (None, Some(_)) => builder.master_keys(EnvironmentKeys::new(KEYS_VARIABLE)),
        (None, None) => {
            if !config.development {
                missing("master_keys.file", format!("; name a file, or set {KEYS_VARIABLE}"), problems);
            } else if config.store.path.is_some() {
                // They would be new at the next start, and open nothing.
                let what = format!(", and store.path is set; name a file, or set {KEYS_VARIABLE}");
                missing("master_keys.file", what, problems);
            }
            builder
        }
    }
}

async fn store(builder: Builder, config: &Config, checked: bool, problems: &mut Vec<Problem>) -> Builder {
    let Some(path) = &config.store.path else {
        if !config.development {
            missing("store.path", "; name the file of the database", problems);
        }
        return builder.store(MemoryStore::new());
    };
    if !folder_of(path).is_dir() {
        let reason = format!("{} lies in no folder that is there", path.display());
        problems.push(Problem::new("store.path", reason));
    }
    if checked || !problems.is_empty() {
        return builder.store(MemoryStore::new());
    }
    match SqliteStore::open(path).await {
        Ok(store) => builder.store(store),
        Err(error) => {
            problems.push(Problem::new("store.path", format!("{}: {error}", path.display())));
            builder.store(MemoryStore::new())
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn development_senders(builder: Builder) -> Builder {
    builder.email(Terminal).sms(Terminal)
}

use vestibule::BuildError;

use crate::{config::Config, problem::Problem};

/// Adds what the builder has found, under the keys that its settings have here; nothing that follows from what
/// is told already.
pub(super) fn add(error: &BuildError, config: &Config, problems: &mut Vec<Problem>) {
    for sentence in error.problems() {
        let end = sentence.find([' ', ':']).unwrap_or(sentence.len());
        let (setting, reason) = sentence.split_at(end);
        let known = key(setting, config);
        let reason = if known.is_some() { reason.trim_start_matches([':', ' ']) } else { sentence };
        let key = known.or_else(|| unnamed(sentence, config)).unwrap_or_else(|| "vestibule".to_owned());
        // Made of a whole section, so that it is missing for whatever is wrong there.
        let made = |problem: &Problem| {
            matches!(setting, "email" | "master_keys") && problem.key.starts_with(&format!("{setting}."))
        };
        if !problems.iter().any(|problem| problem.is_about(&key) || made(problem)) {
            problems.push(Problem::new(key, reason));
        }
    }
}

/// The key of a setting that the sentence does not begin with: what was found when the store was opened.
fn unnamed(sentence: &str, config: &Config) -> Option<String> {
    if sentence.contains("the master key") { key("master_keys", config) } else { None }
}

/// The key of a setting of the builder.
fn key(setting: &str, config: &Config) -> Option<String> {
    Some(match setting {
        "project_id" | "name" | "origin" | "prefix" | "home" | "issuer" => setting.to_owned(),
        "session_policy.absolute" => "sessions.absolute".to_owned(),
        "session_policy.idle" => "sessions.idle".to_owned(),
        "master_keys" if config.master_keys.text.is_some() => "master_keys.text".to_owned(),
        "master_keys" => "master_keys.file".to_owned(),
        "email" => "email.server".to_owned(),
        "store" | "directory" | "credentials" | "sessions" => "store.path".to_owned(),
        _ => return None,
    })
}

//! From a file, the environment and options to one configuration, with everything that is wrong with it.
//!
//! Options go before environment variables, and these before the file.

use std::{collections::BTreeMap, ffi::OsString, fs, path::Path};

use serde_path_to_error::{Path as KeyPath, Segment};
use toml::{Table, Value};

use super::Config;
use crate::problem::Problem;

/// Before each variable's name; `__` stands between a section and a key of it.
const PREFIX: &str = "VESTIBULE_";

/// What is read from the environment or from files of its own, and never stands in the configuration.
const SECRETS: [(&str, &str); 3] = [
    ("master_keys.text", "master_keys.file"),
    ("email.password", "email.password_file"),
    ("sms.bearer", "sms.bearer_file"),
];

/// Reads all of it. What is wrong is left out of the configuration, so that everything wrong is found.
pub(crate) fn read(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    options: &[(&str, String)],
) -> (Config, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut root = file.map(|path| table(path, &mut problems)).unwrap_or_default();
    refuse_secrets(&mut root, &mut problems);
    let mut variables = BTreeMap::new();
    for (variable, value) in environment {
        let Some(variable) = variable.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
        let key = variable[PREFIX.len()..].to_lowercase().replace("__", ".");
        match value.to_str() {
            Some(text) => put(&mut root, &key, text, &mut problems),
            None => problems.push(Problem::new(key.as_str(), format!("{variable} is not UTF-8"))),
        }
        variables.insert(key, variable.to_owned());
    }
    for (key, text) in options {
        put(&mut root, key, text, &mut problems);
        variables.remove(*key);
    }
    let config = config(Value::Table(root), &variables, &mut problems);
    (config, problems)
}

fn table(path: &Path, problems: &mut Vec<Problem>) -> Table {
    let text = fs::read_to_string(path).map_err(|error| error.to_string());
    let table = text.and_then(|text| text.parse().map_err(|error| where_and_why(&error, &text)));
    table.unwrap_or_else(|reason| {
        problems.push(Problem::new(path.display().to_string(), reason));
        Table::new()
    })
}

/// What is wrong and where, without the line itself: a secret may stand in it.
fn where_and_why(error: &toml::de::Error, text: &str) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.split('\n').count();
    let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
    format!("line {line}, column {column}: {}", error.message().trim())
}

fn refuse_secrets(root: &mut Table, problems: &mut Vec<Problem>) {
    for (secret, file) in SECRETS {
        let Some((section, key)) = secret.split_once('.') else { continue };
        let Some(Value::Table(section)) = root.get_mut(section) else { continue };
        if section.remove(key).is_some() {
            let variable = format!("{PREFIX}{}", secret.to_uppercase().replace('.', "__"));
            let reason = format!("is a secret; name a file in {file}, or set {variable}");
            problems.push(Problem::new(secret, reason));
        }
    }
}

/// Puts a text where the key says; it counts as what TOML would read, where that is no text.
fn put(root: &mut Table, key: &str, text: &str, problems: &mut Vec<Problem>) {
    let mut table = root;
    let mut names = key.split('.').peekable();
    while let Some(name) = names.next() {
        if names.peek().is_none() {
            table.insert(name.to_owned(), value(key, text));
            return;
        }
        match table.entry(name).or_insert_with(|| Value::Table(Table::new())) {
            Value::Table(section) => table = section,
            _ => return problems.push(Problem::new(key, format!("{name} is no section"))),
        }
    }
}

fn value(key: &str, text: &str) -> Value {
    if !SECRETS.iter().any(|(secret, _)| *secret == key) {
        match text {
            "true" => return Value::Boolean(true),
            "false" => return Value::Boolean(false),
            _ if text.starts_with('[') => {
                let list = format!("list = {text}").parse::<Table>().ok();
                if let Some(list @ Value::Array(_)) = list.and_then(|mut table| table.remove("list")) {
                    return list;
                }
            }
            _ => {}
        }
    }
    Value::String(text.to_owned())
}

fn config(mut root: Value, variables: &BTreeMap<String, String>, problems: &mut Vec<Problem>) -> Config {
    loop {
        let error = match serde_path_to_error::deserialize::<_, Config>(root.clone()) {
            Ok(config) => return config,
            Err(error) => error,
        };
        let key = error.path().to_string();
        let mut reason = without_value(error.inner().message().trim());
        if let Some((_, variable)) = variables.iter().find(|(set, _)| set.starts_with(&key)) {
            reason = format!("{reason} (set by {variable})");
        }
        problems.push(Problem::new(key, reason));
        // Without what is wrong, the next reading finds what else is.
        if !remove(&mut root, error.path()) {
            return Config::default();
        }
    }
}

/// What serde says of a value of a wrong kind, without the value: it may be a secret in a wrong place.
fn without_value(message: &str) -> String {
    let shows = ["invalid type: ", "invalid value: "].iter().any(|begin| message.starts_with(begin));
    match message.rsplit_once(", expected ") {
        Some((_, expected)) if shows => format!("expected {expected}"),
        _ => message.to_owned(),
    }
}

/// Removes the innermost key of a path.
fn remove(root: &mut Value, path: &KeyPath) -> bool {
    let segments: Vec<&Segment> = path.iter().collect();
    let Some(last) = segments.iter().rposition(|segment| matches!(segment, Segment::Map { .. })) else {
        return false;
    };
    let mut at = root;
    for segment in &segments[..last] {
        let next = match segment {
            Segment::Map { key } => at.get_mut(key.as_str()),
            Segment::Seq { index } => at.get_mut(*index),
            Segment::Enum { .. } | Segment::Unknown => None,
        };
        let Some(next) = next else { return false };
        at = next;
    }
    match (at, segments[last]) {
        (Value::Table(table), Segment::Map { key }) => table.remove(key).is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::config::{Passing, Span};

    fn of(toml: &str, environment: &[(&str, &str)], options: &[(&str, &str)]) -> (Config, Vec<String>) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(toml.as_bytes()).unwrap();
        let environment = environment.iter().map(|(name, value)| (name.into(), value.into()));
        let options: Vec<_> = options.iter().map(|(key, text)| (*key, (*text).to_owned())).collect();
        let (config, problems) = read(Some(file.path()), environment, &options);
        (config, problems.iter().map(Problem::to_string).collect())
    }

    #[test]
    fn options_go_before_the_environment_and_that_before_the_file() {
        let file = "name = 'a'\n[upstream]\ntimeout = '1s'\nidle_timeout = '1s'\nidentity = 'jwt'";
        let environment = [("VESTIBULE_UPSTREAM__TIMEOUT", "2s"), ("VESTIBULE_NAME", "b"), ("OTHER", "x")];
        let (config, problems) = of(file, &environment, &[("name", "c")]);
        assert_eq!(problems, [""; 0]);
        assert_eq!(config.name.as_deref(), Some("c"));
        assert_eq!(config.upstream.timeout, Span(std::time::Duration::from_secs(2)));
        assert_eq!(config.upstream.idle_timeout, Span(std::time::Duration::from_secs(1)));
        assert_eq!(config.upstream.identity, Passing::Jwt);
    }

    #[test]
    fn a_variable_holds_switches_and_lists_too() {
        let environment = [
            ("VESTIBULE_DEVELOPMENT", "true"),
            ("VESTIBULE_TRUSTED_PROXIES", "['10.0.0.0/8', '::1/128']"),
            ("VESTIBULE_ROUTES", "[{ prefix = '/admin', role = 'stytch_admin' }]"),
            ("VESTIBULE_EMAIL__PASSWORD", "true"),
        ];
        let (config, problems) = of("", &environment, &[]);
        assert_eq!(problems, [""; 0]);
        assert!(config.development && config.trusted_proxies.len() == 2 && config.routes.len() == 1);
        assert_eq!(config.email.password.unwrap().expose(), "true");
    }

    #[test]
    fn everything_wrong_is_told_at_once_with_its_key() {
        let file = "lisen = 'x'\n[upstream]\nurl = 'ftp://x'\ntimeout = 'soon'\nretries = 3\n\
                    [[routes]]\nprefix = '/a'\nrole = 'no role'\n[[routes]]\npublic = 'yes'";
        let (_, problems) = of(file, &[("VESTIBULE_LISTEN", "nowhere"), ("VESTIBULE_FOO__BAR", "1")], &[]);
        for key in [
            "lisen: ",
            "listen: ",
            "upstream.url: ",
            "upstream.timeout: ",
            "upstream.retries: ",
            "routes[0].role: ",
            "routes[1].public: ",
            "foo: ",
        ] {
            assert_eq!(
                problems.iter().filter(|problem| problem.starts_with(key)).count(),
                1,
                "{key} {problems:#?}"
            );
        }
        assert_eq!(problems.len(), 8, "{problems:#?}");
        assert!(
            problems.iter().any(|problem| problem.ends_with("(set by VESTIBULE_LISTEN)")),
            "{problems:#?}"
        );
    }

    #[test]
    fn secrets_do_not_stand_in_the_file() {
        let file = "[email]\npassword = 'hunter2'\n[master_keys]\ntext = 'a:b'\n[sms]\nbearer = 'c'";
        let (config, problems) = of(file, &[], &[]);
        assert_eq!(problems.len(), 3);
        assert!(problems.iter().any(|problem| problem
            == "email.password: is a secret; name a file in email.password_file, or set VESTIBULE_EMAIL__PASSWORD"));
        assert!(!problems.concat().contains("hunter2") && config.email.password.is_none());
    }

    #[test]
    fn what_is_no_toml_is_told_with_its_line() {
        let (_, problems) = of("name = 'a'\nname = 'b'\n", &[], &[]);
        assert!(problems.len() == 1 && problems[0].contains("line 2"), "{problems:#?}");
    }
}

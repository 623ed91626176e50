use std::fmt;

/// Something that is wrong with the configuration: the key, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) key: String,
    pub(crate) reason: String,
}

impl Problem {
    pub(crate) fn new(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { key: key.into(), reason: reason.into() }
    }

    /// Whether it is about this key, or about the section that the key stands in.
    pub(crate) fn is_about(&self, key: &str) -> bool {
        key.strip_prefix(&self.key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

/// Tells that a key is missing; not where it is there and wrong, for which it was left out.
pub(crate) fn missing(key: &str, what: impl fmt::Display, problems: &mut Vec<Problem>) {
    if !problems.iter().any(|problem| problem.is_about(key)) {
        problems.push(Problem::new(key, format!("is missing{what}")));
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.reason)
    }
}

use std::fmt;

/// Why a [`Vestibule`](crate::Vestibule) or a `Verifier` can't be built: every wrong or missing setting, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
    problems: Vec<String>,
}

impl BuildError {
    pub(crate) fn new(problems: Vec<String>) -> Self {
        Self { problems }
    }

    pub(super) fn one(problem: impl Into<String>) -> Self {
        Self { problems: vec![problem.into()] }
    }

    /// What is wrong, a sentence each, beginning with the setting's name.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the settings can't be used: {}", self.problems.join("; "))
    }
}

impl std::error::Error for BuildError {}

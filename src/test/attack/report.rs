use std::fmt;

/// What came of the attacks on a router, attack by attack. Prints a line each.
#[derive(Clone, Debug, Default)]
#[must_use = "call `assert_withstood`, or look at the findings"]
pub struct Report {
    findings: Vec<Finding>,
}

/// What came of one attack on one route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The attack, such as `a session that was revoked`.
    pub attack: &'static str,
    /// The route, such as `GET /reports`.
    pub route: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of an attack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The router did as it should.
    Withstood,
    /// It did not; this is what was seen.
    Broken(String),
    /// The attack makes no sense here, for this reason.
    NotApplicable(String),
}

impl Report {
    pub(super) fn add(&mut self, attack: &'static str, route: String, outcome: Outcome) {
        self.findings.push(Finding { attack, route, outcome });
    }

    /// All findings, in the order of the attacks, route by route.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The attacks that succeeded.
    pub fn broken(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| matches!(finding.outcome, Outcome::Broken(_)))
    }

    /// Asserts that no attack succeeded.
    ///
    /// # Panics
    /// With a line for each that did, by its name.
    #[track_caller]
    pub fn assert_withstood(&self) {
        let broken: String = self.broken().map(|finding| format!("\n{finding}")).collect();
        assert!(broken.is_empty(), "the router does not withstand:{broken}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.findings.iter().try_for_each(|finding| writeln!(f, "{finding}"))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { attack, route, outcome } = self;
        match outcome {
            Outcome::Withstood => write!(f, "withstood       {route}: {attack}"),
            Outcome::Broken(seen) => write!(f, "BROKEN          {route}: {attack}: {seen}"),
            Outcome::NotApplicable(why) => write!(f, "not applicable  {route}: {attack}: {why}"),
        }
    }
}

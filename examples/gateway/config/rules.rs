//! Who may pass where, checked.

use std::collections::BTreeSet;

use vestibule::{
    Requirement,
    domain::{ReturnTo, Slug},
};

use super::{Config, Route};
use crate::problem::{Problem, missing};

/// Who may pass below a prefix.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) prefix: String,
    pub(crate) access: Access,
}

/// Who may pass.
#[derive(Clone, Debug)]
pub(crate) enum Access {
    /// Everybody. Who is signed in is passed on all the same.
    Public,
    /// Who meets this.
    Members { requirement: Requirement, organization: Option<Slug>, back_to: Option<String> },
}

/// The rules, longest prefix first; what is wrong goes to the problems.
pub(crate) fn rules(config: &Config, problems: &mut Vec<Problem>) -> Vec<Rule> {
    let mut seen = BTreeSet::new();
    let mut rules = Vec::new();
    for (index, route) in config.routes.iter().enumerate() {
        let Some(prefix) = &route.prefix else {
            missing(&format!("routes[{index}].prefix"), "; write a path such as /admin", problems);
            continue;
        };
        let mut wrong = |key: &str, reason: String| {
            problems.push(Problem::new(format!("routes[{index}].{key}"), reason));
        };
        if !is_plain(prefix) {
            wrong(
                "prefix",
                format!("{prefix:?} is no plain path such as /admin, without a slash at its end"),
            );
        }
        if below(prefix, &config.prefix) {
            wrong(
                "prefix",
                format!("{prefix} lies below {}, which the gateway serves itself", config.prefix),
            );
        }
        if !seen.insert(prefix.to_ascii_lowercase()) {
            wrong("prefix", format!("{prefix} has a rule already"));
        }
        rules.push(Rule { prefix: prefix.clone(), access: access(route, &mut wrong) });
    }
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.prefix.len()));
    rules
}

fn access(route: &Route, wrong: &mut impl FnMut(&str, String)) -> Access {
    let demands = route.role.is_some() || route.factor.is_some() || route.organization.is_some();
    if route.public {
        if demands || route.within.is_some() || route.back_to.is_some() {
            wrong("public", "is true, and something is demanded too; take one of them out".to_owned());
        }
        return Access::Public;
    }
    let mut requirement = Requirement::member();
    if let Some(role) = &route.role {
        requirement = requirement.role(role.clone());
    }
    match (route.factor, route.within) {
        (Some(factor), Some(within)) => requirement = requirement.factor(factor.demand().within(within.0)),
        (Some(factor), None) => requirement = requirement.factor(factor.demand()),
        (None, Some(_)) => wrong("within", "says how old a factor may be; name one in factor".to_owned()),
        (None, None) => {}
    }
    let organization = route.organization.as_ref().and_then(|slug| match Slug::parse(slug) {
        Ok(slug) => Some(slug),
        Err(error) => {
            wrong("organization", format!("{slug:?}: {error}"));
            None
        }
    });
    if let Some(page) = route.back_to.as_ref().filter(|page| ReturnTo::parse(page).is_none()) {
        wrong("back_to", format!("{page:?} is no path such as /transfers/new"));
    }
    Access::Members { requirement, organization, back_to: route.back_to.clone() }
}

/// What every server reads alike, so that a rule means what it says.
fn is_plain(prefix: &str) -> bool {
    let plain = |segment: &str| {
        !matches!(segment, "" | "." | "..")
            && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~@".contains(&b))
    };
    prefix == "/" || prefix.strip_prefix('/').is_some_and(|rest| rest.split('/').all(plain))
}

fn below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

//! What is wrong or missing, in words.

use std::time::Duration;

use super::Builder;
use crate::{
    domain::{CredentialId, ReturnTo, is_host_and_port},
    token::MasterKey,
};

impl Builder {
    /// Every setting without a default that was not set.
    pub(super) fn missing(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut missing =
            |setting: &str, example: &str| wrong.push(format!("{setting} is missing; {example}"));
        if self.project_id.is_none() {
            missing("project_id", "use project-live- or project-test- and a UUID");
        }
        if self.name.is_none() {
            missing("name", "people see it in mails and on pages");
        }
        if self.origin.is_none() {
            missing("origin", "use scheme and host, such as https://app.example.com");
        }
        if self.keys.is_none() && !self.development {
            missing("master_keys", "use FileKeys or EnvironmentKeys");
        }
        if self.directory.is_none() {
            missing("directory", "call store, directory or directory_admin");
        }
        for (present, setting) in [
            (self.credentials.is_some(), "credentials"),
            (self.sessions.is_some(), "sessions"),
            (self.links.is_some() && self.signing_keys.is_some(), "store"),
        ] {
            if !present {
                missing(setting, "call store, which brings all of them");
            }
        }
        if self.email.is_none() {
            missing("email", "use SmtpSender (feature smtp) or a sender of your own");
        }
        wrong
    }

    pub(super) fn read_master_keys(&self) -> Result<Vec<MasterKey>, Option<String>> {
        let masters = match (&self.keys, self.development) {
            (Some(provider), _) => {
                provider.master_keys().map_err(|error| Some(format!("master_keys: {error}")))?
            }
            // For as long as this process lives, like everything else in memory.
            (None, true) => {
                vec![MasterKey::generate("development").map_err(|error| Some(error.to_string()))?]
            }
            (None, false) => return Err(None),
        };
        let mut ids: Vec<&str> = masters.iter().map(MasterKey::id).collect();
        ids.sort_unstable();
        ids.dedup();
        if masters.is_empty()
            || ids.len() != masters.len()
            || ids.iter().any(|id| id.is_empty() || id.len() > 64)
        {
            return Err(Some(
                "master_keys: give at least one key, each with a name of its own of 1 to 64 bytes".into(),
            ));
        }
        Ok(masters)
    }

    /// Adds what is wrong with the settings that are there.
    pub(super) fn check_values(&self, wrong: &mut Vec<String>) {
        let mut check = |right: bool, problem: String| {
            if !right {
                wrong.push(problem);
            }
        };
        if let Some(id) = &self.project_id {
            let shaped = id.starts_with("project-live-") || id.starts_with("project-test-");
            check(
                shaped && CredentialId::new(id).is_ok(),
                format!("project_id {id:?} has not the form project-live-… or project-test-…"),
            );
        }
        if let Some(name) = &self.name {
            let fits = (1..=100).contains(&name.chars().count()) && !name.chars().any(char::is_control);
            check(fits, "name has 1 to 100 characters".to_owned());
        }
        if let Some(origin) = &self.origin {
            let problem = origin_problem(origin, self.development);
            check(problem.is_none(), format!("origin {origin:?} {}", problem.unwrap_or_default()));
        }
        check(
            !self.sandbox || self.development,
            "sandbox is for Vestibule::development() alone: everybody knows its codes".to_owned(),
        );
        let prefix = &self.prefix;
        let fits = prefix.len() > 1
            && prefix.starts_with('/')
            && !prefix.ends_with('/')
            && prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_.".contains(&b))
            && !prefix.contains("//");
        check(fits, format!("prefix {prefix:?} is no path such as /auth"));
        check(ReturnTo::parse(&self.home).is_some(), format!("home {:?} is no path such as /", self.home));
        let (least, most) = (Duration::from_secs(300), Duration::from_secs(527_040 * 60));
        check(
            (least..=most).contains(&self.policy.absolute),
            "session_policy.absolute lies between 5 minutes and 527,040 minutes".to_owned(),
        );
        check(self.policy.idle >= least, "session_policy.idle is at least 5 minutes".to_owned());
        check(
            (1..=100).contains(&self.lockout.threshold),
            "lockout.threshold lies between 1 and 100".to_owned(),
        );
        check(
            (least..=Duration::from_secs(7 * 24 * 3600)).contains(&self.lockout.duration),
            "lockout.duration lies between 5 minutes and 7 days".to_owned(),
        );
        check(
            (Duration::from_secs(1)..=Duration::from_secs(3600)).contains(&self.staleness),
            "greatest_staleness lies between 1 second and 1 hour".to_owned(),
        );
        check(
            self.key_lifetime >= Duration::from_secs(24 * 3600),
            "signing_key_lifetime is at least one day".to_owned(),
        );
        check(
            self.audit_retention >= Duration::from_secs(24 * 3600),
            "audit_retention is at least one day".to_owned(),
        );
        let reserved = self.roles.iter().find(|role| {
            role.role_id.as_str().starts_with("stytch")
                && !["stytch_member", "stytch_admin"].contains(&role.role_id.as_str())
        });
        check(
            reserved.is_none(),
            format!(
                "roles: {} begins with stytch, which is reserved",
                reserved.map_or("", |role| role.role_id.as_str())
            ),
        );
    }
}

/// Why an origin can't be used.
fn origin_problem(origin: &str, development: bool) -> Option<&'static str> {
    let Some((scheme, host)) = origin.trim_end_matches('/').split_once("://") else {
        return Some("has no scheme; write https://app.example.com");
    };
    let plain = is_host_and_port(host)
        && host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-:[]".contains(&b));
    if !plain {
        return Some("is no lower-case host with, perhaps, a port; write https://app.example.com");
    }
    match (development, scheme) {
        (true, "http" | "https") if is_loopback(host) => None,
        (true, _) => Some(
            "is public, and Vestibule::development() is for this machine alone; use Vestibule::builder()",
        ),
        (false, "https") => None,
        (false, _) => Some("has no https, without which browsers keep no __Host- cookie"),
    }
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_scheme_a_host_and_perhaps_a_port() {
        for right in ["https://app.example.com", "https://app.example.com/", "https://app.example.com:8443"] {
            assert_eq!(origin_problem(right, false), None, "{right}");
        }
        for right in ["http://localhost", "http://127.0.0.1:3000", "http://[::1]:3000"] {
            assert_eq!(origin_problem(right, true), None, "{right}");
        }
        for wrong in [
            "app.example.com",
            "http://app.example.com",
            "https://",
            "https://App.example.com",
            "https://app.example.com/app",
            "https://user@app.example.com",
            "https://app.example.com:",
            "https://app.example.com:0",
            "https://app.example.com:abc",
            "https://app.example.com:99999",
            "https://app.example.com:443:443",
            "https://:8443",
        ] {
            assert!(origin_problem(wrong, false).is_some(), "{wrong}");
        }
        for wrong in ["http://app.example.com", "http://localhost:abc", "http://[::1", "http://[::1]3000"] {
            assert!(origin_problem(wrong, true).is_some(), "{wrong}");
        }
    }
}

//! Whose request it is, as the peers keep it: plain strings, as their documentation has them.

use serde::{Deserialize, Serialize};

use crate::{
    rows::reads,
    vestibules::{MEMBERS_PER_ORGANIZATION, SESSIONS_PER_MEMBER},
};

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Identity {
    organization_id: String,
    roles: Vec<String>,
}

impl Identity {
    pub fn of(member: usize) -> Self {
        let number = member / MEMBERS_PER_ORGANIZATION;
        Self {
            organization_id: format!("organization-test-{number:08x}-0000-4000-8000-000000000000"),
            roles: vec!["stytch_member".to_owned(), "editor".to_owned()],
        }
    }

    pub fn read(&self) -> &'static str {
        reads(&self.organization_id, self.roles.iter().map(String::as_str))
    }
}

/// Whose session it is.
pub fn member(session: usize) -> usize {
    session / SESSIONS_PER_MEMBER
}

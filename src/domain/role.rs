//! Roles and what they permit.

use serde::{Deserialize, Serialize};

use super::RoleId;

/// A named set of permissions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Its id.
    pub role_id: RoleId,
    /// What it is for, in words.
    #[serde(default)]
    pub description: String,
    /// What it permits.
    pub permissions: Vec<Permission>,
}

/// Actions on one kind of resource; the action `*` stands for all.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Permission {
    /// The kind of resource, such as `documents`.
    pub resource_id: String,
    /// The actions, such as `read`, or `*`.
    pub actions: Vec<String>,
}

impl Permission {
    /// Whether this permits `action` on `resource`.
    #[must_use]
    pub fn permits(&self, resource: &str, action: &str) -> bool {
        self.resource_id == resource && self.actions.iter().any(|a| a == "*" || a == action)
    }
}

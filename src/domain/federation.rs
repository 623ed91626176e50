//! Settings of doors that are not built yet: single sign-on, OAuth tenants and connected apps.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::JitProvisioning;

/// What an organization has set for those doors. It is kept and answered, and nothing asks it yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Federation {
    /// By which connections people may join by themselves.
    pub sso_jit_provisioning: Admits,
    /// The connections, where that is restricted.
    pub sso_jit_provisioning_allowed_connections: Vec<String>,
    /// The connection that members are sent to first.
    pub sso_default_connection_id: Option<String>,
    /// Whether people of an allowed OAuth tenant may join by themselves.
    pub oauth_tenant_jit_provisioning: JitProvisioning,
    /// The allowed tenants of each OAuth provider.
    pub allowed_oauth_tenants: BTreeMap<String, Vec<String>>,
    /// Which first-party apps members may connect.
    pub first_party_connected_apps_allowed_type: Admits,
    /// The apps, where that is restricted.
    pub allowed_first_party_connected_apps: Vec<String>,
    /// Which third-party apps members may connect.
    pub third_party_connected_apps_allowed_type: Admits,
    /// The apps, where that is restricted.
    pub allowed_third_party_connected_apps: Vec<String>,
}

/// Which connections or apps are let in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Admits {
    /// Every one.
    #[default]
    AllAllowed,
    /// The listed ones.
    Restricted,
    /// None.
    NotAllowed,
}

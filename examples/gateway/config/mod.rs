//! What can be configured: the keys of the file, which environment variables name as well.

mod read;
mod rules;
mod values;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use ipnet::IpNet;
use serde::Deserialize;
use vestibule::domain::{RoleId, Secret};

pub(crate) use read::read;
pub(crate) use rules::{Access, Rule, rules};
pub(crate) use values::{FactorName, Passing, Signature, Span, UpstreamUrl};

/// The whole of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a section")]
pub(crate) struct Config {
    /// For this machine alone: nothing has to be configured but the upstream.
    pub(crate) development: bool,
    pub(crate) listen: SocketAddr,
    pub(crate) project_id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) origin: Option<String>,
    pub(crate) prefix: String,
    pub(crate) home: Option<String>,
    pub(crate) issuer: Option<String>,
    pub(crate) jwt_algorithm: Signature,
    /// Whether anybody who can read mail may create an organization, and so get in.
    pub(crate) create_organizations: Option<bool>,
    /// The networks of the proxies in front of the gateway.
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) upstream: Upstream,
    pub(crate) store: Store,
    pub(crate) master_keys: MasterKeys,
    pub(crate) email: Email,
    pub(crate) sms: Sms,
    pub(crate) sessions: Sessions,
    pub(crate) routes: Vec<Route>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            development: false,
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            project_id: None,
            name: None,
            origin: None,
            prefix: "/auth".to_owned(),
            home: None,
            issuer: None,
            jwt_algorithm: Signature::default(),
            create_organizations: None,
            trusted_proxies: Vec::new(),
            upstream: Upstream::default(),
            store: Store::default(),
            master_keys: MasterKeys::default(),
            email: Email::default(),
            sms: Sms::default(),
            sessions: Sessions::default(),
            routes: Vec::new(),
        }
    }
}

/// The application behind the gateway.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a section")]
pub(crate) struct Upstream {
    pub(crate) url: Option<UpstreamUrl>,
    /// How it is told who is signed in.
    pub(crate) identity: Passing,
    pub(crate) connect_timeout: Span,
    /// How long it may take to begin its answer, once it has the request.
    pub(crate) timeout: Span,
    /// How long a body may pause, in either direction.
    pub(crate) idle_timeout: Span,
    /// How long a WebSocket may be silent.
    pub(crate) websocket_idle_timeout: Span,
}

impl Default for Upstream {
    fn default() -> Self {
        let seconds = |seconds| Span(Duration::from_secs(seconds));
        Self {
            url: None,
            identity: Passing::default(),
            connect_timeout: seconds(5),
            timeout: seconds(30),
            idle_timeout: seconds(60),
            websocket_idle_timeout: seconds(10 * 60),
        }
    }
}

/// Where everything durable lies.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a section")]
pub(crate) struct Store {
    pub(crate) path: Option<PathBuf>,
}

/// What seals everything secret in the store.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a section")]
pub(crate) struct MasterKeys {
    pub(crate) file: Option<PathBuf>,
    /// The keys themselves; in the environment alone.
    pub(crate) text: Option<Secret>,
}

/// The mail server.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a section")]
pub(crate) struct Email {
    pub(crate) server: Option<String>,
    pub(crate) from: Option<String>,
    pub(crate) user: Option<String>,
    /// In the environment alone.
    pub(crate) password: Option<Secret>,
    pub(crate) password_file: Option<PathBuf>,
}

/// The gateway of text messages.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a section")]
pub(crate) struct Sms {
    pub(crate) url: Option<String>,
    /// In the environment alone.
    pub(crate) bearer: Option<Secret>,
    pub(crate) bearer_file: Option<PathBuf>,
}

/// How long sessions live.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a section")]
pub(crate) struct Sessions {
    pub(crate) duration: Option<Span>,
    pub(crate) absolute: Option<Span>,
    pub(crate) idle: Option<Span>,
}

/// Who may pass below a prefix, where that is not every member.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a section")]
pub(crate) struct Route {
    pub(crate) prefix: Option<String>,
    pub(crate) public: bool,
    pub(crate) organization: Option<String>,
    pub(crate) role: Option<RoleId>,
    pub(crate) factor: Option<FactorName>,
    pub(crate) within: Option<Span>,
    pub(crate) back_to: Option<String>,
}

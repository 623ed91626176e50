//! Configuring a vestibule: what it is made of, by setters, checked and put together.

mod assembly;
mod checks;
mod settings;

use std::{fmt, sync::Arc, time::Duration};

use ipnet::IpNet;

#[cfg(doc)]
use super::Vestibule;
use crate::{
    deliver::{EmailSender, Mailbox, SmsSender},
    domain::{AccessScope, Resource, Role},
    flow::{Clock, Limits, SystemClock},
    judge::{LockoutPolicy, SessionPolicy},
    store::{
        AuditLog, AuditSink, Counters, CredentialStore, Directory, DirectoryAdmin, KeyStore, LinkStore,
        SessionStore, TransientStore,
        memory::MemoryStore,
        moka::{MokaCounters, MokaTransient},
    },
    token::{JwtAlgorithm, KeyProvider},
};

/// Configures a [`Vestibule`]. Made by [`Vestibule::builder`] or [`Vestibule::development`].
///
/// # Examples
#[cfg_attr(feature = "sqlite", doc = "```")]
#[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
/// use std::time::Duration;
///
/// use vestibule::{
///     FileKeys, SessionDuration, SessionPolicy, Vestibule, deliver::Mailbox, store::sqlite::SqliteStore,
/// };
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let vestibule = Vestibule::builder()
///     .project_id("project-live-8f2a6a0c-4f1e-4c52-9f43-0d6f2b6f6f0e")
///     .name("Acme Reports")
///     .origin("https://reports.acme.example")
///     .master_keys(FileKeys::or_create(folder.path().join("keys")))
///     .store(SqliteStore::open(folder.path().join("vestibule.db")).await?)
///     .email(Mailbox::new()) // in production `SmtpSender`, or a sender of your own
///     .session_policy(SessionPolicy {
///         duration: SessionDuration::from_minutes(8 * 60)?,
///         idle: Duration::from_secs(3600),
///         ..SessionPolicy::default()
///     })
///     .create_organizations(false)
///     .build()
///     .await?;
/// # Ok(())
/// # }
/// ```
/// What is wrong or missing is told all at once:
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let error = vestibule::Vestibule::builder().origin("http://reports.acme.example").build().await.unwrap_err();
/// assert!(error.problems().iter().any(|problem| problem.starts_with("master_keys is missing")));
/// assert!(error.problems().iter().any(|problem| problem.contains("has no https")));
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct Builder {
    development: bool,
    project_id: Option<String>,
    name: Option<String>,
    origin: Option<String>,
    prefix: String,
    home: String,
    issuer: Option<String>,
    keys: Option<Box<dyn KeyProvider>>,
    directory: Option<Arc<dyn Directory>>,
    admin: Option<Arc<dyn DirectoryAdmin>>,
    credentials: Option<Arc<dyn CredentialStore>>,
    sessions: Option<Arc<dyn SessionStore>>,
    links: Option<Arc<dyn LinkStore>>,
    signing_keys: Option<Arc<dyn KeyStore>>,
    audit: Option<Arc<dyn AuditSink>>,
    audit_log: Option<Arc<dyn AuditLog>>,
    audit_retention: Duration,
    transient: Arc<dyn TransientStore>,
    counters: Arc<dyn Counters>,
    email: Option<Arc<dyn EmailSender>>,
    sms: Option<Arc<dyn SmsSender>>,
    mailbox: Option<Mailbox>,
    policy: SessionPolicy,
    lockout: LockoutPolicy,
    limits: Limits,
    roles: Vec<Role>,
    resources: Vec<Resource>,
    scopes: Vec<AccessScope>,
    jwt_algorithm: JwtAlgorithm,
    key_lifetime: Duration,
    staleness: Duration,
    live_sessions: usize,
    remembered_jwts: u64,
    outbox: usize,
    create_organizations: bool,
    tokens_in_body: bool,
    sandbox: bool,
    trusted_proxies: Vec<IpNet>,
    clock: Arc<dyn Clock>,
}

impl Builder {
    pub(in crate::vestibule) fn new() -> Self {
        Self {
            development: false,
            project_id: None,
            name: None,
            origin: None,
            prefix: "/auth".to_owned(),
            home: "/".to_owned(),
            issuer: None,
            keys: None,
            directory: None,
            admin: None,
            credentials: None,
            sessions: None,
            links: None,
            signing_keys: None,
            audit: None,
            audit_log: None,
            audit_retention: Duration::from_secs(90 * 24 * 3600),
            transient: Arc::new(MokaTransient::default()),
            counters: Arc::new(MokaCounters::default()),
            email: None,
            sms: None,
            mailbox: None,
            policy: SessionPolicy::default(),
            lockout: LockoutPolicy::default(),
            limits: Limits::default(),
            roles: Vec::new(),
            resources: Vec::new(),
            scopes: Vec::new(),
            jwt_algorithm: JwtAlgorithm::default(),
            key_lifetime: Duration::from_secs(180 * 24 * 3600),
            staleness: Duration::from_secs(60),
            live_sessions: 1_000_000,
            remembered_jwts: 100_000,
            outbox: 10_000,
            create_organizations: true,
            tokens_in_body: false,
            sandbox: false,
            trusted_proxies: Vec::new(),
            clock: Arc::new(SystemClock),
        }
    }

    pub(in crate::vestibule) fn development() -> Self {
        let mailbox = Mailbox::new();
        Self {
            development: true,
            project_id: Some("project-test-00000000-0000-4000-8000-000000000000".to_owned()),
            name: Some("Development".to_owned()),
            origin: Some("http://127.0.0.1:3000".to_owned()),
            email: Some(Arc::new(mailbox.clone())),
            sms: Some(Arc::new(mailbox.clone())),
            mailbox: Some(mailbox),
            ..Self::new()
        }
        .store(MemoryStore::new())
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("project_id", &self.project_id)
            .field("name", &self.name)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

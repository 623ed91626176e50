use std::{fmt, sync::Arc, time::Duration};

use ipnet::IpNet;

use super::{BuildError, Vestibule, handle::Senders};
use crate::{
    deliver::{EmailSender, Mailbox, Outbox, SmsSender},
    domain::{CredentialId, Environment, ReturnTo, Role},
    flow::{
        Clock, EdgeClock, Engine, HashingPool, JwtMemory, Limits, Settings, Stores, SystemClock, Touches,
    },
    judge::{LockoutPolicy, SessionPolicy},
    store::{
        Counters, CredentialStore, Directory, DirectoryAdmin, KeyStore, LinkStore, SessionStore,
        TransientStore,
        live::LiveTable,
        memory::MemoryStore,
        moka::{MokaCounters, MokaTransient},
    },
    token::{JwtAlgorithm, KeyProvider, KeyRing, MasterKey, Purposes, Sealer, SessionClaims, random},
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
    transient: Arc<dyn TransientStore>,
    counters: Arc<dyn Counters>,
    email: Option<Arc<dyn EmailSender>>,
    sms: Option<Arc<dyn SmsSender>>,
    mailbox: Option<Mailbox>,
    policy: SessionPolicy,
    lockout: LockoutPolicy,
    limits: Limits,
    roles: Vec<Role>,
    jwt_algorithm: JwtAlgorithm,
    key_lifetime: Duration,
    staleness: Duration,
    live_sessions: usize,
    outbox: usize,
    create_organizations: bool,
    tokens_in_body: bool,
    trusted_proxies: Vec<IpNet>,
    clock: Arc<dyn Clock>,
}

impl Builder {
    pub(super) fn new() -> Self {
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
            transient: Arc::new(MokaTransient::default()),
            counters: Arc::new(MokaCounters::default()),
            email: None,
            sms: None,
            mailbox: None,
            policy: SessionPolicy::default(),
            lockout: LockoutPolicy::default(),
            limits: Limits::default(),
            roles: Vec::new(),
            jwt_algorithm: JwtAlgorithm::default(),
            key_lifetime: Duration::from_secs(180 * 24 * 3600),
            staleness: Duration::from_secs(60),
            live_sessions: 1_000_000,
            outbox: 10_000,
            create_organizations: true,
            tokens_in_body: false,
            trusted_proxies: Vec::new(),
            clock: Arc::new(SystemClock),
        }
    }

    pub(super) fn development() -> Self {
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

    /// The project's id: `project-live-…` or `project-test-…`. Stands in JWTs, and decides which of the
    /// two the ids read that are made.
    pub fn project_id(mut self, id: impl Into<String>) -> Self {
        self.project_id = Some(id.into());
        self
    }

    /// The application's name, as people see it in mails, pages and authenticator apps.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Scheme and host of the application, such as `https://app.example.com`. Links in mails begin with
    /// it; it is never learned from a request.
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// The path below which the pages lie. `/auth`.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Where somebody goes who signs in without having wanted to go anywhere. `/`.
    pub fn home(mut self, path: impl Into<String>) -> Self {
        self.home = path.into();
        self
    }

    /// The issuer in session JWTs. `stytch.com/<project id>`, the only one that every SDK of Stytch takes.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// Where the master keys come from, such as [`FileKeys`](crate::FileKeys).
    pub fn master_keys(mut self, keys: impl KeyProvider + 'static) -> Self {
        self.keys = Some(Box::new(keys));
        self
    }

    /// One store for everything durable, such as [`SqliteStore`](crate::store::sqlite::SqliteStore). Parts
    /// of it can be replaced by the setters below, if they are called later.
    pub fn store<T>(mut self, store: T) -> Self
    where
        T: DirectoryAdmin + CredentialStore + SessionStore + LinkStore + KeyStore,
    {
        let store = Arc::new(store);
        self.directory = Some(store.clone());
        self.admin = Some(store.clone());
        self.credentials = Some(store.clone());
        self.sessions = Some(store.clone());
        self.links = Some(store.clone());
        self.signing_keys = Some(store);
        self
    }

    /// The application's own organizations and members. Without a [`DirectoryAdmin`] nothing is created
    /// there but members who join.
    pub fn directory(mut self, directory: impl Directory) -> Self {
        self.directory = Some(Arc::new(directory));
        self.admin = None;
        self
    }

    /// Organizations and members that can be changed from here.
    pub fn directory_admin(mut self, directory: impl DirectoryAdmin) -> Self {
        let directory = Arc::new(directory);
        self.directory = Some(directory.clone());
        self.admin = Some(directory);
        self
    }

    /// Where intermediate sessions, short codes and challenges lie. In this process, in moka.
    pub fn transient(mut self, transient: impl TransientStore) -> Self {
        self.transient = Arc::new(transient);
        self
    }

    /// Where limits are counted. In this process, in moka.
    pub fn counters(mut self, counters: impl Counters) -> Self {
        self.counters = Arc::new(counters);
        self
    }

    /// Where member sessions lie.
    pub fn sessions(mut self, sessions: impl SessionStore) -> Self {
        self.sessions = Some(Arc::new(sessions));
        self
    }

    /// Where credentials lie.
    pub fn credentials(mut self, credentials: impl CredentialStore) -> Self {
        self.credentials = Some(Arc::new(credentials));
        self
    }

    /// How email is sent, such as by [`SmtpSender`](crate::deliver::SmtpSender).
    pub fn email(mut self, sender: impl EmailSender + 'static) -> Self {
        self.email = Some(Arc::new(sender));
        self
    }

    /// How text messages are sent. Without this, codes by SMS are not offered.
    pub fn sms(mut self, sender: impl SmsSender + 'static) -> Self {
        self.sms = Some(Arc::new(sender));
        self
    }

    /// How long sessions live.
    pub fn session_policy(mut self, policy: SessionPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// How many wrong second factors lock a member, and for how long.
    pub fn lockout(mut self, policy: LockoutPolicy) -> Self {
        self.lockout = policy;
        self
    }

    /// How often anything may be tried.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The project's roles and what they permit.
    pub fn roles(mut self, roles: impl IntoIterator<Item = Role>) -> Self {
        self.roles = roles.into_iter().collect();
        self
    }

    /// How session JWTs are signed. RS256.
    pub fn jwt_algorithm(mut self, algorithm: JwtAlgorithm) -> Self {
        self.jwt_algorithm = algorithm;
        self
    }

    /// How long a signing key signs. 180 days.
    pub fn signing_key_lifetime(mut self, lifetime: Duration) -> Self {
        self.key_lifetime = lifetime;
        self
    }

    /// How long a record of a member, organization or session is believed without asking again, where
    /// nobody tells that it has changed. 60 seconds.
    pub fn greatest_staleness(mut self, staleness: Duration) -> Self {
        self.staleness = staleness;
        self
    }

    /// How many sessions are held in memory; the others are asked of the store. 1,000,000.
    pub fn live_sessions(mut self, capacity: usize) -> Self {
        self.live_sessions = capacity;
        self
    }

    /// How many messages of each kind may wait to be sent. 10,000.
    pub fn outbox_capacity(mut self, capacity: usize) -> Self {
        self.outbox = capacity;
        self
    }

    /// Whether people may create organizations through discovery. They may.
    pub fn create_organizations(mut self, may: bool) -> Self {
        self.create_organizations = may;
        self
    }

    /// Tokens travel in bodies and in `Authorization`, and cookies are ignored: for clients that are no
    /// browsers.
    pub fn tokens_in_body(mut self) -> Self {
        self.tokens_in_body = true;
        self
    }

    /// The networks whose `X-Forwarded-For` is believed. None.
    pub fn trusted_proxies(mut self, networks: impl IntoIterator<Item = IpNet>) -> Self {
        self.trusted_proxies = networks.into_iter().collect();
        self
    }

    /// The clock. The system's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Builds it: reads the keys, opens what they sealed, signs and checks a JWT.
    ///
    /// # Errors
    /// [`BuildError`] with every setting that is wrong or missing.
    pub async fn build(self) -> Result<Vestibule, BuildError> {
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
        self.check_values(&mut wrong);
        let masters = match self.read_master_keys() {
            Ok(masters) => masters,
            Err(problem) => {
                wrong.extend(problem);
                Vec::new()
            }
        };
        let (Some(project_id), Some(name), Some(origin), Some(directory), Some(credentials), Some(sessions)) =
            (self.project_id, self.name, self.origin, self.directory, self.credentials, self.sessions)
        else {
            return Err(BuildError::new(wrong));
        };
        let (Some(links), Some(keys), Some(email)) = (self.links, self.signing_keys, self.email) else {
            return Err(BuildError::new(wrong));
        };
        if !wrong.is_empty() {
            return Err(BuildError::new(wrong));
        }

        let environment =
            if project_id.starts_with("project-live-") { Environment::Live } else { Environment::Test };
        let issuer = self.issuer.unwrap_or_else(|| format!("stytch.com/{project_id}"));
        let settings = Settings {
            environment,
            name,
            origin: origin.trim_end_matches('/').to_owned(),
            prefix: self.prefix,
            home: self.home,
            sessions: self.policy,
            lockout: self.lockout,
            roles: self.roles,
            jwt_algorithm: self.jwt_algorithm,
            jwt: SessionClaims { issuer, audience: project_id },
            key_lifetime: self.key_lifetime,
            limits: self.limits,
            create_organizations: self.create_organizations,
            tokens_in_body: self.tokens_in_body,
            sms: self.sms.is_some(),
            development: self.development,
            trusted_proxies: self.trusted_proxies,
        };
        let stores = Stores {
            directory,
            admin: self.admin,
            credentials,
            sessions,
            links,
            keys,
            transient: self.transient,
            counters: self.counters,
        };
        let latest =
            stores.keys.latest_time().await.map_err(|error| BuildError::one(format!("store: {error}")))?;
        let table_key = random().map_err(|error| BuildError::one(error.to_string()))?;
        let engine = Engine {
            table: LiveTable::new(table_key, self.live_sessions, self.staleness),
            jwts: JwtMemory::new(),
            ring: KeyRing::default(),
            purposes: Purposes::derive(&masters),
            sealer: Sealer::new(&masters),
            outbox: Outbox::new(self.outbox),
            hashing: HashingPool::new(),
            signing: HashingPool::new(),
            touches: Touches::default(),
            clock: EdgeClock::new(self.clock, latest.unwrap_or_default()),
            settings,
            stores,
        };
        let now = engine.clock.now();
        engine.load_keys(now).await.map_err(|error| BuildError::one(because(&error)))?;
        engine.try_signing(now).map_err(|error| BuildError::one(because(&error)))?;
        let senders = Senders { email, sms: self.sms, mailbox: self.mailbox };
        Ok(Vestibule::new(Arc::new(engine), senders))
    }

    fn read_master_keys(&self) -> Result<Vec<MasterKey>, Option<String>> {
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

    fn check_values(&self, wrong: &mut Vec<String>) {
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

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("project_id", &self.project_id)
            .field("name", &self.name)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// Why an origin can't be used.
fn origin_problem(origin: &str, development: bool) -> Option<&'static str> {
    let Some((scheme, host)) = origin.trim_end_matches('/').split_once("://") else {
        return Some("has no scheme; write https://app.example.com");
    };
    let plain = !host.is_empty()
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

/// An error with what caused it.
fn because(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", because(source)),
        None => error.to_string(),
    }
}

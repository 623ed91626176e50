//! The setters.

use std::{sync::Arc, time::Duration};

use ipnet::IpNet;

use super::Builder;
#[cfg(feature = "test-util")]
use crate::deliver::Mailbox;
use crate::{
    deliver::{EmailSender, SmsSender},
    domain::{AccessScope, Resource, Role},
    flow::{Clock, Limits},
    judge::{LockoutPolicy, SessionPolicy},
    store::{
        AuditLog, AuditSink, Counters, CredentialStore, Directory, DirectoryAdmin, KeyStore, LinkStore,
        SessionStore, TransientStore,
    },
    token::{JwtAlgorithm, KeyProvider},
};

impl Builder {
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
        T: DirectoryAdmin + CredentialStore + SessionStore + LinkStore + KeyStore + AuditLog,
    {
        let store = Arc::new(store);
        self.directory = Some(store.clone());
        self.admin = Some(store.clone());
        self.credentials = Some(store.clone());
        self.sessions = Some(store.clone());
        self.links = Some(store.clone());
        self.signing_keys = Some(store.clone());
        self.audit = Some(store.clone());
        self.audit_log = Some(store);
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

    /// Puts a store in front of the one where member sessions lie.
    #[cfg(feature = "test-util")]
    pub(crate) fn sessions_through(
        mut self,
        front: impl FnOnce(Arc<dyn SessionStore>) -> Arc<dyn SessionStore>,
    ) -> Self {
        self.sessions = self.sessions.map(front);
        self
    }

    /// Puts a directory in front of the one that sign-ins and sessions ask; it is changed as before.
    #[cfg(feature = "test-util")]
    pub(crate) fn directory_through(
        mut self,
        front: impl FnOnce(Arc<dyn Directory>) -> Arc<dyn Directory>,
    ) -> Self {
        self.directory = self.directory.map(front);
        self
    }

    /// Where credentials lie.
    pub fn credentials(mut self, credentials: impl CredentialStore) -> Self {
        self.credentials = Some(Arc::new(credentials));
        self
    }

    /// Where audit events go, instead of into the store. They can't be read from here then.
    pub fn audit_sink(mut self, sink: impl AuditSink) -> Self {
        self.audit = Some(Arc::new(sink));
        self.audit_log = None;
        self
    }

    /// Where audit events go and are read again, instead of in the store.
    pub fn audit_log(mut self, log: impl AuditLog) -> Self {
        let log = Arc::new(log);
        self.audit = Some(log.clone());
        self.audit_log = Some(log);
        self
    }

    /// How long audit events are kept, where the sink leaves that to Vestibule, as the stores do. 90 days.
    pub fn audit_retention(mut self, retention: Duration) -> Self {
        self.audit_retention = retention;
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

    /// Where all messages end instead of being sent.
    #[cfg(feature = "test-util")]
    pub(crate) fn mailbox(self, mailbox: Mailbox) -> Self {
        let this = self.email(mailbox.clone()).sms(mailbox.clone());
        Self { mailbox: Some(mailbox), ..this }
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

    /// The project's roles and what they permit. `stytch_member` and `stytch_admin`, which exist in any
    /// case, permit what Stytch documents of them unless they are named here.
    pub fn roles(mut self, roles: impl IntoIterator<Item = Role>) -> Self {
        self.roles = roles.into_iter().collect();
        self
    }

    /// The kinds of resource that roles permit actions on, and those actions. What Stytch's own roles are
    /// about, such as `stytch.member`, is among them in any case.
    pub fn resources(mut self, resources: impl IntoIterator<Item = Resource>) -> Self {
        self.resources = resources.into_iter().collect();
        self
    }

    /// The scopes that an application may be given on a member's behalf, and what they permit.
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = AccessScope>) -> Self {
        self.scopes = scopes.into_iter().collect();
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

    /// How many verified JWTs are remembered until they expire, so that their signatures are checked once;
    /// about two kilobytes each. 100,000.
    pub fn remembered_jwts(mut self, capacity: u64) -> Self {
        self.remembered_jwts = capacity;
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

    /// Takes the constants of Stytch's sandbox, with which tests against it are written: an address, a phone,
    /// codes and links that everybody knows. For [`Vestibule::development`](crate::Vestibule::development) alone;
    /// off by default.
    pub fn sandbox(mut self, on: bool) -> Self {
        self.sandbox = on;
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
}

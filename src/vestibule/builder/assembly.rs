//! Putting it together.

use std::sync::Arc;

use super::{
    super::{BuildError, Vestibule, handle::Senders},
    Builder,
};
use crate::{
    deliver::Outbox,
    domain::{Environment, RbacPolicy},
    flow::{AuditQueue, EdgeClock, Engine, HashingPool, JwtMemory, Settings, Stamps, Stores, Touches, Turns},
    store::live::LiveTable,
    token::{KeyRing, Purposes, Sealer, SessionClaims, random},
};

/// How many audit events may wait for their sink: a few megabytes.
const AUDIT_EVENTS: usize = 10_000;

impl Builder {
    /// Builds it: reads the keys, opens what they sealed, signs and checks a JWT.
    ///
    /// # Errors
    /// [`BuildError`] with every setting that is wrong or missing.
    pub async fn build(self) -> Result<Vestibule, BuildError> {
        let mut wrong = self.missing();
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
        let (Some(links), Some(keys), Some(audit), Some(email)) =
            (self.links, self.signing_keys, self.audit, self.email)
        else {
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
            rbac: RbacPolicy::new(self.roles, self.resources, self.scopes),
            jwt_algorithm: self.jwt_algorithm,
            jwt: SessionClaims { issuer, audience: project_id },
            key_lifetime: self.key_lifetime,
            limits: self.limits,
            create_organizations: self.create_organizations,
            tokens_in_body: self.tokens_in_body,
            sms: self.sms.is_some(),
            development: self.development,
            sandbox: self.sandbox,
            trusted_proxies: self.trusted_proxies,
            audit_retention: self.audit_retention,
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
            audit,
            audit_log: self.audit_log,
        };
        let latest =
            stores.keys.latest_time().await.map_err(|error| BuildError::one(format!("store: {error}")))?;
        let table_key = random().map_err(|error| BuildError::one(error.to_string()))?;
        let engine = Engine {
            table: LiveTable::new(table_key, self.live_sessions, self.staleness),
            jwts: JwtMemory::new(self.remembered_jwts),
            ring: KeyRing::default(),
            purposes: Purposes::derive(&masters),
            sealer: Sealer::new(&masters),
            outbox: Outbox::new(self.outbox),
            hashing: HashingPool::of_passwords(),
            signing: HashingPool::of_signatures(),
            touches: Touches::default(),
            stamps: Stamps::default(),
            changes: Turns::default(),
            #[cfg(feature = "wire-api")]
            sign_ins: Turns::default(),
            audit: AuditQueue::new(AUDIT_EVENTS),
            clock: EdgeClock::new(self.clock, latest.unwrap_or_default()),
            settings,
            stores,
        };
        let now = engine.clock.now();
        engine.load_keys(now).await.map_err(|error| BuildError::one(because(&error)))?;
        engine.try_signing(now).map_err(|error| BuildError::one(because(&error)))?;
        #[cfg(feature = "wire-api")]
        engine.prepare_sandbox(now).await.map_err(|error| BuildError::one(error.to_string()))?;
        let senders = Senders { email, sms: self.sms, mailbox: self.mailbox };
        Ok(Vestibule::new(Arc::new(engine), senders))
    }
}

/// An error with what caused it.
fn because(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", because(source)),
        None => error.to_string(),
    }
}

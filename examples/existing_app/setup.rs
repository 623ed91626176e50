//! Vestibule for this application: where it finds people, and what a right password of theirs proves.

use std::time::Duration;

use vestibule::{
    BuildError, Vestibule, Vouched,
    domain::{FactorKind, OrganizationId, Timestamp},
};

use crate::{
    failure::Error,
    users::{User, Users},
};

/// For this machine alone. In production: `Vestibule::builder()` with a store, keys and mail of its own.
pub(crate) async fn vestibule(users: Users, origin: &str) -> Result<Vestibule, BuildError> {
    Vestibule::development()
        .name("Invoices")
        .origin(origin)
        .home("/invoices")
        .directory(users)
        // What is changed in the tables by hand counts after this at the latest.
        .greatest_staleness(Duration::from_secs(5))
        .build()
        .await
}

impl User {
    /// A first factor: their password was right just now.
    pub(crate) fn vouched(&self, now: Timestamp) -> Result<Vouched, Error> {
        Ok(Vouched {
            kind: FactorKind::Password,
            address: self.email.parse()?,
            verified: true,
            organizations: Vec::new(),
            proved_at: now,
            enter: Some(OrganizationId::new(&self.company_id)?),
            return_to: None,
        })
    }
}

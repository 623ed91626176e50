//! What lies behind the lock.

use super::{
    audit::AuditTable, credentials::CredentialTable, directory::DirectoryTable, keys::KeyTable,
    links::LinkTable, sessions::SessionTable,
};

#[derive(Default)]
pub(super) struct Tables {
    pub(super) directory: DirectoryTable,
    pub(super) credentials: CredentialTable,
    pub(super) sessions: SessionTable,
    pub(super) links: LinkTable,
    pub(super) keys: KeyTable,
    pub(super) audit: AuditTable,
}

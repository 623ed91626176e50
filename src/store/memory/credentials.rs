//! Credentials, one document a member.

use std::{collections::BTreeMap, ops::Bound};

use super::MemoryStore;
use crate::{
    domain::{CredentialId, Credentials, MemberId},
    store::{Answer, CredentialStore, Version},
};

#[derive(Default)]
pub(super) struct CredentialTable(BTreeMap<MemberId, (Credentials, Version)>);

impl CredentialTable {
    fn replace_if(&mut self, member_id: &MemberId, seen: Version, credentials: &Credentials) -> bool {
        let version = self.0.get(member_id).map(|(_, version)| *version).unwrap_or_default();
        if version != seen {
            return false;
        }
        self.0.insert(member_id.clone(), (credentials.clone(), Version(version.0 + 1)));
        true
    }

    fn forget(&mut self, member_id: &MemberId) {
        if let Some((credentials, version)) = self.0.get_mut(member_id) {
            *credentials = Credentials::default();
            version.0 += 1;
        }
    }

    pub(super) fn remove(&mut self, member_id: &MemberId) {
        self.0.remove(member_id);
    }
}

impl CredentialStore for MemoryStore {
    fn load<'a>(&'a self, member_id: &'a MemberId) -> Answer<'a, (Credentials, Version)> {
        Box::pin(async move { Ok(self.tables().credentials.0.get(member_id).cloned().unwrap_or_default()) })
    }

    fn replace_if<'a>(
        &'a self,
        member_id: &'a MemberId,
        seen: Version,
        credentials: &'a Credentials,
    ) -> Answer<'a, bool> {
        Box::pin(async move { Ok(self.tables().credentials.replace_if(member_id, seen, credentials)) })
    }

    fn ids<'a>(&'a self, after: Option<&'a MemberId>, limit: usize) -> Answer<'a, Vec<MemberId>> {
        Box::pin(async move {
            let from = after.map_or(Bound::Unbounded, Bound::Excluded);
            let tables = self.tables();
            Ok(tables
                .credentials
                .0
                .range((from, Bound::Unbounded))
                .take(limit)
                .map(|(id, _)| id.clone())
                .collect())
        })
    }

    fn holder_of_password<'a>(&'a self, password_id: &'a CredentialId) -> Answer<'a, Option<MemberId>> {
        Box::pin(async move {
            let tables = self.tables();
            let mut all = tables.credentials.0.iter();
            let has = |credentials: &Credentials| {
                credentials.password.as_ref().is_some_and(|password| password.password_id == *password_id)
            };
            Ok(all.find(|(_, (credentials, _))| has(credentials)).map(|(id, _)| id.clone()))
        })
    }

    fn forget<'a>(&'a self, member_id: &'a MemberId) -> Answer<'a, ()> {
        Box::pin(async move {
            self.tables().credentials.forget(member_id);
            Ok(())
        })
    }
}

//! The life of signing keys: made, published a while before they sign, replaced, retired; and of the
//! master keys that seal everything at rest.

use std::{sync::Arc, time::Duration};

use super::{
    audit::About,
    caller::Caller,
    engine::Engine,
    error::{Error, ErrorKind},
};
use crate::{
    domain::{AuditKind, CredentialId, Credentials, MemberId, Sealed, Timestamp},
    store::StoredKey,
    token::{JwtAlgorithm, Place, SigningKey, random},
};

/// A new key is published this long before it signs: verifiers cache key sets for up to an hour.
const PUBLISHED_BEFORE: Duration = Duration::from_secs(2 * 3600);

/// A replaced key is published this long after it signed last: a JWT lives for five minutes.
const PUBLISHED_AFTER: Duration = Duration::from_secs(3600);

const RESEALED_AT_A_TIME: usize = 100;

impl Engine {
    /// Reads the signing keys, and makes the first one where there is none. Signs and checks once, so
    /// that a program whose cryptography does not work says so when it starts.
    ///
    /// # Errors
    /// `Unavailable`, with the reason: a store that does not answer, or a key sealed by a master key
    /// that is not configured.
    pub(crate) async fn load_keys(&self, now: Timestamp) -> Result<(), Error> {
        if self.stores.keys.load().await?.is_empty() {
            self.add_key(now, now).await?;
        }
        self.read_keys().await
    }

    /// Signs and checks once, so that a program whose cryptography does not work says so at its start.
    pub(crate) fn try_signing(&self, now: Timestamp) -> Result<(), Error> {
        let key = self.ring.signing(now).ok_or(ErrorKind::Unavailable)?;
        Ok(key.try_out()?)
    }

    async fn read_keys(&self) -> Result<(), Error> {
        let stored = self.stores.keys.load().await?;
        let keys = stored.iter().map(|key| self.open_key(key)).collect::<Result<Vec<_>, Error>>()?;
        self.ring.replace(keys);
        Ok(())
    }

    fn open_key(&self, stored: &StoredKey) -> Result<Arc<SigningKey>, Error> {
        let unusable = || Error::from(crate::token::KeyUnusable);
        let algorithm = JwtAlgorithm::from_name(&stored.algorithm).ok_or_else(unusable)?;
        let pkcs8 = self.sealer.open(place(&stored.key_id), &stored.private_key)?;
        let key = SigningKey::read(stored.key_id.clone(), algorithm, stored.signs_from, &pkcs8)?;
        Ok(Arc::new(key))
    }

    /// Makes a key that signs from `signs_from` on.
    async fn add_key(&self, now: Timestamp, signs_from: Timestamp) -> Result<String, Error> {
        let algorithm = self.settings.jwt_algorithm;
        let random: [u8; 16] = random()?;
        let id = CredentialId::mint("jwk", self.settings.environment, random);
        let key_id = id.to_string();
        let pkcs8 = self.signing.run(move || SigningKey::generate(algorithm)).await??;
        let private_key = self.sealer.seal(place(&key_id), &pkcs8)?;
        let stored = StoredKey {
            key_id: key_id.clone(),
            algorithm: algorithm.as_str().to_owned(),
            private_key,
            created_at: now,
            signs_from,
        };
        self.stores.keys.add(&stored).await?;
        self.tell(AuditKind::KeyRotated { key_id: id }, About::nobody(), &Caller::at(now));
        Ok(key_id)
    }

    /// Makes the next signing key: published now, signing in two hours. The present one signs until
    /// then, and stays published for another hour.
    ///
    /// # Errors
    /// `Unavailable` when the store does not answer.
    pub async fn rotate_signing_key(&self, now: Timestamp) -> Result<String, Error> {
        let key_id = self.add_key(now, now.after(PUBLISHED_BEFORE)).await?;
        self.read_keys().await?;
        Ok(key_id)
    }

    /// Retires a signing key at once, as when it was stolen: what it signed is refused from now on. Where
    /// it was the only one, another signs at once.
    ///
    /// # Errors
    /// `Unavailable` when the store does not answer; the key is retired on this node all the same, and its
    /// removal is tried again in the background.
    pub async fn retire_signing_key(&self, key_id: &str, now: Timestamp) -> Result<bool, Error> {
        self.ring.retire(key_id);
        self.jwts.forget_all();
        if let Ok(key_id) = CredentialId::new(key_id) {
            self.tell(AuditKind::KeyRetired { key_id }, About::nobody(), &Caller::at(now));
        }
        let removed = self.stores.keys.remove(key_id).await;
        self.need_signing_key(now).await?;
        Ok(removed?)
    }

    /// Makes a key that signs at once where none does.
    async fn need_signing_key(&self, now: Timestamp) -> Result<(), Error> {
        if self.ring.keys().iter().any(|key| key.signs_from <= now) {
            return Ok(());
        }
        self.add_key(now, now).await?;
        self.read_keys().await
    }

    /// Removes the keys that a store would not give up when they were retired.
    async fn remove_retired(&self) -> Result<(), Error> {
        let retired = self.ring.retired();
        if retired.is_empty() {
            return Ok(());
        }
        for key in self.stores.keys.load().await?.iter().filter(|key| retired.contains(&key.key_id)) {
            self.stores.keys.remove(&key.key_id).await?;
            tracing::info!(key_id = key.key_id, "a retired signing key was removed");
        }
        Ok(())
    }

    /// The public signing keys (RFC 7517 §5).
    #[must_use]
    pub fn jwks(&self) -> serde_json::Value {
        serde_json::json!({ "keys": self.ring.jwks() })
    }

    /// Rotates by age, and removes keys that were replaced long enough ago or retired. Called now and then.
    pub(crate) async fn tend_keys(&self, now: Timestamp) -> Result<(), Error> {
        self.need_signing_key(now).await?;
        let keys = self.ring.keys();
        if let Some(youngest) = keys.last()
            && youngest.signs_from.after(self.settings.key_lifetime) <= now
        {
            self.rotate_signing_key(now).await?;
        }
        for pair in keys.windows(2) {
            let [older, younger] = pair else { continue };
            if younger.signs_from.after(PUBLISHED_AFTER) <= now {
                self.stores.keys.remove(&older.key_id).await?;
                self.read_keys().await?;
            }
        }
        self.remove_retired().await
    }

    /// Seals the signing keys and everybody's credentials with the newest master key, while the application
    /// serves; says how many members it went through. Once it has answered, nothing at rest needs an older
    /// key. Sessions that were opened under one end when it is taken out of the configuration: leave it in
    /// for as long as a session can last.
    ///
    /// # Errors
    /// `Unavailable` when a store does not answer or something can't be opened; call it again.
    pub async fn reseal(&self, now: Timestamp) -> Result<usize, Error> {
        for key in self.stores.keys.load().await? {
            if let Some(sealed) = self.resealed(place(&key.key_id), &key.private_key)? {
                self.stores.keys.reseal(&key.key_id, &key.private_key, &sealed).await?;
            }
        }
        let (mut members, mut after) = (0, None);
        loop {
            let page = self.stores.credentials.ids(after.as_ref(), RESEALED_AT_A_TIME).await?;
            for id in &page {
                self.change_credentials(id, |seen| Ok((self.resealed_credentials(id, seen)?, ()))).await?;
            }
            members += page.len();
            match page.into_iter().next_back() {
                Some(last) => after = Some(last),
                None => {
                    self.tell(AuditKind::Resealed { members }, About::nobody(), &Caller::at(now));
                    return Ok(members);
                }
            }
        }
    }

    fn resealed_credentials(&self, id: &MemberId, seen: &Credentials) -> Result<Option<Credentials>, Error> {
        let mut write = seen.clone();
        let at = |column| Place { column, row: id.as_str() };
        if let Some(password) = &mut write.password {
            self.reseal_in_place(at("password"), &mut password.hash)?;
        }
        if let Some(totp) = &mut write.totp {
            self.reseal_in_place(at("totp"), &mut totp.secret)?;
        }
        if let Some(pending) = &mut write.pending_totp {
            self.reseal_in_place(at("totp"), &mut pending.secret)?;
        }
        let pending = write.pending_totp.iter_mut().flat_map(|pending| &mut pending.recovery_codes);
        for code in write.recovery_codes.iter_mut().chain(pending) {
            if !self.sealer.is_current(&code.code) {
                let opened = self.sealer.open(at("recovery code"), &code.code)?;
                let text = crate::factor::RecoveryCodeText::parse(&String::from_utf8_lossy(&opened))
                    .ok_or(ErrorKind::Unavailable)?;
                // Its digest hangs on the old key as well.
                code.digest =
                    self.recovery_digests(id, &text).first().copied().ok_or(ErrorKind::Unavailable)?;
                self.reseal_in_place(at("recovery code"), &mut code.code)?;
            }
        }
        Ok((write != *seen).then_some(write))
    }

    fn reseal_in_place(&self, place: Place<'_>, sealed: &mut Sealed) -> Result<(), Error> {
        if let Some(new) = self.resealed(place, sealed)? {
            *sealed = new;
        }
        Ok(())
    }

    fn resealed(&self, place: Place<'_>, sealed: &Sealed) -> Result<Option<Sealed>, Error> {
        if self.sealer.is_current(sealed) {
            return Ok(None);
        }
        let opened = self.sealer.open(place, sealed)?;
        Ok(Some(self.sealer.seal(place, &opened)?))
    }
}

fn place(key_id: &str) -> Place<'_> {
    Place { column: "signing key", row: key_id }
}

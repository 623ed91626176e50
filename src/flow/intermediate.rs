//! Intermediate sessions: opened by a first factor, good for ten minutes, used up once.

use std::{sync::Arc, time::Duration};

use tracing::Instrument as _;

use super::{
    audit::About,
    caller::Caller,
    engine::Engine,
    error::{Error, ErrorKind},
};
use crate::{
    domain::{
        Continues, Digest, Factor, IntermediateSession, LimitKind, OrganizationId, ReturnTo, Secret,
        Timestamp,
    },
    judge::proven_address,
    store::Attempt,
    token::{OpaqueToken, TokenKind, random},
};

/// From its creation, never longer.
const LIFETIME: Duration = Duration::from_secs(600);

/// What happens to the token of an intermediate session that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It stays. For callers that keep the token themselves, as Stytch's SDKs do.
    Keep,
    /// Another takes its place, with the same deadline, and it is dead. For browsers.
    Replace,
}

/// An intermediate session and where it lies.
#[derive(Clone, Debug)]
pub(crate) struct Bag {
    pub(crate) key: Digest,
    pub(crate) token: Secret,
    pub(crate) session: IntermediateSession,
}

impl Engine {
    /// Opens an intermediate session. Limited per client and per account.
    pub(crate) async fn open_intermediate(
        &self,
        factors: Vec<Factor>,
        organization_id: Option<OrganizationId>,
        return_to: Option<ReturnTo>,
        continues: Option<Continues>,
        caller: &Caller,
    ) -> Result<Bag, Error> {
        let now = caller.now;
        let limits = &self.settings.limits;
        let limit = async |kind, subject: &str, limit| {
            self.limit(kind, subject, limit, About::nobody(), caller).await
        };
        if let Some(client) = caller.client {
            let client = client.to_string();
            limit(LimitKind::IntermediatePerClient, &client, limits.intermediate_per_client).await?;
        }
        if let Some(address) = factors.iter().find_map(Factor::address) {
            let address = address.as_str();
            limit(LimitKind::IntermediatePerAddress, address, limits.intermediate_per_address).await?;
        }
        let session = IntermediateSession {
            factors,
            organization_id,
            browser: caller.browser,
            return_to,
            created_at: now,
            expires_at: now.after(LIFETIME),
            continues,
        };
        self.store_intermediate(session, now).await
    }

    pub(crate) async fn store_intermediate(
        &self,
        session: IntermediateSession,
        now: Timestamp,
    ) -> Result<Bag, Error> {
        let token = OpaqueToken::new(TokenKind::Intermediate)?;
        let key = token.digest();
        self.stores.transient.insert(key, session.clone(), now).await?;
        Ok(Bag { key, token: token.expose().into(), session })
    }

    /// Finds an intermediate session by its token. Unknown, expired, used, another browser's and a
    /// token of another kind all answer the same.
    pub(crate) async fn find_intermediate(&self, token: &str, caller: &Caller) -> Result<Bag, Error> {
        let not_found = || Error::from(ErrorKind::IntermediateSessionNotFound);
        let parsed = OpaqueToken::parse(TokenKind::Intermediate, token.as_bytes()).ok_or_else(not_found)?;
        let key = parsed.digest();
        let session = self.stores.transient.get(key, caller.now).await?.ok_or_else(not_found)?;
        if session.browser != caller.browser || caller.now >= session.expires_at {
            return Err(not_found());
        }
        // What a session was switched to dies with it.
        if let Some(origin) = &session.continues
            && !self.is_live(&origin.session_id, caller.now).await?
        {
            return Err(not_found());
        }
        Ok(Bag { key, token: token.into(), session })
    }

    /// Lets an intermediate session go on with other factors or another organization. Its deadline stays.
    pub(crate) async fn go_on(
        self: &Arc<Self>,
        bag: Bag,
        session: IntermediateSession,
        rotation: Rotation,
        now: Timestamp,
    ) -> Result<Bag, Error> {
        match rotation {
            Rotation::Keep => {
                let transient = &self.stores.transient;
                if !transient.replace_if(bag.key, &bag.session, session.clone(), now).await? {
                    return Err(ErrorKind::IntermediateSessionNotFound.into());
                }
                Ok(Bag { session, ..bag })
            }
            Rotation::Replace => {
                let engine = Arc::clone(self);
                self.use_up(&bag, now, async move { engine.store_intermediate(session, now).await }).await
            }
        }
    }

    /// Uses an intermediate session up for what it buys: claim, make, consume, in one task of its own,
    /// so that a connection that drops can't stop between. When the making fails the claim is given
    /// back; whoever comes second is refused.
    pub(crate) async fn use_up<T: Send + 'static>(
        self: &Arc<Self>,
        bag: &Bag,
        now: Timestamp,
        make: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let attempt = Attempt(random()?);
        let (engine, key, seen) = (Arc::clone(self), bag.key, bag.session.clone());
        let task = async move {
            let transient = &engine.stores.transient;
            // As long as it lives: were the claim to run out while a slow store still makes what it buys, or
            // after a consumption that failed, the same token would buy it again.
            let lease_ends = seen.expires_at;
            if !transient.claim(key, &seen, attempt, lease_ends, now).await? {
                return Err(ErrorKind::IntermediateSessionNotFound.into());
            }
            let made = make.await;
            match &made {
                Ok(_) => {
                    // The claim alone keeps others out; what is left of it expires with the entry.
                    if let Err(error) = transient.consume(key, attempt).await {
                        tracing::warn!(%error, "a used intermediate session stays until it expires");
                    }
                }
                Err(_) => transient.release(key, attempt).await?,
            }
            made
        };
        tokio::spawn(task.in_current_span()).await.map_err(|_| Error::from(ErrorKind::Unavailable))?
    }

    /// Gives an intermediate session up, as when somebody starts again.
    pub(crate) async fn discard_intermediate(&self, token: &str) -> Result<(), Error> {
        if let Some(token) = OpaqueToken::parse(TokenKind::Intermediate, token.as_bytes()) {
            self.stores.transient.discard(token.digest()).await?;
        }
        Ok(())
    }
}

/// Whether two sets of factors may lie in one bag: all that are about an address are about one.
pub(crate) fn agree(held: &[Factor], added: &Factor) -> bool {
    let known = proven_address(held).or_else(|| held.iter().find_map(Factor::address));
    match (known, added.address()) {
        (Some(known), Some(added)) => known == added,
        _ => true,
    }
}

//! A form that is sent twice, by a second click or a reload: the same browser gets the same answer, and
//! nothing is done again.

use std::{sync::Arc, time::Duration};

use moka::{policy::EvictionPolicy, sync::Cache};
use tokio::sync::OnceCell;
use tracing::Instrument as _;

use super::{ask::Ask, reply::Reply, route::answer};
use crate::{
    domain::{Digest, Timestamp},
    token::sha256,
};

/// How long a repeat counts as one.
const WINDOW: Duration = Duration::from_secs(30);

const CAPACITY: u64 = 10_000;

#[derive(Debug)]
struct Answered {
    since: Timestamp,
    reply: OnceCell<Reply>,
}

/// The answers that may still be repeated.
#[derive(Clone, Debug)]
pub(crate) struct Repeats(Cache<Digest, Arc<Answered>>);

impl Repeats {
    pub(crate) fn new() -> Self {
        let cache = Cache::builder()
            .max_capacity(CAPACITY)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(WINDOW);
        Self(cache.build())
    }

    /// Answers a form: once, however often it is sent.
    pub(super) async fn answer(&self, ask: Ask, body: &[u8]) -> Reply {
        let Some(key) = key(&ask, body) else { return answer(ask).await };
        let now = ask.caller.now;
        let answered = self.0.get_with(key, || Arc::new(Answered { since: now, reply: OnceCell::new() }));
        if now.since(answered.since).is_none_or(|age| age > WINDOW) {
            self.0.invalidate(&key);
            return answer(ask).await;
        }
        let cache = self.0.clone();
        // In a task of its own: whoever clicks twice hangs up on the first answer.
        let task = async move {
            let reply = answered.reply.get_or_init(|| answer(ask)).await.clone();
            if !changes_cookies(&reply) {
                // A wrong code may be typed again, and be right by then.
                cache.invalidate(&key);
            }
            reply
        };
        match tokio::spawn(task.in_current_span()).await {
            Ok(reply) => reply,
            Err(_) => Reply::problem(http::StatusCode::INTERNAL_SERVER_ERROR, &serde_json::json!({})),
        }
    }
}

fn changes_cookies(reply: &Reply) -> bool {
    let response = reply.response();
    !response.status().is_client_error()
        && !response.status().is_server_error()
        && response.headers().contains_key(http::header::SET_COOKIE)
}

/// The same form from the same browser in the same state. A browser that is not known repeats nothing.
fn key(ask: &Ask, body: &[u8]) -> Option<Digest> {
    let names = ask.names;
    if ask.headers.contains_key(http::header::AUTHORIZATION) {
        return None;
    }
    let browser = ask.cookie(names.browser)?;
    let cookie = |name| ask.cookie(name).unwrap_or_default();
    let parts = [
        ask.path.join("/").into_bytes(),
        browser.to_vec(),
        cookie(names.intermediate).to_vec(),
        cookie(names.challenge).to_vec(),
        cookie(names.session).to_vec(),
        body.to_vec(),
    ];
    let framed: Vec<u8> =
        parts.iter().flat_map(|part| [&(part.len() as u64).to_be_bytes()[..], part].concat()).collect();
    Some(sha256(&[&framed]))
}

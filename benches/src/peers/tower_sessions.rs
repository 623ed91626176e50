//! tower-sessions with its memory store; the session holds whose it is.
//!
//! Cookies are plain and nothing is saved that has not changed, which is its default and its fastest.

use std::sync::Arc;

use axum::{Router, routing::get};
use http::{HeaderValue, header::COOKIE};
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};

use super::identity::{Identity, member};
use crate::Contestant;

pub const NAME: &str = "tower-sessions";

const KEY: &str = "identity";

async fn read(session: Session) -> &'static str {
    session.get::<Identity>(KEY).await.unwrap().unwrap().read()
}

pub async fn contestant(sessions: usize) -> Contestant {
    let store = Arc::new(MemoryStore::default());
    let mut cookies = Vec::with_capacity(sessions);
    for number in 0..sessions {
        let session = Session::new(None, store.clone(), None);
        session.insert(KEY, Identity::of(member(number))).await.unwrap();
        session.save().await.unwrap();
        let cookie = format!("id={}", session.id().unwrap());
        cookies.push((COOKIE, HeaderValue::from_str(&cookie).unwrap()));
    }
    let layer = SessionManagerLayer::new(MemoryStore::clone(&store));
    let app = Router::new().route("/", get(read)).layer(layer);
    Contestant::new::<Router>(NAME, app, cookies.into()).await
}

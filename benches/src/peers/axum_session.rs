//! axum_session in memory, with axum_session_auth.
//!
//! Cookies are plain, which is its default and its fastest; users are kept in its cache, which is its
//! default too.

use std::{collections::HashMap, sync::Arc};

use anyhow::Context;
use async_trait::async_trait;
use axum::{Extension, Router, routing::get};
use axum_session::{SessionConfig, SessionLayer, SessionNullPool, SessionStore};
use axum_session_auth::{AuthSessionLayer, Authentication};

use super::{
    identity::{Identity, member},
    login,
};
use crate::{ANSWER, Contestant, vestibules::SESSIONS_PER_MEMBER};

pub const NAME: &str = "axum_session";

type AuthSession = axum_session_auth::AuthSession<User, i64, SessionNullPool, Users>;

/// In place of a database.
type Users = Arc<HashMap<i64, User>>;

#[derive(Clone, Debug)]
struct User {
    identity: Identity,
}

#[async_trait]
impl Authentication<User, i64, Users> for User {
    async fn load_user(id: i64, users: Option<&Users>) -> Result<User, anyhow::Error> {
        users.and_then(|users| users.get(&id)).cloned().context("nobody has this number")
    }

    fn is_authenticated(&self) -> bool {
        true
    }

    fn is_active(&self) -> bool {
        true
    }

    fn is_anonymous(&self) -> bool {
        false
    }
}

/// Nobody is 0, which is its word for nobody.
fn id(member: usize) -> i64 {
    member as i64 + 1
}

async fn sign_in(Extension(member): Extension<usize>, auth: AuthSession) -> &'static str {
    auth.login_user(id(member));
    ANSWER
}

async fn read(auth: AuthSession) -> &'static str {
    assert!(auth.is_authenticated());
    auth.current_user.unwrap().identity.read()
}

pub async fn contestant(sessions: usize) -> Contestant {
    let users = (0..=member(sessions)).map(|member| (id(member), User { identity: Identity::of(member) }));
    let users: Users = Arc::new(users.collect());
    let auth_layer = AuthSessionLayer::<User, i64, SessionNullPool, Users>::new(Some(users));
    let store = SessionStore::<SessionNullPool>::new(None, SessionConfig::default()).await.unwrap();
    let layers = |app: Router| app.layer(auth_layer.clone()).layer(SessionLayer::new(store.clone()));
    let cookies = login::cookies(layers(Router::new().route("/", get(sign_in))), sessions).await;
    let row = Contestant::new::<Router>(NAME, layers(Router::new().route("/", get(read))), cookies).await;
    // One request of everybody, so that all are in the cache, as they are on any day but the first.
    row.serve(&(0..sessions as u32).step_by(SESSIONS_PER_MEMBER).collect::<Vec<_>>()).await;
    row
}

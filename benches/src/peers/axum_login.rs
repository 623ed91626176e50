//! axum-login over the tower-sessions that it depends on, with its memory store.
//!
//! Users are behind an `Arc`, because the backend is cloned with each request; the hash that a session is
//! held against has 32 bytes, because each of them costs time; the route needs no way to a sign-in page.

use std::{collections::HashMap, convert::Infallible, sync::Arc};

use axum::{Extension, Router, routing::get};
use axum_login::{
    AuthManagerLayerBuilder, AuthUser, AuthnBackend, UserId, login_required,
    tower_sessions::{MemoryStore, SessionManagerLayer},
};

use super::{
    identity::{Identity, member},
    login,
};
use crate::{ANSWER, Contestant};

pub const NAME: &str = "axum-login";

type AuthSession = axum_login::AuthSession<Backend>;

#[derive(Clone, Debug)]
struct User {
    id: i64,
    password_hash: Vec<u8>,
    identity: Identity,
}

impl AuthUser for User {
    type Id = i64;

    fn id(&self) -> i64 {
        self.id
    }

    fn session_auth_hash(&self) -> &[u8] {
        &self.password_hash
    }
}

#[derive(Clone)]
struct Backend {
    users: Arc<HashMap<i64, User>>,
}

impl AuthnBackend for Backend {
    type User = User;
    type Credentials = i64;
    type Error = Infallible;

    async fn authenticate(&self, id: i64) -> Result<Option<User>, Infallible> {
        Ok(self.users.get(&id).cloned())
    }

    async fn get_user(&self, id: &UserId<Self>) -> Result<Option<User>, Infallible> {
        Ok(self.users.get(id).cloned())
    }
}

async fn sign_in(Extension(member): Extension<usize>, mut auth: AuthSession) -> &'static str {
    let user = auth.authenticate(member as i64).await.unwrap().unwrap();
    auth.login(&user).await.unwrap();
    ANSWER
}

async fn read(auth: AuthSession) -> &'static str {
    auth.user.unwrap().identity.read()
}

pub async fn contestant(sessions: usize) -> Contestant {
    let users = (0..=member(sessions)).map(|member| {
        let id = member as i64;
        (id, User { id, password_hash: vec![0x5a; 32], identity: Identity::of(member) })
    });
    let backend = Backend { users: Arc::new(users.collect()) };
    let sessions_layer = SessionManagerLayer::new(MemoryStore::default());
    let layer = AuthManagerLayerBuilder::new(backend, sessions_layer).build();
    let cookies = login::cookies(Router::new().route("/", get(sign_in)).layer(layer.clone()), sessions).await;
    let app = Router::new().route("/", get(read)).route_layer(login_required!(Backend)).layer(layer);
    Contestant::new::<Router>(NAME, app, cookies).await
}

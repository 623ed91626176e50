//! The peers, each as its own documentation sets it up.
//!
//! All of them have as many people as Vestibule has, with the same roles in organizations whose names are
//! as long, and every handler reads the same.

mod axum_jwt_auth;
mod axum_login;
mod axum_session;
mod identity;
mod jwt_authorizer;
mod jwts;
mod login;
mod signatures;
mod tower_oauth2_resource_server;
mod tower_sessions;

pub use axum_login::NAME as AXUM_LOGIN;
use jsonwebtoken::Algorithm;
pub use tower_sessions::NAME as TOWER_SESSIONS;

use crate::{Contestant, Wanted};

/// The names of all rows.
pub fn names() -> Vec<String> {
    let sessions = [tower_sessions::NAME, axum_login::NAME, axum_session::NAME].map(str::to_owned);
    let jwts = jwts::ALGORITHMS.into_iter().flat_map(jwt_peers);
    let signatures = [signatures::BY_LIBRARY, signatures::BY_PARSED_KEY].map(str::to_owned);
    sessions.into_iter().chain(jwts).chain(signatures).collect()
}

fn jwt_peers(algorithm: Algorithm) -> [String; 3] {
    [axum_jwt_auth::NAME, jwt_authorizer::NAME, tower_oauth2_resource_server::NAME]
        .map(|peer| format!("{peer} {algorithm:?}"))
}

/// The rows that are wanted, each with so many sessions.
pub async fn contestants(sessions: usize, wanted: Wanted<'_>) -> Vec<Contestant> {
    let mut rows = Vec::new();
    if wanted(tower_sessions::NAME) {
        rows.push(tower_sessions::contestant(sessions).await);
    }
    if wanted(axum_login::NAME) {
        rows.push(axum_login::contestant(sessions).await);
    }
    if wanted(axum_session::NAME) {
        rows.push(axum_session::contestant(sessions).await);
    }
    for algorithm in jwts::ALGORITHMS {
        let names = jwt_peers(algorithm);
        if !names.iter().any(|name| wanted(name)) {
            continue;
        }
        let tokens = jwts::tokens(sessions, algorithm);
        let [auth, authorizer, resource_server] = names;
        if wanted(&auth) {
            rows.push(axum_jwt_auth::contestant(auth, algorithm, tokens.clone()).await);
        }
        if wanted(&authorizer) {
            rows.push(jwt_authorizer::contestant(authorizer, algorithm, tokens.clone()).await);
        }
        if wanted(&resource_server) {
            rows.push(tower_oauth2_resource_server::contestant(resource_server, algorithm, tokens).await);
        }
    }
    if wanted(signatures::BY_LIBRARY) {
        rows.push(signatures::by_library(jwts::tokens(sessions, Algorithm::RS256)).await);
    }
    if wanted(signatures::BY_PARSED_KEY) {
        rows.push(signatures::by_parsed_key(jwts::tokens(sessions, Algorithm::RS256)).await);
    }
    rows
}

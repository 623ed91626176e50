//! Vestibule, with what requests bring.

use std::sync::Arc;

use axum::{Router, routing::get};
use http::{
    HeaderValue,
    header::{ACCEPT, AUTHORIZATION, COOKIE},
};
use tower::Layer;
use vestibule::{JwtAlgorithm, MemberSession, Requirement};

use super::reads;
use crate::{
    ANSWER, Contestant, Credential, Wanted,
    vestibules::{SignedIn, bearer, cookie, signed_in},
};

pub const COOKIE_AROUND: &str = "vestibule: cookie";
pub const COOKIE_ROUTER: &str = "vestibule: cookie, by Router::layer";
pub const BEARER: &str = "vestibule: bearer";
pub const REQUIRED: &str = "vestibule: cookie, requirement on the route";
pub const NO_TOKEN: &str = "vestibule: no token";
pub const UNKNOWN: &str = "vestibule: unknown token";
pub const MALFORMED: &str = "vestibule: token of a wrong shape";

async fn read(session: MemberSession) -> &'static str {
    reads(session.organization_id().as_str(), session.roles().iter().map(|role| role.as_str()))
}

async fn anybody(session: Option<MemberSession>) -> &'static str {
    assert!(session.is_none());
    ANSWER
}

pub(super) async fn contestants(sessions: usize, wanted: Wanted<'_>) -> Vec<Contestant> {
    let mut rows = Vec::new();
    let names = [COOKIE_AROUND, COOKIE_ROUTER, BEARER, REQUIRED, NO_TOKEN, UNKNOWN, MALFORMED];
    if names.into_iter().any(wanted) {
        opaque(&mut rows, sessions, wanted).await;
    }
    rows
}

async fn opaque(rows: &mut Vec<Contestant>, sessions: usize, wanted: Wanted<'_>) {
    let SignedIn { vestibule, tokens } = signed_in(sessions, JwtAlgorithm::EdDsa).await;
    let cookies: Arc<[Credential]> = tokens.iter().map(|token| (COOKIE, cookie(token))).collect();
    let app = Router::new().route("/", get(read));
    let around = vestibule.session_layer().layer(app.clone());
    if wanted(COOKIE_AROUND) {
        rows.push(Contestant::new(COOKIE_AROUND, around.clone(), cookies.clone()).await);
    }
    if wanted(COOKIE_ROUTER) {
        let app: Router = app.clone().layer(vestibule.session_layer());
        rows.push(Contestant::new(COOKIE_ROUTER, app, cookies.clone()).await);
    }
    if wanted(BEARER) {
        let bearers = tokens.iter().map(|token| (AUTHORIZATION, bearer(token))).collect();
        rows.push(Contestant::new(BEARER, around.clone(), bearers).await);
    }
    if wanted(REQUIRED) {
        let require = vestibule.require(Requirement::member().role("editor".to_owned().try_into().unwrap()));
        let app = app.route_layer(require);
        rows.push(Contestant::new(REQUIRED, vestibule.session_layer().layer(app), cookies).await);
    }
    let public = vestibule.session_layer().layer(Router::new().route("/", get(anybody)));
    let mut stranger = async |name: &str, credential: Credential| {
        if wanted(name) {
            rows.push(Contestant::new(name, public.clone(), Arc::new([credential])).await);
        }
    };
    let unknown = format!("{}A", &tokens[0][..43]);
    stranger(NO_TOKEN, (ACCEPT, HeaderValue::from_static("*/*"))).await;
    stranger(UNKNOWN, (COOKIE, cookie(&unknown))).await;
    stranger(MALFORMED, (COOKIE, cookie("this-is-no-token"))).await;
}

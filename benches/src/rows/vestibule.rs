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
const COOKIE_ROUTER: &str = "vestibule: cookie, by Router::layer";
const BEARER: &str = "vestibule: bearer";
const REQUIRED: &str = "vestibule: cookie, a role required on the route";
const NO_TOKEN: &str = "vestibule: no token";
const FORGED: &str = "vestibule: forged token";
const MALFORMED: &str = "vestibule: token of a wrong shape";
const REMEMBERED: &str = "vestibule: JWT remembered";
const FIRST_RS256: &str = "vestibule: JWT first seen, RS256";
const FIRST_EDDSA: &str = "vestibule: JWT first seen, EdDSA";
const FIRST_ES256: &str = "vestibule: JWT first seen, ES256";

const OPAQUE: [&str; 7] = [COOKIE_AROUND, COOKIE_ROUTER, BEARER, REQUIRED, NO_TOKEN, FORGED, MALFORMED];

pub const NAMES: [&str; 11] = [
    COOKIE_AROUND,
    COOKIE_ROUTER,
    BEARER,
    REQUIRED,
    NO_TOKEN,
    FORGED,
    MALFORMED,
    REMEMBERED,
    FIRST_RS256,
    FIRST_EDDSA,
    FIRST_ES256,
];

/// Signing so many JWTs takes long enough; their peers have as many.
const MOST_JWTS: usize = 1_000;

pub(super) async fn read(session: MemberSession) -> &'static str {
    reads(session.organization_id().as_str(), session.roles().iter().map(|role| role.as_str()))
}

pub(super) async fn contestants(sessions: usize, wanted: Wanted<'_>) -> Vec<Contestant> {
    let mut rows = Vec::new();
    if OPAQUE.into_iter().any(wanted) {
        opaque(&mut rows, sessions, wanted).await;
    }
    let jwts = sessions.min(MOST_JWTS);
    let kinds = [
        (REMEMBERED, JwtAlgorithm::Rs256, jwts as u64),
        (FIRST_RS256, JwtAlgorithm::Rs256, 0),
        (FIRST_EDDSA, JwtAlgorithm::EdDsa, 0),
        (FIRST_ES256, JwtAlgorithm::Es256, 0),
    ];
    for (name, algorithm, remembered) in kinds {
        if wanted(name) {
            let people = signed_in(jwts, algorithm, remembered).await;
            let credentials = people.jwts().await.iter().map(|jwt| (AUTHORIZATION, bearer(jwt))).collect();
            let app = people.vestibule.session_layer().layer(Router::new().route("/", get(read)));
            rows.push(Contestant::new(name, app, credentials).await);
        }
    }
    rows
}

async fn opaque(rows: &mut Vec<Contestant>, sessions: usize, wanted: Wanted<'_>) {
    let SignedIn { vestibule, tokens } = signed_in(sessions, JwtAlgorithm::EdDsa, 0).await;
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
    // Nobody's handler asks who they are: what is added is the layer's.
    let public = vestibule.session_layer().layer(Router::new().route("/", get(async || ANSWER)));
    let mut strangers = async |name: &str, credentials: Arc<[Credential]>| {
        if wanted(name) {
            rows.push(Contestant::new(name, public.clone(), credentials).await);
        }
    };
    let forged = tokens.iter().map(|token| (COOKIE, cookie(&forged(token)))).collect();
    strangers(NO_TOKEN, Arc::new([(ACCEPT, HeaderValue::from_str("*/*").unwrap())])).await;
    strangers(FORGED, forged).await;
    strangers(MALFORMED, Arc::new([(COOKIE, cookie("this-is-no-token"))])).await;
}

/// The shape of a token or a JWT, and not the keys': a character of its MAC or signature is another one.
pub(super) fn forged(token: &str) -> String {
    let place = token.len() - 10;
    let other = if &token[place..=place] == "A" { 'B' } else { 'A' };
    format!("{}{other}{}", &token[..place], &token[place + 1..])
}

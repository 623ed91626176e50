//! Good sessions, and floods of what lets nobody in, of one deployment over a file.

use std::{path::Path, sync::Arc};

use axum::{Router, routing::get};
use http::{
    HeaderValue,
    header::{AUTHORIZATION, COOKIE},
};
use tower::Layer;
use vestibule::{JwtAlgorithm, Vestibule, store::sqlite::SqliteStore};

use super::vestibule::{COOKIE_AROUND, forged, read};
use crate::{
    ANSWER, Contestant, Credential,
    vestibules::{
        self, OneKey, People, SESSIONS_PER_MEMBER, SignedIn, bearer, cookie, create_all, organization_id,
        sign_in, sign_in_all,
    },
};

/// So many different tokens make a flood.
const DIFFERENT: usize = 1_000;

pub struct Floods {
    pub good: Contestant,
    /// Each answers, and lets nobody in: its handler asks nobody who they are. The first is bare axum, for
    /// comparison.
    pub floods: Vec<Contestant>,
}

pub async fn floods(sessions: usize, file: &Path) -> Floods {
    let store = SqliteStore::open(file).await.unwrap();
    let builder = vestibules::builder(JwtAlgorithm::Rs256).master_keys(OneKey).store(store);
    let vestibule = builder.build().await.unwrap();
    let people = People { sessions, sessions_per_member: SESSIONS_PER_MEMBER };
    create_all(&vestibule, people).await;
    let tokens = sign_in_all(&vestibule, people).await;
    let different = sessions.min(DIFFERENT);
    let ended = ended(&vestibule, people, different).await;
    let jwts = SignedIn { vestibule: vestibule.clone(), tokens: tokens[..different].to_vec() }.jwts().await;

    let cookies = |tokens: &[String]| tokens.iter().map(|token| (COOKIE, cookie(token))).collect();
    let app = vestibule.session_layer().layer(Router::new().route("/", get(read)));
    let good = Contestant::new(COOKIE_AROUND, app, cookies(&tokens)).await;
    let forged_tokens: Vec<String> = tokens.iter().map(|token| forged(token)).collect();
    let forged_jwts: Arc<[Credential]> =
        jwts.iter().map(|jwt| (AUTHORIZATION, bearer(&forged(jwt)))).collect();
    let public = vestibule.session_layer().layer(Router::new().route("/", get(async || ANSWER)));
    let nothing: Arc<[Credential]> = [(COOKIE, HeaderValue::from_static("theme=dark"))].into();
    let bare = Router::new().route("/", get(async || ANSWER));
    // What any work on the other processor does: it is no flood.
    let mut floods = vec![Contestant::new("nothing but bare axum", bare, Arc::clone(&nothing)).await];
    for (name, credentials) in [
        ("requests without a token", nothing),
        ("forged tokens", cookies(&forged_tokens)),
        ("tokens of ended sessions", cookies(&ended)),
        ("forged JWTs, RS256", forged_jwts),
    ] {
        floods.push(Contestant::new(name, public.clone(), credentials).await);
    }
    Floods { good, floods }
}

/// Tokens of people who have signed in once more, and out again.
async fn ended(vestibule: &Vestibule, people: People, count: usize) -> Vec<String> {
    let mut tokens = Vec::with_capacity(count);
    for index in 0..count {
        let organization = organization_id(index / people.sessions_per_member);
        let token = sign_in(vestibule, people.vouched(index, Some(organization), vestibule.now())).await;
        let session = vestibule.current_session(&token).await.unwrap();
        assert!(vestibule.revoke(&session.member_session_id()).await.unwrap());
        tokens.push(token);
    }
    tokens
}

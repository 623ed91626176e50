//! axum alone, and the least that a layer can add: one constant in the extensions.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use axum::{Router, extract::Extension, routing::get};
use http::{HeaderValue, Request, header::COOKIE};
use tower::{Layer, Service};

use crate::{ANSWER, Contestant, Credential, Wanted};

pub const BARE: &str = "bare axum";
pub const FLOOR: &str = "floor: one constant Arc";
pub const FLOOR_ROUTER: &str = "floor, by Router::layer";
pub const NAMES: [&str; 3] = [BARE, FLOOR, FLOOR_ROUTER];

/// What the floor puts into the extensions.
#[derive(Clone)]
struct Constant(Arc<Claims>);

struct Claims {
    organization_id: String,
    roles: Vec<String>,
}

#[derive(Clone)]
struct Floor(Constant);

impl<S> Layer<S> for Floor {
    type Service = Floored<S>;

    fn layer(&self, inner: S) -> Floored<S> {
        Floored { inner, constant: self.0.clone() }
    }
}

#[derive(Clone)]
struct Floored<S> {
    inner: S,
    constant: Constant,
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for Floored<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        request.extensions_mut().insert(self.constant.clone());
        self.inner.call(request)
    }
}

async fn read(Extension(Constant(claims)): Extension<Constant>) -> &'static str {
    super::reads(&claims.organization_id, claims.roles.iter().map(String::as_str))
}

/// Cookies as long as ours, which nobody reads.
fn cookies(sessions: usize) -> Arc<[Credential]> {
    let cookie = |index| {
        let value = format!("vestibule_development_session={index:044}");
        (COOKIE, HeaderValue::from_str(&value).unwrap())
    };
    (0..sessions).map(cookie).collect()
}

pub(super) async fn contestants(sessions: usize, wanted: Wanted<'_>) -> Vec<Contestant> {
    let mut rows = Vec::new();
    if !NAMES.into_iter().any(wanted) {
        return rows;
    }
    let cookies = cookies(sessions);
    let floor = Floor(Constant(Arc::new(Claims {
        organization_id: "organization-live-0f3f1c80-93c6-4d2c-9e5b-0f3f1c8093c6".to_owned(),
        roles: vec!["stytch_member".to_owned(), "editor".to_owned()],
    })));
    if wanted(BARE) {
        let app = Router::new().route("/", get(async || ANSWER));
        rows.push(Contestant::new::<Router>(BARE, app, cookies.clone()).await);
    }
    let app = Router::new().route("/", get(read));
    if wanted(FLOOR) {
        let app: Floored<Router> = floor.layer(app.clone());
        rows.push(Contestant::new(FLOOR, app, cookies.clone()).await);
    }
    if wanted(FLOOR_ROUTER) {
        rows.push(Contestant::new::<Router>(FLOOR_ROUTER, app.layer(floor), cookies).await);
    }
    rows
}

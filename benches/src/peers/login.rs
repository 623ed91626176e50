//! Sessions of the peers that make one by their own login alone.

use std::sync::Arc;

use axum::{Router, body::Body};
use http::{
    HeaderValue, Request,
    header::{COOKIE, SET_COOKIE},
};
use tower::ServiceExt;

use super::identity::member;
use crate::Credential;

/// Sends each login whose it is, as `Extension<usize>`, and keeps the cookie that it sets.
pub async fn cookies(login: Router, sessions: usize) -> Arc<[Credential]> {
    let mut cookies = Vec::with_capacity(sessions);
    for session in 0..sessions {
        let mut request = Request::new(Body::empty());
        request.extensions_mut().insert(member(session));
        let Ok(answer) = login.clone().oneshot(request).await;
        let pair = answer
            .headers()
            .get_all(SET_COOKIE)
            .iter()
            .filter_map(|cookie| cookie.to_str().ok()?.split(';').next())
            // A cookie that is taken back has no value.
            .find(|pair| !pair.ends_with('='))
            .unwrap();
        cookies.push((COOKIE, HeaderValue::from_str(pair).unwrap()));
    }
    cookies.into()
}

//! Who is signed in, as the application is told.

use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use vestibule::{MemberSession, Vestibule, identity_headers, session_jwt_header};

use super::{names::remove, refusal::Refusal};
use crate::config::Passing;

/// Removes whatever claims to be an identity, from requests of outside and answers of the application alike.
pub(super) fn strip(headers: &mut HeaderMap) {
    remove(headers, |name| name.starts_with("x-vestibule-"));
}

/// Removes the token that the session came with.
pub(super) fn strip_token(headers: &mut HeaderMap) {
    let bearer = |value: &HeaderValue| {
        value.as_bytes().get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer"))
    };
    if headers.get_all(AUTHORIZATION).iter().any(bearer) {
        headers.remove(AUTHORIZATION);
    }
}

/// Says who it is.
pub(super) async fn add(
    headers: &mut HeaderMap,
    session: &MemberSession,
    passing: Passing,
    vestibule: &Vestibule,
) -> Result<(), Refusal> {
    let told = match passing {
        Passing::Headers => identity_headers(session).map(|told| headers.extend(told)),
        Passing::Jwt => {
            let jwt = vestibule.session_jwt(session).await.map_err(|error| {
                tracing::error!(error = &error as &dyn std::error::Error, "no JWT could be signed");
                Refusal::NoIdentity
            })?;
            session_jwt_header(&jwt).map(|told| headers.extend([told]))
        }
    };
    told.map_err(|_| Refusal::NoIdentity)
}

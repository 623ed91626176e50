//! Who is signed in, as the application is told.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{AUTHORIZATION, InvalidHeaderValue},
};
use vestibule::{MemberSession, Vestibule};

use super::{names::remove, refusal::Refusal};
use crate::config::Passing;

const MEMBER: HeaderName = HeaderName::from_static("x-vestibule-member-id");
const ORGANIZATION: HeaderName = HeaderName::from_static("x-vestibule-organization-id");
const ROLES: HeaderName = HeaderName::from_static("x-vestibule-roles");
const JWT: HeaderName = HeaderName::from_static("x-vestibule-session-jwt");

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
        Passing::Headers => plainly(headers, session),
        Passing::Jwt => {
            let jwt = vestibule.session_jwt(session).await.map_err(|error| {
                tracing::error!(error = &error as &dyn std::error::Error, "no JWT could be signed");
                Refusal::NoIdentity
            })?;
            HeaderValue::from_str(jwt.expose()).map(|mut value| {
                value.set_sensitive(true);
                headers.insert(JWT, value);
            })
        }
    };
    told.map_err(|_| Refusal::NoIdentity)
}

fn plainly(headers: &mut HeaderMap, session: &MemberSession) -> Result<(), InvalidHeaderValue> {
    // No id has a comma in it.
    let roles: Vec<&str> = session.roles().iter().map(AsRef::as_ref).collect();
    headers.insert(MEMBER, HeaderValue::from_str(session.member_id().as_str())?);
    headers.insert(ORGANIZATION, HeaderValue::from_str(session.organization_id().as_str())?);
    headers.insert(ROLES, HeaderValue::from_str(&roles.join(","))?);
    Ok(())
}

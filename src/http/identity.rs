//! How an application behind a proxy is told who is signed in.

use http::{HeaderName, HeaderValue, header::InvalidHeaderValue};

use crate::{domain::Secret, judge::MemberSession};

/// The headers that tell an application behind a proxy who is signed in: `X-Vestibule-Member-Id`,
/// `X-Vestibule-Organization-Id`, and `X-Vestibule-Roles`, separated by commas and never empty.
///
/// Whoever puts them into a request removes first what came under these names, in whatever spelling.
///
/// # Errors
/// [`InvalidHeaderValue`], which no id that this crate takes can cause.
pub fn identity_headers(
    session: &MemberSession,
) -> Result<[(HeaderName, HeaderValue); 3], InvalidHeaderValue> {
    // No id has a comma in it, and everybody has the role `stytch_member`.
    let roles: Vec<&str> = session.roles().iter().map(AsRef::as_ref).collect();
    let header = |name, value: &str| Ok((HeaderName::from_static(name), HeaderValue::from_str(value)?));
    Ok([
        header("x-vestibule-member-id", session.member_id().as_str())?,
        header("x-vestibule-organization-id", session.organization_id().as_str())?,
        header("x-vestibule-roles", &roles.join(","))?,
    ])
}

/// The header that holds a session JWT, `X-Vestibule-Session-Jwt`: for applications that verify for themselves
/// who is signed in.
///
/// # Errors
/// [`InvalidHeaderValue`] for what is no JWT.
pub fn session_jwt_header(jwt: &Secret) -> Result<(HeaderName, HeaderValue), InvalidHeaderValue> {
    let mut value = HeaderValue::from_str(jwt.expose())?;
    value.set_sensitive(true);
    Ok((HeaderName::from_static("x-vestibule-session-jwt"), value))
}

//! Without a session, whatever else the request says.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderName, HeaderValue, Uri, header};

use super::{
    Try,
    ground::{Course, Ground, Outsider, Sent, Stop},
    route::{Place, show},
};
use crate::test::KitError;

pub(super) const TRIES: [Try; 4] = [
    ("nobody is signed in", |ground| Box::pin(nobody(ground))),
    ("headers that claim who somebody is", |ground| Box::pin(claimed(ground))),
    ("a session token where none is read", |ground| Box::pin(misplaced(ground))),
    ("a session cookie under another name", |ground| Box::pin(renamed(ground))),
];

async fn nobody(ground: &Ground) -> Course {
    ground.must_have_refused(&ground.before, "a program")?;
    let mut request = ground.request()?;
    let headers = request.headers_mut();
    headers.insert("sec-fetch-mode", HeaderValue::from_static("navigate"));
    headers.insert(header::ACCEPT, HeaderValue::from_static("text/html"));
    ground.must_refuse(request, "a browser").await
}

/// Headers by which proxies tell an application who somebody is, and by which they tell where a request is from:
/// an application that its own proxy can be got around of must believe none.
const IDENTITY: [&str; 26] = [
    "x-vestibule-member-id",
    "x-vestibule-email-address",
    "x_vestibule_member_id",
    "x-member-id",
    "x-user",
    "x-user-id",
    "x-username",
    "x-email",
    "x-forwarded-user",
    "x-forwarded-email",
    "x-forwarded-preferred-username",
    "x-auth-request-user",
    "x-auth-request-email",
    "x-authenticated-user",
    "x-authenticated",
    "x-webauth-user",
    "x-remote-user",
    "x-original-user",
    "x-admin",
    "x-is-admin",
    "remote-user",
    "remote_user",
    "x_forwarded_user",
    "x_remote_user",
    "x_user_id",
    "from",
];

/// Headers by which they tell what somebody may do, and where.
const RIGHTS: [&str; 16] = [
    "x-vestibule-roles",
    "x_vestibule_roles",
    "x-roles",
    "x_roles",
    "x-role",
    "x-user-role",
    "x-user-roles",
    "x-permissions",
    "x-scope",
    "x-groups",
    "x-forwarded-groups",
    "x_forwarded_groups",
    "x-auth-request-groups",
    "x-remote-groups",
    "remote-groups",
    "x-acr",
];

/// What the gateway and forward authentication tell of a member, in both spellings.
fn told_by_vestibule(ground: &Ground) -> Result<[(&'static str, String); 6], KitError> {
    let member = ground.member.member().member();
    let organization = ground.organization.organization_id.to_string();
    let roles = told_roles(ground)?.join(",");
    Ok([
        ("x-vestibule-member-id", member.member_id.to_string()),
        ("x-vestibule-organization-id", organization.clone()),
        ("x-vestibule-roles", roles.clone()),
        ("x_vestibule_member_id", member.member_id.to_string()),
        ("x_vestibule_organization_id", organization),
        ("x_vestibule_roles", roles),
    ])
}

fn told_roles(ground: &Ground) -> Result<Vec<String>, KitError> {
    let demanded = ground.demanded_roles()?.into_iter().map(|role| role.as_str().to_owned());
    Ok(demanded.chain(["stytch_member".to_owned(), "stytch_admin".to_owned()]).collect())
}

const ORIGIN: [(&str, &str); 9] = [
    ("x-forwarded-for", "127.0.0.1"),
    ("x-real-ip", "127.0.0.1"),
    ("x-client-ip", "127.0.0.1"),
    ("forwarded", "for=127.0.0.1;proto=https"),
    ("x-forwarded-host", "localhost"),
    ("x-original-url", "/"),
    ("x-rewrite-url", "/"),
    ("x-forwarded-uri", "/"),
    ("x-internal", "true"),
];

async fn claimed(ground: &Ground) -> Course {
    let jwt = unsigned_jwt(ground).await?;
    for outsider in ground.outsiders().await? {
        claims_alone(ground, &outsider).await?;
        claims_together(ground, &outsider, &jwt).await?;
        for (name, value) in ORIGIN {
            refused_with(ground, &outsider, name, &[value]).await?;
        }
    }
    Ok(())
}

/// What a header says that claims more than its sender has, alone and as the second of its name.
async fn claims_alone(ground: &Ground, outsider: &Outsider) -> Course {
    let member = ground.member.member().member();
    let organization = ground.organization.organization_id.as_str();
    let roles = told_roles(ground)?;
    let all = roles.join(",");
    let people = [member.email_address.as_str(), member.member_id.as_str(), "admin", "true"];
    let rights: Vec<&str> =
        roles.iter().map(String::as_str).chain([all.as_str(), "urn:vestibule:acr:mfa"]).collect();
    let places =
        ["x-organization-id", "x-vestibule-organization-id", "x_vestibule_organization_id", "x-org-id"];
    for (names, values) in
        [(&IDENTITY[..], &people[..]), (&RIGHTS[..], &rights[..]), (&places[..], &[organization][..])]
    {
        for name in names {
            for value in values {
                refused_with(ground, outsider, name, &[*value]).await?;
                refused_with(ground, outsider, name, &["", *value]).await?;
            }
        }
    }
    Ok(())
}

async fn refused_with(ground: &Ground, outsider: &Outsider, name: &'static str, values: &[&str]) -> Course {
    let mut request = outsider.shows(ground.request()?);
    for value in values {
        append(&mut request, name, value);
    }
    if name != "x-organization-id" {
        append(&mut request, "x-organization-id", ground.organization.organization_id.as_str());
    }
    ground.must_refuse(request, &format!("{} with {name}: {}", outsider.name, values.join(" and "))).await
}

/// All that Vestibule itself tells applications behind it, and what makes proxies take out again what they have set
/// (RFC 9110 §7.6.1).
async fn claims_together(ground: &Ground, outsider: &Outsider, jwt: &str) -> Course {
    let told = told_by_vestibule(ground)?;
    let mut request = outsider.shows(ground.request()?);
    for (name, value) in &told {
        append(&mut request, name, value);
    }
    ground.must_refuse(request.clone(), &format!("{} with X-Vestibule-*", outsider.name)).await?;
    for name in ["x-vestibule-session-jwt", "x_vestibule_session_jwt"] {
        append(&mut request, name, jwt);
    }
    ground
        .must_refuse(request, &format!("{} with an unsigned X-Vestibule-Session-Jwt", outsider.name))
        .await?;
    let names = IDENTITY.iter().chain(&RIGHTS).copied().chain(told.iter().map(|(name, _)| *name));
    let connection = format!("close, {}", names.collect::<Vec<_>>().join(", "));
    let mut request = outsider.shows(ground.request()?);
    append(&mut request, "connection", &connection);
    ground.must_refuse(request, &format!("{} with Connection: x-vestibule-roles", outsider.name)).await
}

/// A JWT of a member who may pass, without its signature.
async fn unsigned_jwt(ground: &Ground) -> Result<String, Stop> {
    let jwt = ground.signed_in().await?.session_jwt().await?;
    Ok(jwt.expose().rsplit_once('.').map(|(message, _)| format!("{message}.")).unwrap_or_default())
}

fn append(request: &mut Sent, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        request.headers_mut().append(HeaderName::from_static(name), value);
    }
}

/// A token in an address stands in logs and histories; one in a header of its own comes past every rule of
/// precedence.
async fn misplaced(ground: &Ground) -> Course {
    let member = ground.let_in().await?;
    let token = member.session_token();
    for name in ["session_token", "token", "access_token", "session"] {
        let mut request = ground.request()?;
        let uri = request.uri().to_string();
        let with = format!("{uri}{}{name}={token}", if uri.contains('?') { '&' } else { '?' });
        if let Ok(uri) = with.parse::<Uri>() {
            *request.uri_mut() = uri;
            ground.must_refuse(request, &format!("a token in the query, as {name},")).await?;
        }
    }
    for name in
        ["x-session-token", "x-auth-token", "x-access-token", "session-token", "x-vestibule-session-jwt"]
    {
        let mut request = ground.request()?;
        append(&mut request, name, token);
        ground.must_refuse(request, &format!("a token in {name}")).await?;
    }
    let address = &member.member().member().email_address;
    let basic = format!("Basic {}", STANDARD.encode(format!("{address}:{token}")));
    for value in [basic, format!("Token {token}"), token.to_owned(), format!("BearerX {token}")] {
        let scheme =
            value.split(' ').next().filter(|scheme| *scheme != token).unwrap_or("no scheme").to_owned();
        let mut request = ground.request()?;
        append(&mut request, "authorization", &value);
        ground.must_refuse(request, &format!("a token in Authorization with {scheme}")).await?;
    }
    Ok(())
}

/// A sub-domain can plant cookies under most names, but not under every one.
async fn renamed(ground: &Ground) -> Course {
    let member = ground.let_in().await?;
    let name = ground.kit.cookies().session;
    let bare = name.trim_start_matches("__Host-");
    let names = [
        name.to_ascii_uppercase(),
        format!("{name}x"),
        format!("x{name}"),
        format!("{name}[]"),
        format!("__Secure-{bare}"),
        format!("__host-{bare}"),
        format!("x={name}"),
        "session".to_owned(),
        "vestibule_session".to_owned(),
    ];
    for other in names.iter().filter(|other| *other != name) {
        let mut request = ground.request()?;
        show(request.headers_mut(), Place::Cookie, other, member.session_token());
        ground.must_refuse(request, &format!("a token in the cookie {other}")).await?;
    }
    Ok(())
}

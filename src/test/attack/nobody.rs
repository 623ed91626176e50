//! Without a session, whatever else the request says.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderName, HeaderValue, Uri, header};

use super::{
    Try,
    ground::{Course, Ground, Sent},
    route::{Place, show},
};

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
const IDENTITY: [&str; 16] = [
    "x-vestibule-member-id",
    "x-vestibule-email-address",
    "x-member-id",
    "x-user",
    "x-user-id",
    "x-username",
    "x-email",
    "x-forwarded-user",
    "x-forwarded-email",
    "x-auth-request-user",
    "x-auth-request-email",
    "x-authenticated-user",
    "x-remote-user",
    "remote-user",
    "remote_user",
    "x_forwarded_user",
];

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
    let member = ground.member.member().member();
    let organization = &ground.organization.organization_id;
    for value in [member.email_address.as_str(), member.member_id.as_str()] {
        for name in IDENTITY {
            let mut request = ground.request()?;
            insert(&mut request, name, value);
            insert(&mut request, "x-organization-id", organization.as_str());
            ground.must_refuse(request, &format!("nobody with {name}")).await?;
        }
    }
    for (name, value) in ORIGIN {
        let mut request = ground.request()?;
        insert(&mut request, name, value);
        ground.must_refuse(request, &format!("nobody with {name}: {value}")).await?;
    }
    Ok(())
}

fn insert(request: &mut Sent, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        request.headers_mut().insert(HeaderName::from_static(name), value);
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
    for name in ["x-session-token", "x-auth-token", "x-access-token", "session-token"] {
        let mut request = ground.request()?;
        insert(&mut request, name, token);
        ground.must_refuse(request, &format!("a token in {name}")).await?;
    }
    let address = &member.member().member().email_address;
    let basic = format!("Basic {}", STANDARD.encode(format!("{address}:{token}")));
    for value in [basic, format!("Token {token}"), token.to_owned(), format!("BearerX {token}")] {
        let scheme =
            value.split(' ').next().filter(|scheme| *scheme != token).unwrap_or("no scheme").to_owned();
        let mut request = ground.request()?;
        insert(&mut request, "authorization", &value);
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

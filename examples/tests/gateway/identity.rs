//! Who the application is told is signed in, and what outsiders do about that.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::{
    application::Application,
    person::{Person, SESSION},
    process::Gateway,
    wire::{Head, answer, ask, head, request, send},
};

/// The spellings that some server or other reads as ours.
const FORGED: [&str; 11] = [
    "X-Vestibule-Member-Id: evil",
    "x-vestibule-member-id: evil",
    "X-VESTIBULE-ROLES: evil",
    "X_Vestibule_Member_Id: evil",
    "x-vestibule_organization-id: evil",
    "X.Vestibule.Roles: evil",
    "X-Vestibule-Organization-Id: evil",
    "X-Vestibule-Session-Jwt: evil",
    "X-Vestibule-Whatever: evil",
    "X~Vestibule~Roles: evil",
    "Connection: close, X-Vestibule-Member-Id, x-vestibule-roles",
];

#[tokio::test]
async fn nobody_reaches_the_application_without_a_session() {
    let application = Application::echo().await;
    let gateway = Gateway::before(&application).await;
    for line in ["GET /", "HEAD /a", "POST /a", "DELETE /a/b", "OPTIONS /a", "PATCH /%61", "QUERY /"] {
        assert_eq!(ask(gateway.address, &request(line, &FORGED, "")).await.status, 401, "{line}");
    }
    let browser = ["Sec-Fetch-Mode: navigate", "Accept: text/html"];
    let led_on = ask(gateway.address, &request("GET /reports?year=2026", &browser, "")).await;
    assert_eq!(led_on.status, 303);
    assert_eq!(led_on.head.one("location"), "/auth/sign-in?return_to=%2Freports%3Fyear%3D2026");
    for token in ["", "x", "Bearer", "eyJhbGciOiJub25lIn0.e30."] {
        let headers = [format!("Authorization: Bearer {token}"), format!("Cookie: {SESSION}={token}")];
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        assert_eq!(ask(gateway.address, &request("GET /", &headers, "")).await.status, 401, "{token}");
    }
    assert_eq!(application.connections(), 0);
}

#[tokio::test]
async fn the_body_of_a_refused_request_is_not_asked_for() {
    let application = Application::echo().await;
    let gateway = Gateway::before(&application).await;
    let text = "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n";
    let mut connection = send(gateway.address, text).await;
    let (head, _) = head(&mut connection).await;
    assert!(head.request_line().starts_with("HTTP/1.1 401"), "{head:?}");
    assert_eq!(application.connections(), 0);
}

#[tokio::test]
async fn a_member_is_told_of_and_forgeries_are_not() {
    let application = Application::echo().await;
    let mut gateway = Gateway::before(&application).await;
    let ada = Person::founding(&mut gateway, "acme").await;
    for forged in [&[][..], &FORGED] {
        let answer = ada.get_with(&gateway, "/reports?a=%2F&b=..", forged).await;
        assert_eq!(answer.status, 200);
        let seen = Head(answer.body);
        assert_eq!(seen.request_line(), "GET /reports?a=%2F&b=.. HTTP/1.1");
        assert_eq!(seen.one("x-vestibule-member-id"), ada.member_id);
        assert_eq!(seen.one("x-vestibule-organization-id"), ada.organization_id);
        let roles: Vec<&str> = seen.one("x-vestibule-roles").split(',').collect();
        assert!(roles.contains(&"stytch_member") && roles.contains(&"stytch_admin"), "{roles:?}");
        assert!(!seen.mentions("evil") && !seen.has("x-vestibule-session-jwt"), "{seen:?}");
    }
    let with_bearer = [&format!("Authorization: Bearer {}", ada.token())[..], FORGED[3]];
    let seen = Head(ask(gateway.address, &request("GET /", &with_bearer, "")).await.body);
    assert_eq!(seen.one("x-vestibule-member-id"), ada.member_id);
    assert!(!seen.mentions("evil"));
}

#[tokio::test]
async fn where_everybody_may_pass_nobody_passes_for_somebody() {
    let application = Application::echo().await;
    let mut gateway = Gateway::with(&application, "", "[[routes]]\nprefix = '/'\npublic = true").await;
    let answer = ask(gateway.address, &request("GET /", &FORGED, "")).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.body.to_lowercase().contains("evil"), "{}", answer.body);
    assert!(!Head(answer.body).mentions("vestibule-"));
    let ada = Person::founding(&mut gateway, "acme").await;
    let seen = Head(ada.get(&gateway, "/").await.body);
    assert_eq!(seen.one("x-vestibule-member-id"), ada.member_id);
}

#[tokio::test]
async fn the_session_jwt_can_be_passed_on_instead() {
    let application = Application::echo().await;
    let mut gateway = Gateway::with(&application, "identity = 'jwt'", "").await;
    let ada = Person::founding(&mut gateway, "acme").await;
    let seen = Head(ada.get_with(&gateway, "/", &FORGED).await.body);
    assert!(!seen.mentions("evil") && !seen.has("x-vestibule-member-id"), "{seen:?}");
    let jwt = seen.one("x-vestibule-session-jwt");
    let claims = URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["sub"], ada.member_id);
    // The gateway takes no JWT whose signature is not right.
    let bearer = format!("Authorization: Bearer {jwt}");
    assert_eq!(ask(gateway.address, &request("GET /", &[&bearer], "")).await.status, 200);
}

#[tokio::test]
async fn the_application_gets_no_token_of_ours_and_every_other() {
    let application = Application::echo().await;
    let mut gateway = Gateway::before(&application).await;
    let ada = Person::founding(&mut gateway, "acme").await;
    let cookie =
        format!("Cookie: theme=dark; {SESSION}={}; vestibule_development_browser=b;lang=en", ada.token());
    let headers = [&cookie, "Cookie: more=1", "Authorization: Basic YTpi", "X-Api-Key: theirs"];
    let seen = Head(ask(gateway.address, &request("GET /", &headers, "")).await.body);
    assert_eq!(seen.all("cookie").join("; "), "theme=dark; lang=en; more=1");
    assert_eq!((seen.one("authorization"), seen.one("x-api-key")), ("Basic YTpi", "theirs"));

    let bearer = format!("authorization: bearer  {}", ada.token());
    let seen = Head(ask(gateway.address, &request("GET /", &[&bearer], "")).await.body);
    assert!(seen.has("x-vestibule-member-id") && !seen.has("authorization"), "{seen:?}");
    assert!(!seen.mentions(ada.token()));
}

#[tokio::test]
async fn the_application_sets_neither_our_cookies_nor_our_headers() {
    let application = Application::echo_with(
        "Set-Cookie: theirs=1; Path=/\r\nSet-Cookie: vestibule_development_session=evil; Path=/\r\n\
         set-cookie: __Host-vestibule_session=evil; Path=/; Secure\r\nSet-Cookie: =vestibule_development_session=evil\r\n\
         X-Vestibule-Member-Id: evil\r\nx_vestibule_roles: evil\r\nX-Theirs: 1\r\n",
    )
    .await;
    let mut gateway = Gateway::before(&application).await;
    let ada = Person::founding(&mut gateway, "acme").await;
    let answer = ada.get(&gateway, "/").await;
    assert_eq!(answer.head.all("set-cookie"), ["theirs=1; Path=/"]);
    assert_eq!(answer.head.one("x-theirs"), "1");
    assert!(!answer.head.mentions("evil"), "{:?}", answer.head);
    assert_eq!(answer.head.one("cache-control"), "no-store");
}

#[tokio::test]
async fn no_cache_gives_a_members_page_to_somebody_else() {
    const PUBLIC: &str = "[[routes]]\nprefix = '/open'\npublic = true";
    for (said, cached, varies) in [
        ("", "no-store", "Cookie, Authorization"),
        ("Vary: Accept-Language\r\n", "no-store", "Accept-Language, Cookie, Authorization"),
        ("Cache-Control: public, max-age=60\r\nVary: Cookie\r\n", "public, max-age=60", "Cookie"),
    ] {
        let application = Application::echo_with(said).await;
        let mut gateway = Gateway::with(&application, "", PUBLIC).await;
        let ada = Person::founding(&mut gateway, "acme").await;
        for path in ["/open", "/"] {
            let answer = ada.get(&gateway, path).await;
            assert!(answer.status == 200 && answer.body.contains(&ada.member_id), "{}", answer.body);
            assert_eq!(answer.head.one("cache-control"), cached, "{path} {said}");
            assert_eq!(answer.head.all("vary").join(", "), varies, "{path} {said}");
        }
        // What everybody gets is kept as the application says.
        let answer = ask(gateway.address, &request("GET /open", &[], "")).await;
        assert_eq!(answer.status, 200);
        let named: Vec<&str> = said.lines().filter_map(|line| line.split(':').next()).collect();
        for name in ["Cache-Control", "Vary"] {
            assert_eq!(answer.head.has(name), named.contains(&name), "{name} {said}");
        }
    }
}

#[tokio::test]
async fn a_session_that_has_ended_is_nobody() {
    let application = Application::echo().await;
    let mut gateway = Gateway::with(&application, "identity = 'jwt'", "").await;
    let mut ada = Person::founding(&mut gateway, "acme").await;
    let (cookie, jwt) = (ada.cookie(), Head(ada.get(&gateway, "/").await.body));
    let bearer = format!("Authorization: Bearer {}", jwt.one("x-vestibule-session-jwt"));
    ada.sign_out(&gateway).await;
    let before = application.connections();
    for header in [&cookie, &bearer] {
        let mut connection = send(gateway.address, &request("GET /", &[header], "")).await;
        assert_eq!(answer(&mut connection).await.status, 401);
    }
    assert_eq!(application.connections(), before);
}

//! Stytch's B2B API on its port of its own: a server signs somebody in, and the session is the application's.

use base64::{Engine, engine::general_purpose::STANDARD};
use hyper::Method;
use serde_json::{Value, json};

use crate::{client::Client, mailbox::Mailbox, process::Demo, program::Program};

const GINA: &str = "gina@globex.example";

async fn call(client: &mut Client, demo: &Demo, path: &str, fields: Value) -> (u16, Value) {
    let api = demo.api();
    let credentials = format!("Basic {}", STANDARD.encode(format!("{}:{}", api.project_id, api.secret)));
    let headers = [("authorization", credentials.as_str()), ("content-type", "application/json")];
    let answer = client.send(Method::POST, path, &headers, fields.to_string()).await;
    (answer.status.as_u16(), serde_json::from_str(&answer.body).unwrap())
}

#[tokio::test]
async fn a_server_signs_somebody_in_and_the_application_lets_them_in() {
    let demo = Demo::start();
    let (mut mail, mut server) = (Mailbox::of(&demo), Client::of_api(&demo));
    let send = json!({"email_address": GINA});
    assert_eq!(call(&mut server, &demo, "/v1/b2b/otps/email/discovery/send", send).await.0, 200);
    let code = mail.code(GINA).await;
    let confirm = json!({"email_address": GINA, "code": code});
    let (status, found) =
        call(&mut server, &demo, "/v1/b2b/otps/email/discovery/authenticate", confirm).await;
    assert_eq!(status, 200, "{found:#}");
    let globex = &found["discovered_organizations"][0];
    assert_eq!(globex["organization"]["organization_slug"], "globex");
    let exchange = json!({
        "intermediate_session_token": found["intermediate_session_token"],
        "organization_id": globex["organization"]["organization_id"],
    });
    let path = "/v1/b2b/discovery/intermediate_sessions/exchange";
    let (status, entered) = call(&mut server, &demo, path, exchange.clone()).await;
    assert_eq!((status, &entered["member_authenticated"]), (200, &json!(true)), "{entered:#}");
    let (status, again) = call(&mut server, &demo, path, exchange).await;
    assert_eq!((status, &again["error_type"]), (404, &json!("intermediate_session_not_found")));

    for bearer in ["session_token", "session_jwt"] {
        let bearer = entered[bearer].as_str().unwrap();
        assert_eq!(Program::with_bearer(&demo, bearer).get("/member").await.status, 200);
    }
    let revoke = json!({"session_token": entered["session_token"]});
    assert_eq!(call(&mut server, &demo, "/v1/b2b/sessions/revoke", revoke).await.0, 200);
    let bearer = entered["session_token"].as_str().unwrap();
    assert_eq!(Program::with_bearer(&demo, bearer).get("/member").await.status, 401);
}

#[tokio::test]
async fn the_api_is_on_no_other_port_and_for_nobody_without_the_secret() {
    let demo = Demo::start();
    let (mut server, mut pages) = (Client::of_api(&demo), Client::of(&demo));
    let path = "/v1/b2b/organizations/search";
    assert_eq!(call(&mut server, &demo, path, json!({})).await.0, 200);
    assert_eq!(pages.send(Method::POST, path, &[], "{}".to_owned()).await.status, 404);
    let answer = server.send(Method::POST, path, &[], "{}".to_owned()).await;
    let value: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((answer.status.as_u16(), &value["error_type"]), (401, &json!("unauthorized_credentials")));
}

#[tokio::test]
async fn a_link_that_is_asked_for_without_an_address_leads_to_the_one_that_is_printed() {
    let demo = Demo::start();
    let (mut mail, mut server) = (Mailbox::of(&demo), Client::of_api(&demo));
    let send = json!({"organization_id": "globex", "email_address": GINA});
    let (status, sent) = call(&mut server, &demo, "/v1/b2b/magic_links/email/login_or_signup", send).await;
    assert_eq!(status, 200, "{sent:#}");
    let letter = mail.next(GINA, "").await;
    let begins = "http://localhost:8080/authenticate?stytch_token_type=multi_tenant_magic_links&token=";
    let token = letter.text.split(begins).nth(1).unwrap_or_else(|| panic!("no such link in {letter:?}"));
    let token: String = token.chars().take(44).collect();
    let used = json!({"magic_links_token": token});
    let (status, entered) = call(&mut server, &demo, "/v1/b2b/magic_links/authenticate", used).await;
    assert_eq!((status, &entered["member_authenticated"]), (200, &json!(true)), "{entered:#}");
}

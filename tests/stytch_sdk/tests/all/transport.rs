//! What lies below the operations: credentials, bodies, paths, and answers to what is none of them.

use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};
use stytch::b2b::{organizations as orgs, rbac::PolicyRequest};
use vestibule::domain::Secret;

use crate::common::{PROJECT, SECRET, World, refused, sent};

const AUTHENTICATE: &str = "/v1/b2b/sessions/authenticate";

#[tokio::test]
async fn without_the_projects_secret_nothing_is_answered() {
    let world = World::new().await;
    let wrong = world.with_secret("secret-test-00000000000000000000");
    refused(wrong.rbac.policy(PolicyRequest {}).await, 401, "unauthorized_credentials");
    let request = orgs::CreateRequest { organization_name: "Acme".to_owned(), ..Default::default() };
    refused(wrong.organizations.create(request).await, 401, "unauthorized_credentials");

    for credentials in [None, Some(""), Some("Basic"), Some("Basic !"), Some("Basic Zm9v"), Some("Bearer x")]
    {
        let answer = sent(world.request_with(Method::GET, "/v1/b2b/rbac/policy", credentials)).await;
        answer.refused(401, "unauthorized_credentials");
    }
    for (user, password) in [(PROJECT, ""), ("", SECRET), (SECRET, PROJECT), ("project-test-x", SECRET)] {
        let request = world.request_with(Method::GET, "/v1/b2b/rbac/policy", None);
        sent(request.basic_auth(user, Some(password))).await.refused(401, "unauthorized_credentials");
    }
    assert!(world.stytch.rbac.policy(PolicyRequest {}).await.is_ok());
}

#[tokio::test]
async fn several_secrets_are_good_at_once() {
    let second = "secret-test-ffffffffffffffffffffffff";
    let world = World::over(|builder| builder, |api| api.secret("second", Secret::new(second))).await;
    assert!(world.stytch.rbac.policy(PolicyRequest {}).await.is_ok());
    assert!(world.with_secret(second).rbac.policy(PolicyRequest {}).await.is_ok());
}

#[tokio::test]
async fn secrets_cannot_be_guessed() {
    let world = World::new().await;
    for number in 0..40 {
        let wrong = world.with_secret(&format!("secret-test-{number:032}"));
        let (status, error_type) =
            if number < 20 { (401, "unauthorized_credentials") } else { (429, "too_many_requests") };
        refused(wrong.rbac.policy(PolicyRequest {}).await, status, error_type);
    }
    // The right one is never kept out by them.
    assert!(world.stytch.rbac.policy(PolicyRequest {}).await.is_ok());
    world.clock.advance_minutes(16);
    assert!(world.stytch.rbac.policy(PolicyRequest {}).await.is_ok());
}

#[tokio::test]
async fn a_request_has_an_id_of_its_own() {
    let world = World::new().await;
    let one = world.stytch.rbac.policy(PolicyRequest {}).await.unwrap();
    let two = world.stytch.rbac.policy(PolicyRequest {}).await.unwrap();
    assert!(one.request_id.starts_with("request-id-test-") && one.request_id != two.request_id);
    assert_eq!(one.status_code.as_u16(), 200);
}

#[tokio::test]
async fn what_is_no_route_is_told_in_json() {
    let world = World::new().await;
    for path in ["/", "/v1/b2b", "/v1/b2b/nothing", "/v1/users", "/v1/b2b/organizations/a/b/c/d/e"] {
        sent(world.request(Method::GET, path)).await.refused(404, "route_not_found");
    }
    for (method, path) in [
        (Method::GET, AUTHENTICATE),
        (Method::PUT, AUTHENTICATE),
        (Method::DELETE, "/v1/b2b/rbac/policy"),
        (Method::PATCH, "/v1/b2b/organizations/acme"),
    ] {
        sent(world.request(method, path)).await.refused(405, "method_not_allowed");
    }
    let answer = sent(world.request(Method::HEAD, "/v1/b2b/nothing")).await;
    assert_eq!((answer.status, answer.text.as_str()), (404, ""));
}

#[tokio::test]
async fn what_is_no_request_is_told_in_json() {
    let world = World::new().await;
    let post = async |body: Vec<u8>| {
        let request = world.request(Method::POST, AUTHENTICATE).header(CONTENT_TYPE, "application/json");
        sent(request.body(body)).await
    };
    let deep =
        |open: &str, close: &str| format!("{}{}", open.repeat(20_000), close.repeat(20_000)).into_bytes();
    for body in [
        b"{".to_vec(),
        b"[]".to_vec(),
        b"\"x\"".to_vec(),
        b"5".to_vec(),
        b"{\"session_token\": 5}".to_vec(),
        b"{\"session_token\": \"x\", \"session_duration_minutes\": \"60\"}".to_vec(),
        b"{\"session_token\": \"x\", \"session_duration_minutes\": 60.5}".to_vec(),
        b"{\"session_token\": \"x\", \"session_duration_minutes\": 1e99}".to_vec(),
        b"{\"session_token\": \"x\", \"authorization_check\": {}}".to_vec(),
        b"{\"session_token\": \"\xff\xfe\"}".to_vec(),
        b"\xff\xfe".to_vec(),
        deep("[", "]"),
        deep("{\"a\":", "}"),
        format!(
            "{{\"session_token\": \"x\", \"session_custom_claims\": {{\"a\": {}1{}}}}}",
            "[".repeat(10_000),
            "]".repeat(10_000)
        )
        .into_bytes(),
    ] {
        post(body).await.refused(400, "bad_request");
    }
    let long = format!("{{\"session_token\": \"{}\"}}", "x".repeat(2 << 20)).into_bytes();
    post(long).await.refused(413, "request_too_large");
}

#[tokio::test]
async fn what_is_required_has_to_be_there() {
    let world = World::new().await;
    for body in [json!({}), json!({"organization_name": null})] {
        world.post("/v1/b2b/organizations", body).await.refused(400, "invalid_organization_name");
    }
    for (path, body) in [
        ("/v1/b2b/magic_links/authenticate", json!({})),
        ("/v1/b2b/magic_links/email/login_or_signup", json!({"organization_id": "acme"})),
        (
            "/v1/b2b/otps/email/authenticate",
            json!({"organization_id": "acme", "email_address": "a@b.example"}),
        ),
        ("/v1/b2b/passwords/authenticate", json!({"password": "x"})),
        ("/v1/b2b/otps/sms/send", json!({"organization_id": "acme"})),
        ("/v1/b2b/totp", json!({"member_id": "x"})),
        ("/v1/b2b/recovery_codes/recover", json!({})),
        ("/v1/b2b/organizations/members/search", json!({})),
        ("/v1/b2b/discovery/intermediate_sessions/exchange", json!({"organization_id": "acme"})),
    ] {
        world.post(path, body).await.refused(400, "bad_request");
    }
}

#[tokio::test]
async fn a_request_is_read_as_each_sdk_writes_it() {
    let world = World::new().await;
    let acme = world.organization("acme").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let entered = world.session(&ada).await;
    let (o, m) = (&acme.organization_id, &ada.member_id);

    // Null is absent, and so is what nobody knows.
    let body = json!({
        "session_token": entered.session_token, "session_jwt": null, "session_duration_minutes": null,
        "session_custom_claims": null, "authorization_check": null, "nonsense": {"a": [1]},
    });
    world.post(AUTHENTICATE, body).await.granted();
    // An empty body is an empty object; with and without a charset, a type, or a query.
    for content_type in [None, Some("application/json"), Some("application/json; charset=utf-8")] {
        let mut request = world.request(Method::POST, "/v1/b2b/organizations/search");
        if let Some(content_type) = content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        sent(request).await.granted();
    }
    sent(world.request(Method::POST, AUTHENTICATE)).await.refused(400, "no_session_arguments");

    // Bodies of GET and DELETE, and parameters twice, are passed over.
    for body in ["", "{}", "null", "nonsense"] {
        let path = format!("/v1/b2b/organizations/{o}?organization_id={o}&x=%zz");
        let request = world.request(Method::GET, &path).header(CONTENT_TYPE, "application/json").body(body);
        assert_eq!(sent(request).await.granted()["organization"]["organization_id"], o.as_str());
    }
    // Segments are encoded or not.
    let encoded = o.replace('-', "%2D");
    let shown = sent(world.request(Method::GET, &format!("/v1/b2b/organizations/{encoded}"))).await.granted();
    assert_eq!(shown["organization"]["organization_slug"], "acme");
    let path = "/v1/b2b/organizations/acme/member?email_address=ada%40acme.example";
    assert_eq!(sent(world.request(Method::GET, path)).await.granted()["member_id"], m.as_str());
    for (name, body) in [("one", None), ("two", Some("{}")), ("three", Some("null"))] {
        let gone = world.member(&acme, &format!("{name}@acme.example")).await;
        let path = format!("/v1/b2b/organizations/{o}/members/{}", gone.member_id);
        let mut request = world.request(Method::DELETE, &path);
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        assert_eq!(sent(request).await.granted()["member_id"], gone.member_id.as_str());
    }
}

/// What the strictest of the SDKs read: every field that is not optional, and none of it null.
#[tokio::test]
async fn every_field_is_there() {
    let world = World::new().await;
    let acme = world.mfa_organization("acme").await;
    let plain = world.organization("plain").await;
    let ada = world.member(&acme, "ada@acme.example").await;
    let bob = world.member(&plain, "bob@acme.example").await;
    let by_code = async |member: &orgs::Member| {
        let code = world.email_code(member).await;
        let body = json!({
            "organization_id": member.organization_id, "email_address": member.email_address, "code": code,
        });
        world.post("/v1/b2b/otps/email/authenticate", body).await.granted()
    };
    let present = |value: &Value, fields: &[&str]| {
        for field in fields {
            assert!(!value[field].is_null(), "{field} is missing in {value}");
        }
    };
    let answer_fields = [
        "request_id",
        "status_code",
        "member_id",
        "organization_id",
        "method_id",
        "member",
        "organization",
        "session_token",
        "session_jwt",
        "intermediate_session_token",
        "member_authenticated",
    ];
    let member_fields = [
        "organization_id",
        "member_id",
        "email_address",
        "status",
        "name",
        "sso_registrations",
        "is_breakglass",
        "member_password_id",
        "oauth_registrations",
        "email_address_verified",
        "mfa_phone_number_verified",
        "is_admin",
        "totp_registration_id",
        "retired_email_addresses",
        "is_locked",
        "mfa_enrolled",
        "mfa_phone_number",
        "default_mfa_method",
        "roles",
    ];
    let organization_fields = [
        "organization_id",
        "organization_name",
        "organization_logo_url",
        "organization_slug",
        "sso_jit_provisioning",
        "sso_jit_provisioning_allowed_connections",
        "sso_active_connections",
        "email_allowed_domains",
        "email_jit_provisioning",
        "email_invites",
        "auth_methods",
        "allowed_auth_methods",
        "mfa_policy",
        "rbac_email_implicit_role_assignments",
        "mfa_methods",
        "allowed_mfa_methods",
        "oauth_tenant_jit_provisioning",
        "claimed_email_domains",
        "first_party_connected_apps_allowed_type",
        "allowed_first_party_connected_apps",
        "third_party_connected_apps_allowed_type",
        "allowed_third_party_connected_apps",
        "custom_roles",
    ];
    let session_fields = [
        "member_session_id",
        "member_id",
        "organization_id",
        "organization_slug",
        "started_at",
        "last_accessed_at",
        "expires_at",
        "authentication_factors",
        "roles",
    ];
    let waiting = by_code(&ada).await;
    let done = by_code(&bob).await;
    for answer in [&waiting, &done] {
        present(answer, &answer_fields);
        present(&answer["member"], &member_fields);
        present(&answer["organization"], &organization_fields);
    }
    present(&done["member_session"], &session_fields);
    let factor = &done["member_session"]["authentication_factors"][0];
    present(factor, &["type", "delivery_method", "last_authenticated_at", "email_factor"]);
    assert_eq!(factor["sequence_order"], "PRIMARY");
    let times = ["started_at", "last_accessed_at", "expires_at"];
    assert!(times.iter().all(|time| done["member_session"][time].as_str().unwrap().ends_with('Z')));

    let empty = json!([
        waiting["session_token"],
        waiting["session_jwt"],
        waiting["member_session"],
        waiting["primary_required"]
    ]);
    assert_eq!(empty, json!(["", "", null, null]));
    let expires = waiting["intermediate_session_token_expires_at"].as_str().unwrap();
    assert!(expires.ends_with('Z'));
    let empty = json!([done["intermediate_session_token"], done["mfa_required"], done["primary_required"]]);
    assert_eq!(empty, json!(["", null, null]));
    assert_eq!(done["member"]["email_address"], "bob@acme.example");
}

#[tokio::test]
async fn what_is_served_is_described() {
    let world = World::new().await;
    let answer = sent(world.request(Method::GET, "/v1/b2b/openapi.json")).await;
    let document = answer.json();
    assert_eq!(answer.status, 200);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    for path in [AUTHENTICATE, "/v1/b2b/discovery/organizations", "/v1/b2b/organizations/{organization_id}"] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
}

//! Every endpoint that Stytch documents for these flows is served, or answered with a clear refusal: none is silently
//! missing. `docs/wire-coverage.md` is written from the routes that exist; `UPDATE_DOCUMENTS=1 cargo test --features
//! wire-api --test wire_coverage` writes it anew.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{collections::BTreeMap, fmt::Write, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use tower::ServiceExt;
use vestibule::{Vestibule, WireService, domain::Secret};

const PROJECT: &str = "project-test-00000000-0000-4000-8000-000000000000";
const SECRET: &str = "secret-test-0123456789abcdef";

/// What Stytch documents, family by family, in the order of its reference.
const DOCUMENTED: [(&str, &[&str]); 10] = [
    (
        "Email magic links",
        &[
            "POST /v1/b2b/magic_links/email/login_or_signup",
            "POST /v1/b2b/magic_links/email/invite",
            "POST /v1/b2b/magic_links/email/discovery/send",
            "POST /v1/b2b/magic_links/authenticate",
            "POST /v1/b2b/magic_links/discovery/authenticate",
        ],
    ),
    (
        "Email OTP",
        &[
            "POST /v1/b2b/otps/email/login_or_signup",
            "POST /v1/b2b/otps/email/authenticate",
            "POST /v1/b2b/otps/email/discovery/send",
            "POST /v1/b2b/otps/email/discovery/authenticate",
        ],
    ),
    (
        "Passwords",
        &[
            "POST /v1/b2b/passwords/authenticate",
            "POST /v1/b2b/passwords/strength_check",
            "POST /v1/b2b/passwords/email/reset/start",
            "POST /v1/b2b/passwords/email/reset",
            "POST /v1/b2b/passwords/email/require_reset",
            "POST /v1/b2b/passwords/session/reset",
            "POST /v1/b2b/passwords/existing_password/reset",
            "POST /v1/b2b/passwords/discovery/authenticate",
            "POST /v1/b2b/passwords/discovery/email/reset/start",
            "POST /v1/b2b/passwords/discovery/email/reset",
            "POST /v1/b2b/passwords/migrate",
        ],
    ),
    (
        "OAuth and SSO",
        &[
            "GET /v1/b2b/public/oauth/{provider}/start",
            "GET /v1/b2b/public/oauth/{provider}/discovery/start",
            "POST /v1/b2b/oauth/authenticate",
            "POST /v1/b2b/oauth/discovery/authenticate",
            "GET /v1/public/sso/start",
            "POST /v1/b2b/sso/authenticate",
            "GET /v1/b2b/sso/{organization_id}",
            "POST /v1/b2b/impersonation/authenticate",
        ],
    ),
    (
        "Sessions",
        &[
            "GET /v1/b2b/sessions",
            "POST /v1/b2b/sessions/authenticate",
            "POST /v1/b2b/sessions/exchange",
            "POST /v1/b2b/sessions/revoke",
            "POST /v1/b2b/sessions/attest",
            "POST /v1/b2b/sessions/migrate",
            "POST /v1/b2b/sessions/exchange_access_token",
            "GET /v1/b2b/sessions/jwks/{project_id}",
        ],
    ),
    (
        "Discovery",
        &[
            "POST /v1/b2b/discovery/organizations",
            "POST /v1/b2b/discovery/organizations/create",
            "POST /v1/b2b/discovery/intermediate_sessions/exchange",
        ],
    ),
    (
        "Second factors",
        &[
            "POST /v1/b2b/otps/sms/send",
            "POST /v1/b2b/otps/sms/authenticate",
            "POST /v1/b2b/totp",
            "POST /v1/b2b/totp/authenticate",
            "POST /v1/b2b/totp/migrate",
            "GET /v1/b2b/recovery_codes/{organization_id}/{member_id}",
            "POST /v1/b2b/recovery_codes/recover",
            "POST /v1/b2b/recovery_codes/rotate",
            "DELETE /v1/b2b/organizations/{organization_id}/members/mfa_phone_numbers/{member_id}",
            "DELETE /v1/b2b/organizations/{organization_id}/members/{member_id}/totp",
        ],
    ),
    (
        "Organizations",
        &[
            "POST /v1/b2b/organizations",
            "GET /v1/b2b/organizations/{organization_id}",
            "PUT /v1/b2b/organizations/{organization_id}",
            "DELETE /v1/b2b/organizations/{organization_id}",
            "POST /v1/b2b/organizations/search",
            "GET /v1/b2b/organizations/{organization_id}/metrics",
            "DELETE /v1/b2b/organizations/{organization_id}/external_id",
        ],
    ),
    (
        "Members",
        &[
            "POST /v1/b2b/organizations/{organization_id}/members",
            "GET /v1/b2b/organizations/{organization_id}/member",
            "GET /v1/b2b/organizations/members/dangerously_get/{member_id}",
            "PUT /v1/b2b/organizations/{organization_id}/members/{member_id}",
            "DELETE /v1/b2b/organizations/{organization_id}/members/{member_id}",
            "PUT /v1/b2b/organizations/{organization_id}/members/{member_id}/reactivate",
            "POST /v1/b2b/organizations/members/search",
            "DELETE /v1/b2b/organizations/{organization_id}/members/passwords/{member_password_id}",
            "DELETE /v1/b2b/organizations/{organization_id}/members/{member_id}/external_id",
            "POST /v1/b2b/organizations/{organization_id}/members/{member_id}/unlink_retired_email",
            "POST /v1/b2b/organizations/{organization_id}/members/{member_id}/start_email_update",
        ],
    ),
    (
        "RBAC",
        &[
            "GET /v1/b2b/rbac/policy",
            "GET /v1/b2b/rbac/organizations/{organization_id}",
            "PUT /v1/b2b/rbac/organizations/{organization_id}",
        ],
    ),
];

async fn service() -> WireService {
    let vestibule = Vestibule::development().build().await.unwrap();
    vestibule.wire_api().secret("test", Secret::new(SECRET)).service().unwrap()
}

async fn call(api: &WireService, method: Method, path: &str) -> (StatusCode, Value) {
    let credentials = format!("Basic {}", STANDARD.encode(format!("{PROJECT}:{SECRET}")));
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, credentials)
        .body(Full::<Bytes>::default())
        .unwrap();
    let answer = api.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    (status, serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap())
}

/// The routes that exist, with what each does, as the description has them.
async fn routes(api: &WireService) -> BTreeMap<String, (String, bool)> {
    let (_, description) = call(api, Method::GET, "/v1/b2b/openapi.json").await;
    let mut routes = BTreeMap::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let summary = operation["summary"].as_str().unwrap().to_owned();
            let refused = operation["x-refused"] == Value::Bool(true);
            routes.insert(format!("{} {path}", method.to_uppercase()), (summary, refused));
        }
    }
    routes
}

#[tokio::test]
async fn no_endpoint_is_silently_missing_and_the_document_lists_them() {
    let routes = routes(&service().await).await;
    let mut document = String::from(
        "# Coverage of Stytch's B2B API\n\nWritten from the routes that exist by `tests/wire_coverage.rs`. Whatever is \
         refused answers Stytch's envelope with\n`operation_not_available`, or `cross_org_passwords_not_enabled` where a \
         setting of Stytch's would be needed: 400 both.\n",
    );
    let mut listed = 0;
    for (family, endpoints) in DOCUMENTED {
        write!(document, "\n## {family}\n\n| endpoint | here |\n|---|---|\n").unwrap();
        for endpoint in endpoints {
            let Some((summary, refused)) = routes.get(*endpoint) else { panic!("{endpoint} is missing") };
            let here = if *refused { format!("refused: {summary}") } else { format!("served: {summary}") };
            writeln!(document, "| `{endpoint}` | {here} |").unwrap();
            listed += 1;
        }
    }
    assert_eq!(listed, routes.len(), "every route that exists is documented by Stytch: {routes:?}");
    document.push_str("\nThe browser SDK's own API below `/sdk/v1` is refused as a whole.\n");

    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/wire-coverage.md");
    if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
        std::fs::write(&file, &document).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap();
    assert_eq!(written, document, "run it with UPDATE_DOCUMENTS=1 to write the document anew");
}

#[tokio::test]
async fn what_is_refused_says_so_in_the_envelope() {
    let api = service().await;
    let refused = routes(&api).await.into_iter().filter(|(_, (_, refused))| *refused);
    let mut count = 0;
    for (endpoint, _) in refused.chain([("GET /sdk/v1/projects/bootstrap/x".to_owned(), Default::default())])
    {
        let (method, path) = endpoint.split_once(' ').unwrap();
        let (status, answer) = call(&api, method.parse().unwrap(), &path.replace(['{', '}'], "")).await;
        let cross = path.contains("/passwords/");
        let expected = if cross { "cross_org_passwords_not_enabled" } else { "operation_not_available" };
        assert_eq!((status.as_u16(), answer["error_type"].as_str().unwrap()), (400, expected), "{endpoint}");
        for field in ["request_id", "error_message", "error_url"] {
            assert!(!answer[field].as_str().unwrap().is_empty(), "{endpoint}: {field}");
        }
        assert_eq!(answer["status_code"], status.as_u16());
        count += 1;
    }
    assert!(count >= 15, "{count}");
}

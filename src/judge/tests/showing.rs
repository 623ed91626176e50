//! What a session shows of itself.

use serde_json::json;

use super::people::{MINUTE, NOW, Scene, app, link, opening};
use crate::{domain::CustomClaims, judge::Opening};

fn session() -> crate::judge::MemberSession {
    let scene = Scene::new();
    let custom_claims = CustomClaims::new([("plan".to_owned(), "pro".into())].into_iter().collect()).unwrap();
    let opening = Opening { custom_claims, ..opening() };
    scene.grant(&[link(NOW), app(NOW)], NOW).open(opening, &scene.policy, &[], NOW)
}

#[test]
fn it_reads_as_stytch_writes_it() {
    let session = session();
    assert!(session.touch(NOW.after(MINUTE)));
    let at = "2023-11-14T22:13:20.000Z";
    let expected = json!({
        "member_session_id": "session",
        "member_id": "ada-acme",
        "organization_id": "id-acme",
        "organization_slug": "acme",
        "started_at": at,
        "last_accessed_at": "2023-11-14T22:14:20.000Z",
        "expires_at": "2023-11-14T23:13:20.000Z",
        "authentication_factors": [
            {
                "type": "magic_link", "delivery_method": "email", "sequence_order": "PRIMARY",
                "last_authenticated_at": at, "created_at": at, "updated_at": at,
                "email_factor": {"email_id": "mail", "email_address": "ada@corp.example"},
            },
            {
                "type": "totp", "delivery_method": "authenticator_app", "sequence_order": "SECONDARY",
                "last_authenticated_at": at, "created_at": at, "updated_at": at,
                "authenticator_app_factor": {"totp_id": "app"},
            },
        ],
        "roles": ["stytch_member"],
        "custom_claims": {"plan": "pro"},
    });
    assert_eq!(serde_json::to_value(&session).unwrap(), expected);
}

#[test]
fn it_says_what_it_is() {
    let session = session();
    assert_eq!(session.member_session_id().as_str(), "session");
    assert_eq!(session.member_id().as_str(), "ada-acme");
    assert_eq!(session.email_address().as_str(), "ada@corp.example");
    assert_eq!(session.organization_id().as_str(), "id-acme");
    assert_eq!(session.organization_slug().as_str(), "acme");
    assert_eq!(session.started_at(), NOW);
    assert_eq!(session.authentication_factors(), [link(NOW), app(NOW)]);
    assert_eq!(session.custom_claims().get("plan"), Some(&json!("pro")));
}

/// Logs may hold this: neither the token's half nor the claims are in it.
#[test]
fn its_debug_form_names_no_secret() {
    let text = format!("{:?}", session());
    let expected = "MemberSession { member_session_id: session, member_id: ada-acme, \
        organization_id: id-acme, roles: [stytch_member], expires_at: 2023-11-14T23:13:20.000Z, .. }";
    assert_eq!(text, expected);
}

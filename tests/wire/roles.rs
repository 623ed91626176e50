//! On behalf of a member: what their roles permit and nothing else, in their own organization alone.

use serde_json::{Value, json};

use crate::{
    api::{Api, Ask, Whose, token},
    calls::{Cast, good, operations},
};

/// A member whose one role permits these actions on members.
async fn with_role(api: &Api, of: &Whose, actions: &[&str]) -> (Whose, String) {
    let role = json!({
        "role_id": "clerk",
        "description": "",
        "permissions": [{"resource_id": "stytch.member", "actions": actions}],
    });
    let path = format!("rbac/organizations/{}", of.organization_id);
    api.put(&path, json!({"org_policy": {"roles": [role]}})).await.done();
    let member = api.member_with_password(of, "clerk@open.example", json!({"roles": ["clerk"]})).await;
    let session = api.session(&member).await;
    (member, session)
}

/// A header that is there and opens nothing never leaves the call with the project's full power. Of every route:
/// on one that takes no member it must not be passed over either, as if it had been checked.
#[tokio::test]
async fn a_header_that_opens_nothing_is_refused() {
    let all = operations(&Api::new().await).await;
    for operation in all.iter().filter(|operation| !operation.refused && !operation.public) {
        let api = Api::new().await;
        let cast = Cast::in_(&api).await;
        let right = good(&api, &cast, operation).await;
        let intermediate = api.intermediate(&cast.owing).await;
        for (name, value) in [
            ("x-stytch-member-session", ""),
            ("x-stytch-member-session", " "),
            ("x-stytch-member-session", "nobody"),
            ("x-stytch-member-session", "\u{e9}"),
            ("x-stytch-member-session", crate::api::SECRET),
            ("x-stytch-member-session", &intermediate),
            ("x-stytch-member-sessionjwt", ""),
            ("x-stytch-member-sessionjwt", "a.b.c"),
            ("x-stytch-member-sessionjwt", "nobody"),
        ] {
            let expected = match (operation.for_members, name) {
                (false, _) => (403, "session_authorization_error"),
                (true, "x-stytch-member-session") => (404, "session_not_found"),
                (true, _) => (400, "unable_to_parse_session_jwt"),
            };
            let said = api.ask(right.clone().header(name, value)).await;
            assert_eq!(
                (said.status, said.error_type()),
                expected,
                "{} with {name}: {value:?}: {}",
                said.asked,
                said.body
            );
        }
        api.ask(right).await.done();
    }
}

/// Whatever they may do elsewhere: who says that a member acts is not given the project's power instead.
#[tokio::test]
async fn a_session_is_refused_where_no_member_acts() {
    let all = operations(&Api::new().await).await;
    let mut tried = 0;
    for operation in all.iter().filter(|o| !o.refused && !o.public && !o.for_members) {
        let api = Api::new().await;
        let cast = Cast::in_(&api).await;
        let right = good(&api, &cast, operation).await;
        let settings = json!({"roles": ["stytch_admin"]});
        let administrator = api.member_with_password(&cast.open, "admin@open.example", settings).await;
        let signed_in = api.by_password(&administrator, json!({})).await.done();
        for (header, name) in
            [("x-stytch-member-session", "session_token"), ("x-stytch-member-sessionjwt", "session_jwt")]
        {
            let said = api.ask(right.clone().header(header, &token(&signed_in, name))).await;
            said.refused(403, "session_authorization_error");
        }
        api.ask(right).await.done();
        tried += 1;
    }
    assert!(tried > 0);
}

/// Stytch's SDKs take a member's session for these two as well.
#[tokio::test]
async fn an_external_id_is_not_taken_away_by_whoever_may_not() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let stranger = api.session(&cast.plain).await;
    let other = api.organization("other", json!({"organization_external_id": "other-1"})).await;
    let member = api.member(&other, "m@other.example", json!({"external_id": "m-1"})).await;
    for path in ["organizations/other/external_id".to_owned(), format!("{}/external_id", member.path())] {
        for session in [stranger.as_str(), "", "nobody"] {
            let said = api.ask(Ask::delete(&path).by(session)).await;
            assert!(matches!(said.status, 403 | 404), "{path} by {session:?}: {}", said.body);
        }
    }
    api.get("organizations/other-1").await.done();
}

#[tokio::test]
async fn nothing_is_done_to_another_organization_or_shown_of_it() {
    let all = operations(&Api::new().await).await;
    for operation in all.iter().filter(|operation| !operation.refused && operation.for_members) {
        let api = Api::new().await;
        let cast = Cast::in_(&api).await;
        let right = good(&api, &cast, operation).await;
        let other = api.organization("other", json!({})).await;
        let administrator =
            api.member_with_password(&other, "admin@other.example", json!({"roles": ["stytch_admin"]})).await;
        let signed_in = api.by_password(&administrator, json!({})).await.done();
        for (header, name) in
            [("x-stytch-member-session", "session_token"), ("x-stytch-member-sessionjwt", "session_jwt")]
        {
            let by = right.clone().header(header, &token(&signed_in, name));
            let said = api.ask(by.clone()).await;
            said.refused(403, "session_authorization_tenancy_error");
            // Not even by a change that changes nothing.
            if operation.takes_body && operation.path.contains('{') && !operation.path.contains("rbac") {
                let said = api.ask(by.raw("{}")).await;
                assert!(matches!(said.status, 400 | 403), "{} {{}}: {}", said.asked, said.body);
            }
        }
        api.ask(right).await.done();
    }
}

#[tokio::test]
async fn a_plain_member_does_nothing_to_others_and_is_shown_nothing_of_them() {
    let all = operations(&Api::new().await).await;
    for operation in all.iter().filter(|operation| !operation.refused && operation.for_members) {
        let api = Api::new().await;
        let cast = Cast::in_(&api).await;
        let right = good(&api, &cast, operation).await;
        let other = api.member_with_password(&cast.open, "other@open.example", json!({})).await;
        let session = api.session(&other).await;
        let said = api.ask(right.clone().by(&session)).await;
        said.refused(403, "session_authorization_error");
        if operation.method == "PUT" && !operation.path.contains("rbac") {
            let said = api.ask(right.clone().raw("{}").by(&session)).await;
            assert_eq!(said.status, 403, "{} {{}}: {}", said.asked, said.body);
        }
        api.ask(right).await.done();
    }
}

/// Whoever may only invite makes nobody an administrator, at the first invitation or at the second.
#[tokio::test]
async fn an_invitation_that_is_sent_again_gives_no_more_than_the_first() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let (_, session) = with_role(&api, &cast.open, &["create"]).await;
    let invite = |more: Value| {
        let mut body = json!({"organization_id": "open", "email_address": "eve@evil.example"});
        crate::api::merge(&mut body, more);
        Ask::post("magic_links/email/invite", &body).by(&session)
    };
    api.ask(invite(json!({"roles": ["stytch_admin"]}))).await.refused(403, "session_authorization_error");
    api.ask(invite(json!({"trusted_metadata": {"vip": true}})))
        .await
        .refused(403, "session_authorization_error");
    api.ask(invite(json!({}))).await.done();
    api.ask(invite(json!({"roles": ["stytch_admin"]}))).await.refused(403, "session_authorization_error");
    api.ask(invite(json!({"trusted_metadata": {"vip": true}})))
        .await
        .refused(403, "session_authorization_error");
}

/// Whoever may only make members brings no administrator back.
#[tokio::test]
async fn a_deleted_administrator_comes_back_by_whoever_may_give_their_roles() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let former =
        api.member_with_password(&cast.open, "former@open.example", json!({"roles": ["stytch_admin"]})).await;
    api.delete(&former.path()).await.done();
    let (_, clerk) = with_role(&api, &cast.open, &["create"]).await;
    let back = Ask::put(&format!("{}/reactivate", former.path()), &json!({}));
    api.ask(back.clone().by(&clerk)).await.refused(403, "session_authorization_error");
    // Invited by them, they are nobody but a member.
    let invited = json!({"organization_id": "open", "email_address": former.address});
    api.ask(Ask::post("magic_links/email/invite", &invited).by(&clerk)).await.done();
    let roles = api.shown(&former).await["roles"].to_string();
    assert!(!roles.contains("stytch_admin"), "{roles}");
    assert!(!api.by_password(&former, json!({})).await.is_session(), "a password has come back");
    api.delete(&former.path()).await.done();
    api.ask(back).await.done();
}

#[tokio::test]
async fn nobody_makes_a_member_with_what_only_the_project_writes() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let (clerk, session) = with_role(&api, &cast.open, &["create", "update.info.name"]).await;
    let create = |more: Value| {
        let mut body = json!({"email_address": "new@open.example"});
        crate::api::merge(&mut body, more);
        Ask::post("organizations/open/members", &body).by(&session)
    };
    for more in [
        json!({"roles": ["stytch_admin"]}),
        json!({"is_breakglass": true}),
        json!({"trusted_metadata": {"vip": true}}),
        // Whoever has the application's own id of somebody is that person to the application.
        json!({"external_id": "somebody-else"}),
    ] {
        api.ask(create(more)).await.refused(403, "session_authorization_error");
    }
    for change in [
        json!({"roles": ["stytch_admin"]}),
        json!({"is_breakglass": true}),
        json!({"trusted_metadata": {"vip": true}}),
        json!({"external_id": "somebody-else"}),
    ] {
        let said = api.ask(Ask::put(&clerk.path(), &change).by(&session)).await;
        said.refused(403, "session_authorization_error");
    }
    let said =
        api.ask(Ask::put(&clerk.path(), &json!({"email_address": "x@open.example"})).by(&session)).await;
    said.refused(400, "member_cannot_update_their_email_address");
    api.ask(create(json!({}))).await.done();
}

/// A claimed domain keeps its addresses out of every other organization: no tenant takes one by itself.
#[tokio::test]
async fn an_administrator_of_one_organization_claims_no_domain() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let settings = json!({"roles": ["stytch_admin"]});
    let administrator = api.member_with_password(&cast.open, "admin@open.example", settings).await;
    let session = api.session(&administrator).await;
    let change = json!({"claimed_email_domains": ["strict.example"]});
    let said = api.ask(Ask::put("organizations/open", &change).by(&session)).await;
    assert_eq!(said.status, 403, "{}", said.body);
    api.member(&cast.strict, "new@strict.example", json!({})).await;
}

#[tokio::test]
async fn an_authorization_check_is_of_the_sessions_own_organization_and_changes_nothing_when_it_fails() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let session = api.session(&cast.plain).await;
    let check = async |organization: &str, resource: &str, action: &str| {
        let body = json!({
            "session_token": session,
            "session_duration_minutes": 600,
            "session_custom_claims": {"a": 1},
            "authorization_check": {"organization_id": organization, "resource_id": resource, "action": action},
        });
        api.post("sessions/authenticate", body).await
    };
    for organization in ["strict", &cast.strict.organization_id, "", "nobody", "OPEN"] {
        check(organization, "stytch.self", "delete")
            .await
            .refused(403, "session_authorization_tenancy_error");
    }
    for (resource, action) in
        [("stytch.member", "create"), ("", ""), ("*", "*"), ("stytch.member", "*"), ("stytch", "self.delete")]
    {
        check("open", resource, action).await.refused(403, "session_authorization_error");
    }
    let now = api.post("sessions/authenticate", json!({"session_token": session})).await.done();
    assert_eq!(now["member_session"]["custom_claims"], json!({}));
    let granted = check("open", "stytch.self", "delete").await.done();
    assert_eq!(granted["verdict"], json!({"authorized": true, "granting_roles": ["stytch_member"]}));
    // By whatever the organization is called.
    check("open-1", "stytch.self", "delete").await.done();
}

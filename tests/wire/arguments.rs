//! Arguments that are out of range, exclude one another, or name what is not there: on every operation that
//! takes them. Nothing is used up by what is refused.

use serde_json::{Value, json};

use crate::{
    api::{Api, Ask, Said, merge, token},
    calls::{Cast, Operation, good, operations},
};

/// Runs a check of every operation that takes one of these fields, each in a world of its own: the call that
/// would succeed is changed, has to be refused, and succeeds afterwards all the same.
async fn refuses(fields: &[&str], wrongs: &[Value], check: impl Fn(&Said, &str, &Value)) {
    let mut tried = 0;
    for operation in operations(&Api::new().await).await.iter().filter(|operation| !operation.refused) {
        let fields: Vec<_> = fields.iter().filter(|field| operation.has(field)).collect();
        if fields.is_empty() {
            continue;
        }
        let api = Api::new().await;
        let cast = Cast::in_(&api).await;
        let right = good(&api, &cast, operation).await;
        let body: Value = serde_json::from_slice(&right.body).unwrap();
        for field in fields {
            for wrong in wrongs {
                let mut changed = body.clone();
                changed[*field] = wrong.clone();
                check(&api.ask(right.clone().raw(changed.to_string())).await, field, wrong);
                tried += 1;
            }
        }
        api.ask(right).await.done();
    }
    assert!(tried > 0);
}

#[tokio::test]
async fn durations_lie_in_their_range() {
    let wrongs = [json!(-1), json!(0), json!(4), json!(527_041), json!(i64::MAX), json!(i64::MIN)];
    refuses(&["session_duration_minutes"], &wrongs, |said, _, _| {
        said.refused(400, "invalid_session_duration_minutes");
    })
    .await;
    let wrongs = [json!(-1), json!(0), json!(1), json!(10_081), json!(i64::MAX), json!(i64::MIN)];
    let fields = [
        "login_expiration_minutes",
        "signup_expiration_minutes",
        "discovery_expiration_minutes",
        "invite_expiration_minutes",
        "reset_password_expiration_minutes",
        "expiration_minutes",
    ];
    refuses(&fields, &wrongs, |said, _, _| said.refused(400, "invalid_expiration")).await;
}

#[tokio::test]
async fn a_number_too_large_for_any_range_is_refused() {
    let api = Api::new().await;
    for operation in operations(&api).await.iter().filter(|operation| operation.takes_body) {
        for (field, schema) in &operation.fields {
            if schema["type"].to_string().contains("integer") {
                for number in ["9223372036854775808", "1e400", "-1e400", "60.0", "0.5", "NaN"] {
                    let ask = Ask::new(
                        operation.method.clone(),
                        &operation.path.replace(['{', '}'], ""),
                        &Value::Null,
                    );
                    let said = api.ask(ask.raw(format!("{{\"{field}\":{number}}}"))).await;
                    said.refused(400, "bad_request");
                }
            }
        }
    }
}

#[tokio::test]
async fn claims_are_small_and_not_reserved() {
    let many: Value = (0..2000).map(|n| (format!("c{n}"), json!(n))).collect();
    let wrongs = [
        json!({"a": "x".repeat(4097)}),
        json!({"x".repeat(4097): 1}),
        many,
        json!({"sub": "somebody"}),
        json!({"exp": 1}),
        json!({"https://stytch.com/session": {}}),
        json!({"https://stytch.com/organization": {"organization_id": "another"}}),
    ];
    refuses(&["session_custom_claims"], &wrongs, |said, _, wrong| {
        let reserved = |name: &str| wrong.get(name).is_some();
        let error_type = if reserved("sub") || reserved("exp") {
            "reserved_claims_in_custom_claims"
        } else if wrong.as_object().unwrap().keys().any(|key| key.starts_with("https://")) {
            "stytch_claims_in_custom_claims"
        } else {
            "custom_claims_too_large"
        };
        said.refused(400, error_type);
    })
    .await;
}

#[tokio::test]
async fn addresses_numbers_and_metadata_have_a_form() {
    let wrongs = [
        json!(""),
        json!("nobody"),
        json!("a@b@c"),
        json!("a@"),
        json!("a b@c.example"),
        json!("x".repeat(400)),
    ];
    refuses(&["email_address"], &wrongs, |said, _, wrong| {
        // Not said at all, in a change; and where an address may stand for an id, it may be nobody's.
        if said.asked.starts_with("PUT") && wrong == "" {
            return;
        }
        // Here it only makes a password easier to guess.
        if said.asked.ends_with("strength_check") {
            return;
        }
        said.refused(400, "invalid_email");
    })
    .await;
    let wrongs = [
        json!("5551234567"),
        json!("+1"),
        json!("+1555123456789012345"),
        json!("+1555x234567"),
        json!("sms:+15551234567"),
    ];
    refuses(&["mfa_phone_number"], &wrongs, |said, _, _| said.refused(400, "invalid_phone_number")).await;
    let many: Value = (0..21).map(|n| (format!("m{n}"), json!(n))).collect();
    let large = [json!({"a": "x".repeat(4097)})];
    refuses(&["untrusted_metadata"], &large, |said, _, _| said.refused(400, "metadata_too_large")).await;
    refuses(&["untrusted_metadata"], &[many], |said, _, _| said.refused(400, "metadata_too_many_keys")).await;
    let wrongs = [json!(["ghost"]), json!(["a b"]), json!([""]), json!(["x".repeat(200)])];
    refuses(&["roles"], &wrongs, |said, _, _| said.refused(400, "invalid_rbac_role_assignment")).await;
    let wrongs = [
        json!("https://evil.example/"),
        json!("http://127.0.0.1@evil.example/"),
        json!("javascript:alert(1)"),
    ];
    let fields = [
        "login_redirect_url",
        "invite_redirect_url",
        "discovery_redirect_url",
        "reset_password_redirect_url",
    ];
    refuses(&fields, &wrongs, |said, _, _| said.refused(400, "no_match_for_provided_magic_link_url")).await;
    let wrongs = [json!("x"), json!("%%%"), json!("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=")];
    refuses(&["pkce_code_challenge", "code_challenge"], &wrongs, |said, _, _| {
        said.refused(400, "invalid_pkce_code_challenge");
    })
    .await;
    refuses(&["pkce_code_verifier", "code_verifier"], &[json!("a verifier of nothing")], |said, _, _| {
        said.refused(400, "pkce_did_not_expect_code_verifier");
    })
    .await;
}

#[tokio::test]
async fn an_organization_that_is_not_there_is_not_found() {
    let wrongs = [
        json!("organization-test-00000000-0000-4000-8000-000000000000"),
        json!("nobody"),
        json!(""),
        json!("a b"),
        json!("\u{0}"),
        json!("x".repeat(5000)),
        json!("member-test-00000000-0000-4000-8000-000000000000"),
    ];
    refuses(&["organization_id"], &wrongs, |said, _, _| said.refused(404, "organization_not_found")).await;
}

#[tokio::test]
async fn a_member_of_another_organization_is_not_found() {
    for operation in operations(&Api::new().await).await.iter().filter(|operation| !operation.refused) {
        let in_path = operation.path.contains("{organization_id}") && operation.path.contains("{member_id}");
        let in_body = operation.has("organization_id") && operation.has("member_id");
        if !in_path && !in_body {
            continue;
        }
        let api = Api::new().await;
        let cast = Cast::in_(&api).await;
        let right = good(&api, &cast, operation).await;
        let strangers = [
            cast.strict.organization_id.as_str(),
            "strict",
            "organization-test-00000000-0000-4000-8000-000000000000",
        ];
        for stranger in strangers {
            let mut foreign = right.clone();
            if in_path {
                for own in [&cast.open.organization_id, &cast.strict.organization_id] {
                    foreign.path = foreign.path.replacen(own.as_str(), "{organization_id}", 1);
                }
                // Of the two organizations the other one.
                let other = if right.path.contains(&cast.strict.organization_id) { "open" } else { stranger };
                foreign.path = foreign.path.replace("{organization_id}", other);
            } else {
                let mut body: Value = serde_json::from_slice(&right.body).unwrap();
                let other = if body["organization_id"] == json!(cast.strict.organization_id) {
                    "open"
                } else {
                    stranger
                };
                body["organization_id"] = json!(other);
                foreign = foreign.raw(body.to_string());
            }
            let said = api.ask(foreign).await;
            assert!(
                matches!(said.error_type(), "member_not_found" | "organization_not_found"),
                "{}: {}",
                said.asked,
                said.body
            );
            assert_eq!(said.status, 404);
        }
        let mut nobody = right.clone();
        if in_body {
            for name in ["", "p-2", "member-test-00000000-0000-4000-8000-000000000000", "\u{0}"] {
                let mut body: Value = serde_json::from_slice(&right.body).unwrap();
                body["member_id"] = json!(name);
                nobody = nobody.raw(body.to_string());
                api.ask(nobody.clone()).await.refused(404, "member_not_found");
            }
        }
        api.ask(right).await.done();
    }
}

#[tokio::test]
async fn slugs_and_external_ids_stand_for_ids() {
    for operation in operations(&Api::new().await).await.iter().filter(|operation| !operation.refused) {
        for named in ["open", "open-1"] {
            let api = Api::new().await;
            let cast = Cast::in_(&api).await;
            let mut right = good(&api, &cast, operation).await;
            let body = String::from_utf8(right.body.clone()).unwrap();
            let member = if operation.path.ends_with("dangerously_get/{member_id}")
                || operation.path.contains("reactivate")
            {
                cast.plain.member_id.as_str()
            } else {
                "p-1"
            };
            let rename = |text: &str| {
                text.replace(&cast.open.organization_id, named).replace(&cast.plain.member_id, member)
            };
            right.path = rename(&right.path);
            // Who is to be signed out is named without an organization.
            let right =
                if operation.path.ends_with("sessions/revoke") { right } else { right.raw(rename(&body)) };
            api.ask(right).await.done();
        }
    }
}

fn brings_a_session(operation: &Operation) -> bool {
    operation.has("session_token") && operation.has("session_jwt")
}

#[tokio::test]
async fn of_two_tokens_neither_counts() {
    for operation in operations(&Api::new().await).await.iter().filter(|o| !o.refused && brings_a_session(o))
    {
        let api = Api::new().await;
        let cast = Cast::in_(&api).await;
        let right = good(&api, &cast, operation).await;
        let body: Value = serde_json::from_slice(&right.body).unwrap();
        let signed_in = api.by_password(&cast.plain, json!({})).await.done();
        let (session, jwt) = (token(&signed_in, "session_token"), token(&signed_in, "session_jwt"));
        let intermediate = api.intermediate(&cast.owing).await;
        let mut tokens = vec![("session_token", &session), ("session_jwt", &jwt)];
        if operation.has("intermediate_session_token") {
            tokens.push(("intermediate_session_token", &intermediate));
        }
        let error_type = if operation.path.ends_with("/revoke") {
            "too_many_session_revoke_arguments"
        } else {
            "too_many_session_arguments"
        };
        for (index, (first, one)) in tokens.iter().enumerate() {
            for (second, other) in &tokens[index + 1..] {
                let mut both = body.clone();
                for (name, _) in &tokens {
                    both.as_object_mut().unwrap().remove(*name);
                }
                merge(&mut both, json!({*first: one, *second: other}));
                api.ask(right.clone().raw(both.to_string())).await.refused(400, error_type);
            }
        }
        api.ask(right).await.done();
    }
}

#[tokio::test]
async fn without_a_token_nothing_is_authenticated() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let (open, plain) = (&cast.open, &cast.plain);
    for empty in [
        json!({}),
        json!({"session_token": null, "session_jwt": null}),
        json!({"session_token": "", "session_jwt": ""}),
    ] {
        for (path, body) in [
            ("sessions/authenticate", json!({})),
            ("sessions/exchange", json!({"organization_id": open.organization_id})),
            ("discovery/organizations", json!({})),
            ("totp/authenticate", plain.ids(json!({"code": "123456"}))),
            ("otps/sms/authenticate", plain.ids(json!({"code": "123456"}))),
            ("recovery_codes/recover", plain.ids(json!({"recovery_code": "aaaa-aaaa-aaaa"}))),
            (
                "passwords/session/reset",
                json!({"organization_id": open.organization_id, "password": "other battery, staple of 1985"}),
            ),
        ] {
            let mut body = body;
            merge(&mut body, empty.clone());
            api.post(path, body).await.refused(400, "no_session_arguments");
        }
    }
    api.post("sessions/revoke", json!({})).await.refused(400, "no_session_revoke_arguments");
    let four = [
        ("member_session_id", json!("session-test-x")),
        ("session_token", json!("x")),
        ("session_jwt", json!("x")),
        ("member_id", json!(plain.member_id)),
    ];
    for (index, (first, one)) in four.iter().enumerate() {
        for (second, other) in &four[index + 1..] {
            let body = json!({*first: one, *second: other});
            api.post("sessions/revoke", body).await.refused(400, "too_many_session_revoke_arguments");
        }
    }
}

#[tokio::test]
async fn searches_have_a_form_and_an_end() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let members = |more: Value| {
        let mut body = json!({"organization_ids": [cast.open.organization_id]});
        merge(&mut body, more);
        Ask::post("organizations/members/search", &body)
    };
    let organizations = |more: Value| Ask::post("organizations/search", &more);
    let filter = |name: &str, value: Value| json!({"query": {"operator": "AND", "operands": [{"filter_name": name, "filter_value": value}]}});
    for wrong in [
        json!({"limit": 0}),
        json!({"limit": -1}),
        json!({"limit": 1001}),
        json!({"limit": i64::MAX}),
        json!({"cursor": "%%"}),
        json!({"cursor": "_w"}),
        json!({"cursor": "YSBi"}),
        filter("no_such_filter", json!([])),
    ] {
        api.ask(members(wrong.clone())).await.refused(400, "invalid_argument");
        api.ask(organizations(wrong)).await.refused(400, "invalid_argument");
    }
    for (name, value) in [
        ("member_ids", json!("x")),
        ("member_ids", json!([1])),
        ("member_email_fuzzy", json!("ab")),
        ("member_email_fuzzy", json!(["abc"])),
        ("member_is_breakglass", json!("true")),
        ("statuses", json!(["ACTIVE"])),
        ("member_roles", json!({})),
        ("member_phone_numbers", json!(null)),
        ("member_password_exists", json!(1)),
    ] {
        api.ask(members(filter(name, value))).await.refused(400, "invalid_argument");
    }
    for ids in [json!([]), json!(vec!["x"; 1001])] {
        api.ask(members(json!({"organization_ids": ids}))).await.refused(400, "invalid_argument");
    }
    for operator in [json!("NOT"), json!("and"), json!(1)] {
        let query = json!({"query": {"operator": operator, "operands": []}});
        api.ask(members(query)).await.refused(400, "bad_request");
    }
    // Nobody is found by hostile texts, and nothing breaks.
    for text in ["%%%", "___", "a\u{0}b", "';--", "\u{202e}abc", &"x".repeat(100_000)] {
        for name in ["member_email_fuzzy", "member_name_fuzzy", "member_phone_number_fuzzy"] {
            let found = api.ask(members(filter(name, json!(text)))).await.done();
            assert_eq!(found["members"], json!([]), "{name} {text}");
        }
        for name in [
            "organization_name_fuzzy",
            "organization_slug_fuzzy",
            "allowed_domain_fuzzy",
            "member_email_fuzzy",
        ] {
            let found = api.ask(organizations(filter(name, json!(text)))).await.done();
            assert_eq!(found["organizations"], json!([]), "{name} {text}");
        }
    }
}

/// A quarter of a second of a small directory is minutes of a large one.
#[tokio::test]
async fn a_search_of_thousands_of_filters_is_refused() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    for name in ["member_email_fuzzy", "member_emails"] {
        let value = if name.ends_with("fuzzy") { json!("abc") } else { json!(["a@b.example"]) };
        let operands = vec![json!({"filter_name": name, "filter_value": value}); 2000];
        let query = json!({"operator": "OR", "operands": operands});
        let body = json!({"query": query});
        api.post("organizations/search", body).await.refused(400, "invalid_argument");
        let body = json!({"query": query, "organization_ids": [cast.open.organization_id]});
        api.post("organizations/members/search", body).await.refused(400, "invalid_argument");
    }
}

#[tokio::test]
async fn the_settings_of_an_organization_have_stytchs_names_for_what_is_wrong() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    for (change, error_type) in [
        (json!({"organization_name": ""}), "invalid_organization_name"),
        (json!({"organization_slug": "a b"}), "invalid_organization_slug"),
        (json!({"organization_slug": "strict"}), "organization_slug_already_used"),
        (json!({"organization_logo_url": "javascript:x"}), "invalid_organization_logo_url"),
        (json!({"auth_methods": "RESTRICTED"}), "allowed_auth_methods_required_for_restricted"),
        (json!({"mfa_methods": "RESTRICTED"}), "allowed_mfa_methods_required_for_restricted"),
        (
            json!({"auth_methods": "RESTRICTED", "allowed_auth_methods": ["telepathy"]}),
            "invalid_organization_allowed_auth_methods",
        ),
        (
            json!({"mfa_methods": "RESTRICTED", "allowed_mfa_methods": ["email_otp"]}),
            "invalid_organization_allowed_mfa_methods",
        ),
        (json!({"email_allowed_domains": ["gmail.com"]}), "organization_settings_domain_too_common"),
        (json!({"email_allowed_domains": ["x"]}), "organization_settings_invalid_domain"),
        (
            json!({"email_allowed_domains": ["a.example", "A.example"]}),
            "organization_settings_duplicate_domain",
        ),
        (json!({"email_jit_provisioning": "RESTRICTED"}), "invalid_restricted_email_setting"),
        (
            json!({"rbac_email_implicit_role_assignments": [{"domain": "a.example", "role_id": "ghost"}]}),
            "invalid_rbac_role_assignment",
        ),
        (json!({"mfa_policy": "SOMETIMES"}), "invalid_organization_mfa_policy"),
        (json!({"mfa_methods": "SOME"}), "invalid_organization_mfa_factor_setting"),
        (json!({"auth_methods": "SOME"}), "invalid_organization_auth_factor_setting"),
        (json!({"email_invites": "SOME"}), "invalid_restricted_email_setting"),
        (json!({"email_jit_provisioning": "ALL_ALLOWED"}), "invalid_restricted_email_setting"),
        (json!({"sso_jit_provisioning": "SOME"}), "bad_request"),
        // Nobody could come in any more.
        (
            json!({"email_invites": "NOT_ALLOWED", "sso_jit_provisioning": "NOT_ALLOWED"}),
            "invalid_organization_auth_factor_setting",
        ),
    ] {
        let path = format!("organizations/{}", cast.open.organization_id);
        let before = api.get(&path).await.done()["organization"].clone();
        api.put(&path, change.clone()).await.refused(400, error_type);
        assert_eq!(api.get(&path).await.done()["organization"], before, "{change}");
        // And none is made so.
        let mut body = json!({"organization_name": "New", "organization_slug": "new"});
        merge(&mut body, change);
        if error_type != "organization_slug_already_used" {
            api.post("organizations", body).await.refused(400, error_type);
            api.get("organizations/new").await.refused(404, "organization_not_found");
        }
    }
}

/// Every answer about a session shows the organization, and it is remembered with each: what one administrator writes
/// into it is paid for by everybody.
#[tokio::test]
async fn the_lists_of_an_organization_have_an_end() {
    let api = Api::new().await;
    Cast::in_(&api).await;
    let domains: Vec<String> = (0..10_000).map(|n| format!("d{n}.example")).collect();
    let many = vec!["x"; 20_000];
    let long = "x".repeat(200_000);
    for change in [
        json!({"email_allowed_domains": domains}),
        json!({"claimed_email_domains": domains}),
        json!({"sso_default_connection_id": long}),
        json!({"sso_jit_provisioning_allowed_connections": many}),
        json!({"sso_jit_provisioning_allowed_connections": [long]}),
        json!({"allowed_oauth_tenants": {"slack": many}}),
        json!({"allowed_oauth_tenants": {"not a provider": ["x"]}}),
        json!({"allowed_first_party_connected_apps": many}),
        json!({"allowed_third_party_connected_apps": [long]}),
    ] {
        let text: String = change.to_string().chars().take(60).collect();
        let said = api.put("organizations/open", change).await;
        assert_eq!(said.status, 400, "{text} is taken");
    }
}

#[tokio::test]
async fn what_a_state_does_not_allow_is_called_by_its_name() {
    let api = Api::with(|builder| builder.create_organizations(false)).await;
    let cast = Cast::in_(&api).await;
    let plain = &cast.plain;
    api.put(&format!("{}/reactivate", plain.path()), json!({}))
        .await
        .refused(400, "no_deleted_member_found_for_reactivation");
    for secret in ["", "GEZDGNBVGY3TQOJ1", "gezdgnbv", "GEZDGNBV=GY3TQOJQ"] {
        let body = plain.ids(json!({"secret": secret}));
        api.post("totp/migrate", body).await.refused(400, "invalid_totp_secret");
    }
    assert_eq!(api.shown(plain).await["totp_registration_id"], "");

    // Where people don't make organizations, the project still does.
    let token = api.discovery("founder@new.example").await;
    let body = json!({"intermediate_session_token": token, "organization_slug": "new"});
    let said = api.post("discovery/organizations/create", body).await;
    said.refused(403, "organization_creation_not_allowed");
    api.get("organizations/new").await.refused(404, "organization_not_found");
    api.organization("new", json!({})).await;
}

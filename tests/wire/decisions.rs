//! Decisions that `docs/wire-decisions.md` names, and that no other test asks for.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use serde_json::{Value, json};

use crate::{
    api::{Api, Ask, PROJECT, Whose, merge, token},
    calls::{Cast, good, operations},
    common::{App, Fault, faults::Gate, world::PHONE},
};

const DELIVERIES: [&str; 2] = ["EMAIL_MAGIC_LINK", "EMAIL_OTP"];

/// Signs in by a code by email, which proves the address.
async fn by_email(api: &Api, member: &Whose) -> Value {
    let code = api.email_code(member).await;
    let body =
        json!({"organization_id": member.organization_id, "email_address": member.address, "code": code});
    api.post("otps/email/authenticate", body).await.done()
}

async fn delete(api: &Api, member: &Whose) {
    api.delete(&member.path()).await.done();
}

async fn reactivate(api: &Api, member: &Whose) -> Value {
    api.put(&format!("{}/reactivate", member.path()), json!({})).await.done()["member"].clone()
}

async fn administrator(api: &Api, of: &Whose) -> Whose {
    api.member_with_password(of, "admin@open.example", json!({"roles": ["stytch_admin"]})).await
}

#[tokio::test]
async fn a_session_is_not_exchanged_to_its_own_organization_and_stays_good() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let session = token(&by_email(&api, &cast.plain).await, "session_token");
    for own in [cast.open.organization_id.as_str(), "open", "open-1"] {
        let body = json!({"organization_id": own, "session_token": session});
        api.post("sessions/exchange", body).await.refused(404, "member_not_found");
    }
    let said = api.post("sessions/authenticate", json!({"session_token": session})).await.done();
    assert_eq!(said["member_session"]["organization_id"], json!(cast.open.organization_id));
    let query = format!("organization_id=open&member_id={}", cast.plain.member_id);
    let live = api.get(&format!("sessions?{query}")).await.done();
    assert_eq!(live["member_sessions"].as_array().unwrap().len(), 1, "{live}");
}

#[tokio::test]
async fn an_app_that_is_begun_again_replaces_the_one_that_waited() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let member = &cast.plain;
    let brought = json!({"session_token": api.session(member).await});
    let first = api.begin_app(member, brought.clone()).await;
    let second = api.begin_app(member, brought.clone()).await;
    // Pages take it for enrolled.
    assert_eq!(api.shown(member).await["totp_registration_id"], "");
    let prove = async |app: &App| {
        let mut body = member.ids(json!({"code": app.code()}));
        merge(&mut body, brought.clone());
        api.post("totp/authenticate", body).await
    };
    prove(&first).await.refused(401, "unable_to_authenticate_totp");
    prove(&second).await.done();
    assert_ne!(api.shown(member).await["totp_registration_id"], "");
    let kept = api.get(&format!("recovery_codes/open/{}", member.member_id)).await.done();
    assert_eq!(kept["recovery_codes"], json!(second.recovery_codes));
}

/// The ids that a search finds page by page, and the `total` of each page.
async fn pages(
    api: &Api,
    (path, list, id): (&str, &str, &str),
    search: &Value,
    limit: &Value,
) -> (Vec<String>, Vec<i64>) {
    let (mut ids, mut totals, mut cursor) = (Vec::new(), Vec::new(), Value::Null);
    loop {
        let mut body = search.clone();
        merge(&mut body, json!({"limit": limit, "cursor": cursor}));
        let page = api.post(path, body).await.done();
        ids.extend(page[list].as_array().unwrap().iter().map(|one| one[id].as_str().unwrap().to_owned()));
        totals.push(page["results_metadata"]["total"].as_i64().unwrap());
        cursor = page["results_metadata"]["next_cursor"].clone();
        assert!(totals.len() < 10, "{path} has no end: {ids:?}");
        if cursor.is_null() {
            return (ids, totals);
        }
    }
}

#[tokio::test]
async fn a_total_is_told_where_one_page_holds_everything() {
    let api = Api::new().await;
    let many = api.organization("many", json!({})).await;
    for number in 0..5 {
        api.member(&many, &format!("m{number}@many.example"), json!({})).await;
        api.organization(&format!("page-{number}"), json!({})).await;
    }
    let of_slug = json!([{"filter_name": "organization_slug_fuzzy", "filter_value": "page-"}]);
    for (of, search) in [
        (("organizations/members/search", "members", "member_id"), json!({"organization_ids": ["many"]})),
        (
            ("organizations/search", "organizations", "organization_id"),
            json!({"query": {"operator": "AND", "operands": of_slug}}),
        ),
    ] {
        let (all, totals) = pages(&api, of, &search, &Value::Null).await;
        assert_eq!((all.len(), totals), (5, vec![5]), "{of:?}");
        for (limit, totals) in [(6, vec![5]), (5, vec![5]), (4, vec![-1, -1]), (2, vec![-1, -1, -1])] {
            let found = pages(&api, of, &search, &json!(limit)).await;
            assert_eq!(found, (all.clone(), totals), "{of:?} by {limit}");
        }
    }
}

#[tokio::test]
async fn nobody_is_made_at_the_address_of_a_deleted_member() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let gone = api.member(&cast.open, "gone@open.example", json!({})).await;
    delete(&api, &gone).await;
    let address = json!({"email_address": gone.address});
    let migrant = json!({
        "organization_id": "open",
        "email_address": gone.address,
        "hash": "5f4dcc3b5aa765d61d8327deb882cf99",
        "hash_type": "md_5",
    });
    for ask in [
        Ask::post("organizations/open/members", &address),
        Ask::post("passwords/migrate", &migrant),
        Ask::put(&cast.plain.path(), &address),
        Ask::post(&format!("{}/start_email_update", cast.plain.path()), &address),
    ] {
        api.ask(ask).await.refused(400, "duplicate_member_email");
    }
    let body = json!({"organization_id": "open", "email_address": gone.address});
    for path in ["otps/email/login_or_signup", "magic_links/email/login_or_signup"] {
        api.post(path, body.clone()).await.refused(404, "member_not_found");
    }
    // Elsewhere they are somebody else.
    api.member(&cast.strict, &gone.address, json!({})).await;
}

#[tokio::test]
async fn whoever_is_invited_again_has_lost_their_roles_and_proves_the_address_anew() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let gone = administrator(&api, &cast.open).await;
    by_email(&api, &gone).await;
    delete(&api, &gone).await;
    let before = api.world.last_message();
    let body = json!({"organization_id": "open", "email_address": gone.address});
    let invited = api.post("magic_links/email/invite", body).await.done();
    assert_eq!(invited["member_id"], json!(gone.member_id));
    let member = &invited["member"];
    assert_eq!((&member["status"], &member["is_admin"]), (&json!("invited"), &json!(false)));
    assert_eq!(member["email_address_verified"], json!(false));
    assert_eq!(member["roles"].as_array().unwrap().len(), 1, "{member}");
    let link = api.link_for(&gone.address, before).await;
    let said = api.post("magic_links/authenticate", json!({"magic_links_token": link})).await.done();
    assert_eq!(said["member_session"]["roles"], json!(["stytch_member"]));
    assert_eq!(said["member"]["status"], "active");
    assert_eq!(said["member"]["email_address_verified"], json!(true));
}

/// Whether a search among the members of the open organization finds this one.
async fn finds(api: &Api, member: &Whose, query: &Value) -> bool {
    let body = json!({"organization_ids": ["open"], "query": query});
    let found = api.post("organizations/members/search", body).await.done();
    found["members"].as_array().unwrap().iter().any(|one| one["member_id"] == json!(member.member_id))
}

#[tokio::test]
async fn a_deleted_member_is_found_where_statuses_name_deleted() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let gone = api.member(&cast.open, "gone@open.example", json!({})).await;
    delete(&api, &gone).await;
    let id = json!({"filter_name": "member_ids", "filter_value": [gone.member_id]});
    let address = json!({"filter_name": "member_emails", "filter_value": [gone.address]});
    let no_password = json!({"filter_name": "member_password_exists", "filter_value": false});
    let living = json!({"filter_name": "statuses", "filter_value": ["active", "invited", "pending"]});
    let deleted = json!({"filter_name": "statuses", "filter_value": ["deleted"]});
    let both = json!({"filter_name": "statuses", "filter_value": ["active", "deleted"]});
    for (operator, operands, is_found) in [
        ("AND", json!([]), false),
        ("AND", json!([id]), false),
        ("AND", json!([address]), false),
        ("AND", json!([no_password]), false),
        ("AND", json!([living]), false),
        ("OR", json!([id, living]), false),
        ("OR", json!([id, no_password]), false),
        ("AND", json!([deleted]), true),
        ("AND", json!([both, id, address]), true),
        ("AND", json!([deleted, no_password]), true),
        ("OR", json!([id, deleted]), true),
        ("OR", json!([living, deleted]), true),
    ] {
        let query = json!({"operator": operator, "operands": operands});
        assert_eq!(finds(&api, &gone, &query).await, is_found, "{query}");
    }
}

/// A filter of what lies with their credentials stands beside it.
#[tokio::test]
async fn a_deleted_member_is_found_where_statuses_are_one_of_two_ways() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let gone = api.member(&cast.open, "gone@open.example", json!({})).await;
    delete(&api, &gone).await;
    let deleted = json!({"filter_name": "statuses", "filter_value": ["deleted"]});
    for other in [
        json!({"filter_name": "member_password_exists", "filter_value": true}),
        json!({"filter_name": "member_phone_numbers", "filter_value": [PHONE]}),
    ] {
        let query = json!({"operator": "OR", "operands": [deleted, other]});
        assert!(finds(&api, &gone, &query).await, "{query}");
    }
}

#[tokio::test]
async fn whoever_is_reactivated_is_active_where_their_address_was_proved() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    for (address, proved, status) in
        [("proved@open.example", true, "active"), ("never@open.example", false, "pending")]
    {
        let member = api.member(&cast.open, address, json!({})).await;
        if proved {
            by_email(&api, &member).await;
        }
        delete(&api, &member).await;
        let back = reactivate(&api, &member).await;
        assert_eq!(back["member_id"], json!(member.member_id));
        assert_eq!(back["status"], status, "{address}");
        assert_eq!(back["email_address_verified"], json!(proved), "{address}");
    }
}

#[tokio::test]
async fn whoever_is_reactivated_has_their_roles_and_nothing_to_sign_in_by() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let member = administrator(&api, &cast.open).await;
    let session = token(&by_email(&api, &member).await, "session_token");
    api.enrol_app(&member, json!({"session_token": session})).await;
    delete(&api, &member).await;
    let back = reactivate(&api, &member).await;
    assert_eq!(back["is_admin"], json!(true));
    for field in ["member_password_id", "totp_registration_id"] {
        assert_eq!(back[field], "", "{field}");
    }
    api.post("sessions/authenticate", json!({"session_token": session}))
        .await
        .refused(404, "session_not_found");
    api.by_password(&member, json!({})).await.refused(404, "member_password_not_found");
}

/// The call that proves an address which is to become a member's, by the link or the code that went there.
async fn change_of_address(api: &Api, member: &Whose, to: &str, delivery: &str) -> Ask {
    let before = api.world.last_message();
    let path = format!("{}/start_email_update", member.path());
    api.post(&path, json!({"email_address": to, "delivery_method": delivery})).await.done();
    if delivery == "EMAIL_OTP" {
        let code = api.world.code_for(to, before).await;
        let body = json!({"organization_id": member.organization_id, "email_address": to, "code": code});
        return Ask::post("otps/email/authenticate", &body);
    }
    let link = api.link_for(to, before).await;
    Ask::post("magic_links/authenticate", &json!({"magic_links_token": link}))
}

#[tokio::test]
async fn an_address_is_the_members_once_it_is_proved_and_the_former_is_retired() {
    for delivery in DELIVERIES {
        let api = Api::new().await;
        let cast = Cast::in_(&api).await;
        let (member, to) = (&cast.plain, "new@elsewhere.example");
        let proof = change_of_address(&api, member, to, delivery).await;
        api.world.clock.advance_secs(599);
        assert_eq!(api.shown(member).await["email_address"], json!(member.address), "{delivery}");
        let said = api.ask(proof).await.done();
        assert_eq!(said["member_id"], json!(member.member_id), "{delivery}");
        let factor = &said["member_session"]["authentication_factors"][0];
        assert_eq!(factor["email_factor"]["email_address"], to, "{delivery}");
        let shown = api.shown(member).await;
        assert_eq!(shown["email_address"], to, "{delivery}");
        assert_eq!(shown["email_address_verified"], json!(true), "{delivery}");
        let retired = shown["retired_email_addresses"].as_array().unwrap();
        assert_eq!(retired.len(), 1, "{delivery}");
        assert_eq!(retired[0]["email_address"], json!(member.address), "{delivery}");
        let former = json!({"organization_id": "open", "email_address": member.address});
        let said = api.post("otps/email/login_or_signup", former).await;
        said.refused(400, "email_jit_provisioning_not_allowed");
    }
}

#[tokio::test]
async fn an_address_that_is_proved_after_ten_minutes_is_not_the_members() {
    for (delivery, error_type) in
        DELIVERIES.into_iter().zip(["unable_to_auth_magic_link", "unable_to_auth_otp_code"])
    {
        let api = Api::new().await;
        let cast = Cast::in_(&api).await;
        let before = api.shown(&cast.plain).await;
        let proof = change_of_address(&api, &cast.plain, "new@elsewhere.example", delivery).await;
        api.world.clock.advance_secs(600);
        api.ask(proof).await.refused(401, error_type);
        assert_eq!(api.shown(&cast.plain).await, before, "{delivery}");
    }
}

#[tokio::test]
async fn only_an_active_member_gets_another_address() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let settings = json!({"create_member_as_pending": true});
    let pending = api.member(&cast.open, "later@open.example", settings).await;
    let guest = json!({"organization_id": "open", "email_address": "guest@other.example"});
    let invited = token(&api.post("magic_links/email/invite", guest).await.done(), "member_id");
    delete(&api, &cast.plain).await;
    let inactive = (400, "action_available_only_for_active_members");
    for delivery in DELIVERIES {
        for (member_id, (status, error_type)) in [
            (&pending.member_id, inactive),
            (&invited, inactive),
            (&cast.plain.member_id, (404, "member_not_found")),
        ] {
            let path = format!("organizations/open/members/{member_id}/start_email_update");
            let body = json!({"email_address": "new@elsewhere.example", "delivery_method": delivery});
            api.post(&path, body).await.refused(status, error_type);
        }
    }
}

#[tokio::test]
async fn of_both_headers_of_a_session_the_token_counts() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let administrator = administrator(&api, &cast.open).await;
    let admin = api.by_password(&administrator, json!({})).await.done();
    let plain = api.by_password(&cast.plain, json!({})).await.done();
    let rename = |session_token: &str, of: &Value| {
        let ask = Ask::put("organizations/open", &json!({"organization_name": "Another"}));
        ask.by(session_token).header("x-stytch-member-sessionjwt", &token(of, "session_jwt"))
    };
    let said = api.ask(rename(&token(&plain, "session_token"), &admin)).await;
    said.refused(403, "session_authorization_error");
    for nobody in ["", "nobody"] {
        api.ask(rename(nobody, &admin)).await.refused(404, "session_not_found");
    }
    api.ask(rename(&token(&admin, "session_token"), &plain)).await.done();
}

/// A call whose connection drops while the store is at this operation.
async fn dropped_at(api: &Arc<Api>, operation: &'static str, ask: Ask) {
    let gate = Gate::new();
    api.world.durable.faults.set(operation, Fault::Waits(Arc::clone(&gate)));
    let asking = tokio::spawn({
        let api = Arc::clone(api);
        async move { api.ask(ask).await }
    });
    gate.arrived().await;
    asking.abort();
    assert!(asking.await.is_err_and(|error| error.is_cancelled()), "{operation} was answered");
    api.world.durable.faults.clear();
    gate.open();
}

/// Waits until it is so; nobody is told when.
async fn soon(is: impl AsyncFn() -> bool) {
    let waiting = async {
        while !is().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("it is never done");
}

#[tokio::test]
async fn a_member_is_deleted_whole_though_the_connection_drops() {
    let api = Arc::new(Api::new().await);
    let cast = Cast::in_(&api).await;
    let session = api.session(&cast.plain).await;
    dropped_at(&api, "directory.update_member", Ask::delete(&cast.plain.path())).await;
    let path = format!("organizations/members/dangerously_get/{}", cast.plain.member_id);
    let path = format!("{path}?include_deleted=true");
    // What is done last: their credentials are forgotten.
    soon(async || api.get(&path).await.done()["member"]["member_password_id"] == "").await;
    assert_eq!(api.get(&path).await.done()["member"]["status"], "deleted");
    let body = json!({"session_token": session});
    api.post("sessions/authenticate", body).await.refused(404, "session_not_found");
}

#[tokio::test]
async fn a_member_is_changed_whole_though_the_connection_drops() {
    let api = Arc::new(Api::new().await);
    let cast = Cast::in_(&api).await;
    let change = json!({"mfa_phone_number": PHONE, "name": "Another"});
    dropped_at(&api, "credentials.replace_if", Ask::put(&cast.plain.path(), &change)).await;
    soon(async || api.shown(&cast.plain).await["name"] == "Another").await;
    assert_eq!(api.shown(&cast.plain).await["mfa_phone_number"], PHONE);
}

#[tokio::test]
async fn an_invitation_is_sent_though_the_connection_drops() {
    let api = Arc::new(Api::new().await);
    Cast::in_(&api).await;
    let (guest, before) = ("guest@other.example", api.world.last_message());
    let body = json!({"organization_id": "open", "email_address": guest});
    dropped_at(&api, "directory.create_member", Ask::post("magic_links/email/invite", &body)).await;
    let sent = tokio::time::timeout(Duration::from_secs(10), api.link_for(guest, before)).await;
    let body = json!({"magic_links_token": sent.expect("a link")});
    assert!(api.post("magic_links/authenticate", body).await.is_session());
}

/// The settings of doors that are not built.
fn federation() -> Value {
    json!({
        "sso_default_connection_id": "saml-connection-test-1",
        "sso_jit_provisioning": "RESTRICTED",
        "sso_jit_provisioning_allowed_connections": ["saml-connection-test-1", "oidc-connection-test-2"],
        "oauth_tenant_jit_provisioning": "RESTRICTED",
        "allowed_oauth_tenants": {"slack": ["T1"], "hubspot": ["2", "3"], "github": ["acme"]},
        "first_party_connected_apps_allowed_type": "RESTRICTED",
        "allowed_first_party_connected_apps": ["connected-app-test-1"],
        "third_party_connected_apps_allowed_type": "NOT_ALLOWED",
        "allowed_third_party_connected_apps": ["connected-app-test-2"],
    })
}

#[track_caller]
fn holds(shown: &Value, settings: &Value) {
    for (name, value) in settings.as_object().unwrap() {
        assert_eq!(&shown["organization"][name], value, "{name}");
    }
}

#[tokio::test]
async fn settings_of_doors_that_are_not_built_are_kept_and_answered() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let mut kept = federation();
    holds(&api.put("organizations/open", kept.clone()).await.done(), &kept);
    api.organization("made", kept.clone()).await;
    let mut own = json!({"intermediate_session_token": api.discovery("founder@new.example").await});
    merge(&mut own, json!({"organization_slug": "own"}));
    merge(&mut own, kept.clone());
    holds(&api.post("discovery/organizations/create", own).await.done(), &kept);
    for slug in ["open", "made", "own"] {
        holds(&api.get(&format!("organizations/{slug}")).await.done(), &kept);
    }
    // They survive a change of anything else, and nobody is asked for them.
    for change in [
        json!({"organization_name": "Another", "mfa_policy": "OPTIONAL"}),
        json!({"auth_methods": "RESTRICTED", "allowed_auth_methods": ["password"]}),
        json!({}),
    ] {
        holds(&api.put("organizations/open", change).await.done(), &kept);
    }
    api.put("rbac/organizations/open", json!({"org_policy": {"roles": []}})).await.done();
    holds(&api.delete("organizations/open/external_id").await.done(), &kept);
    assert!(api.by_password(&cast.plain, json!({})).await.is_session());
    // Each by itself, too.
    let one = json!({"allowed_oauth_tenants": {"github": ["globex"]}});
    merge(&mut kept, one.clone());
    holds(&api.put("organizations/open", one).await.done(), &kept);
}

#[tokio::test]
async fn whoever_breaks_the_glass_comes_in_by_a_first_factor_that_is_forbidden() {
    let api = Api::new().await;
    let only_links = json!({"auth_methods": "RESTRICTED", "allowed_auth_methods": ["magic_link"]});
    let links = api.organization("links", only_links).await;
    let plain = api.member_with_password(&links, "plain@links.example", json!({})).await;
    let settings = json!({"is_breakglass": true});
    let glass = api.member_with_password(&links, "glass@links.example", settings).await;
    let to = |member: &Whose| json!({"organization_id": "links", "email_address": member.address});
    for path in ["otps/email/login_or_signup", "passwords/email/reset/start"] {
        let said = api.post(path, to(&plain)).await;
        said.refused(400, "operation_restricted_by_organization_auth_methods");
    }
    api.post("passwords/email/reset/start", to(&glass)).await.done();
    let owed = api.by_password(&plain, json!({})).await.done();
    assert_eq!(owed["primary_required"], json!({"allowed_auth_methods": ["magic_link"]}));
    assert_eq!(owed["member_session"], Value::Null);
    assert!(api.by_password(&glass, json!({})).await.is_session());
    assert!(by_email(&api, &glass).await["member_session"].is_object());
}

#[tokio::test]
async fn whoever_breaks_the_glass_comes_in_by_a_second_factor_that_is_forbidden() {
    let api = Api::new().await;
    let restricted = "operation_restricted_by_organization_mfa_methods";
    for (slug, allowed) in [("apps", "totp"), ("phones", "sms_otp")] {
        let settings = json!({
            "mfa_policy": "REQUIRED_FOR_ALL",
            "mfa_methods": "RESTRICTED",
            "allowed_mfa_methods": [allowed],
        });
        let strict = api.organization(slug, settings).await;
        let plain = api.member_with_password(&strict, "plain@strict.example", json!({})).await;
        let settings = json!({"is_breakglass": true});
        let glass = api.member_with_password(&strict, "glass@strict.example", settings).await;
        let waits = json!({"intermediate_session_token": api.intermediate(&plain).await});
        let waits_too = json!({"intermediate_session_token": api.intermediate(&glass).await});
        if allowed == "sms_otp" {
            api.post("totp", plain.ids(waits)).await.refused(400, restricted);
            api.enrol_app(&glass, waits_too).await;
            continue;
        }
        let send = |member: &Whose, waits: &Value| {
            let mut body = member.ids(json!({"mfa_phone_number": PHONE}));
            merge(&mut body, waits.clone());
            Ask::post("otps/sms/send", &body)
        };
        api.ask(send(&plain, &waits)).await.refused(400, restricted);
        let before = api.world.last_message();
        api.ask(send(&glass, &waits_too)).await.done();
        let mut body = glass.ids(json!({"code": api.world.code_for(PHONE, before).await}));
        merge(&mut body, waits_too);
        assert!(api.post("otps/sms/authenticate", body).await.is_session());
    }
}

/// Who has an address of this domain administers the open organization.
async fn administered_by_domain(api: &Api, domain: &str) {
    let by_domain = json!([{"domain": domain, "role_id": "stytch_admin"}]);
    let change = json!({"rbac_email_implicit_role_assignments": by_domain});
    api.put("organizations/open", change).await.done();
}

fn rename(session_token: &str) -> Ask {
    Ask::put("organizations/open", &json!({"organization_name": "Another"})).by(session_token)
}

#[tokio::test]
async fn a_role_by_the_domain_of_an_address_counts_once_the_address_is_proved() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let member = &cast.plain;
    administered_by_domain(&api, "open.example").await;
    let everybodys = json!({
        "role_id": "stytch_member",
        "sources": [{"type": "direct_assignment", "details": {}}],
    });
    let by_domain = json!({
        "role_id": "stytch_admin",
        "sources": [{"type": "email_assignment", "details": {"email_domain": "open.example"}}],
    });
    let unproved = api.by_password(member, json!({})).await.done();
    assert_eq!(unproved["member_session"]["roles"], json!(["stytch_member"]));
    assert_eq!(unproved["member"]["roles"], json!([everybodys]));
    let said = api.ask(rename(&token(&unproved, "session_token"))).await;
    said.refused(403, "session_authorization_error");

    let proved = by_email(&api, member).await;
    assert_eq!(proved["member_session"]["roles"], json!(["stytch_member", "stytch_admin"]));
    assert_eq!(proved["member"]["roles"], json!([everybodys, by_domain]));
    let session = token(&proved, "session_token");
    api.ask(rename(&session)).await.done();
    // Of another domain they are nobody.
    let other = api.member(&cast.open, "other@elsewhere.example", json!({})).await;
    assert_eq!(by_email(&api, &other).await["member"]["roles"], json!([everybodys]));

    // Another address of the domain has to be proved as well.
    api.put(&member.path(), json!({"email_address": "again@open.example"})).await.done();
    assert_eq!(api.shown(member).await["roles"], json!([everybodys]));
    api.ask(rename(&session)).await.refused(403, "session_authorization_error");
}

#[tokio::test]
async fn a_role_that_a_member_has_in_two_ways_names_both() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    administered_by_domain(&api, "open.example").await;
    let member = administrator(&api, &cast.open).await;
    let directly = json!({"type": "direct_assignment", "details": {}});
    assert_eq!(api.shown(&member).await["roles"][1]["sources"], json!([directly]));
    by_email(&api, &member).await;
    let by_domain = json!({"type": "email_assignment", "details": {"email_domain": "open.example"}});
    assert_eq!(api.shown(&member).await["roles"][1]["sources"], json!([directly, by_domain]));
}

/// The clock stands still: of two sessions of a member the one knows no less than the other.
#[tokio::test]
async fn a_proof_of_the_address_is_told_at_once_in_sessions_that_were_there() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    administered_by_domain(&api, "open.example").await;
    let earlier = api.session(&cast.plain).await;
    let answer = async || api.post("sessions/authenticate", json!({"session_token": earlier})).await.done();
    assert_eq!(answer().await["member"]["email_address_verified"], json!(false));
    by_email(&api, &cast.plain).await;
    let told = answer().await;
    assert_eq!(told["member"]["email_address_verified"], json!(true));
    assert_eq!(told["member_session"]["roles"], json!(["stytch_member", "stytch_admin"]));
}

#[tokio::test]
async fn no_session_is_longer_than_the_projects_limit_and_nothing_is_used_up_by_asking() {
    let all = operations(&Api::new().await).await;
    for operation in all.iter().filter(|o| !o.refused && o.has("session_duration_minutes")) {
        let api = Api::new().await;
        let cast = Cast::in_(&api).await;
        let right = good(&api, &cast, operation).await;
        let lasting = |minutes: u32| {
            let mut body: Value = serde_json::from_slice(&right.body).unwrap();
            body["session_duration_minutes"] = json!(minutes);
            right.clone().raw(body.to_string())
        };
        for minutes in [721, 527_040] {
            let said = api.ask(lasting(minutes)).await;
            said.refused(400, "invalid_session_duration");
            let message = said.body["error_message"].as_str().unwrap();
            assert!(message.contains("720 minutes"), "{}: {message}", said.asked);
        }
        api.ask(lasting(720)).await.done();
    }
}

#[tokio::test]
async fn a_session_that_is_extended_ends_at_its_absolute_end() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let longest = api.by_password(&cast.plain, json!({"session_duration_minutes": 720})).await.done();
    let session = api.session(&cast.plain).await;
    let extended = async || {
        let body = json!({"session_token": session, "session_duration_minutes": 600});
        api.post("sessions/authenticate", body).await.done()["member_session"]["expires_at"].clone()
    };
    assert_ne!(extended().await, longest["member_session"]["expires_at"]);
    api.world.clock.advance_secs(5 * 3600);
    assert_eq!(extended().await, longest["member_session"]["expires_at"]);
}

#[tokio::test]
async fn metadata_are_merged_on_their_first_level_and_have_an_end() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    for (path, shown, field) in [
        (cast.plain.path(), "member", "trusted_metadata"),
        (cast.plain.path(), "member", "untrusted_metadata"),
        ("organizations/open".to_owned(), "organization", "trusted_metadata"),
    ] {
        let put = async |metadata: Value| api.put(&path, json!({field: metadata})).await;
        put(json!({"a": 1, "b": {"x": 1}, "c": 3})).await.done();
        let merged = put(json!({"a": null, "b": {"y": 2}, "absent": null})).await.done();
        assert_eq!(merged[shown][field], json!({"b": {"y": 2}, "c": 3}), "{shown} {field}");
        let so_many = |count: u32| (0..count).map(|n| (format!("k{n}"), json!(n))).collect::<Value>();
        put(so_many(19)).await.refused(400, "metadata_too_many_keys");
        put(json!({"long": "x".repeat(4096)})).await.refused(400, "metadata_too_large");
        let full = put(so_many(18)).await.done();
        assert_eq!(full[shown][field].as_object().unwrap().len(), 20, "{shown} {field}");
    }
}

/// Whoever has chosen to be asked for a second factor is asked to set one up, and does.
async fn is_asked_to_set_one_up(api: &Api, member: &Whose) {
    assert_eq!(api.shown(member).await["mfa_enrolled"], json!(true));
    let owed = api.by_password(member, json!({})).await.done();
    assert_eq!(owed["mfa_required"], json!({"member_options": null, "secondary_auth_initiated": null}));
    let waits = json!({"intermediate_session_token": token(&owed, "intermediate_session_token")});
    api.enrol_app(member, waits).await;
}

#[tokio::test]
async fn whoever_loses_their_last_second_factor_is_asked_for_one_all_the_same() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let member = &cast.plain;
    let brought = json!({"session_token": api.session(member).await});
    let before = api.world.last_message();
    let mut phone = member.ids(json!({"mfa_phone_number": PHONE}));
    merge(&mut phone, brought.clone());
    api.post("otps/sms/send", phone).await.done();
    let code = api.world.code_for(PHONE, before).await;
    let mut proof = member.ids(json!({"code": code, "set_mfa_enrollment": "enroll"}));
    merge(&mut proof, brought);
    api.post("otps/sms/authenticate", proof).await.done();
    let path = format!("organizations/open/members/mfa_phone_numbers/{}", member.member_id);
    let without = api.delete(&path).await.done();
    assert_eq!(without["member"]["mfa_phone_number"], "");
    is_asked_to_set_one_up(&api, member).await;

    let without = api.delete(&format!("{}/totp", member.path())).await.done();
    assert_eq!(without["member"]["totp_registration_id"], "");
    is_asked_to_set_one_up(&api, member).await;
}

#[tokio::test]
async fn recovery_codes_are_ten_that_nobody_mistypes() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let brought = json!({"session_token": api.session(&cast.plain).await});
    let (app, _) = api.enrol_app(&cast.plain, brought).await;
    let left = api.get(&format!("recovery_codes/open/{}", cast.plain.member_id)).await.done();
    assert_eq!(left["recovery_codes"], json!(app.recovery_codes));
    let rotated = api.post("recovery_codes/rotate", cast.plain.ids(json!({}))).await.done();
    assert_ne!(rotated["recovery_codes"], left["recovery_codes"]);
    for said in [&left, &rotated] {
        let codes = said["recovery_codes"].as_array().unwrap();
        let codes: BTreeSet<&str> = codes.iter().map(|code| code.as_str().unwrap()).collect();
        assert_eq!(codes.len(), 10, "{codes:?}");
        for code in codes {
            let groups: Vec<&str> = code.split('-').collect();
            assert!(groups.len() == 3 && groups.iter().all(|group| group.len() == 4), "{code}");
            let known = |letter: char| "abcdefghijkmnpqrstuvwxyz23456789".contains(letter);
            assert!(groups.iter().all(|group| group.chars().all(known)), "{code}");
        }
    }
}

/// Begins so, and goes on as a UUID does.
#[track_caller]
fn is_minted(id: &Value, prefix: &str) {
    let text = id.as_str().unwrap_or_default();
    let uuid = text.strip_prefix(prefix).unwrap_or_else(|| panic!("{id} does not begin with {prefix}"));
    let groups: Vec<usize> = uuid.split('-').map(str::len).collect();
    assert!(groups == [8_usize, 4, 4, 4, 12], "{id}");
    assert!(uuid.chars().all(|c| c == '-' || matches!(c, '0'..='9' | 'a'..='f')), "{id}");
}

#[tokio::test]
async fn ids_have_stytchs_shapes() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let (plain, owing) = (&cast.plain, &cast.owing);
    let proved = by_email(&api, plain).await;
    is_minted(&proved["organization_id"], "organization-test-");
    is_minted(&proved["member_id"], "member-test-");
    is_minted(&proved["member_session"]["member_session_id"], "session-test-");
    is_minted(&proved["request_id"], "request-id-test-");
    is_minted(&proved["member"]["member_password_id"], "member-password-test-");
    is_minted(&proved["method_id"], "email-test-");
    let by_address = &proved["member_session"]["authentication_factors"][0]["email_factor"];
    assert_eq!(by_address["email_id"], proved["method_id"]);
    let keys = api.get(&format!("sessions/jwks/{PROJECT}")).await.done();
    is_minted(&keys["keys"][0]["kid"], "jwk-test-");

    let brought = json!({"session_token": token(&proved, "session_token")});
    let (_, with_app) = api.enrol_app(plain, brought).await;
    let app = &with_app["member"]["totp_registration_id"];
    is_minted(app, "member-totp-test-");
    let by_app = &with_app["member_session"]["authentication_factors"][1]["authenticator_app_factor"];
    assert_eq!(&by_app["totp_id"], app);

    let waits = api.intermediate(owing).await;
    let before = api.world.last_message();
    let body = owing.ids(json!({"intermediate_session_token": waits, "mfa_phone_number": PHONE}));
    api.post("otps/sms/send", body).await.done();
    let code = api.world.code_for(PHONE, before).await;
    let body = owing.ids(json!({"intermediate_session_token": waits, "code": code}));
    let with_phone = api.post("otps/sms/authenticate", body).await.done();
    let by_phone = &with_phone["member_session"]["authentication_factors"][1]["phone_number_factor"];
    is_minted(&by_phone["phone_id"], "phone-number-test-");
    for opaque in [token(&proved, "session_token"), waits] {
        assert_eq!(opaque.len(), 44);
    }

    let changed = api.put(&plain.path(), json!({"email_address": "new@open.example"})).await.done();
    let retired = &changed["member"]["retired_email_addresses"][0];
    assert_eq!(retired["email_id"], proved["method_id"]);
}

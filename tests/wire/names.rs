//! Routes take ids, slugs and external ids alike: none of them is another's, whichever door it comes in by.

use serde_json::json;

use crate::{api::Api, calls::Cast};

/// Whoever may make an organization in a browser must not be able to stand in another's place when a server names
/// that by its own id.
#[tokio::test]
async fn nobody_takes_anothers_external_id_as_a_slug_in_a_browser() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let mut eve = api.world.begin("eve@evil.example").await;
    let body = json!({"organization_name": "Eve", "organization_slug": "open-1"});
    let said = eve.post("/auth/organizations/create", body).await;
    let found = api.get("organizations/open-1").await.done();
    assert_eq!(found["organization"]["organization_id"], json!(cast.open.organization_id), "{}", said.text);
}

/// A domain that an organization claims keeps its addresses out of every other one.
#[tokio::test]
async fn a_claimed_domain_is_claimed_in_a_browser_as_well() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let claim = json!({"claimed_email_domains": ["claimed.example"]});
    api.put(&format!("organizations/{}", cast.open.organization_id), claim).await.done();
    let token = api.discovery("one@claimed.example").await;
    let said = api.post("discovery/organizations/create", json!({"intermediate_session_token": token})).await;
    said.refused(400, "action_not_allowed_email_domain_is_claimed");
    let mut other = api.world.begin("two@claimed.example").await;
    let said = other.post("/auth/organizations/create", json!({"organization_name": "Two"})).await;
    assert!(!said.is_session(), "{}", said.text);
}

#[tokio::test]
async fn slugs_external_ids_and_ids_are_no_others() {
    let api = Api::new().await;
    let cast = Cast::in_(&api).await;
    let path = format!("organizations/{}", cast.strict.organization_id);
    for (change, error_type) in [
        (json!({"organization_slug": "open-1"}), "organization_slug_already_used"),
        (json!({"organization_slug": "open"}), "organization_slug_already_used"),
        (json!({"organization_slug": cast.open.organization_id}), "invalid_organization_slug"),
        (json!({"organization_external_id": "open"}), "organization_external_id_already_used"),
        (json!({"organization_external_id": "open-1"}), "organization_external_id_already_used"),
        (json!({"organization_external_id": cast.open.organization_id}), "invalid_external_id"),
        (json!({"organization_external_id": cast.plain.member_id}), "invalid_external_id"),
    ] {
        api.put(&path, change.clone()).await.refused(400, error_type);
        let mut body = json!({"organization_name": "New"});
        crate::api::merge(&mut body, change);
        api.post("organizations", body).await.refused(400, error_type);
    }
    let other = api.member(&cast.open, "other@open.example", json!({})).await;
    for (id, error_type) in [
        ("p-1", "duplicate_member_external_id"),
        (cast.plain.member_id.as_str(), "invalid_external_id"),
        ("a b", "invalid_external_id"),
    ] {
        api.put(&other.path(), json!({"external_id": id})).await.refused(400, error_type);
    }
    // The same id in another organization is somebody else.
    let namesake = api.member(&cast.strict, "namesake@strict.example", json!({"external_id": "p-1"})).await;
    for (organization, member) in [("open", &cast.plain), ("strict", &namesake)] {
        let found = api.get(&format!("organizations/{organization}/member?member_id=p-1")).await.done();
        assert_eq!(found["member_id"], json!(member.member_id));
    }
}

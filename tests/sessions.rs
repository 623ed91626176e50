//! Member sessions: who is out stays out, who is in is in no longer and for no more than was proved.

#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use std::time::Duration;

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use common::{
    ACME, Client, Fault, GLOBEX, INITECH, World,
    race::race,
    world::{PASSWORD, new_member, organization_id},
};
use http::header::{AUTHORIZATION, COOKIE};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value, json};
use vestibule::{
    ErrorKind, JwtAlgorithm, KeyError, KeyProvider, Limits, MasterKey, SessionDuration, SessionPolicy, Terms,
    Vestibule,
    deliver::Mailbox,
    domain::{InvalidClaims, MfaPolicy, RoleId},
    store::{KeyStore, SessionStore},
};

async fn jwt_of(client: &mut Client) -> String {
    let shown = client.get("/auth/session").await.expect(200).json();
    shown["session_jwt"].as_str().unwrap().to_owned()
}

/// The same session as a bearer of its JWT.
async fn bearer_of(client: &mut Client) -> Client {
    let mut bearer = client.clone();
    bearer.bearer = Some(jwt_of(client).await);
    bearer.cookies.clear();
    assert!(bearer.is_in().await, "verified once, and remembered");
    bearer
}

async fn session_of(world: &World, client: &Client) -> vestibule::MemberSession {
    world.vestibule.current_session(&client.session_token()).await.unwrap()
}

#[tokio::test]
async fn a_revoked_session_is_out_at_the_next_request_and_so_is_its_jwt() {
    let world = World::new().await;
    for way in ["handle", "sign-out", "list", "member"] {
        let mut gina = world.gina().await;
        let mut bearer = bearer_of(&mut gina).await;
        // One that this node has not seen yet.
        let mut unseen = gina.clone();
        unseen.bearer = Some(jwt_of(&mut gina).await);
        let session = session_of(&world, &gina).await;
        let held = gina.clone();
        match way {
            "handle" => assert!(world.vestibule.revoke(&session.member_session_id()).await.unwrap()),
            "sign-out" => drop(gina.post("/auth/sign-out", json!({})).await.expect(200)),
            "list" => {
                let form = json!({"member_session_id": session.member_session_id()});
                gina.post("/auth/sessions/revoke", form).await.expect(200);
            }
            _ => drop(world.vestibule.revoke_member(session.member_id(), None).await.unwrap()),
        }
        for mut client in [held.clone(), bearer.clone(), unseen.clone()] {
            assert!(!client.is_in().await, "{way}");
            client.get("/member").await.expect(401);
            client.get("/auth/session").await.expect(401);
        }
        // Nor when everything this node knew of it is forgotten.
        world.clock.advance_secs(120);
        assert!(!held.clone().is_in().await && !bearer.is_in().await && !unseen.is_in().await, "{way}");
        assert!(world.stored_sessions(GLOBEX, "gina@globex.example").await.is_empty());
        assert!(!world.vestibule.revoke(&session.member_session_id()).await.unwrap());
    }
}

#[tokio::test]
async fn revoking_a_members_sessions_ends_what_they_have_switched_and_leaves_other_sign_ins_under_way() {
    let world = World::new().await;
    world.with_app(ACME, "ada@acme.example").await;
    let mut switched = world.member_of(GLOBEX, "ada@acme.example").await;
    switched.post("/auth/switch", json!({"organization_id": organization_id(ACME)})).await.expect(200);
    switched.get("/auth/mfa").await.expect(200);
    let mut under_way = world.begin("ada@acme.example").await;
    under_way.get("/auth/organizations").await.expect(200);

    let ada = world.member(GLOBEX, "ada@acme.example").await.member_id;
    assert_eq!(world.vestibule.revoke_member(&ada, None).await.unwrap(), 1);
    assert!(!switched.is_in().await);
    assert_eq!(switched.get("/auth/mfa").await.expect(401).error_type(), "intermediate_session_not_found");
    assert!(under_way.exchange(organization_id(GLOBEX).as_str()).await.is_session());
}

#[tokio::test]
async fn a_revocation_that_the_store_does_not_confirm_holds_on_this_node_all_the_same() {
    let world = World::new().await;
    let mut gina = world.gina().await;
    let mut bearer = bearer_of(&mut gina).await;
    let session = session_of(&world, &gina).await;
    world.durable.faults.set("sessions.revoke", Fault::Fails);
    let error = world.vestibule.revoke(&session.member_session_id()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unavailable);
    world.durable.faults.clear();
    assert!(!gina.is_in().await && !bearer.is_in().await);
    world.clock.advance_secs(3000);
    assert!(!gina.is_in().await);
}

#[tokio::test]
async fn whoever_is_deleted_is_out_and_does_not_come_back() {
    let world = World::new().await;
    let mut gina = world.gina().await;
    let mut bearer = bearer_of(&mut gina).await;
    let mut halfway = world.begin("gina@globex.example").await;
    let member = world.member(GLOBEX, "gina@globex.example").await;
    world.vestibule.delete_member(&member.member_id).await.unwrap();
    assert!(!gina.is_in().await && !bearer.is_in().await);
    let absent = halfway.exchange(organization_id("nowhere").as_str()).await.expect(404);
    let deleted = halfway.exchange(organization_id(GLOBEX).as_str()).await.expect(404);
    assert_eq!(absent.comparable(), deleted.comparable());
    let listed = halfway.get("/auth/organizations").await.expect(200).json();
    assert_eq!(listed["discovered_organizations"], json!([]));
}

#[tokio::test]
async fn an_organization_that_is_deleted_takes_its_sessions_with_it() {
    let world = World::new().await;
    let mut gina = world.gina().await;
    let mut bearer = bearer_of(&mut gina).await;
    let mut elsewhere = world.with_app(ACME, "ada@acme.example").await.0;
    world.vestibule.delete_organization(&organization_id(GLOBEX)).await.unwrap();
    assert!(!gina.is_in().await && !bearer.is_in().await);
    world.clock.advance_secs(61);
    assert!(!gina.is_in().await && !bearer.is_in().await);
    assert!(elsewhere.is_in().await);
}

#[tokio::test]
async fn a_role_that_is_taken_away_is_gone_at_the_next_request() {
    let world = World::new().await;
    let mut gina = world.gina().await;
    let mut bearer = bearer_of(&mut gina).await;
    gina.get("/admin").await.expect(200);
    bearer.get("/admin").await.expect(200);
    let mut member = world.member(GLOBEX, "gina@globex.example").await;
    member.roles.clear();
    world.vestibule.update_member(&member).await.unwrap();
    gina.get("/admin").await.expect(403);
    bearer.get("/admin").await.expect(403);
    assert_eq!(gina.get("/me").await.expect(200).json()["roles"], json!(["stytch_member"]));

    // Also when the store's answer got lost on the way.
    member.roles.push(RoleId::admin());
    world.vestibule.update_member(&member).await.unwrap();
    gina.get("/admin").await.expect(200);
    member.roles.clear();
    world.durable.faults.set("directory.update_member", Fault::FailsAfter);
    world.vestibule.update_member(&member).await.unwrap_err();
    gina.get("/admin").await.expect(403);
}

#[tokio::test]
async fn changes_in_tables_of_the_application_are_noticed_when_told_and_in_a_minute_anyway() {
    use vestibule::store::DirectoryAdmin;
    let world = World::new().await;
    let mut gina = world.gina().await;
    gina.get("/admin").await.expect(200);
    let mut member = world.member(GLOBEX, "gina@globex.example").await;
    member.roles.clear();
    world.durable.memory.update_member(&member).await.unwrap();
    gina.get("/admin").await.expect(200);
    world.vestibule.member_changed(&member.member_id);
    gina.get("/admin").await.expect(403);
    member.roles.push(RoleId::admin());
    world.durable.memory.update_member(&member).await.unwrap();
    world.clock.advance_secs(60);
    gina.get("/admin").await.expect(200);
}

#[tokio::test]
async fn a_raised_policy_judges_live_sessions_only_where_that_is_configured() {
    let anew = SessionPolicy { rejudge: true, ..SessionPolicy::default() };
    for (policy, stays) in [(SessionPolicy::default(), true), (anew, false)] {
        let world = World::with(|builder| builder.session_policy(policy)).await;
        let mut gina = world.gina().await;
        let mut globex = world.organization(GLOBEX).await;
        globex.mfa_policy = MfaPolicy::RequiredForAll;
        world.vestibule.update_organization(&globex).await.unwrap();
        assert_eq!(gina.is_in().await, stays);
        let mut next = world.begin("gina@globex.example").await;
        assert!(!next.exchange(organization_id(GLOBEX).as_str()).await.is_session());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_revocation_and_changes_at_once_the_revocation_wins() {
    let world = World::new().await;
    for round in 0..100 {
        let gina = world.gina().await;
        let session = session_of(&world, &gina).await;
        let racers = (0..16).map(|number| {
            let (vestibule, session, mut client) = (world.vestibule.clone(), session.clone(), gina.clone());
            async move {
                match number % 4 {
                    0 => drop(vestibule.revoke(&session.member_session_id()).await.unwrap()),
                    1 => {
                        let claims = Map::from_iter([(format!("n{number}"), json!(number))]);
                        let terms = Terms { duration: None, custom_claims: claims };
                        drop(vestibule.update_session(&session, &terms).await);
                    }
                    2 => drop(client.get("/me").await),
                    _ => drop(vestibule.session_jwt(&session).await),
                }
            }
        });
        race(racers).await;
        assert!(!gina.clone().is_in().await, "round {round}");
        let terms = Terms { duration: SessionDuration::from_minutes(60).ok(), ..Terms::default() };
        let error = world.vestibule.update_session(&session, &terms).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::SessionNotFound);
        assert!(world.stored_sessions(GLOBEX, "gina@globex.example").await.is_empty(), "round {round}");
        world.clock.advance_secs(61);
        assert!(!gina.clone().is_in().await, "round {round}");
    }
}

#[tokio::test]
async fn people_see_their_own_sessions_and_end_them_one_by_one_or_all_others() {
    let world = World::new().await;
    let (mut one, mut two, mut three) = (world.gina().await, world.gina().await, world.gina().await);
    let mut stranger = world.member_of(GLOBEX, "ada@acme.example").await;
    let listed = one.get("/auth/sessions").await.expect(200).json();
    let sessions = listed["member_sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 3);
    assert_eq!(sessions.iter().filter(|session| session["current"] == true).count(), 1);
    let id_of_two = session_of(&world, &two).await.member_session_id().clone();

    // Nobody ends anybody else's, and nobody learns whether it exists.
    let form = json!({"member_session_id": id_of_two});
    let theirs = stranger.post("/auth/sessions/revoke", form.clone()).await;
    let absent = stranger.post("/auth/sessions/revoke", json!({"member_session_id": "session-test-0"})).await;
    assert_eq!((theirs.status, theirs.comparable()), (absent.status, absent.comparable()));
    assert!(two.is_in().await);

    one.post("/auth/sessions/revoke", form).await.expect(200);
    assert!(!two.is_in().await && one.is_in().await && three.is_in().await);
    one.post("/auth/sessions/revoke-others", json!({})).await.expect(200);
    assert!(one.is_in().await && !three.is_in().await && stranger.is_in().await);
    let member = world.member(GLOBEX, "gina@globex.example").await;
    assert_eq!(world.vestibule.revoke_member(&member.member_id, None).await.unwrap(), 1);
    assert!(!one.is_in().await);
}

fn factor_times(answer: &Value) -> Vec<(String, String)> {
    let factors = answer["member_session"]["authentication_factors"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    factors.iter().map(|f| (text(&f["type"]), text(&f["last_authenticated_at"]))).collect()
}

#[tokio::test]
async fn another_organization_judges_anew_and_takes_only_what_proves_its_own_member() {
    let world = World::new().await;
    let (mut ada, app) = world.with_app(ACME, "ada@acme.example").await;
    let proved = factor_times(&ada.get("/auth/session").await.json());
    assert_eq!(proved.iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>(), ["email_otp", "totp"]);
    world.clock.advance_secs(301);

    let switched =
        ada.post("/auth/switch", json!({"organization_id": organization_id(GLOBEX)})).await.expect(200);
    assert!(switched.is_session());
    assert_eq!(factor_times(&switched.json()), proved[..1], "the address alone, at the time it was proved");
    assert_eq!(ada.get("/me").await.json()["organization_id"], organization_id(GLOBEX).as_str());
    ada.get("/recent").await.expect(401);
    ada.get("/fresh").await.expect(403);
    ada.get("/o/acme").await.expect(403);
    ada.get("/admin").await.expect(403);

    // Back again the second factor is asked for again, and the session in Globex goes on meanwhile.
    let owed = ada.post("/auth/switch", json!({"organization_id": organization_id(ACME)})).await.expect(200);
    assert!(!owed.is_session());
    assert_eq!(ada.get("/me").await.json()["organization_id"], organization_id(GLOBEX).as_str());
    let back = ada.post("/auth/mfa/totp", json!({"code": app.next_code()})).await.expect(200);
    assert_eq!(factor_times(&back.json())[0], proved[0]);

    for id in [organization_id(INITECH), organization_id("nowhere")] {
        ada.post("/auth/switch", json!({"organization_id": id})).await.expect(404);
    }
}

#[tokio::test]
async fn a_password_opens_the_organization_it_belongs_to_and_no_other() {
    let world = World::new().await;
    let globex = world.organization(GLOBEX).await;
    world.vestibule.create_member(&new_member(&globex, "pat@initech.example")).await.unwrap();
    let mut pat = world.client();
    let form = json!({"email_address": "pat@initech.example", "password": PASSWORD});
    pat.post("/auth/o/initech/password", form.clone()).await.expect(200);
    assert!(pat.is_in().await);
    pat.post("/auth/switch", json!({"organization_id": organization_id(GLOBEX)})).await.expect(404);
    world.client().post("/auth/o/globex/password", form).await.expect(401);
    // And an address does not open the organization that takes passwords only.
    let mut by_mail = world.begin("pat@initech.example").await;
    let owed = by_mail.exchange(organization_id(INITECH).as_str()).await.expect(200).json();
    assert_eq!(owed["primary_required"]["allowed_auth_methods"], json!(["password"]));
    assert!(!by_mail.is_in().await);
}

#[tokio::test]
async fn a_session_that_switches_back_and_forth_ends_no_later() {
    let policy = SessionPolicy { absolute: Duration::from_secs(7200), ..SessionPolicy::default() };
    let world = World::with(|builder| builder.session_policy(policy)).await;
    let (mut ada, app) = world.with_app(ACME, "ada@acme.example").await;
    for _ in 0..3 {
        world.clock.advance_secs(2000);
        for slug in [GLOBEX, ACME] {
            ada.post("/auth/switch", json!({"organization_id": organization_id(slug)})).await.expect(200);
        }
        ada.post("/auth/mfa/totp", json!({"code": app.next_code()})).await.expect(200);
        assert!(ada.is_in().await);
    }
    world.clock.advance_secs(7200 - 6000 - 90);
    assert!(!ada.is_in().await, "two hours after the first factor");
}

#[tokio::test]
async fn no_use_makes_a_factor_younger() {
    let world = World::new().await;
    let mut gina = world.gina().await;
    gina.get("/recent").await.expect(200);
    let proved = factor_times(&gina.get("/auth/session").await.json());
    for _ in 0..100 {
        world.clock.advance_secs(3);
        gina.get("/me").await.expect(200);
        gina.get("/auth/session").await.expect(200);
        let session = session_of(&world, &gina).await;
        let terms = Terms { duration: SessionDuration::from_minutes(60).ok(), ..Terms::default() };
        world.vestibule.update_session(&session, &terms).await.unwrap();
    }
    gina.get("/recent").await.expect(200);
    world.clock.advance(Duration::from_millis(1));
    gina.get("/recent").await.expect(401);
    assert_eq!(factor_times(&gina.get("/auth/session").await.json()), proved);
}

fn claims(value: &Value) -> Terms {
    Terms { duration: None, custom_claims: value.as_object().cloned().unwrap() }
}

#[tokio::test]
async fn claims_of_the_application_are_merged_and_bounded() {
    let world = World::new().await;
    let mut gina = world.gina().await;
    let update = async |terms: Terms| {
        let session = session_of(&world, &gina).await;
        world.vestibule.update_session(&session, &terms).await
    };
    update(claims(&json!({"plan": "pro", "a": {"x": 1, "y": {"z": 2}}}))).await.unwrap();
    update(claims(&json!({"a": {"x": null, "y": {"n": 3}}, "new": [1]}))).await.unwrap();
    let merged = json!({"plan": "pro", "a": {"y": {"z": 2, "n": 3}}, "new": [1]});
    assert_eq!(gina.clone().get("/me").await.json()["claims"], merged);

    for name in [
        "iss",
        "sub",
        "aud",
        "exp",
        "nbf",
        "iat",
        "jti",
        "acr",
        "amr",
        "auth_time",
        "https://stytch.com/session",
    ] {
        let error = update(claims(&json!({name: "x"}))).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Claims(InvalidClaims::Reserved(name.to_owned())));
    }
    let error = update(claims(&json!({"big": "x".repeat(4096)}))).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Claims(InvalidClaims::TooLarge));
    assert_eq!(gina.get("/me").await.json()["claims"], merged, "refused claims change nothing");
    let payload = jwt_of(&mut gina).await;
    let payload = URL_SAFE_NO_PAD.decode(payload.split('.').nth(1).unwrap()).unwrap();
    let payload: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!((&payload["plan"], &payload["a"]), (&json!("pro"), &merged["a"]));
}

#[tokio::test]
async fn a_session_lasts_from_five_minutes_to_a_year_and_no_longer_than_its_policy() {
    for (minutes, fits) in
        [(0, false), (4, false), (5, true), (527_040, true), (527_041, false), (u32::MAX, false)]
    {
        assert_eq!(SessionDuration::from_minutes(minutes).is_ok(), fits, "{minutes}");
    }
    let world = World::new().await;
    let mut gina = world.gina().await;
    world.clock.advance(Duration::from_millis(3_599_999));
    assert!(gina.is_in().await);
    world.clock.advance(Duration::from_millis(1));
    assert!(!gina.is_in().await);

    let policy = SessionPolicy {
        absolute: Duration::from_secs(7200),
        idle: Duration::from_secs(1800),
        ..SessionPolicy::default()
    };
    let world = World::with(|builder| builder.session_policy(policy)).await;
    let longest = Terms { duration: SessionDuration::from_minutes(527_040).ok(), ..Terms::default() };
    let mut gina = world.gina().await;
    for _ in 0..4 {
        let session = session_of(&world, &gina).await;
        world.vestibule.update_session(&session, &longest).await.unwrap();
        world.clock.advance(Duration::from_millis(1_799_999));
        assert!(gina.is_in().await, "used within the half hour");
    }
    world.clock.advance(Duration::from_millis(4));
    assert!(!gina.is_in().await, "two hours whatever was asked");

    let mut gina = world.gina().await;
    world.clock.advance_secs(1800);
    assert!(!gina.is_in().await, "half an hour unused");
}

#[tokio::test]
async fn a_session_that_has_ended_is_not_brought_back_by_who_still_holds_it() {
    let policy = SessionPolicy { idle: Duration::from_secs(1800), ..SessionPolicy::default() };
    let longest = Terms { duration: SessionDuration::from_minutes(600).ok(), ..Terms::default() };
    for seconds in [1800, 3600, 43_200] {
        let world = World::with(|builder| builder.session_policy(policy)).await;
        let mut gina = world.gina().await;
        let session = session_of(&world, &gina).await;
        world.clock.advance_secs(seconds);
        let error = world.vestibule.update_session(&session, &longest).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::SessionNotFound, "after {seconds} s");
        assert!(!gina.is_in().await);
    }
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

fn parts(jwt: &str) -> (Value, Value, String) {
    let mut parts = jwt.split('.');
    let mut read =
        || serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts.next().unwrap()).unwrap()).unwrap();
    let (header, claims) = (read(), read());
    (header, claims, parts.next().unwrap().to_owned())
}

#[tokio::test]
async fn a_forged_jwt_lets_nobody_in() {
    for algorithm in [JwtAlgorithm::Rs256, JwtAlgorithm::EdDsa, JwtAlgorithm::Es256] {
        let world = World::with(|builder| builder.jwt_algorithm(algorithm)).await;
        let mut gina = world.gina().await;
        let jwt = jwt_of(&mut gina).await;
        let (header, body, signature) = parts(&jwt);
        let jwk = world.client().get("/auth/jwks.json").await.json()["keys"][0].clone();
        let mut forgeries = Vec::new();

        // No signature, or none that is asked for.
        for alg in ["none", "None", "NONE", "nOnE", "", "HS256", "HS512", "RS512", "PS256", "ES384", "EdDSA2"]
        {
            let mut header = header.clone();
            header["alg"] = json!(alg);
            let text = unsigned(&header, &body);
            forgeries.extend([format!("{text}."), format!("{text}.{signature}"), text]);
        }
        // Signed with what is public, as if that were a secret.
        let mut publics = vec![jwk.to_string().into_bytes()];
        for name in ["n", "x", "y", "kid"] {
            if let Some(text) = jwk[name].as_str() {
                publics.push(text.as_bytes().to_vec());
                publics.extend(URL_SAFE_NO_PAD.decode(text).ok());
            }
        }
        for secret in &publics {
            for hs in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
                let mut header = Header::new(hs);
                header.kid = jwk["kid"].as_str().map(str::to_owned);
                forgeries
                    .push(jsonwebtoken::encode(&header, &body, &EncodingKey::from_secret(secret)).unwrap());
            }
        }
        // Signed with a key of the attacker's, which the header brings along or points to.
        let own = Ed25519KeyPair::generate().unwrap();
        let pkcs8 = own.to_pkcs8v1().unwrap();
        let own = EncodingKey::from_ed_der(pkcs8.as_ref());
        let own_jwk =
            serde_json::to_value(jsonwebtoken::jwk::Jwk::from_encoding_key(&own, Algorithm::EdDSA).unwrap())
                .unwrap();
        let kids = [
            "",
            "../../../../dev/null",
            "' OR 1=1 --",
            "https://evil.example/keys",
            "0",
            "\u{0}",
            jwk["kid"].as_str().unwrap(),
        ];
        for kid in kids {
            for extra in [
                json!({}),
                json!({"jku": "https://evil.example/keys.json"}),
                json!({"x5u": "https://evil.example/cert.pem"}),
                json!({"jwk": own_jwk}),
                json!({"x5c": ["AAAA"]}),
                json!({"crit": ["exp"]}),
                json!({"zip": "DEF"}),
            ] {
                let mut header = json!({"alg": "EdDSA", "typ": "JWT", "kid": kid});
                header.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
                let text = unsigned(&header, &body);
                let signed = jsonwebtoken::crypto::sign(text.as_bytes(), &own, Algorithm::EdDSA).unwrap();
                forgeries.push(format!("{text}.{signed}"));
            }
        }
        // Claims that were changed under the same signature.
        for (name, value) in [
            ("exp", json!("99999999999")),
            ("exp", json!(99_999_999_999_u64)),
            ("exp", json!(-1)),
            ("exp", json!(1.5e300)),
            ("exp", Value::Null),
            ("aud", json!("project-test-00000000-0000-4000-8000-000000000000")),
            ("iss", Value::Null),
            ("sub", json!("")),
            ("https://stytch.com/session", json!({"id": "session-test-1"})),
        ] {
            let mut changed = body.clone();
            changed[name] = value;
            forgeries.push(format!("{}.{signature}", unsigned(&header, &changed)));
        }
        for typ in [json!("at+jwt"), json!("jwt"), Value::Null, json!(["JWT"])] {
            let mut header = header.clone();
            header["typ"] = typ;
            forgeries.push(format!("{}.{signature}", unsigned(&header, &body)));
        }
        let doubled = jwt.replacen('.', "=.", 1);
        forgeries.extend([
            doubled,
            format!("{jwt} "),
            format!("{jwt}\u{9}x"),
            "..".to_owned(),
            "a.b.c".to_owned(),
        ]);

        let handled = world.handled();
        for forged in forgeries {
            let mut client = world.client();
            if let Ok(value) = http::HeaderValue::from_bytes(format!("Bearer {forged}").as_bytes()) {
                if forged.trim() == jwt {
                    continue;
                }
                let mut request =
                    client.request(http::Method::GET, "/me").body(axum::body::Body::empty()).unwrap();
                request.headers_mut().insert(AUTHORIZATION, value);
                assert_eq!(client.send(request).await.status, 401, "{algorithm:?} {forged}");
            }
            client.set_cookie("session", forged.replace([';', ' ', '\u{9}'], ""));
            if client.cookie("session").as_deref() != Some(&jwt) {
                client.get("/me").await.expect(401);
            }
        }
        assert_eq!(world.handled(), handled);
        let mut client = world.client();
        client.bearer = Some(jwt);
        assert!(client.is_in().await, "{algorithm:?}: the genuine one is good");
    }
}

#[tokio::test]
async fn a_jwt_is_good_for_five_minutes() {
    let world = World::new().await;
    let mut gina = world.gina().await;
    let mut bearer = bearer_of(&mut gina).await;
    let mut unseen = bearer.clone();
    unseen.bearer = Some(jwt_of(&mut gina).await);
    world.clock.advance_secs(299);
    assert!(bearer.is_in().await && unseen.is_in().await);
    world.clock.advance_secs(1);
    assert!(!bearer.is_in().await && !unseen.is_in().await && gina.is_in().await);
}

struct OneKey;

impl KeyProvider for OneKey {
    fn master_keys(&self) -> Result<Vec<MasterKey>, KeyError> {
        Ok(vec![MasterKey::new("one", [9; 32])])
    }
}

/// A verifier elsewhere trusts a JWT with no more than a route here would.
#[tokio::test]
async fn a_second_factor_that_was_set_up_in_the_session_is_not_told_of_in_its_jwt() {
    let told = |jwt: String| {
        let (_, claims, _) = parts(&jwt);
        (claims["acr"].clone(), claims["amr"].clone(), claims["auth_time"].clone())
    };
    let single = |world: &World| {
        (json!("urn:vestibule:acr:single"), json!(["otp"]), json!(world.vestibule.now().as_secs()))
    };
    let both = |world: &World| {
        (json!("urn:vestibule:acr:mfa"), json!(["otp", "mfa"]), json!(world.vestibule.now().as_secs()))
    };
    let world = World::new().await;
    let mut gina = world.gina().await;
    let before = single(&world);
    world.clock.advance_secs(60);
    let app = world.enrol_app(&mut gina).await;
    assert_eq!(told(jwt_of(&mut gina).await), before);
    // From the next sign-in on it counts.
    let mut again = world.again(GLOBEX, "gina@globex.example", &app).await;
    assert_eq!(told(jwt_of(&mut again).await), both(&world));
    // In a sign-in that demands one it counts at once.
    let (mut bob, _) = world.with_app(ACME, "bob@acme.example").await;
    assert_eq!(told(jwt_of(&mut bob).await), both(&world));

    let lax = SessionPolicy { enrolled_answers: true, ..SessionPolicy::default() };
    let world = World::with(|builder| builder.session_policy(lax)).await;
    let mut gina = world.gina().await;
    world.enrol_app(&mut gina).await;
    assert_eq!(told(jwt_of(&mut gina).await), both(&world));
}

#[tokio::test]
async fn a_jwt_for_another_audience_or_of_another_issuer_is_refused_though_the_key_is_the_same() {
    let world = World::with(|builder| builder.master_keys(OneKey)).await;
    let mut gina = world.gina().await;
    let session = session_of(&world, &gina).await;
    let neighbour = |project: &'static str, issuer: Option<&'static str>| {
        let mailbox = Mailbox::new();
        let builder = Vestibule::development()
            .master_keys(OneKey)
            .project_id(project)
            .email(mailbox)
            .store(world.durable.clone())
            .clock(world.clock.clone());
        match issuer {
            Some(issuer) => builder.issuer(issuer),
            None => builder,
        }
    };
    let own = "project-test-00000000-0000-4000-8000-000000000000";
    let other = "project-test-11111111-1111-4111-8111-111111111111";
    for (project, issuer, good) in [
        (own, None, true),
        (other, None, false),
        (own, Some("https://evil.example"), false),
        (other, Some("stytch.com/project-test-00000000-0000-4000-8000-000000000000"), false),
    ] {
        let jwt = neighbour(project, issuer).build().await.unwrap().session_jwt(&session).await.unwrap();
        let mut bearer = world.client();
        bearer.bearer = Some(jwt.expose().to_owned());
        assert_eq!(bearer.is_in().await, good, "{project} {issuer:?}");
    }
    assert!(gina.is_in().await);
}

fn kid(jwt: &str) -> String {
    parts(jwt).0["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn keys_are_published_before_they_sign_and_a_retired_one_is_refused_at_once() {
    let world = World::new().await;
    let longest = Terms { duration: SessionDuration::from_minutes(600).ok(), ..Terms::default() };
    let mut gina = world.gina().await;
    world.vestibule.update_session(&session_of(&world, &gina).await, &longest).await.unwrap();
    let old = kid(&jwt_of(&mut gina).await);
    let new = world.vestibule.rotate_signing_key().await.unwrap();
    let published = world.client().get("/auth/jwks.json").await.json();
    let published: Vec<&str> =
        published["keys"].as_array().unwrap().iter().map(|k| k["kid"].as_str().unwrap()).collect();
    assert_eq!(published, [old.as_str(), new.as_str()]);
    world.clock.advance_secs(7199);
    let mut last = bearer_of(&mut gina).await;
    assert_eq!(kid(last.bearer.as_ref().unwrap()), old);
    world.clock.advance_secs(1);
    let mut first = bearer_of(&mut gina).await;
    assert_eq!(kid(first.bearer.as_ref().unwrap()), new);
    assert!(last.is_in().await, "the overlap covers a JWT's life");

    assert!(world.vestibule.retire_signing_key(&new).await.unwrap());
    assert!(!first.is_in().await && gina.is_in().await);
    let mut again = bearer_of(&mut gina).await;
    assert!(last.is_in().await && again.is_in().await);
    assert!(world.vestibule.retire_signing_key(&old).await.unwrap());
    assert!(!last.is_in().await && !again.is_in().await && gina.is_in().await);
    let published = world.client().get("/auth/jwks.json").await.json().to_string();
    assert!(!published.contains(&old) && !published.contains(&new));
    bearer_of(&mut gina).await;
}

#[tokio::test]
async fn a_retired_key_that_the_store_keeps_does_not_come_back_and_is_removed_later() {
    let world = World::new().await;
    let mut gina = world.gina().await;
    let mut forged = bearer_of(&mut gina).await;
    let stolen = kid(forged.bearer.as_ref().unwrap());
    let stored = || async {
        let keys = KeyStore::load(&*world.durable.memory).await.unwrap();
        keys.into_iter().map(|key| key.key_id).collect::<Vec<_>>()
    };
    world.durable.faults.set("keys.remove", Fault::Fails);
    let refused = world.vestibule.retire_signing_key(&stolen).await.unwrap_err();
    assert_eq!(*refused.kind(), ErrorKind::Unavailable);
    assert!(!forged.is_in().await && stored().await.contains(&stolen));
    // Another signs at once, and whatever reads the keys again leaves that one out.
    assert_ne!(kid(&jwt_of(&mut gina).await), stolen);
    world.vestibule.rotate_signing_key().await.unwrap();
    assert!(!forged.is_in().await);
    assert!(!world.client().get("/auth/jwks.json").await.text.contains(&stolen));

    world.durable.faults.clear();
    tokio::time::pause();
    tokio::time::sleep(Duration::from_secs(301)).await;
    assert!(!stored().await.contains(&stolen), "the background task has tried again");
    assert!(!forged.is_in().await && gina.is_in().await);
}

#[tokio::test]
async fn a_clock_that_is_set_back_lets_nobody_stay_longer() {
    let hour = Duration::from_secs(3600).as_millis() as u64;
    let world = World::new().await;
    let mut gina = world.gina().await;
    let mut bearer = bearer_of(&mut gina).await;
    let mut pending = world.begin("gina@globex.example").await;
    let start = world.clock.millis();
    world.clock.set(start + 301_000);
    assert!(!bearer.is_in().await);
    gina.get("/recent").await.expect(401);
    for back in [start, start - hour, 0] {
        world.clock.set(back);
        assert!(gina.is_in().await && !bearer.is_in().await);
        gina.get("/recent").await.expect(401);
    }
    world.clock.set(start + 600_000);
    pending.get("/auth/organizations").await.expect(401);
    world.clock.set(start + hour);
    assert!(!gina.is_in().await);
    world.clock.set(start);
    assert!(!gina.is_in().await);
    pending.get("/auth/organizations").await.expect(401);
    // What begins now begins at the latest time that was.
    let mut next = world.gina().await;
    next.get("/recent").await.expect(200);
    world.clock.set(start + 2 * hour);
    assert!(!next.is_in().await);
}

#[tokio::test(start_paused = true)]
async fn a_stream_learns_that_its_session_has_ended() {
    let world = World::new().await;
    let waiting = |session: vestibule::MemberSession| {
        let vestibule = world.vestibule.clone();
        tokio::spawn(async move { vestibule.ended(&session).await })
    };
    let look = || tokio::time::sleep(Duration::from_secs(16));

    let gina = world.gina().await;
    let session = session_of(&world, &gina).await;
    let stream = waiting(session.clone());
    look().await;
    assert!(!stream.is_finished());
    world.vestibule.revoke(&session.member_session_id()).await.unwrap();
    tokio::time::timeout(Duration::from_millis(10), stream).await.expect("at once").unwrap();

    let stream = waiting(session_of(&world, &world.gina().await).await);
    world.clock.advance_secs(3599);
    look().await;
    assert!(!stream.is_finished());
    world.clock.advance_secs(1);
    look().await;
    assert!(stream.is_finished(), "expired");

    let gina = world.gina().await;
    let stream = waiting(session_of(&world, &gina).await);
    let member = world.member(GLOBEX, "gina@globex.example").await;
    world.vestibule.delete_member(&member.member_id).await.unwrap();
    look().await;
    assert!(stream.is_finished(), "deleted");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_only_waits_does_not_keep_its_session_from_lying_idle() {
    let policy = SessionPolicy { idle: Duration::from_secs(600), ..SessionPolicy::default() };
    let world = World::with(|builder| builder.session_policy(policy)).await;
    let gina = world.gina().await;
    let session = session_of(&world, &gina).await;
    let vestibule = world.vestibule.clone();
    let stream = tokio::spawn(async move { vestibule.ended(&session).await });
    for minute in 1..=10 {
        assert!(!stream.is_finished(), "minute {minute}");
        world.clock.advance_secs(60);
        tokio::time::sleep(Duration::from_secs(16)).await;
    }
    assert!(stream.is_finished());
}

#[tokio::test(start_paused = true)]
async fn last_uses_are_written_some_at_a_time() {
    let mut limits = Limits::default();
    limits.intermediate_per_address.count = u32::MAX;
    let world = World::with(|builder| builder.limits(limits)).await;
    let mut clients = Vec::new();
    for _ in 0..1_001 {
        clients.push(world.gina().await);
    }
    world.clock.advance_secs(60);
    for client in &mut clients {
        assert!(client.is_in().await);
    }
    world.durable.faults.calls();
    tokio::time::sleep(Duration::from_secs(11)).await;
    let calls = world.durable.faults.calls();
    assert_eq!(
        calls.iter().filter(|call| **call == "sessions.touch").count(),
        3,
        "500 at once, and one more"
    );
    let gina = world.member(GLOBEX, "gina@globex.example").await.member_id;
    let stored = world.durable.memory.of_member(&gina, world.vestibule.now()).await.unwrap();
    assert!(stored.iter().all(|session| session.last_accessed_at == world.vestibule.now()));
    assert_eq!(stored.len(), 1_000, "as many as are listed");

    // A store that fails is not asked for the rest; what it has missed makes nobody fresher.
    world.clock.advance_secs(60);
    for client in &mut clients {
        assert!(client.is_in().await);
    }
    world.durable.faults.set("sessions.touch", Fault::Fails);
    world.durable.faults.calls();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let calls = world.durable.faults.calls();
    assert_eq!(calls.iter().filter(|call| **call == "sessions.touch").count(), 1);
}

#[tokio::test]
async fn a_bad_bearer_token_never_falls_back_to_a_good_cookie() {
    let world = World::new().await;
    let mut gina = world.gina().await;
    let token = gina.session_token();
    for bad in [
        "Bearer x",
        "Bearer ",
        "Bearer",
        "bearer x",
        "BEARER\tx",
        "Bearer\t",
        "Bearer  x y",
        &format!("Bearer {token}x"),
        &format!("Bearer {token}, x"),
    ] {
        gina.get_with("/me", &[("authorization", bad)]).await.expect(401);
        gina.get_with("/auth/session", &[("authorization", bad)]).await.expect(401);
    }
    let good = format!("Bearer {token}");
    for two in [
        [good.as_str(), good.as_str()],
        [&good, "Bearer x"],
        ["Bearer x", &good],
        ["Basic eA==", &good],
        [&good, "Basic eA=="],
    ] {
        let headers = two.map(|value| ("authorization", value));
        gina.get_with("/me", &headers).await.expect(401);
    }
    // Another scheme is the application's own business.
    gina.get_with("/me", &[("authorization", "Basic eA==")]).await.expect(200);
    gina.get_with("/me", &[("authorization", "Bearerx y")]).await.expect(200);
    world.client().get_with("/me", &[("authorization", &good)]).await.expect(200);
}

/// What sessions and who is behind them were asked of the stores since this was asked last.
fn asked(world: &World) -> Vec<&'static str> {
    let mut calls = world.durable.faults.calls();
    calls.retain(|call| call.starts_with("sessions.") || call.starts_with("directory."));
    calls.extend(world.transient.faults.calls());
    calls
}

#[tokio::test]
async fn what_is_malformed_or_forged_asks_no_store() {
    let world = World::new().await;
    let mut gina = world.gina().await;
    let (token, jwt) = (gina.session_token(), jwt_of(&mut gina).await);
    let altered = |text: &str, place: usize| {
        let other = if &text[place..=place] == "A" { "B" } else { "A" };
        format!("{}{other}{}", &text[..place], &text[place + 1..])
    };
    let (head, signature) = jwt.rsplit_once('.').unwrap();
    let mut bad: Vec<String> = (0..token.len()).map(|place| altered(&token, place)).collect();
    bad.extend((head.len() + 1..jwt.len()).step_by(7).map(|place| altered(&jwt, place)));
    bad.extend([altered(&jwt, 5), altered(&jwt, head.len() - 5), head.to_owned(), format!("{head}.")]);
    bad.extend([format!("{head}.{signature}.{signature}"), format!("eyJ{}", "A".repeat(20_000))]);
    bad.extend([token[..43].to_owned(), format!("{token}A"), format!("{}=", &token[..43]), "A".repeat(44)]);
    bad.extend(["x", "eyJ", "eyJ..", "a.b.c", "..", "-"].map(str::to_owned));
    bad.push(world.begin("gina@globex.example").await.intermediate());
    asked(&world);
    for bad in bad {
        let mut by_cookie = world.client();
        by_cookie.set_cookie("session", &*bad);
        let mut by_bearer = world.client();
        by_bearer.bearer = Some(bad.clone());
        assert!(!by_cookie.is_in().await && !by_bearer.is_in().await, "{bad}");
        assert_eq!(asked(&world), [""; 0], "{bad}");
    }
    assert!(gina.is_in().await);
}

#[tokio::test]
async fn a_token_whose_session_has_ended_asks_no_store_again() {
    let policy = SessionPolicy { idle: Duration::from_secs(1800), ..SessionPolicy::default() };
    for way in ["handle", "member", "unconfirmed", "sign-out", "unknown here", "elsewhere", "idle", "expired"]
    {
        let world = World::with(|builder| builder.session_policy(policy)).await;
        let mut gina = world.gina().await;
        let session = session_of(&world, &gina).await;
        let id = &session.member_session_id();
        match way {
            "handle" => assert!(world.vestibule.revoke(id).await.unwrap()),
            "member" => drop(world.vestibule.revoke_member(session.member_id(), None).await.unwrap()),
            "unconfirmed" => {
                world.durable.faults.set("sessions.revoke", Fault::Fails);
                world.vestibule.revoke(id).await.unwrap_err();
            }
            "sign-out" => drop(gina.clone().post("/auth/sign-out", json!({})).await.expect(200)),
            "unknown here" => {
                // Nothing of it stands in the table, and it has ended before it comes there again.
                world.vestibule.member_changed(session.member_id());
                world.durable.faults.set("sessions.revoke", Fault::Fails);
                world.vestibule.revoke(id).await.unwrap_err();
            }
            "elsewhere" => {
                assert!(world.durable.memory.revoke(id).await.unwrap());
                world.clock.advance_secs(61);
            }
            "idle" => world.clock.advance_secs(1800),
            _ => world.clock.advance_secs(3600),
        }
        asked(&world);
        assert!(!gina.is_in().await, "{way}");
        let known_here = ["handle", "member", "unconfirmed", "sign-out"].contains(&way);
        assert_eq!(asked(&world).is_empty(), known_here, "{way}");
        for seconds in [0, 0, 30, 29] {
            world.clock.advance_secs(seconds);
            assert!(!gina.is_in().await, "{way}");
            assert_eq!(asked(&world), [""; 0], "{way}");
        }
        // What the store said is believed no longer than anything else it says.
        world.clock.advance_secs(1);
        assert!(!gina.is_in().await, "{way}");
        let for_good = known_here || way == "unknown here";
        assert_eq!(asked(&world).is_empty(), for_good, "{way}");
    }
}

#[tokio::test]
async fn two_session_cookies_count_as_none() {
    let world = World::new().await;
    let (gina, ada) = (world.gina().await, world.member_of(GLOBEX, "ada@acme.example").await);
    let name = gina.name("session");
    let (one, two) = (gina.session_token(), ada.session_token());
    let mut client = world.client();
    for lines in [
        vec![format!("{name}={one}; {name}={two}")],
        vec![format!("{name}={two}; {name}={one}")],
        vec![format!("{name}={one}; {name}={one}")],
        vec![format!("{name}={one}; {name}=")],
        vec![format!("{name}=; a=b; {name}={one}")],
        vec![format!("{name}={one}"), format!("{name}={two}")],
        vec![format!("{name}={one};{name}={two}")],
    ] {
        let mut request = client.request(http::Method::GET, "/me").body(axum::body::Body::empty()).unwrap();
        for line in &lines {
            request.headers_mut().append(COOKIE, line.parse().unwrap());
        }
        assert_eq!(client.send(request).await.status, 401, "{lines:?}");
    }
    let mut request = client.request(http::Method::GET, "/me").body(axum::body::Body::empty()).unwrap();
    let line = format!("x{name}={two}; {name}x={two}; a={name}={two}; {name}={one}");
    request.headers_mut().append(COOKIE, line.parse().unwrap());
    assert_eq!(client.send(request).await.status, 200);
}

#[tokio::test]
async fn when_the_store_is_down_whoever_asks_for_a_session_is_told_so_and_others_are_served() {
    let world = World::new().await;
    let mut gina = world.gina().await;
    let mut bearer = bearer_of(&mut gina).await;
    world.clock.advance_secs(61);
    for operation in ["sessions.by_seed", "sessions.by_id", "directory.member", "directory.organization"] {
        world.durable.faults.set(operation, Fault::Fails);
        let client = if operation == "sessions.by_id" { &mut bearer } else { &mut gina };
        let handled = world.handled();
        for path in ["/me", "/maybe", "/member", "/admin", "/auth/session", "/auth/sessions"] {
            client.get(path).await.expect(503);
        }
        client.get("/open").await.expect(200);
        assert_eq!(world.handled(), handled, "{operation}");
        let mut nobody = world.client();
        assert_eq!(nobody.get("/maybe").await.expect(200).text, "nobody");
        nobody.get("/member").await.expect(401);
        // Signing out says that it could not be done.
        client.clone().post("/auth/sign-out", json!({})).await.expect(503);
        world.durable.faults.clear();
    }
    assert!(gina.is_in().await && bearer.is_in().await);
}

#[tokio::test]
async fn a_table_that_is_too_small_only_asks_more_often() {
    let world = World::with(|builder| builder.live_sessions(1)).await;
    let mut clients = Vec::new();
    for number in 0..200 {
        let address = format!("{number}@globex.example");
        let globex = world.organization(GLOBEX).await;
        world.vestibule.create_member(&new_member(&globex, &address)).await.unwrap();
        clients.push(world.member_of(GLOBEX, &address).await);
    }
    let (out, stay) = clients.split_at_mut(20);
    for client in out.iter_mut() {
        client.clone().post("/auth/sign-out", json!({})).await.expect(200);
    }
    for client in stay {
        assert!(client.is_in().await);
    }
    for client in out {
        assert!(!client.is_in().await, "a revocation is pushed out by nothing");
    }
}

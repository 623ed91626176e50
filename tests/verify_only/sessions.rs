//! Who is let in, and as whom.

use std::time::Duration;

use serde_json::json;
use vestibule::{ErrorKind, SessionPolicy, Terms, Vestibule};

use crate::{
    PROJECT, Scene, claims_of,
    common::{ACME, GLOBEX, World, world::organization_id},
    jwt_of,
};

#[tokio::test]
async fn the_session_is_the_one_that_the_issuer_has() {
    let scene = Scene::new().await;
    let mut gina = scene.issuer.gina().await;
    let session = scene.issuer.vestibule.current_session(&gina.session_token()).await.unwrap();
    let claims = json!({"plan": "gold"}).as_object().unwrap().clone();
    let terms = Terms { duration: None, custom_claims: claims };
    scene.issuer.vestibule.update_session(&session, &terms).await.unwrap();
    let there = scene.issuer.vestibule.current_session(&gina.session_token()).await.unwrap();
    let jwt = jwt_of(&mut gina).await;

    let here = scene.bearer(&jwt).get("/me").await.expect(200).json();
    let mut expected = json!(there);
    expected["expires_at"] = json!(scene.issuer.vestibule.now().after(Duration::from_secs(300)));
    assert_eq!(here, expected, "all but its end");
    assert_eq!(scene.bearer(&jwt).get("/maybe").await.expect(200).text, "gina@globex.example");
    let session = scene.verifier.current_session(&jwt).await.unwrap();
    assert_eq!((session.email_address(), session.member_id()), (there.email_address(), there.member_id()));
}

#[tokio::test]
async fn roles_permissions_and_organizations_are_demanded_as_anywhere() {
    let scene = Scene::new().await;
    let gina = scene.bearer(jwt_of(&mut scene.issuer.gina().await).await);
    let mut ada = scene.issuer.member_of(GLOBEX, "ada@acme.example").await;
    let ada = scene.bearer(jwt_of(&mut ada).await);
    let globex = format!("/o/{}", organization_id(GLOBEX));
    let acme = format!("/o/{}", organization_id(ACME));
    for path in ["/open", "/member", "/admin", "/reports", "/o/globex", &globex] {
        gina.clone().get(path).await.expect(200);
    }
    for (path, unmet) in [("/admin", "role"), ("/reports", "permission"), ("/o/acme", "organization")] {
        let refused = ada.clone().get(path).await.expect(403);
        assert_eq!(refused.headers["www-authenticate"], "Bearer error=\"insufficient_scope\"");
        assert_eq!(refused.headers["cache-control"], "no-store");
        assert_eq!(refused.json()["unmet"][0]["requirement"], unmet);
    }
    gina.clone().get(&acme).await.expect(403);
    ada.clone().get("/o/globex").await.expect(200);
}

#[tokio::test]
async fn a_fresh_second_factor_is_proved_to_the_issuer() {
    let scene = Scene::new().await;
    let (mut ada, app) = scene.issuer.with_app(ACME, "ada@acme.example").await;
    let before = jwt_of(&mut ada).await;
    scene.bearer(&before).get("/fresh").await.expect(200);
    scene.issuer.clock.advance_secs(301);

    let stale = jwt_of(&mut ada).await;
    let refused = scene.bearer(&stale).get("/fresh").await.expect(401);
    let header = refused.headers["www-authenticate"].to_str().unwrap().to_owned();
    assert!(header.starts_with("Bearer error=\"insufficient_user_authentication\""), "{header}");
    assert!(header.ends_with("acr_values=\"urn:vestibule:acr:mfa\", max_age=300"), "{header}");
    let problem = refused.json();
    assert_eq!(
        (&problem["unmet"][0]["factor"], &problem["unmet"][0]["max_age"]),
        (&json!("secondary"), &json!(300))
    );
    assert_eq!(problem["sign_in_at"], crate::SIGN_IN);
    assert!(problem.get("challenge").is_none(), "nothing can be proved here");

    let challenge = ada.get("/fresh").await.expect(401).json()["challenge"]["challenge_token"].clone();
    ada.post("/auth/step-up/totp", json!({"challenge_token": challenge, "code": app.next_code()}))
        .await
        .expect(200);
    scene.bearer(jwt_of(&mut ada).await).get("/fresh").await.expect(200);
    // What was proved since is not in the older one.
    scene.bearer(&stale).get("/fresh").await.expect(401);
}

#[tokio::test]
async fn a_second_factor_that_was_set_up_in_the_session_answers_nothing_here_either() {
    let scene = Scene::new().await;
    let mut gina = scene.issuer.gina().await;
    let app = scene.issuer.enrol_app(&mut gina).await;
    let jwt = jwt_of(&mut gina).await;
    scene.bearer(&jwt).get("/member").await.expect(200);
    scene.bearer(&jwt).get("/fresh").await.expect(401);
    // From the next sign-in on it counts.
    let mut again = scene.issuer.again(GLOBEX, "gina@globex.example", &app).await;
    scene.bearer(jwt_of(&mut again).await).get("/fresh").await.expect(200);

    // As the issuer judges.
    let lax = SessionPolicy { enrolled_answers: true, ..SessionPolicy::default() };
    let scene = Scene::of(World::with(|builder| builder.session_policy(lax)).await, |builder| builder).await;
    let mut gina = scene.issuer.gina().await;
    scene.issuer.enrol_app(&mut gina).await;
    scene.bearer(jwt_of(&mut gina).await).get("/fresh").await.expect(200);
}

#[tokio::test]
async fn a_session_lasts_as_long_as_its_jwt() {
    let scene = Scene::new().await;
    let mut gina = scene.issuer.gina().await;
    let (seen, unseen) = (jwt_of(&mut gina).await, jwt_of(&mut gina).await);
    assert_eq!(scene.status(&seen).await, 200);
    // What happens at the issuer is not seen here before that.
    gina.post("/auth/sign-out", json!({})).await.expect(200);
    scene.issuer.clock.advance_secs(299);
    assert_eq!((scene.status(&seen).await, scene.status(&unseen).await), (200, 200));
    scene.issuer.clock.advance_secs(1);
    assert_eq!((scene.status(&seen).await, scene.status(&unseen).await), (401, 401));
    let error = scene.verifier.current_session(&seen).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::SessionNotFound);
}

#[tokio::test]
async fn what_is_no_jwt_of_the_issuer_is_none() {
    let scene = Scene::new().await;
    let mut gina = scene.issuer.gina().await;
    let (opaque, jwt) = (gina.session_token(), jwt_of(&mut gina).await);
    let (unsigned, _) = jwt.rsplit_once('.').unwrap();
    for token in [&opaque, "", "x", "..", "a.b.c", unsigned, &format!("{unsigned}."), &format!("{jwt}x")] {
        assert_eq!(scene.status(token).await, 401, "{token}");
        assert_eq!(scene.bearer(token).get("/maybe").await.expect(200).text, "nobody");
    }
    assert_eq!(scene.keys.asked(), 1, "once, for those that name a key");
    let huge = format!("{unsigned}.{}", "A".repeat(20_000));
    assert_eq!(scene.status(&huge).await, 401);
    assert_eq!(scene.status(&jwt).await, 200);
}

#[tokio::test]
async fn another_audience_or_issuer_is_refused_though_the_key_is_the_same() {
    let other = "project-test-11111111-1111-4111-8111-111111111111";
    for (project, issuer, status) in [
        (PROJECT, None, 200),
        (PROJECT, Some("https://app.example.com"), 401),
        (other, None, 401),
        (other, Some("stytch.com/project-test-00000000-0000-4000-8000-000000000000"), 401),
    ] {
        let scene = Scene::with(|builder| match issuer {
            Some(issuer) => builder.project_id(project).issuer(issuer),
            None => builder.project_id(project),
        })
        .await;
        let jwt = jwt_of(&mut scene.issuer.gina().await).await;
        assert_eq!(scene.status(&jwt).await, status, "{project} {issuer:?}");
    }
    let issuer = World::with(|builder| builder.issuer("https://app.example.com")).await;
    let scene = Scene::of(issuer, |builder| builder.issuer("https://app.example.com")).await;
    assert_eq!(scene.status(&jwt_of(&mut scene.issuer.gina().await).await).await, 200);
}

#[tokio::test]
async fn every_algorithm_of_an_issuer_is_taken() {
    use vestibule::JwtAlgorithm::{EdDsa, Es256, Rs256};
    for algorithm in [Rs256, EdDsa, Es256] {
        let issuer = World::with(|builder| builder.jwt_algorithm(algorithm)).await;
        let scene = Scene::of(issuer, |builder| builder).await;
        let jwt = jwt_of(&mut scene.issuer.gina().await).await;
        assert_eq!(scene.status(&jwt).await, 200, "{algorithm:?}");
        let (message, signature) = jwt.rsplit_once('.').unwrap();
        let first = if signature.starts_with('A') { "B" } else { "A" };
        assert_eq!(scene.status(&format!("{message}.{first}{}", &signature[1..])).await, 401);
    }
}

#[tokio::test]
async fn another_deployment_with_the_same_project_signs_nobody_in() {
    let scene = Scene::new().await;
    let neighbour = Scene::new().await;
    let jwt = jwt_of(&mut neighbour.issuer.gina().await).await;
    assert_eq!(scene.status(&jwt).await, 401);
    assert_eq!(neighbour.status(&jwt).await, 200);
}

#[tokio::test]
async fn a_cookie_counts_where_it_was_asked_for_and_never_beside_a_bearer_token() {
    let plain = Scene::new().await;
    let jwt = jwt_of(&mut plain.issuer.gina().await).await;
    for name in ["vestibule_development_session", "__Host-vestibule_session", "session_jwt"] {
        let mut client = plain.stranger();
        client.cookies.insert(name.to_owned(), jwt.clone());
        client.get("/member").await.expect(401);
    }
    let scene = Scene::with(|builder| builder.cookie("session_jwt")).await;
    let jwt = jwt_of(&mut scene.issuer.gina().await).await;
    let mut client = scene.stranger();
    client.cookies.insert("session_jwt".to_owned(), jwt.clone());
    client.get("/member").await.expect(200);
    client.bearer = Some("a.b.c".to_owned());
    client.get("/member").await.expect(401);
    client.bearer = None;
    client.get_with("/member", &[("cookie", &format!("session_jwt={jwt}"))]).await.expect(401);
    assert_eq!(scene.status(&jwt).await, 200);
}

#[tokio::test]
async fn a_jwt_holds_what_a_verifier_needs_and_custom_claims_can_not_stand_in_for_it() {
    let scene = Scene::new().await;
    let mut gina = scene.issuer.gina().await;
    let app = scene.issuer.enrol_app(&mut gina).await;
    drop(app);
    let claims = claims_of(&jwt_of(&mut gina).await);
    let session = &claims["https://stytch.com/session"];
    assert_eq!(session["email_address"], "gina@globex.example");
    let second = &session["authentication_factors"][1]["authenticator_app_factor"]["totp_id"];
    assert_eq!(session["enrolled_here"], json!([second]));
}

/// Of two deployments in one process, each takes its own.
#[tokio::test]
async fn a_session_of_elsewhere_is_none_of_the_sign_in_here() {
    let scene = Scene::new().await;
    let jwt = jwt_of(&mut scene.issuer.gina().await).await;
    let own = Vestibule::development().clock(scene.issuer.clock.clone()).build().await.unwrap();
    assert!(own.current_session(&jwt).await.is_err());
    assert!(scene.verifier.current_session(&jwt).await.is_ok());
}

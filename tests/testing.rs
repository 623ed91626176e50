//! The tests of an application, as docs/testing.md shows them.

use std::{error::Error, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
    routing::{get, post},
};
use tower::ServiceExt;
use vestibule::{
    MemberSession, Requirement, Vestibule,
    domain::{FactorDemand, RoleId},
    test::{self, Kit, SignedIn},
};

fn fresh() -> FactorDemand {
    FactorDemand::secondary().within(Duration::from_secs(300))
}

fn application(vestibule: &Vestibule) -> Router {
    let layer = |requirement| vestibule.require(requirement);
    let reports = async |session: MemberSession| format!("reports of {}", session.organization_slug());
    Router::new()
        .route("/reports", get(reports).route_layer(layer(Requirement::member())))
        .route("/people", get("people").route_layer(layer(Requirement::member().role(RoleId::admin()))))
        .route("/transfer", post("done").route_layer(layer(Requirement::member().factor(fresh()))))
        .layer(vestibule.auth_layer())
        .layer(vestibule.session_layer())
}

async fn transfer(app: &Router, who: &SignedIn) -> Result<StatusCode, Box<dyn Error>> {
    let request = who.post("/transfer").body(Body::empty())?;
    Ok(app.clone().oneshot(request).await?.status())
}

#[tokio::test]
async fn transfers_take_a_fresh_second_factor() -> Result<(), Box<dyn Error>> {
    let kit = Kit::new().await?;
    let app = application(kit.vestibule());
    let acme = kit.organization("acme").requires_mfa().await?;
    let ada = kit.member(&acme, "ada@acme.example").totp().await?.sign_in().await?;

    assert_eq!(transfer(&app, &ada).await?, StatusCode::OK);
    kit.clock().advance(Duration::from_secs(301));
    assert_eq!(transfer(&app, &ada).await?, StatusCode::UNAUTHORIZED);
    let ada = ada.step_up(&fresh()).await?;
    assert_eq!(transfer(&app, &ada).await?, StatusCode::OK);
    Ok(())
}

#[tokio::test]
async fn the_application_withstands_attacks() -> Result<(), Box<dyn Error>> {
    let kit = Kit::new().await?;
    let report = test::attack(application(kit.vestibule()), &kit)
        .get("/reports", Requirement::member())
        .get("/people", Requirement::member().role(RoleId::admin()))
        .route(Request::post("/transfer").body("")?, Requirement::member().factor(fresh()))
        .await?;
    println!("{report}");
    report.assert_withstood();
    Ok(())
}

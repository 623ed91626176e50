//! The application itself: what it serves, and what each route demands.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Form, Router,
    extract::{Path, State},
    response::Html,
    routing::{get, post},
};
use serde::Deserialize;
use vestibule::{
    MemberSession, Requirement, Vestibule,
    domain::{FactorDemand, RoleId},
};

use crate::pages;

/// What the handlers share.
#[derive(Clone)]
struct Shared {
    vestibule: Vestibule,
    transferred: Arc<AtomicU64>,
}

/// The router with all layers around it.
pub(crate) fn router(vestibule: &Vestibule) -> Router {
    let shared = Shared { vestibule: vestibule.clone(), transferred: Arc::default() };

    let public = Router::new().route("/", get(home)).route("/mailbox", get(mailbox));
    let members = Router::new()
        .route("/member", get(member))
        .route("/transfer", get(transfer_form))
        .route_layer(vestibule.require(Requirement::member()));
    let admins = Router::new()
        .route("/admin", get(admin))
        .route_layer(vestibule.require(Requirement::member().role(RoleId::admin())));
    let organization = Router::new()
        .route("/o/{organization}", get(organization))
        .route_layer(vestibule.require(Requirement::member()).organization_in_path("organization"));
    let fresh = FactorDemand::secondary().within(Duration::from_secs(5 * 60));
    let transfers = Router::new()
        .route("/transfer", post(transfer))
        .route_layer(vestibule.require(Requirement::member().factor(fresh)).back_to("/transfer"));

    public
        .merge(members)
        .merge(admins)
        .merge(organization)
        .merge(transfers)
        .with_state(shared)
        .layer(vestibule.auth_layer())
        .layer(vestibule.session_layer())
}

async fn home(session: Option<MemberSession>) -> Html<String> {
    Html(pages::home(session.as_ref()))
}

async fn mailbox(State(shared): State<Shared>) -> Html<String> {
    let messages = shared.vestibule.mailbox().map(|mailbox| mailbox.messages()).unwrap_or_default();
    Html(pages::mailbox(&messages))
}

async fn member(session: MemberSession, State(shared): State<Shared>) -> Html<String> {
    Html(pages::member(&session, shared.transferred.load(Ordering::Relaxed)))
}

async fn admin(session: MemberSession) -> Html<String> {
    Html(pages::admin(&session))
}

async fn organization(session: MemberSession, Path(organization): Path<String>) -> Html<String> {
    Html(pages::organization(&session, &organization))
}

async fn transfer_form(_: MemberSession) -> Html<String> {
    Html(pages::transfer())
}

/// A transfer of money.
#[derive(Deserialize)]
struct Transfer {
    amount: u64,
}

async fn transfer(
    session: MemberSession,
    State(shared): State<Shared>,
    Form(transfer): Form<Transfer>,
) -> Html<String> {
    shared.transferred.fetch_add(transfer.amount, Ordering::Relaxed);
    Html(pages::transferred(&session, transfer.amount))
}

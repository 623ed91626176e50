//! The application with Vestibule.

use std::time::Duration;

use axum::{
    Form, RequestPartsExt, Router,
    extract::{FromRequestParts, Path, State},
    http::{StatusCode, request::Parts},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use vestibule::{
    MemberSession, Requirement, Vestibule,
    domain::{FactorDemand, MemberId},
};

use crate::{
    failure::Failure,
    pages,
    users::{Change, Credentials, User, Users},
};

#[derive(Clone)]
struct App {
    users: Users,
    vestibule: Vestibule,
}

pub(crate) fn router(users: Users, vestibule: Vestibule) -> Router {
    let fresh = FactorDemand::secondary().within(Duration::from_secs(300));
    let fresh = vestibule.require(Requirement::member().factor(fresh)).back_to("/invoices");
    let app = App { users, vestibule: vestibule.clone() };
    Router::new()
        .route("/", get(pages::HOME))
        .route("/login", get(login_form).post(login))
        .route("/invoices", get(invoices))
        .route("/payments", post(pay).route_layer(fresh))
        .route("/people/{id}", post(change))
        .with_state(app)
        .layer(vestibule.auth_layer())
        .layer(vestibule.session_layer())
}

async fn login_form() -> Html<String> {
    pages::login("")
}

async fn login(
    State(app): State<App>,
    parts: Parts,
    Form(tried): Form<Credentials>,
) -> Result<Response, Failure> {
    let Some(user) = app.users.authenticate(tried).await? else {
        let page = pages::login("That address and that password do not belong together.");
        return Ok((StatusCode::UNAUTHORIZED, page).into_response());
    };
    let vouched = user.vouched(app.vestibule.now())?;
    Ok(app.vestibule.vouch(&parts, vouched).await?.into_response())
}

/// Whoever is logged in; others are sent to the form.
impl FromRequestParts<App> for User {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let to_login = || Redirect::to("/login").into_response();
        let session = parts.extract::<Option<MemberSession>>().await.map_err(IntoResponse::into_response)?;
        let id = session.as_ref().map(MemberSession::member_id).ok_or_else(to_login)?;
        let user = app.users.by_id(id.as_str()).await;
        user.map_err(|error| Failure::from(error).into_response())?.ok_or_else(to_login)
    }
}

async fn invoices(user: User, State(app): State<App>) -> Result<Html<String>, Failure> {
    Ok(pages::invoices(&user, app.users.payments(&user).await?, "/auth/sign-out"))
}

async fn pay(user: User, State(app): State<App>) -> Result<Redirect, Failure> {
    app.users.pay(&user).await?;
    Ok(Redirect::to("/invoices"))
}

async fn change(
    by: User,
    State(app): State<App>,
    Path(id): Path<String>,
    Form(to): Form<Change>,
) -> Result<StatusCode, Failure> {
    if !by.admin {
        return Ok(StatusCode::FORBIDDEN);
    }
    let Some(was) = app.users.change(&by, &id, &to).await? else { return Ok(StatusCode::NOT_FOUND) };
    let id = MemberId::new(id)?;
    app.vestibule.member_changed(&id);
    if to.disabled || to.email != was.email {
        app.vestibule.revoke_member(&id, None).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

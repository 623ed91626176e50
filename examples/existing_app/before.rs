//! The application as it was.

use axum::{
    Form, Router,
    extract::{FromRequestParts, Path, State},
    http::{HeaderMap, StatusCode, header::SET_COOKIE, request::Parts},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};

use crate::{
    failure::Failure,
    logins::Logins,
    pages,
    users::{Change, Credentials, User, Users},
};

#[derive(Clone)]
struct App {
    users: Users,
    logins: Logins,
}

pub(crate) fn router(users: Users) -> Router {
    let app = App { users, logins: Logins::default() };
    Router::new()
        .route("/", get(pages::HOME))
        .route("/login", get(login_form).post(login))
        .route("/logout", post(logout))
        .route("/invoices", get(invoices))
        .route("/payments", post(pay))
        .route("/people/{id}", post(change))
        .with_state(app)
}

async fn login_form() -> Html<String> {
    pages::login("")
}

async fn login(State(app): State<App>, Form(tried): Form<Credentials>) -> Result<Response, Failure> {
    let Some(user) = app.users.authenticate(tried).await? else {
        let page = pages::login("That address and that password do not belong together.");
        return Ok((StatusCode::UNAUTHORIZED, page).into_response());
    };
    let cookie = app.logins.open(&user.id)?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/invoices")).into_response())
}

async fn logout(State(app): State<App>, headers: HeaderMap) -> Redirect {
    app.logins.close(&headers);
    Redirect::to("/")
}

/// Whoever is logged in; others are sent to the form.
impl FromRequestParts<App> for User {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let to_login = || Redirect::to("/login").into_response();
        let id = app.logins.user_id(&parts.headers).ok_or_else(to_login)?;
        let user = app.users.by_id(&id).await;
        user.map_err(|error| Failure::from(error).into_response())?.ok_or_else(to_login)
    }
}

async fn invoices(user: User, State(app): State<App>) -> Result<Html<String>, Failure> {
    Ok(pages::invoices(&user, app.users.payments(&user).await?, "/logout"))
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
    let Some(_) = app.users.change(&by, &id, &to).await? else { return Ok(StatusCode::NOT_FOUND) };
    Ok(StatusCode::NO_CONTENT)
}

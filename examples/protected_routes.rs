//! Vestibule in front of some routes of an axum application only: `cargo run --example protected_routes`.
//! `PORT` says where it listens.

mod acme;

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use axum::{
    Router,
    extract::{
        State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket, close_code},
    },
    http::{HeaderMap, StatusCode, header::ORIGIN},
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
    routing::{any, get, post},
};
use futures_util::{Stream, StreamExt, stream};
use tokio::{net::TcpListener, time::interval};
use vestibule::{
    MemberSession, Requirement, Vestibule,
    domain::{FactorDemand, RoleId},
};

use acme::Error;

#[derive(Clone)]
struct App {
    vestibule: Vestibule,
    origin: String,
}

fn router(app: App) -> Router {
    let vestibule = &app.vestibule;

    // The sign-in has routes of its own; nothing else passes through its layer.
    let sign_in =
        Router::new().route("/auth/{*page}", any(StatusCode::NOT_FOUND)).route_layer(vestibule.auth_layer());

    let administrator = Requirement::member().role(RoleId::admin());
    let people = Router::new().route("/", get(people)).route_layer(vestibule.require(administrator));

    let fresh = FactorDemand::secondary().within(Duration::from_secs(300));
    let fresh = vestibule.require(Requirement::member().factor(fresh)).back_to("/account");

    // What every route below `/account` demands, and the sessions, stand around the nested router.
    let account = Router::new()
        .route("/", get(account))
        .route("/transfer", post(transfer).route_layer(fresh))
        .route("/socket", any(socket))
        .route("/events", get(events))
        .nest("/people", people)
        .route_layer(vestibule.require(Requirement::member()))
        .route_layer(vestibule.session_layer());

    Router::new()
        .route("/", get(home))
        .route("/mailbox", get(mailbox))
        .merge(sign_in)
        .nest("/account", account)
        .with_state(app)
}

/// Is never charged for sessions: it does not even see whose request this is.
async fn home(session: Option<MemberSession>) -> &'static str {
    if session.is_some() { "Somebody is signed in." } else { "Everybody may read this." }
}

async fn mailbox(State(app): State<App>) -> String {
    acme::mailbox(&app.vestibule)
}

async fn account(session: MemberSession) -> String {
    format!("{} is signed in to {}.", session.email_address(), session.organization_slug())
}

async fn people() -> &'static str {
    "Ada and Bob."
}

async fn transfer(session: MemberSession) -> String {
    format!("{} has transferred money.", session.email_address())
}

async fn socket(
    State(app): State<App>,
    session: MemberSession,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    // Browsers send cookies with other sites' sockets too, and tell whose page it was.
    if headers.get(ORIGIN).is_some_and(|origin| origin.as_bytes() != app.origin.as_bytes()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    upgrade.on_upgrade(async move |mut socket| {
        tokio::select! {
            () = echo(&mut socket) => {}
            () = app.vestibule.ended(&session) => {
                let ended = CloseFrame { code: close_code::POLICY, reason: "the session has ended".into() };
                let _ = socket.send(Message::Close(Some(ended))).await;
            }
        }
    })
}

async fn echo(socket: &mut WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if matches!(message, Message::Text(_)) && socket.send(message).await.is_err() {
            break;
        }
    }
}

async fn events(
    State(app): State<App>,
    session: MemberSession,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let ticks = stream::unfold(interval(Duration::from_secs(1)), |mut clock| async {
        clock.tick().await;
        Some((Ok(Event::default().data("tick")), clock))
    });
    let ended = async move { app.vestibule.ended(&session).await };
    Sse::new(ticks.take_until(ended)).keep_alive(KeepAlive::default())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let listener = TcpListener::bind(("127.0.0.1", acme::port()?)).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let vestibule = Vestibule::development().origin(&origin).home("/account").build().await?;
    acme::settle(&vestibule).await?;
    let _background = vestibule.start();

    println!("The application runs at {origin}; ada@acme.example and bob@acme.example may sign in\n");
    println!("  curl {origin}/                       # for everybody");
    println!("  curl -i {origin}/account             # 401");
    println!("  curl -c jar -d email_address=ada@acme.example {origin}/auth/o/acme");
    println!("  curl {origin}/mailbox                # her code");
    println!("  curl -b jar -c jar -d code=… {origin}/auth/code");
    println!("  curl -b jar {origin}/account/people  # with a role");
    println!("  curl -b jar -N {origin}/account/events & # until:");
    println!("  curl -b jar -X POST {origin}/auth/sign-out");

    let service = router(App { vestibule, origin }).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await?;
    Ok(())
}

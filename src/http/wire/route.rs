//! Which operation a method and a path mean, and who may call it.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Method, Response, StatusCode, request::Parts};
use percent_encoding::percent_decode_str;
use tokio::time::timeout;
use tracing::Instrument as _;

use super::{
    Recent, Settings,
    answer::Answer,
    call::{Call, names_member},
    error::WireError,
    openapi,
    operation::{Access, Operation},
    operations,
};
use crate::{
    flow::{
        Caller, Engine,
        meters::{self, Watch},
    },
    http::input::BadInput,
};

/// Larger bodies are refused.
pub(crate) const MAX_BODY: usize = 256 * 1024;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// The operations, and what they work with.
#[derive(Clone, Debug)]
pub(crate) struct Routes {
    pub(crate) engine: Arc<Engine>,
    settings: Arc<Settings>,
    operations: Arc<[Operation]>,
    /// What is served, by OpenAPI.
    description: Bytes,
    recent: Recent,
}

impl Routes {
    pub(crate) fn new(engine: Arc<Engine>, settings: Settings) -> Self {
        let (settings, operations) = (Arc::new(settings), operations::all());
        let description = openapi::describe(&operations).to_string().into();
        Self { engine, settings, operations: operations.into(), description, recent: Recent::default() }
    }
}

/// Where what is served is described.
const DESCRIPTION: &str = "/v1/b2b/openapi.json";

/// What a path means.
enum Meant<'a> {
    Operation(&'a Operation, Vec<(&'static str, String)>),
    /// Other methods, as `Allow` lists them.
    OtherMethod(String),
    Nothing,
}

fn meant<'a>(operations: &'a [Operation], method: &Method, path: &[String]) -> Meant<'a> {
    // The description itself is answered to whoever asks for it rightly, before this is looked at.
    let described = path.iter().map(String::as_str).eq(DESCRIPTION.split('/').skip(1));
    let mut others = if described { vec![Method::GET.as_str()] } else { Vec::new() };
    for operation in operations {
        let Some(parameters) = operation.parameters(path) else { continue };
        // A HEAD is answered as the GET, without what it would show.
        if operation.method == *method || (*method == Method::HEAD && operation.method == Method::GET) {
            return Meant::Operation(operation, parameters);
        }
        if !others.contains(&operation.method.as_str()) {
            others.push(operation.method.as_str());
        }
    }
    if others.is_empty() { Meant::Nothing } else { Meant::OtherMethod(others.join(", ")) }
}

/// Answers a call. Its body is waited for only where it is read, and after whoever sends it was admitted.
pub(crate) async fn serve(
    routes: &Routes,
    parts: Parts,
    body: impl Future<Output = Result<Bytes, BadInput>>,
    caller: Caller,
) -> Response<Bytes> {
    let environment = routes.engine.settings.environment;
    let path: Option<Vec<String>> = parts
        .uri
        .path()
        .split('/')
        .skip(1)
        .map(|part| percent_decode_str(part).decode_utf8().ok().map(Into::into))
        .collect();
    let meant = match &path {
        Some(path) => meant(&routes.operations, &parts.method, path),
        None => Meant::Nothing,
    };
    let (name, watch) = (operation_name(&meant), Watch::start());
    let span = tracing::debug_span!(
        "call",
        operation = name,
        organization_id = tracing::field::Empty,
        member_id = tracing::field::Empty,
        session_id = tracing::field::Empty,
    );
    let answered = answer(routes, &parts, meant, body, caller).instrument(span).await;
    let answer = answered.unwrap_or_else(|error| Answer::failed(environment, &error));
    let outcome = if answer.status().is_server_error() {
        "error"
    } else if answer.status().is_client_error() {
        "refused"
    } else {
        "ok"
    };
    meters::called(watch, name, outcome);
    answer.into_response()
}

fn operation_name(meant: &Meant<'_>) -> &'static str {
    match meant {
        Meant::Operation(operation, _) => operation.path,
        Meant::OtherMethod(_) | Meant::Nothing => "none",
    }
}

async fn answer(
    routes: &Routes,
    parts: &Parts,
    meant: Meant<'_>,
    body: impl Future<Output = Result<Bytes, BadInput>>,
    caller: Caller,
) -> Result<Answer, WireError> {
    let Routes { engine, settings, recent, description, .. } = routes;
    if parts.uri.path() == DESCRIPTION && matches!(parts.method, Method::GET | Method::HEAD) {
        return Ok(Answer::json(StatusCode::OK, description.clone()).public());
    }
    let public = matches!(&meant, Meant::Operation(operation, _) if operation.access == Access::Public);
    if !public {
        // Whether a route exists is told to those alone who have the secret.
        admit(engine, settings, parts, &caller).await?;
    }
    let (operation, parameters) = match meant {
        Meant::Operation(operation, parameters) => (operation, parameters),
        Meant::OtherMethod(allowed) => {
            let error = WireError::method_not_allowed();
            return Ok(Answer::failed(engine.settings.environment, &error).allow(&allowed));
        }
        Meant::Nothing => return Err(WireError::route_not_found()),
    };
    if operation.access == Access::Project && names_member(&parts.headers) {
        // Whoever says that a member acts must not be given the project's own power instead.
        return Err(WireError::not_for_members());
    }
    let body = match operation.method {
        // Passed over where it does not matter, and where nobody has shown who they are.
        Method::GET | Method::DELETE => Bytes::new(),
        _ if public => Bytes::new(),
        _ => match timeout(PATIENCE, body).await {
            Ok(Ok(body)) => body,
            Ok(Err(BadInput::TooLarge)) => return Err(WireError::too_large()),
            Ok(Err(_)) => return Err(WireError::bad_request("the body did not arrive whole")),
            Err(_) => return Err(WireError::too_late()),
        },
    };
    let query = parts.uri.query().and_then(|query| serde_html_form::from_str(query).ok());
    let call = Call {
        engine: Arc::clone(engine),
        settings: Arc::clone(settings),
        recent: recent.clone(),
        // The server's own address says nothing of the people it calls for: limits by client are not theirs.
        // The time is that when the body has come: a slow one must not make its sender look early.
        caller: Caller::server(engine.clock.now()),
        parameters,
        query: query.unwrap_or_default(),
        headers: parts.headers.clone(),
    };
    // What has begun is done, whatever becomes of the connection: between two writes nothing stops it.
    let answering = tokio::spawn(operation.answer(call, body).in_current_span());
    let answer = answering.await.map_err(|_| WireError::broken())??;
    Ok(if public { answer.public() } else { answer })
}

async fn admit(
    engine: &Arc<Engine>,
    settings: &Settings,
    parts: &Parts,
    caller: &Caller,
) -> Result<(), WireError> {
    match settings.secrets.of(&parts.headers, &settings.project_id) {
        Some(secret_id) => {
            engine.secret_used(secret_id, caller).await;
            Ok(())
        }
        None => {
            engine.secret_refused(caller).await?;
            Err(WireError::unauthorized())
        }
    }
}

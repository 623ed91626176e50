//! Attacks on the application's own router.

mod answers;
mod ended;
mod foreign_form;
mod forged;
mod ground;
mod jwt;
mod made_up_address;
mod nobody;
mod owed;
mod paths;
mod public_key;
mod report;
mod route;
mod sign_in;

use std::{error::Error, fmt, future::IntoFuture, pin::Pin};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tower_service::Service;

pub use self::report::{Finding, Outcome, Report};
use self::{
    ground::{Course, Ground, Stop},
    route::Route,
};
use super::{
    Kit, KitError,
    door::{Door, door},
};
use crate::judge::Requirement;

/// Attacks a router that was built over the kit's [`Vestibule`](crate::Vestibule): name the routes that demand
/// something, and `await` the [`Report`]. Routes that are not named are not attacked.
///
/// The router is asked like any other: it may be a router of axum's, or any Tower service over `http` types that
/// takes `Full<Bytes>` as a body. The attacks are made with organizations and members of their own, whom the kit
/// makes; they move its clock by hours, retire its signing key, and send each route some thousand requests, some of
/// which it lets in. So let the data behind it be the test's alone.
///
/// # What is told from what
/// First each route is asked by a member who meets what it demands. Let in is, from then on, whoever is answered a
/// success, or the status and `Location` that this member was answered. Hence a refusal needs a status that says so
/// (or, for gRPC, a `grpc-status`), and a page that is answered with 200 to whoever is not let in is reported.
/// A route that answers this member a client error, such as 415, can't be attacked: it may have asked nobody who they
/// are.
///
/// # Examples
#[cfg_attr(feature = "axum", doc = "```")]
#[cfg_attr(not(feature = "axum"), doc = "```ignore")]
/// use axum::{Router, routing::get};
/// use vestibule::{MemberSession, Requirement, test::{self, Kit}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let kit = Kit::new().await?;
/// let router = Router::new()
///     .route("/reports", get(async |_: MemberSession| "reports"))
///     .route("/settings", get("settings")) // the layer that demands a session was forgotten
///     .layer(kit.vestibule().session_layer());
///
/// let report = test::attack(router, &kit)
///     .get("/settings", Requirement::member())
///     .await?;
/// let broken: Vec<_> = report.broken().map(|finding| finding.attack).collect();
/// assert!(broken.contains(&"nobody is signed in"));
/// # Ok(())
/// # }
/// ```
pub fn attack<S, B>(router: S, kit: &Kit) -> Attack
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    Attack { kit: kit.clone(), door: door(router), routes: Vec::new() }
}

/// Attacks that are about to be made; see [`attack()`].
#[must_use = "`.await` makes them"]
pub struct Attack {
    kit: Kit,
    door: Door,
    routes: Vec<Result<Route, KitError>>,
}

impl Attack {
    /// A route that is read by GET, and what it demands. Where its path names the organization, write
    /// `{organization}` there: it stands for the slug.
    pub fn get(mut self, path: &str, requirement: Requirement) -> Self {
        let unreadable =
            |error: http::Error| KitError::Route { route: format!("GET {path}"), why: error.to_string() };
        let template = Request::get(path).body(Bytes::new()).map_err(unreadable);
        self.routes.push(template.map(|template| Route::new(template, requirement)));
        self
    }

    /// A route by a request that reaches it, without credentials, and what it demands. `{organization}` stands for
    /// the slug in the path and in headers, such as `host`.
    pub fn route<B: Into<Bytes>>(mut self, request: Request<B>, requirement: Requirement) -> Self {
        self.routes.push(Ok(Route::new(request.map(Into::into), requirement)));
        self
    }

    async fn run(self) -> Result<Report, KitError> {
        let Self { kit, door, routes } = self;
        let mut report = Report::default();
        for (index, route) in routes.into_iter().enumerate() {
            let ground = Ground::lay(&kit, &door, route?).await?;
            let mut tries = EACH_ROUTE.concat();
            if index == 0 {
                tries.extend(sign_in::TRIES);
            }
            for (name, run) in tries {
                let outcome = match run(&ground).await {
                    Ok(()) => Outcome::Withstood,
                    Err(Stop::Broken(seen)) => Outcome::Broken(seen),
                    Err(Stop::NotApplicable(why)) => Outcome::NotApplicable(why),
                    Err(Stop::Failed(error)) => return Err(error),
                };
                report.add(name, ground.route.name.clone(), outcome);
            }
        }
        if report.findings().is_empty() {
            let why = "name one by `get` or `route`".to_owned();
            return Err(KitError::Route { route: "no route".to_owned(), why });
        }
        Ok(report)
    }
}

impl IntoFuture for Attack {
    type Output = Result<Report, KitError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes: Vec<_> = self.routes.iter().flatten().map(|route| &route.name).collect();
        f.debug_struct("Attack").field("routes", &routes).finish_non_exhaustive()
    }
}

/// An attack by its name.
type Try = (&'static str, for<'a> fn(&'a Ground) -> Pin<Box<dyn Future<Output = Course> + Send + 'a>>);

/// Those that are made on every route.
const EACH_ROUTE: [&[Try]; 7] = [
    &nobody::TRIES,
    &forged::TRIES,
    &jwt::TRIES,
    &paths::TRIES,
    &answers::TRIES,
    &owed::TRIES,
    &ended::TRIES,
];

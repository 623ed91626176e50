use std::{fmt, sync::Arc};

use tower_layer::Layer;

use super::{Auth, routes::Routes};
use crate::flow::Engine;

/// Serves the sign-in below one prefix, `/auth` by default: pages for browsers, JSON for programs. Passes
/// everything else on. Made by [`Vestibule::auth_layer`](crate::Vestibule::auth_layer).
///
/// Requests of another site that would change something are refused with 403 (tower-http's `csrf`).
/// Behind a proxy that rewrites `Host` or strips `Origin` that protection is weaker: see there. It is for
/// the routes below the prefix alone; the application's own forms need their own.
///
/// Bodies of more than 64 KiB are refused. All answers but the style sheet and the public keys carry
/// `Cache-Control: no-store`.
///
/// # Examples
/// A request that is let in, and one that another site has made a browser send:
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response, StatusCode, header};
/// use http_body_util::Full;
/// use tower::{ServiceBuilder, ServiceExt};
/// use vestibule::Vestibule;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let vestibule = Vestibule::development().build().await?;
/// let service = ServiceBuilder::new().layer(vestibule.auth_layer()).service_fn(
///     async |_: Request<Full<Bytes>>| Ok::<_, std::convert::Infallible>(Response::new(Full::from("mine"))),
/// );
///
/// let form = |origin: &str| {
///     Request::post("/auth/sign-in")
///         .header(header::HOST, "127.0.0.1:3000")
///         .header(header::ORIGIN, origin)
///         .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
///         .body(Full::from("email_address=ada%40acme.example"))
/// };
/// let own = service.clone().oneshot(form("http://127.0.0.1:3000")?).await?;
/// assert_eq!(own.status(), StatusCode::OK);
/// let foreign = service.clone().oneshot(form("https://evil.example")?).await?;
/// assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
///
/// // Whatever does not lie below `/auth` is the application's.
/// let other = service.oneshot(Request::get("/").body(Full::default())?).await?;
/// # use http_body_util::BodyExt;
/// assert_eq!(other.into_body().collect().await?.to_bytes(), "mine");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AuthLayer {
    routes: Routes,
}

impl AuthLayer {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        Self { routes: Routes::new(engine) }
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = Auth<S>;

    fn layer(&self, inner: S) -> Auth<S> {
        Auth::new(inner, self.routes.clone())
    }
}

impl fmt::Debug for AuthLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthLayer")
    }
}

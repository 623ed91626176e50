use std::fmt;

use tower_layer::Layer;

use super::Session;
use crate::layer::Source;

/// Loads the session of each request into its extensions. Made by
/// [`Vestibule::session_layer`](crate::Vestibule::session_layer), or where only the JWTs of another deployment
/// are taken by `Verifier::session_layer` (feature `verify-only`).
///
/// 1. `Authorization: Bearer`, if present, alone counts; a bad token there never falls back to a cookie.
///    Another scheme is the application's own business.
/// 2. Otherwise the session cookie; two of that name count as none.
/// 3. Where there is a live session, a [`MemberSession`](crate::MemberSession) stands in the extensions.
/// 4. Where a store would have to answer and does not, [`Unavailable`](crate::extract::Unavailable) does.
/// 5. It never refuses, never touches an answer, and inserts nothing where there is no token.
///
/// It goes around the whole router. There it costs least as well: `Router::layer` boxes each route's
/// service and future once more.
///
/// # Examples
/// Nobody is refused here, and who is signed in is known:
/// ```
/// use std::convert::Infallible;
///
/// use bytes::Bytes;
/// use http::{Request, Response, header::COOKIE};
/// use http_body_util::Full;
/// use tower::{ServiceBuilder, ServiceExt};
/// use vestibule::{MemberSession, Vestibule};
///
/// async fn greet(request: Request<()>) -> Result<Response<Full<Bytes>>, Infallible> {
///     let text = match request.extensions().get::<MemberSession>() {
///         Some(session) => format!("Hello, {}.", session.email_address()),
///         None => "Hello, whoever you are.".to_owned(),
///     };
///     Ok(Response::new(text.into()))
/// }
///
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documentation/ada.rs"));
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let vestibule = Vestibule::development().build().await?;
/// let service = ServiceBuilder::new().layer(vestibule.session_layer()).service_fn(greet);
/// # use http_body_util::BodyExt;
///
/// let anonymous = service.clone().oneshot(Request::new(())).await?;
/// assert_eq!(anonymous.into_body().collect().await?.to_bytes(), "Hello, whoever you are.");
///
/// // `ada_signed_in` makes an organization with one member, and signs her in.
/// let cookie = ada_signed_in(&vestibule).await?;
/// let hers = service.oneshot(Request::builder().header(COOKIE, cookie).body(())?).await?;
/// assert_eq!(hers.into_body().collect().await?.to_bytes(), "Hello, ada@acme.example.");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SessionLayer {
    source: Source,
}

impl SessionLayer {
    pub(crate) fn new(source: Source) -> Self {
        Self { source }
    }
}

impl<S> Layer<S> for SessionLayer {
    type Service = Session<S>;

    fn layer(&self, inner: S) -> Session<S> {
        Session::new(inner, self.source.clone())
    }
}

impl fmt::Debug for SessionLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionLayer")
    }
}

use http::Response;

use crate::{
    http::Refusal,
    layer::{FromBytes, body::of_bytes},
};

/// Makes the answer to a refused request, in the body of the inner service.
///
/// Any closure `Fn(Refusal) -> Response<B>` that can be cloned will do.
///
/// # Examples
/// Keeps the standard answer, and adds a header that says where help is:
/// ```
/// use bytes::Bytes;
/// use http::{HeaderValue, Request, Response, StatusCode, header::LINK};
/// use http_body_util::Full;
/// use tower::{ServiceBuilder, ServiceExt};
/// use vestibule::{Refusal, Requirement, Vestibule};
///
/// fn with_help(refusal: Refusal) -> Response<Full<Bytes>> {
///     let mut response = refusal.into_response().map(Full::new);
///     response.headers_mut().insert(LINK, HeaderValue::from_static("</help>; rel=\"help\""));
///     response
/// }
///
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documentation/ada.rs"));
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let vestibule = Vestibule::development().build().await?;
/// let service = ServiceBuilder::new()
///     .layer(vestibule.session_layer())
///     .layer(vestibule.require(Requirement::member()).respond_with(with_help))
///     .service_fn(async |_: Request<()>| Ok::<_, std::convert::Infallible>(Response::default()));
///
/// let refused = service.clone().oneshot(Request::new(())).await?;
/// assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
/// assert!(refused.headers().contains_key(LINK));
///
/// // Who is let in never meets it.
/// let cookie = ada_signed_in(&vestibule).await?;
/// let let_in = service.oneshot(Request::builder().header("cookie", cookie).body(())?).await?;
/// assert_eq!(let_in.status(), StatusCode::OK);
/// assert!(!let_in.headers().contains_key(LINK));
/// # Ok(())
/// # }
/// ```
pub trait Respond<B> {
    /// The answer. [`Refusal::into_response`] makes the standard one, of bytes.
    fn respond(&self, refusal: Refusal) -> Response<B>;
}

impl<F, B> Respond<B> for F
where
    F: Fn(Refusal) -> Response<B>,
{
    fn respond(&self, refusal: Refusal) -> Response<B> {
        self(refusal)
    }
}

/// The standard answers: redirects and pages for browsers, problem documents (RFC 9457) for programs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standard;

impl<B: FromBytes> Respond<B> for Standard {
    fn respond(&self, refusal: Refusal) -> Response<B> {
        of_bytes(refusal.into_response())
    }
}

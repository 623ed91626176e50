use std::{fmt, sync::Arc};

use super::BuildError;
use crate::{
    domain::Secret,
    flow::Engine,
    http::wire::{self, Redirect, Redirects, Routes, Secrets},
    layer::WireService,
};

/// Configures Stytch's B2B API for servers: an application that was written against it changes its base URL and
/// nothing else. Made by [`Vestibule::wire_api`](crate::Vestibule::wire_api).
///
/// Every route lies at the root, `/v1/b2b/…`, since the SDKs drop a path before it. Serve it on a listener of its
/// own that only your servers reach: whoever has the secret can sign anybody in.
///
/// # Examples
/// ```
/// use bytes::Bytes;
/// use http::{Request, StatusCode, header};
/// use http_body_util::{BodyExt, Full};
/// use tower::ServiceExt;
/// use vestibule::{Redirect, Vestibule, domain::Secret};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let vestibule = Vestibule::development().build().await?;
/// let api = vestibule
///     .wire_api()
///     .secret("2026-11", Secret::new("secret-test-5f0c9a7d3b2e4186"))
///     .redirect_url(Redirect::Discovery, "http://127.0.0.1:3000/authenticate")
///     .service()?;
///
/// let ask = |credentials: &str| {
///     Request::get("/v1/b2b/rbac/policy").header(header::AUTHORIZATION, credentials).body(Full::<Bytes>::default())
/// };
/// // The project's id and its secret, by Basic authentication.
/// # use base64::{Engine as _, engine::general_purpose::STANDARD};
/// let id = "project-test-00000000-0000-4000-8000-000000000000";
/// let known = format!("Basic {}", STANDARD.encode(format!("{id}:secret-test-5f0c9a7d3b2e4186")));
/// let answer = api.clone().oneshot(ask(&known)?).await?;
/// assert_eq!(answer.status(), StatusCode::OK);
/// let policy: serde_json::Value = serde_json::from_slice(&answer.into_body().collect().await?.to_bytes())?;
/// assert_eq!(policy["policy"]["roles"][0]["role_id"], "stytch_member");
///
/// let refused = api.oneshot(ask("Basic bm9ib2R5Om5vdGhpbmc=")?).await?;
/// assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct WireApi {
    engine: Arc<Engine>,
    secrets: Vec<(String, Secret)>,
    redirects: Vec<(Redirect, String)>,
}

impl WireApi {
    pub(super) fn new(engine: Arc<Engine>) -> Self {
        Self { engine, secrets: Vec::new(), redirects: Vec::new() }
    }

    /// A secret of the project, of at least 24 characters, and a name for it that stands in audit events. Called
    /// several times, each of the secrets will do: so one is replaced by another without an interruption.
    pub fn secret(mut self, id: impl Into<String>, secret: Secret) -> Self {
        self.secrets.push((id.into(), secret));
        self
    }

    /// Where links may lead. The first of a kind is where they lead when a call does not say. In development any
    /// URL of this machine will do as well.
    pub fn redirect_url(mut self, kind: Redirect, url: impl Into<String>) -> Self {
        self.redirects.push((kind, url.into()));
        self
    }

    /// The service.
    ///
    /// # Errors
    /// [`BuildError`] without a secret, for one that is too short or has another's name, for a URL that links
    /// can't lead to, and over a directory that can't be changed from here.
    pub fn service(self) -> Result<WireService, BuildError> {
        let problems = self.problems();
        if !problems.is_empty() {
            return Err(BuildError::new(problems));
        }
        let development = self.engine.settings.development;
        let settings = wire::Settings {
            project_id: self.engine.settings.jwt.audience.clone(),
            secrets: Arc::new(Secrets::new(self.secrets)),
            redirects: Redirects { urls: self.redirects, loopback: development },
        };
        Ok(WireService::new(Routes::new(self.engine, settings)))
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.engine.stores.admin.is_none() {
            problems.push(
                "directory: the API creates and changes organizations and members; call store or directory_admin \
                 with a DirectoryAdmin"
                    .to_owned(),
            );
        }
        if self.secrets.is_empty() {
            problems.push("secret is missing; name at least one".to_owned());
        }
        for (index, (id, secret)) in self.secrets.iter().enumerate() {
            if id.is_empty() || id.len() > 64 || id.chars().any(char::is_control) {
                problems.push(format!("secret: the name {id:?} has not 1 to 64 characters"));
            }
            if self.secrets.iter().take(index).any(|(other, _)| other == id) {
                problems.push(format!("secret: the name {id:?} stands for two"));
            }
            if secret.expose().len() < 24 {
                problems.push(format!("secret: {id:?} is shorter than 24 characters, and could be guessed"));
            }
        }
        for (_, url) in &self.redirects {
            if !wire::can_lead_to(url) {
                problems.push(format!("redirect_url: links can't lead to {url:?}; use an absolute URL"));
            }
        }
        problems
    }
}

impl fmt::Debug for WireApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireApi").finish_non_exhaustive()
    }
}

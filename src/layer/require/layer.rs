use std::{fmt, sync::Arc};

use http::request::Parts;
use tower_layer::Layer;

use super::{Require, organization::OrganizationFrom, respond::Standard};
use crate::{domain::ReturnTo, flow::Engine, judge::Requirement};

/// Enforces a [`Requirement`]; see the [module](self). Made by
/// [`Vestibule::require`](crate::Vestibule::require).
#[derive(Clone)]
pub struct RequireLayer<R = Standard> {
    pub(super) engine: Arc<Engine>,
    pub(super) demands: Arc<Demands>,
    pub(super) respond: R,
}

/// What is demanded, shared by all clones of the service.
pub(super) struct Demands {
    pub(super) requirement: Requirement,
    pub(super) organization: Option<OrganizationFrom>,
    pub(super) back_to: Option<ReturnTo>,
}

impl RequireLayer {
    pub(crate) fn new(engine: Arc<Engine>, requirement: Requirement) -> Self {
        let demands = Demands { requirement, organization: None, back_to: None };
        Self { engine, demands: Arc::new(demands), respond: Standard }
    }
}

impl<R> RequireLayer<R> {
    fn with(self, change: impl FnOnce(Demands) -> Demands) -> Self {
        let Demands { requirement, organization, back_to } = &*self.demands;
        let demands = Demands {
            requirement: requirement.clone(),
            organization: organization.clone(),
            back_to: back_to.clone(),
        };
        Self { demands: Arc::new(change(demands)), ..self }
    }

    /// The session must be of the organization that this path parameter names, by id or slug, as axum has
    /// matched it. A route without that parameter lets nobody in.
    #[cfg(feature = "axum")]
    #[must_use]
    pub fn organization_in_path(self, parameter: &'static str) -> Self {
        self.with(|demands| Demands { organization: Some(OrganizationFrom::Path(parameter)), ..demands })
    }

    /// The session must be of the organization whose slug stands before this suffix in the request's
    /// host: with `.example.com`, `acme.example.com` names `acme`. Any other host lets nobody in.
    ///
    /// The host is what the client, or the proxy before you, wrote: it selects the organization, and the
    /// session must be of it.
    #[must_use]
    pub fn organization_in_host(self, suffix: impl Into<String>) -> Self {
        let from = OrganizationFrom::Host(suffix.into());
        self.with(|demands| Demands { organization: Some(from), ..demands })
    }

    /// The session must be of the organization that this names, by id or slug. Where it names none, nobody
    /// is let in.
    #[must_use]
    pub fn organization_by(self, name: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static) -> Self {
        let from = OrganizationFrom::With(Arc::new(name));
        self.with(|demands| Demands { organization: Some(from), ..demands })
    }

    /// The page, such as `/transfers/new`, that a person comes back to when a request that would have
    /// changed something was refused: it says that nothing was done, and the form can be sent again. A
    /// path that [`ReturnTo`] refuses is ignored.
    #[must_use]
    pub fn back_to(self, page: &str) -> Self {
        self.with(|demands| Demands { back_to: ReturnTo::parse(page), ..demands })
    }

    /// Makes the answers to refused requests itself.
    pub fn respond_with<T>(self, respond: T) -> RequireLayer<T> {
        RequireLayer { engine: self.engine, demands: self.demands, respond }
    }
}

impl<S, R: Clone> Layer<S> for RequireLayer<R> {
    type Service = Require<S, R>;

    fn layer(&self, inner: S) -> Require<S, R> {
        Require::new(inner, self.clone())
    }
}

impl<R> fmt::Debug for RequireLayer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequireLayer")
            .field("requirement", &self.demands.requirement)
            .field("organization", &self.demands.organization)
            .field("back_to", &self.demands.back_to)
            .finish_non_exhaustive()
    }
}

use std::{fmt, sync::Arc};

use tower_layer::Layer;

use super::{Auth, routes::Routes};
use crate::flow::Engine;

/// Serves the sign-in below its prefix; see the [module](self). Made by
/// [`Vestibule::auth_layer`](crate::Vestibule::auth_layer).
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

use std::{fmt, sync::Arc};

use tower_layer::Layer;

use super::Session;
use crate::flow::Engine;

/// Loads the session of each request; see the [module](self). Made by
/// [`Vestibule::session_layer`](crate::Vestibule::session_layer).
#[derive(Clone)]
pub struct SessionLayer {
    engine: Arc<Engine>,
}

impl SessionLayer {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        Self { engine }
    }
}

impl<S> Layer<S> for SessionLayer {
    type Service = Session<S>;

    fn layer(&self, inner: S) -> Session<S> {
        Session::new(inner, Arc::clone(&self.engine))
    }
}

impl fmt::Debug for SessionLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionLayer")
    }
}

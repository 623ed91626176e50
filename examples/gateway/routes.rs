//! Which rule a request meets before it is passed on.

use std::{
    convert::Infallible,
    future::ready,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;
use vestibule::{RequireLayer, Requirement, Vestibule};

use crate::{
    config::{Access, Rule},
    path::Reading,
    proxy::{Body, Piecewise, Proxy, Refusal},
};

/// The application with the rules in front of it. What no rule is about takes a member session.
#[derive(Clone)]
pub(crate) struct Routes {
    doors: Arc<[Door]>,
    members: RequireLayer,
    proxy: Proxy,
}

/// A rule as it is enforced.
struct Door {
    prefix: String,
    /// Nothing, where everybody may pass.
    require: Option<RequireLayer>,
}

impl Routes {
    /// The rules, longest prefix first, in front of a proxy.
    pub(crate) fn new(vestibule: &Vestibule, rules: Vec<Rule>, proxy: Proxy) -> Self {
        let doors = rules
            .into_iter()
            .map(|Rule { prefix, access }| Door { prefix, require: require(vestibule, access) });
        Self { doors: doors.collect(), members: vestibule.require(Requirement::member()), proxy }
    }

    /// What is demanded of a request for this path; the last is to be met first.
    ///
    /// The longest rule that is about its very spelling stands for all shorter ones, and may ask for less than
    /// they do. The longer ones, which are about other readings of it, can only add to what is asked for.
    fn demanded(&self, path: &str) -> Result<Vec<RequireLayer>, Refusal> {
        let reading = Reading::of(path).map_err(Refusal::Path)?;
        let mut demanded = Vec::new();
        for door in &*self.doors {
            if reading.lies_below(&door.prefix) {
                demanded.extend(door.require.clone());
                return Ok(demanded);
            }
            if reading.could_lie_below(&door.prefix) {
                demanded.extend(door.require.clone());
            }
        }
        // Whatever is demanded takes a member session.
        if demanded.is_empty() {
            demanded.push(self.members.clone());
        }
        Ok(demanded)
    }
}

/// The application behind several demands, each of which has to be met.
#[derive(Clone)]
struct Behind {
    demands: Vec<RequireLayer>,
    proxy: Proxy,
}

fn require(vestibule: &Vestibule, access: Access) -> Option<RequireLayer> {
    let Access::Members { requirement, organization, back_to } = access else { return None };
    let mut layer = vestibule.require(requirement);
    if let Some(slug) = organization {
        layer = layer.organization_by(move |_| Some(slug.as_str().to_owned()));
    }
    Some(match back_to {
        Some(page) => layer.back_to(&page),
        None => layer,
    })
}

impl Service<Request<Piecewise>> for Routes {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = <Proxy as Service<Request<Piecewise>>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.proxy.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Piecewise>) -> Self::Future {
        match self.demanded(request.uri().path()) {
            Ok(demands) => Behind { demands, proxy: self.proxy.clone() }.call(request),
            Err(refusal) => Box::pin(ready(Ok(refusal.into_response()))),
        }
    }
}

impl Service<Request<Piecewise>> for Behind {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = <Proxy as Service<Request<Piecewise>>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.proxy.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Piecewise>) -> Self::Future {
        let mut rest = self.clone();
        match rest.demands.pop() {
            Some(require) => Box::pin(require.layer(rest).call(request)),
            None => rest.proxy.call(request),
        }
    }
}

//! A route under attack: the request that reaches it, and what it demands.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Request, Uri,
    header::{AUTHORIZATION, COOKIE},
};
use http_body_util::Full;

use crate::{domain::Organization, judge::Requirement, test::KitError};

/// What stands for the organization's slug in paths and headers.
const PLACEHOLDER: &str = "{organization}";

pub(super) struct Route {
    pub(super) name: String,
    pub(super) template: Request<Bytes>,
    pub(super) requirement: Requirement,
}

impl Route {
    pub(super) fn new(template: Request<Bytes>, requirement: Requirement) -> Self {
        let name = format!("{} {}", template.method(), template.uri());
        Self { name, template, requirement }
    }

    pub(super) fn names_organization(&self) -> bool {
        let in_header = |value: &HeaderValue| value.to_str().is_ok_and(|text| text.contains(PLACEHOLDER));
        self.template.uri().to_string().contains(PLACEHOLDER)
            || self.template.headers().values().any(in_header)
    }

    /// The request for what is this organization's, with no credentials.
    pub(super) fn request(&self, organization: &Organization) -> Result<Request<Full<Bytes>>, KitError> {
        let slug = organization.organization_slug.as_str();
        let unreadable = |why: String| KitError::Route { route: self.name.clone(), why };
        let mut request = self.template.clone().map(Full::new);
        let uri = self.template.uri().to_string().replace(PLACEHOLDER, slug);
        *request.uri_mut() = uri.parse::<Uri>().map_err(|error| unreadable(error.to_string()))?;
        for value in request.headers_mut().values_mut() {
            if let Ok(text) = value.to_str() {
                let text = text.replace(PLACEHOLDER, slug);
                *value = HeaderValue::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
            }
        }
        Ok(request)
    }
}

/// Where a request shows a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Cookie,
    Bearer,
}

/// Shows a token, whatever bytes it is of; nothing where no header can hold them.
pub(super) fn show(headers: &mut HeaderMap, place: Place, cookie: &str, token: &str) {
    let (name, text) = match place {
        Place::Cookie => (COOKIE, format!("{cookie}={token}")),
        Place::Bearer => (AUTHORIZATION, format!("Bearer {token}")),
    };
    if let Ok(value) = HeaderValue::from_bytes(text.as_bytes()) {
        headers.append(name, value);
    }
}

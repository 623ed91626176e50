use std::{fmt, sync::Arc};

use http::{header::HOST, request::Parts};

type NameOf = dyn Fn(&Parts) -> Option<String> + Send + Sync;

/// Where a request names an organization.
#[derive(Clone)]
pub(super) enum OrganizationFrom {
    /// In a path parameter of axum's router.
    #[cfg(feature = "axum")]
    Path(&'static str),
    /// In the host, before a suffix.
    Host(String),
    /// Wherever this finds it.
    With(Arc<NameOf>),
}

impl OrganizationFrom {
    /// The name in a request. Unknown means no: what names none names one that nobody belongs to.
    pub(super) fn name(&self, parts: &mut Parts) -> String {
        let name = match self {
            #[cfg(feature = "axum")]
            Self::Path(parameter) => path_parameter(parts, parameter),
            Self::Host(suffix) => host(parts).and_then(|host| label(&host, suffix)),
            Self::With(name) => name(parts),
        };
        name.unwrap_or_default()
    }
}

/// The host that was asked for, without its port.
fn host(parts: &Parts) -> Option<String> {
    let authority = match parts.uri.authority() {
        Some(authority) => authority.as_str().to_owned(),
        None => {
            let mut hosts = parts.headers.get_all(HOST).iter();
            let host = hosts.next()?.to_str().ok()?.to_owned();
            if hosts.next().is_some() {
                return None;
            }
            host
        }
    };
    let host = authority.rsplit_once('@').map_or(authority.as_str(), |(_, host)| host);
    Some(host.split(':').next().unwrap_or_default().to_ascii_lowercase())
}

/// The one label before the suffix.
fn label(host: &str, suffix: &str) -> Option<String> {
    let label = host.strip_suffix(&suffix.to_ascii_lowercase())?;
    (!label.is_empty() && !label.contains('.')).then(|| label.to_owned())
}

#[cfg(feature = "axum")]
fn path_parameter(parts: &mut Parts, parameter: &str) -> Option<String> {
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use axum::extract::{FromRequestParts, RawPathParams};

    // Reads what the router has left in the extensions, and never waits for anything.
    let read = pin!(RawPathParams::from_request_parts(parts, &()));
    let Poll::Ready(Ok(parameters)) = read.poll(&mut Context::from_waker(Waker::noop())) else { return None };
    parameters.iter().find(|(name, _)| *name == parameter).map(|(_, value)| value.to_owned())
}

impl fmt::Debug for OrganizationFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(feature = "axum")]
            Self::Path(parameter) => write!(f, "Path({parameter:?})"),
            Self::Host(suffix) => write!(f, "Host({suffix:?})"),
            Self::With(_) => f.write_str("With(..)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_label_before_the_suffix() {
        assert_eq!(label("acme.example.com", ".example.com").as_deref(), Some("acme"));
        for host in
            ["example.com", ".example.com", "a.acme.example.com", "acme.example.com.evil", "acmeexample.com"]
        {
            assert_eq!(label(host, ".example.com"), None, "{host}");
        }
    }
}

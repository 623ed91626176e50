//! The request that a proxy asks about.

use std::sync::Arc;

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header::HOST, request::Parts, uri::PathAndQuery,
};
use percent_encoding::percent_decode_str;

use super::unanswered::Unanswered::{self, Malformed};

const METHOD: HeaderName = HeaderName::from_static("x-forwarded-method");
const HOST_ASKED: HeaderName = HeaderName::from_static("x-forwarded-host");
const URI: HeaderName = HeaderName::from_static("x-forwarded-uri");

/// How a proxy tells which request it asks about.
#[derive(Clone, Debug)]
pub(super) enum Told {
    /// By `X-Forwarded-Method`, `-Host` and `-Uri`.
    InHeaders,
    /// It asks with that request itself, without its body, below this prefix.
    Below(Arc<str>),
}

/// The request that is asked about, with everything that the proxy has passed on of it.
pub(super) fn original(mut parts: Parts, told: &Told) -> Result<Request<()>, Unanswered> {
    let question = taken_whole(&mut parts);
    match told {
        Told::InHeaders => {
            parts.method = Method::from_bytes(one(&parts.headers, &METHOD)?.as_bytes())
                .map_err(|_| Malformed("X-Forwarded-Method is no method"))?;
            parts.uri = one(&parts.headers, &URI)?
                .to_str()
                .ok()
                .and_then(path)
                .ok_or(Malformed("X-Forwarded-Uri is no path"))?;
            let host = host(one(&parts.headers, &HOST_ASKED)?)?.clone();
            parts.headers.insert(HOST, host);
        }
        Told::Below(prefix) => {
            let asked = question.path_and_query().and_then(|whole| whole.as_str().strip_prefix(&**prefix));
            let path = asked.and_then(path).ok_or(Malformed("no path stands below the prefix"))?;
            // Envoy resolves them; a proxy that passes them on took this for a path elsewhere.
            if has_dot_segment(path.path()) {
                return Err(Malformed("a segment of dots stands below the prefix"));
            }
            // With HTTP/2 the host stands in the address.
            let mut below = path.into_parts();
            below.scheme = question.scheme().cloned();
            below.authority = question.authority().cloned();
            parts.uri = Uri::from_parts(below).map_err(|_| Malformed("this is no address"))?;
        }
    }
    Ok(Request::from_parts(parts, ()))
}

/// The address of the question as it came. axum's routers cut their prefix off and, with it, of two slashes
/// one. It is taken away, since nobody is to be led back there.
fn taken_whole(parts: &mut Parts) -> Uri {
    #[cfg(feature = "axum")]
    if let Some(axum::extract::OriginalUri(uri)) = parts.extensions.remove() {
        return uri;
    }
    parts.uri.clone()
}

/// The one value of a header. Of two, one was written by somebody else than the proxy.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a HeaderValue, Unanswered> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        _ => Err(Malformed("one X-Forwarded-Method, -Host and -Uri each are needed")),
    }
}

/// A path with its query, if it is one and nothing else.
fn path(text: &str) -> Option<Uri> {
    let path = PathAndQuery::try_from(text).ok()?;
    // What was left out in reading, such as a fragment, others may read.
    (text.starts_with('/') && path.as_str() == text).then(|| path.into())
}

/// Whether a server could read a segment of dots in a path, however it is written.
fn has_dot_segment(path: &str) -> bool {
    let decoded: Vec<u8> = percent_decode_str(path).collect();
    decoded.split(|byte| b"/\\".contains(byte)).any(|segment| {
        let name = segment.split(|byte| *byte == b';').next().unwrap_or_default();
        matches!(name, b"." | b"..")
    })
}

fn host(value: &HeaderValue) -> Result<&HeaderValue, Unanswered> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(byte);
    if value.is_empty() || !value.as_bytes().iter().all(plain) {
        return Err(Malformed("X-Forwarded-Host is no host"));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &[&str], host: &[&str], uri: &[&str]) -> Result<Request<()>, Unanswered> {
        let mut request = Request::get("/check").header(HOST, "vestibule:3000");
        for (name, values) in [(METHOD, method), (HOST_ASKED, host), (URI, uri)] {
            for value in values {
                request = request.header(&name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
        }
        original(request.body(()).unwrap().into_parts().0, &Told::InHeaders)
    }

    #[test]
    fn reads_what_proxies_write() {
        for (method, host, uri) in [
            ("GET", "app.example.com", "/"),
            ("POST", "127.0.0.1:8080", "/a/b?c=d&e=%2F"),
            ("PROPFIND", "[::1]:8080", "/a%2Fb?"),
        ] {
            let request = asked(&[method], &[host], &[uri]).unwrap();
            assert_eq!((request.method().as_str(), request.uri().to_string()), (method, uri.to_owned()));
            assert_eq!(request.headers()[HOST], host);
        }
    }

    #[test]
    fn refuses_what_is_missing_twice_or_nonsense() {
        let (get, host, root) = (&["GET"][..], &["a.example"][..], &["/"][..]);
        asked(get, host, root).unwrap();
        for method in [&[][..], &["GET", "GET"], &["GET", "POST"], &[""], &["GET, POST"], &["G T"]] {
            assert!(asked(method, host, root).is_err(), "{method:?}");
        }
        for host in [
            &[][..],
            &["a.example", "b.example"],
            &[""],
            &["a.example, b.example"],
            &["a.example,b.example"],
            &["u@a.example"],
            &["a.example/x"],
            &["ä.example"],
        ] {
            assert!(asked(get, host, root).is_err(), "{host:?}");
        }
        for uri in [
            &[][..],
            &["/", "/"],
            &[""],
            &["*"],
            &["a"],
            &["?a"],
            &["/a#b"],
            &["/a b"],
            &["/ä"],
            &["https://a.example/"],
        ] {
            assert!(asked(get, host, uri).is_err(), "{uri:?}");
        }
    }
}

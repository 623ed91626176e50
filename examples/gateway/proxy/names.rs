//! Names of headers, as loosely as servers read them.

use http::{HeaderMap, HeaderName};

/// A name as CGI, WSGI and their like read it: to them `x_member` is `x-member`.
pub(super) fn folded(name: &[u8]) -> String {
    let fold = |byte: &u8| if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase().into() } else { '-' };
    name.iter().map(fold).collect()
}

/// Removes the headers whose folded names are these.
pub(super) fn remove(headers: &mut HeaderMap, these: impl Fn(&str) -> bool) {
    let gone: Vec<HeaderName> =
        headers.keys().filter(|name| these(&folded(name.as_str().as_bytes()))).cloned().collect();
    for name in gone {
        headers.remove(name);
    }
}

//! Whether a browser asks, or a program.

use http::{
    HeaderMap, Method,
    header::{ACCEPT, HeaderName},
};

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// A browser navigates (Fetch Metadata, `Sec-Fetch-Mode: navigate`). One that does not say so is known
/// by a GET or HEAD whose `Accept` prefers HTML. All else is a program.
pub(crate) fn is_browser(method: &Method, headers: &HeaderMap) -> bool {
    match headers.get(SEC_FETCH_MODE) {
        Some(mode) => mode == "navigate",
        None => matches!(*method, Method::GET | Method::HEAD) && prefers_html(headers),
    }
}

/// Whether HTML stands before JSON in `Accept`, by its quality values (RFC 9110 §12.5.1).
fn prefers_html(headers: &HeaderMap) -> bool {
    let mut html = 0.0_f32;
    let mut json = 0.0_f32;
    for header in headers.get_all(ACCEPT) {
        for range in header.to_str().unwrap_or_default().split(',') {
            let mut parts = range.split(';').map(str::trim);
            let media = parts.next().unwrap_or_default().to_ascii_lowercase();
            let quality = parts
                .filter_map(|part| part.strip_prefix("q="))
                .find_map(|quality| quality.parse().ok())
                .unwrap_or(1.0_f32);
            match media.as_str() {
                "text/html" | "application/xhtml+xml" => html = html.max(quality),
                "application/json" | "application/problem+json" => json = json.max(quality),
                _ => {}
            }
        }
    }
    html > 0.0 && html >= json
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(method: &Method, pairs: &[(&'static str, &str)]) -> bool {
        let headers = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        is_browser(method, &headers)
    }

    #[test]
    fn tells_browsers_from_programs() {
        let html = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        assert!(asks(&Method::POST, &[("sec-fetch-mode", "navigate")]));
        assert!(asks(&Method::GET, &[html]));
        assert!(!asks(&Method::POST, &[html]));
        assert!(!asks(&Method::GET, &[("sec-fetch-mode", "cors"), html]));
        for accept in
            ["*/*", "application/json", "application/json, text/html;q=0.9", "text/html;q=0", "\u{e4}"]
        {
            assert!(!asks(&Method::GET, &[("accept", accept)]), "{accept}");
        }
        assert!(!asks(&Method::GET, &[]));
    }
}

//! The pages that people see: plain HTML forms and one style sheet, without a script.

mod qr;
#[cfg(test)]
mod tests;
mod views;

use std::fmt::Display;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

#[cfg(feature = "wire-api")]
pub(crate) use qr::qr_png;
pub(crate) use qr::qr_svg;
pub(crate) use views::*;

/// The style sheet, served as `{prefix}/style.css`.
pub(crate) const STYLE: &str = include_str!("style.css");

/// What is written as `%xx` in a segment of a path: all but RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

impl OrganizationSignIn {
    /// The slug as one segment of a path; it came out of a URL, and must not lead a form elsewhere.
    fn segment(&self) -> impl Display {
        utf8_percent_encode(&self.slug, SEGMENT)
    }
}

impl OrganizationChoice {
    /// The logo, if the browser would load it: the content security policy allows our own origin and `data:`.
    fn logo(&self) -> Option<&str> {
        let url = self.logo_url.as_str();
        let local = url.starts_with('/') && !url.starts_with("//") && !url.starts_with("/\\");
        (local || url.starts_with("data:image/")).then_some(url)
    }

    /// What stands in for the logo.
    fn initial(&self) -> String {
        self.name.trim_start().chars().take(1).flat_map(char::to_uppercase).collect()
    }
}

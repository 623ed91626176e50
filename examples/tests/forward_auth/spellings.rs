//! Headers as different people write them.

use crate::common::Client;

/// What some server or other reads as an identity, by somebody who has another.
pub(crate) const FORGED: [&str; 10] = [
    "X-Vestibule-Member-Id: evil",
    "x-vestibule-member-id: evil",
    "X-VESTIBULE-ROLES: evil",
    "X_Vestibule_Member_Id: evil",
    "x-vestibule_organization-id: evil",
    "X.Vestibule.Roles: evil",
    "X-Vestibule-Organization-Id: evil",
    "X-Vestibule-Session-Jwt: evil",
    "X_VESTIBULE_SESSION_JWT: evil",
    "X~Vestibule~Roles: evil",
];

/// What some application or other believes of a request: its path, its host, its sender.
pub(crate) const BELIEVED: [&str; 20] = [
    "Forwarded: for=evil;host=evil",
    "Proxy: evil",
    "True-Client-IP: evil",
    "X-Client-IP: evil",
    "X-Cluster-Client-IP: evil",
    "X-Forwarded-Host: evil",
    "X-Forwarded-Method: EVIL",
    "X-Forwarded-Path: /evil",
    "X-Forwarded-Port: evil",
    "X-Forwarded-Prefix: /evil",
    "X-Forwarded-Proto: evil",
    "X-Forwarded-Ssl: evil",
    "X-Forwarded-Uri: /evil",
    "X-Host: evil",
    "X-Original-Host: evil",
    "X-Original-URL: /evil",
    "X-Real-IP: evil",
    "X-Rewrite-URL: /evil",
    "X_Forwarded_Uri: /evil",
    "X_Original_URL: /evil",
];

/// A browser that goes to a page.
pub(crate) const BROWSER: [&str; 2] = ["Sec-Fetch-Mode: navigate", "Accept: text/html,application/xhtml+xml"];

/// The `Cookie` header of somebody.
pub(crate) fn cookie(client: &Client) -> String {
    format!("Cookie: {}", client.cookie_header())
}

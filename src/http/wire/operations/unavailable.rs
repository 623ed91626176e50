//! What Stytch's API has and this project has not: told plainly instead of with a page that is not there.

use http::Method;

use crate::http::wire::operation::Operation;

const OAUTH: &str = "signing in by accounts elsewhere (OAuth) does not exist here yet";
const SSO: &str = "single sign-on does not exist here yet";
const IMPERSONATION: &str = "impersonation does not exist here";
const ATTEST: &str = "sessions are not made of tokens that others have issued";
const MIGRATE: &str = "sessions of another system are not taken over";
const ACCESS_TOKENS: &str = "there are no connected apps whose access tokens could be exchanged";
const BROWSER: &str =
    "the browser SDK's API does not exist here; use the sign-in's own pages and JSON below its prefix";
const CROSS: &str = "passwords are one organization's here; cross-organization passwords do not exist";

pub(super) fn operations() -> Vec<Operation> {
    let post = |path, what| Operation::refused(Method::POST, path, what);
    let mut refused = vec![
        post("/v1/b2b/oauth/authenticate", OAUTH),
        post("/v1/b2b/oauth/discovery/authenticate", OAUTH),
        Operation::refused(Method::GET, "/v1/b2b/public/oauth/{provider}/start", OAUTH).public(),
        Operation::refused(Method::GET, "/v1/b2b/public/oauth/{provider}/discovery/start", OAUTH).public(),
        post("/v1/b2b/sso/authenticate", SSO),
        Operation::refused(Method::GET, "/v1/public/sso/start", SSO).public(),
        Operation::refused(Method::GET, "/v1/b2b/sso/{organization_id}", SSO),
        post("/v1/b2b/impersonation/authenticate", IMPERSONATION),
        post("/v1/b2b/sessions/attest", ATTEST),
        post("/v1/b2b/sessions/migrate", MIGRATE),
        post("/v1/b2b/sessions/exchange_access_token", ACCESS_TOKENS),
        Operation::cross_organization("/v1/b2b/passwords/email/require_reset", CROSS),
        Operation::cross_organization("/v1/b2b/passwords/discovery/authenticate", CROSS),
        Operation::cross_organization("/v1/b2b/passwords/discovery/email/reset/start", CROSS),
        Operation::cross_organization("/v1/b2b/passwords/discovery/email/reset", CROSS),
    ];
    let methods = [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS];
    let browser = methods.map(|method| Operation::refused(method, "/sdk/v1/{*}", BROWSER).public());
    refused.extend(browser);
    refused
}

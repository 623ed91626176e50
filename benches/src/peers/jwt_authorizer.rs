//! jwt-authorizer with a key of its own, which spares it the look in a table of keys.
//!
//! Its extractor and its answers are of axum 0.7. The layer is anybody's: it goes around the router, its
//! refusal becomes a type of ours, and the extractor is written anew below, as it is there.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::FromRequestParts,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{Request, StatusCode, request::Parts};
use jsonwebtoken::Algorithm;
use jsonwebtoken_9::TokenData;
use jwt_authorizer::{AuthError, AuthorizerBuilder, IntoLayer, JwtAuthorizer, Validation};
use tower::{Layer, ServiceExt};

use super::{
    identity::Identity,
    jwts::{AUDIENCE, ISSUER, SECRET, public_key},
};
use crate::{Contestant, Credential};

pub const NAME: &str = "jwt-authorizer";

struct JwtClaims(Identity);

impl<S: Sync> FromRequestParts<S> for JwtClaims {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let token = parts.extensions.get::<TokenData<Identity>>().ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
        Ok(Self(token.claims.clone()))
    }
}

struct Answer(Response);

impl From<AuthError> for Answer {
    fn from(_: AuthError) -> Self {
        Self(StatusCode::UNAUTHORIZED.into_response())
    }
}

async fn read(JwtClaims(identity): JwtClaims) -> &'static str {
    identity.read()
}

pub async fn contestant(name: String, algorithm: Algorithm, tokens: Arc<[Credential]>) -> Contestant {
    let authorizer: AuthorizerBuilder<Identity> = match algorithm {
        Algorithm::HS256 => JwtAuthorizer::from_secret(SECRET),
        Algorithm::RS256 => JwtAuthorizer::from_rsa_pem_text(public_key(algorithm)),
        Algorithm::EdDSA => JwtAuthorizer::from_ed_pem_text(public_key(algorithm)),
        _ => JwtAuthorizer::from_ec_pem_text(public_key(algorithm)),
    };
    let validation = Validation::new().iss(&[ISSUER]).aud(&[AUDIENCE]);
    let layer = authorizer.validation(validation).build().await.unwrap().into_layer();
    let app: Router = Router::new().route("/", get(read));
    let app = layer.layer(ServiceExt::<Request<Body>>::map_response(app, Answer));
    let app = ServiceExt::<Request<Body>>::map_response(app, |Answer(answer)| answer);
    Contestant::new(name, app, tokens).await
}

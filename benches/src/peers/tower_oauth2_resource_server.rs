//! tower-oauth2-resource-server with a set of keys that is given to it, by its faster provider.
//!
//! It refuses HS256 unless that is asked for, so each row allows what it measures.

use std::sync::Arc;

use axum::{Extension, Router, routing::get};
use jsonwebtoken::{
    Algorithm,
    jwk::{Jwk, JwkSet},
};
use tower_oauth2_resource_server::{
    server::OAuth2ResourceServer, tenant::TenantConfiguration, validation::ClaimsValidationSpec,
};

use super::{
    identity::Identity,
    jwts::{AUDIENCE, ISSUER, KEY_ID, private_key},
};
use crate::{Contestant, Credential};

pub const NAME: &str = "tower-oauth2-resource-server";

async fn read(Extension(identity): Extension<Identity>) -> &'static str {
    identity.read()
}

pub async fn contestant(name: String, algorithm: Algorithm, tokens: Arc<[Credential]>) -> Contestant {
    let mut key = Jwk::from_encoding_key(&private_key(algorithm), algorithm).unwrap();
    key.common.key_id = Some(KEY_ID.to_owned());
    let keys = serde_json::to_string(&JwkSet { keys: vec![key] }).unwrap();
    let claims = ClaimsValidationSpec::new().exp(true).iss(ISSUER).aud(&vec![AUDIENCE.to_owned()]);
    let tenant = TenantConfiguration::static_builder(keys)
        .claims_validation(claims)
        .allowed_algorithms(&[algorithm])
        .build()
        .unwrap();
    let server = OAuth2ResourceServer::<Identity>::builder().add_tenant(tenant).build().await.unwrap();
    let app = Router::new().route("/", get(read)).layer(server.into_layer());
    Contestant::new::<Router>(name, app, tokens).await
}

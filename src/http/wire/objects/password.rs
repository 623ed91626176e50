//! What is said of a password, and of its hash in another system.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::factor::HashSettings;

/// What is wrong with a password, in words.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ZxcvbnFeedback {
    /// What is wrong with it; empty where nothing is.
    pub(crate) warning: String,
    /// What would make it better.
    pub(crate) suggestions: Vec<String>,
}

/// By what a password is judged.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StrengthPolicy {
    /// By how long guessing it takes.
    Zxcvbn,
}

/// Salts that stand before and behind a password when it is hashed.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SaltConfig {
    /// Before it.
    prepend_salt: Option<String>,
    /// Behind it.
    append_salt: Option<String>,
}

/// Parameters of argon2.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Argon2Config {
    /// The salt.
    salt: Option<String>,
    /// Iterations.
    iteration_amount: Option<u32>,
    /// Memory, in KiB.
    memory: Option<u32>,
    /// Lanes.
    threads: Option<u32>,
    /// The hash's length, in bytes.
    key_length: Option<u32>,
}

/// Parameters of scrypt.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ScryptConfig {
    /// The salt, in base64.
    salt: Option<String>,
    /// N, a power of two.
    n_parameter: Option<u32>,
    /// r.
    r_parameter: Option<u32>,
    /// p.
    p_parameter: Option<u32>,
    /// The hash's length, in bytes.
    key_length: Option<u32>,
}

/// Parameters of PBKDF2.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Pbkdf2Config {
    /// The salt, in base64.
    salt: Option<String>,
    /// Iterations.
    iteration_amount: Option<u32>,
    /// The hash's length, in bytes.
    key_length: Option<u32>,
    /// `sha1`, `sha256` or `sha512`.
    algorithm: Option<String>,
}

impl From<SaltConfig> for HashSettings {
    fn from(config: SaltConfig) -> Self {
        let SaltConfig { prepend_salt, append_salt } = config;
        Self { prepend_salt, append_salt, ..Self::default() }
    }
}

impl From<Argon2Config> for HashSettings {
    fn from(config: Argon2Config) -> Self {
        let Argon2Config { salt, iteration_amount, memory, threads, key_length } = config;
        Self { salt, iteration_amount, memory, threads, key_length, ..Self::default() }
    }
}

impl From<ScryptConfig> for HashSettings {
    fn from(config: ScryptConfig) -> Self {
        let ScryptConfig { salt, n_parameter, r_parameter, p_parameter, key_length } = config;
        Self { salt, n_parameter, r_parameter, p_parameter, key_length, ..Self::default() }
    }
}

impl From<Pbkdf2Config> for HashSettings {
    fn from(config: Pbkdf2Config) -> Self {
        let Pbkdf2Config { salt, iteration_amount, key_length, algorithm } = config;
        Self { salt, iteration_amount, key_length, algorithm, ..Self::default() }
    }
}

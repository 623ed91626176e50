//! Randomness from the operating system.

use std::fmt;

/// The operating system gave no randomness.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unrandom;

impl fmt::Display for Unrandom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the operating system gives no random numbers")
    }
}

impl std::error::Error for Unrandom {}

/// Random bytes, good for secrets.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Unrandom> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Unrandom)?;
    Ok(bytes)
}

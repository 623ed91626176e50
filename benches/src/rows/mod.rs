//! The rows of the table: bare axum, the floor, and Vestibule. Peers have a room of their own.

mod bare;
#[cfg(feature = "durable")]
mod floods;
mod vestibule;

pub use bare::{BARE, FLOOR};
#[cfg(feature = "durable")]
pub use floods::{Floods, floods};
pub use vestibule::COOKIE_AROUND;

use crate::{Contestant, Wanted};

/// The names of all rows.
pub fn names() -> Vec<String> {
    let names = bare::NAMES.iter().chain(&vestibule::NAMES).map(|name| (*name).to_owned());
    #[cfg(feature = "peers")]
    let names = names.chain(crate::peers::names());
    names.collect()
}

/// Whether a row's requests carry JWTs.
pub fn is_of_jwts(name: &str) -> bool {
    ["JWT", "HS256", "RS256", "EdDSA", "ES256"].iter().any(|mark| name.contains(mark))
}

/// The rows that are wanted, each with so many sessions.
pub async fn contestants(sessions: usize, wanted: Wanted<'_>) -> Vec<Contestant> {
    let mut rows = bare::contestants(sessions, wanted).await;
    rows.extend(vestibule::contestants(sessions, wanted).await);
    #[cfg(feature = "peers")]
    rows.extend(crate::peers::contestants(sessions, wanted).await);
    rows
}

/// What every handler does that knows whose request it is.
pub fn reads<'a>(organization_id: &str, roles: impl Iterator<Item = &'a str>) -> &'static str {
    use std::hint::black_box;
    black_box(organization_id.as_bytes().last());
    for role in roles {
        black_box(role.as_bytes().last());
    }
    crate::ANSWER
}

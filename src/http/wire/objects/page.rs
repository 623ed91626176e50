//! A page of what was searched for.

use serde::Serialize;
use utoipa::ToSchema;

/// What there is besides a page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ResultsMetadata {
    /// How many there are in all, where this page holds all of them; else -1, since counting them would cost as
    /// much as reading them.
    pub(crate) total: i64,
    /// Where the next page begins; `null` on the last.
    pub(crate) next_cursor: Option<String>,
}

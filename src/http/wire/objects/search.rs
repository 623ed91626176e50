//! What is searched for, and a page of what was found.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::wire::object::objects;

/// What is demanded of what is searched for.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SearchQuery {
    /// Whether each filter has to match or one. Without it each.
    pub(crate) operator: Option<SearchOperator>,
    /// The filters; without any everything is found.
    #[serde(default, deserialize_with = "objects")]
    pub(crate) operands: Option<Vec<SearchOperand>>,
}

/// How several filters are one.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
pub(crate) enum SearchOperator {
    /// Each has to match.
    #[default]
    #[serde(rename = "AND")]
    And,
    /// One has to match.
    #[serde(rename = "OR")]
    Or,
}

/// One filter.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SearchOperand {
    /// Its name.
    pub(crate) filter_name: String,
    /// What it looks for, as its name has it: read when that is known.
    #[schema(value_type = FilterValue)]
    pub(crate) filter_value: Value,
}

/// What a filter looks for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum FilterValue {
    /// Any of these; at most 1,000.
    AnyOf(Vec<String>),
    /// A part of at least three characters, for what ends in `_fuzzy`.
    Part(String),
    /// Whether it is so.
    Flag(bool),
}

/// What there is besides a page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ResultsMetadata {
    /// How many there are in all, where this page holds all of them; else -1, since counting them would cost as
    /// much as reading them.
    pub(crate) total: i64,
    /// Where the next page begins; `null` on the last.
    pub(crate) next_cursor: Option<String>,
}

//! Values in cells.

use serde_json::{Value as Json, json};

use crate::model::time::{NEVER, rfc3339};

/// A moment, or nothing.
pub(super) fn moment(at: Option<i64>) -> Json {
    at.filter(|at| *at != NEVER).map_or(Json::Null, |at| json!(rfc3339(at)))
}

/// Text, or nothing.
pub(super) fn optional(text: Option<String>) -> Json {
    text.map_or(Json::Null, Json::String)
}

//! Scoring models as statements, and the scores that they give.
//!
//! In: models. Out: scores, grades and levels. It doesn't know journeys.

pub(in crate::store) mod affected;
pub(in crate::store) mod compute;
pub(in crate::store) mod facts;
pub(in crate::store) mod formula;
pub(in crate::store) mod points;
pub(in crate::store) mod reads;
pub(in crate::store) mod time_independent_points;
pub(in crate::store) mod write;

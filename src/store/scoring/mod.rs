//! Scoring models as statements, and the scores that they give.
//!
//! In: models. Out: scores, grades and levels. It doesn't know journeys.

pub(in crate::store) mod score_facts;
pub(in crate::store) mod score_focus;
pub(in crate::store) mod score_reads;
pub(in crate::store) mod score_rows;
pub(in crate::store) mod score_write;
pub(in crate::store) mod scores;
pub(in crate::store) mod scoring;
pub(in crate::store) mod steadiness;

//! The iterations of journeys, and who enters them.
//!
//! In: an audience. Out: participants on their first step. It doesn't know what steps do.

pub(in crate::store) mod enrolment;
pub(in crate::store) mod iterations;
pub(in crate::store) mod kept_out;
pub(in crate::store) mod pausing;
pub(in crate::store) mod rejoining;

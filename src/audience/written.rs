//! What segments are made from, as it is written.

use crate::{
    compile::{Members, Plan, SegmentPlan},
    store::{Membership, WrittenSegments},
};

/// What a segment is made from; one that isn't active has no members.
#[must_use]
pub fn membership(segment: &SegmentPlan) -> Membership {
    match (&segment.members, segment.active) {
        (_, false) => Membership::Static(Vec::new()),
        (Members::Where(condition), true) => Membership::Where(condition.clone()),
        (Members::Static(ids), true) => Membership::Static(ids.clone()),
    }
}

/// All segments of a plan as they are written.
#[must_use]
pub fn written_segments(plan: &Plan) -> WrittenSegments {
    let written =
        plan.segments.iter().map(|segment| (segment.name.clone(), (segment.target, membership(segment))));
    written.collect()
}

//! `kind: segment`.

use super::{ConditionNode, Located, Reader, SegmentDefinition, SegmentMembers, header};
use crate::diagnostics::{Code, Problem};
use crate::model::Entity;

/// Reads `kind: segment`. A segment with a name is kept even when its rule can't be read, so that who
/// refers to it isn't told that it doesn't exist.
pub(super) fn read(mut reader: Reader<'_>) -> Option<SegmentDefinition> {
    let span = reader.span();
    let header = header::read(&mut reader, span);
    let target = reader.required_choice("target", &Entity::ALL.map(|entity| (entity.name(), entity)));
    if let Some(target) = target.as_ref().filter(|target| target.value == Entity::Lead) {
        let message = "segments of leads are not available in this version";
        reader.problems().push(Problem::error(Code::NotAvailable, target.span, message));
    }
    let members = members(&mut reader);
    let active = reader.boolean("active").is_none_or(|active| active.value);
    let timezone = reader.text("timezone");
    reader.finish();
    let target = target.unwrap_or(Located { value: Entity::Contact, span });
    Some(SegmentDefinition { header: header?, target, members, active, timezone })
}

fn members(reader: &mut Reader<'_>) -> SegmentMembers {
    let is_from_file = reader.not_available(&["members_from"]);
    let span = reader.span();
    let everyone = || SegmentMembers::Where(ConditionNode::Constant(Located { value: true, span }));
    let rule = reader.entry("where");
    let listed = reader.entry("members");
    match (rule, listed) {
        (Some((first, _)), Some((second, _))) => {
            let message = "`where` and `members` can't stand together";
            let problem = Problem::error(Code::InvalidValue, second.span, message);
            reader.problems().push(problem.related(first.span, "the other one"));
            everyone()
        }
        (Some(_), None) => reader.condition("where").map_or_else(everyone, SegmentMembers::Where),
        (None, Some(_)) => SegmentMembers::Static(reader.list_of_text("members")),
        (None, None) => {
            if !is_from_file {
                let problem = Problem::error(Code::MissingKey, span, "`segment` needs `where` or `members`");
                reader.problems().push(problem.hint("Write `where: true` for everyone."));
            }
            everyone()
        }
    }
}

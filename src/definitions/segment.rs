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
    let problems = reader.finish();
    let target_unreadable = target.is_none();
    if let (Some(header), true) = (&header, target_unreadable) {
        problems.lose(&*header.name.value);
    }
    let target = target.unwrap_or(Located { value: Entity::Contact, span });
    Some(SegmentDefinition { header: header?, target, target_unreadable, members, active, timezone })
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
            reader.problems().push(problem.related(first.span, "the other one").hint("Keep one of them."));
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

#[cfg(test)]
mod tests {
    use super::super::testing::{check, load_files};
    use super::*;

    #[test]
    fn a_static_segment_holds_the_ids_as_written() {
        let text = "kind: segment\nname: vip\ntarget: contact\nmembers: [con-1, 0002, 3]\nactive: false\n";
        let (definitions, problems) = load_files(&[("tilework.yaml", ""), ("journeys/x.yaml", text)], None);
        assert!(problems.is_empty(), "{problems:?}");
        let segment = &definitions.segments[0];
        assert!(!segment.active);
        let SegmentMembers::Static(members) = &segment.members else { panic!("static") };
        let members: Vec<&str> = members.iter().map(|member| member.value.as_str()).collect();
        assert_eq!(members, ["con-1", "0002", "3"]);
    }

    #[test]
    fn each_mistake_in_a_segment_has_its_place() {
        check(&[
            (
                "kind: segment\nname: a\n",
                &[
                    "missing-key 1:1 `segment` needs `target` | Write `target: contact`, `target: account` or `target: lead`.",
                    "missing-key 1:1 `segment` needs `where` or `members` | Write `where: true` for everyone.",
                ],
            ),
            (
                "kind: segment\nname: A b\ntarget: contact\nwhere: true\nmembers: [x]\n",
                &[
                    "invalid-name 2:7 `A b` is not a valid name: a name has small letters, digits and hyphens, and \
                     starts with a letter | Write `a-b`, for instance.",
                    "invalid-value 5:1 `where` and `members` can't stand together | Keep one of them.",
                ],
            ),
            (
                "kind: segment\nname: a\ntarget: lead\nmembers_from: vip.csv\n",
                &[
                    "not-available 3:9 segments of leads are not available in this version",
                    "not-available 4:1 `members_from` is not available in this version",
                ],
            ),
            (
                "kind: segment\nname: a\ntarget: contact\nmembers: con-1\nactiv: true\n",
                &[
                    "wrong-type 4:10 expected a list for `members`, found text | Write `[con-1]`.",
                    "unknown-key 5:1 unknown key `activ` in `segment` | Did you mean `active`?",
                ],
            ),
        ]);
    }

    #[test]
    fn a_segment_with_a_broken_rule_is_still_there() {
        let text = "kind: segment\nname: a\ntarget: contact\nwhere:\n";
        let (definitions, problems) = load_files(&[("tilework.yaml", ""), ("journeys/x.yaml", text)], None);
        assert!(problems.has_errors());
        assert_eq!(definitions.segments.len(), 1);
    }
}

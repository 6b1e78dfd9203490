//! `kind: segment`.

use crate::definitions::disk::files::Files;
use crate::definitions::{ConditionNode, Header, Located, Reader, reading::header};
use crate::diagnostics::{Code, Problem, Problems, Span, Text};
use crate::model::Entity;

/// `kind: segment`.
#[derive(Debug, Clone)]
pub struct SegmentDefinition {
    /// Name and the rest.
    pub header: Header,
    /// What it holds.
    pub target: Located<Entity>,
    /// Whether the target couldn't be read, which has been reported, so that this one is a guess.
    pub target_unreadable: bool,
    /// Who belongs to it.
    pub members: SegmentMembers,
    /// Whether it is evaluated and may be a target.
    pub active: bool,
    /// IANA time zone of its own.
    pub timezone: Option<Text>,
}

/// Who belongs to a segment.
#[derive(Debug, Clone)]
pub enum SegmentMembers {
    /// Whoever satisfies the condition.
    Where(ConditionNode),
    /// The ids listed.
    Static(Vec<Text>),
}

/// Reads `kind: segment`. A segment with a name is kept even when its rule can't be read, so that who
/// refers to it isn't told that it doesn't exist.
pub(in crate::definitions) fn read(
    mut reader: Reader<'_>,
    path: &str,
    files: &mut Files<'_>,
) -> Option<SegmentDefinition> {
    let span = reader.span();
    let header = header::read(&mut reader, span);
    let target = reader.required_choice("target", &Entity::ALL.map(|entity| (entity.name(), entity)));
    let members = members(&mut reader, path, files);
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

fn members(reader: &mut Reader<'_>, path: &str, files: &mut Files<'_>) -> SegmentMembers {
    let span = reader.span();
    let everyone = || SegmentMembers::Where(ConditionNode::Constant(Located { value: true, span }));
    let found =
        ["where", "members", "members_from"].map(|key| reader.entry(key).map(|(name, _)| (key, name)));
    let mut written = found.into_iter().flatten();
    let Some((key, first)) = written.next() else {
        let message = "`segment` needs `where`, `members` or `members_from`";
        let problem = Problem::error(Code::MissingKey, span, message);
        reader.problems().push(problem.hint("Write `where: true` for everyone."));
        return everyone();
    };
    if let Some((other, second)) = written.next() {
        let message = format!("`{key}` and `{other}` can't stand together");
        let problem = Problem::error(Code::InvalidValue, second.span, message);
        reader.problems().push(problem.related(first.span, "the other one").hint("Keep one of them."));
        return everyone();
    }
    match key {
        "where" => reader.condition("where").map_or_else(everyone, SegmentMembers::Where),
        "members" => SegmentMembers::Static(reader.list_of_text("members")),
        _ => {
            let ids = reader.text("members_from").map(|name| ids(&name, path, files, reader.problems()));
            SegmentMembers::Static(ids.unwrap_or_default())
        }
    }
}

/// Words that stand above the ids in a file.
const HEADERS: [&str; 7] = ["id", "contact_id", "contactid", "account_id", "accountid", "lead_id", "leadid"];

/// The longest id, in characters.
const LONGEST_ID: usize = 200;

/// The ids in a file, one a line; empty lines are passed over, and so is a header.
fn ids(name: &Text, path: &str, files: &mut Files<'_>, problems: &mut Problems) -> Vec<Text> {
    let Some((file, content)) = files.referred(name, path, problems) else { return Vec::new() };
    let mut ids = Vec::new();
    let mut start = 0;
    for line in content.split_inclusive('\n') {
        let at = start + (line.len() - line.trim_start().len());
        start += line.len();
        let word = line.trim();
        let quoted = word.strip_prefix('"').and_then(|word| word.strip_suffix('"'));
        let (at, id) = quoted.map_or((at, word), |id| (at + 1, id));
        let is_header = ids.is_empty() && HEADERS.contains(&id.to_lowercase().as_str());
        if id.is_empty() || is_header {
            continue;
        }
        let span = Span::new(file, at, at + id.len());
        let wrong = if quoted.is_none() && id.contains([',', ';', '\t']) {
            Some(("a line holds one id and nothing else".to_owned(), "Keep the column with the ids alone."))
        } else if id.chars().any(char::is_control) {
            Some((format!("`{}` holds a control character, which an id can't", id.escape_debug()), ""))
        } else if id.chars().count() > LONGEST_ID {
            Some((format!("the id is longer than the {LONGEST_ID} characters an id may have"), ""))
        } else {
            None
        };
        match wrong {
            None => ids.push(Text::verbatim(id, span)),
            Some((message, hint)) => {
                let problem = Problem::error(Code::InvalidValue, span, message);
                problems.push(problem.hint_if((!hint.is_empty()).then(|| hint.to_owned())));
                // A table with several columns is wrong in every line, and is one mistake.
                if !hint.is_empty() {
                    break;
                }
            }
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definitions::testing::{check, load_files};

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
    fn the_ids_of_a_static_segment_may_stand_in_a_file() {
        let text = "kind: segment\nname: vip\ntarget: account\nmembers_from: vip.csv\n";
        let files = |ids| {
            load_files(&[("tilework.yaml", ""), ("journeys/x.yaml", text), ("journeys/vip.csv", ids)], None)
        };
        let (definitions, problems) = files("AccountId\r\nacme\r\n\r\n\"Globex, Inc.\"\r\n  initech  \r\n");
        assert!(problems.is_empty(), "{problems:?}");
        let SegmentMembers::Static(members) = &definitions.segments[0].members else { panic!("static") };
        let members: Vec<&str> = members.iter().map(|member| member.value.as_str()).collect();
        assert_eq!(members, ["acme", "Globex, Inc.", "initech"]);

        let (definitions, problems) = files("id\nacme\nglobex;Globex\ninitech;Initech\n");
        let problems = problems.sorted();
        let [problem] = problems.as_slice() else { panic!("one problem, not {problems:?}") };
        let place = definitions.sources.position(problem.span);
        assert_eq!((place.line, place.column, problem.code), (3, 1, Code::InvalidValue));
    }

    #[test]
    fn each_mistake_in_a_segment_has_its_place() {
        check(&[
            (
                "kind: segment\nname: a\n",
                &[
                    "missing-key 1:1 `segment` needs `target` | Write `target: contact`, `target: account` or `target: lead`.",
                    "missing-key 1:1 `segment` needs `where`, `members` or `members_from` | Write `where: true` for everyone.",
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
                    "file-not-found 4:15 there is no file `vip.csv` | It was looked for as `journeys/vip.csv`.",
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

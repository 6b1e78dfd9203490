//! `removed:` of `tilework.yaml`: what becomes of what hung on definitions that are gone (semantics 26).

use crate::definitions::{Located, Reader, reading::settings_keys::REMOVED};
use crate::diagnostics::{Code, Problem, Text};
use crate::model::Entity;

/// What becomes of what hung on definitions that are gone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Removals {
    /// The journeys whose people leave.
    pub journeys: Vec<Text>,
    /// The fields whose values are cleared.
    pub fields: Vec<(Located<Entity>, Text)>,
}

/// Reads `removed: { journeys: { spring: exit }, fields: { contact.region: clear } }`.
pub(in crate::definitions) fn read(outer: &mut Reader<'_>) -> Removals {
    let hint = "Write what is gone, such as `removed: { journeys: { spring: exit } }`.";
    let Some((key, _)) = outer.entry("removed") else { return Removals::default() };
    let span = key.span;
    let Some(entries) = outer.mapping_or("removed", hint) else { return Removals::default() };
    let mut reader = Reader::new(entries, span, "removed", outer.problems()).described(&[REMOVED]);
    let mut removals = Removals::default();
    let hint = "Write each journey with `exit`, such as `journeys: { spring: exit }`.";
    if let Some(journeys) = reader.mapping_or("journeys", hint) {
        let mut inner = Reader::new(journeys, span, "journeys", reader.problems());
        for (name, _) in journeys {
            if inner.choice(&name.value, &[("exit", ())]).is_some() {
                removals.journeys.push(name.clone());
            }
        }
        inner.finish();
    }
    let hint = "Write each field with `clear`, such as `fields: { contact.region: clear }`.";
    if let Some(fields) = reader.mapping_or("fields", hint) {
        let mut inner = Reader::new(fields, span, "fields", reader.problems());
        for (name, _) in fields {
            let cleared = inner.choice(&name.value, &[("clear", ())]).is_some();
            match field(name) {
                Some(field) if cleared => removals.fields.push(field),
                Some(_) => {}
                None => inner.problems().push(not_a_field(name)),
            }
        }
        inner.finish();
    }
    reader.finish();
    removals
}

fn field(name: &Text) -> Option<(Located<Entity>, Text)> {
    let (entity, field) = name.value.split_once('.')?;
    let entity = Entity::ALL.into_iter().find(|known| known.name() == entity)?;
    Some((Located { value: entity, span: name.span }, Text::verbatim(field, name.span)))
}

fn not_a_field(name: &Text) -> Problem {
    let message = format!("`{}` doesn't say whose field it is", name.value);
    let hint = "Write `account.`, `contact.` or `lead.` before the field.";
    Problem::error(Code::InvalidValue, name.span, message).hint(hint)
}

#[cfg(test)]
mod tests {
    use crate::definitions::testing::{listed, load_files};

    fn read(text: &str) -> (Vec<String>, Vec<String>, Vec<String>) {
        let (definitions, problems) = load_files(&[("tilework.yaml", text)], None);
        let removed = &definitions.settings.removed;
        let journeys = removed.journeys.iter().map(|name| name.value.clone()).collect();
        let of = |(entity, name): &(super::Located<crate::model::Entity>, crate::diagnostics::Text)| {
            format!("{} {}", entity.value.name(), name.value)
        };
        (journeys, removed.fields.iter().map(of).collect(), listed(&definitions, &problems))
    }

    #[test]
    fn what_is_gone_is_read() {
        let (journeys, fields, problems) =
            read("removed:\n  journeys: { spring: exit }\n  fields: { contact.region: clear }\n");
        assert_eq!((journeys, fields), (vec!["spring".to_owned()], vec!["contact region".to_owned()]));
        assert!(problems.is_empty(), "{problems:?}");
    }

    #[test]
    fn each_mistake_in_what_is_gone_has_its_place() {
        let cases = [
            ("removed: [spring]\n", "wrong-type tilework.yaml:1:10 "),
            (
                "removed: { journeys: { spring: stay } }\n",
                "invalid-value tilework.yaml:1:32 `stay` is not a value of `spring`: expected `exit`",
            ),
            (
                "removed: { fields: { region: clear } }\n",
                "invalid-value tilework.yaml:1:22 `region` doesn't say whose field it is | Write `account.`, `contact.` or `lead.` before the field.",
            ),
            (
                "removed: { steps: { a: exit } }\n",
                "unknown-key tilework.yaml:1:12 unknown key `steps` in `removed`",
            ),
        ];
        for (text, expected) in cases {
            let found = read(text).2;
            assert!(found.len() == 1 && found[0].starts_with(expected), "{text}: {found:?}");
        }
    }
}

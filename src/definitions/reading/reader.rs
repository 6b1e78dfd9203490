//! Reads the keys of a mapping and collects everything that is wrong with them.

use super::{condition, hints};
use crate::calendar;
use crate::definitions::nodes::scalars::{
    as_text, foreign_hint, is_bare, warn_of_ambiguous_number, without_underscores, wrong_type,
};
use crate::definitions::{ConditionNode, Content, Form, Key, Located, Node, nodes::names};
use crate::diagnostics::{Code, Problem, Problems, Span, Text, did_you_mean, suggest};
use crate::model::Duration;

/// Reads the keys of one mapping: a definition, a step, or a tile's `with`.
///
/// Each method asks for a key; what is wrong with its value is reported and the answer is `None`, so
/// that the reading goes on. [`Reader::finish`] reports the keys that nobody asked for.
///
/// ```
/// use tilework::definitions::Reader;
/// use tilework::diagnostics::{FileId, Problems, Span};
///
/// let mut problems = Problems::default();
/// let mut reader = Reader::new(&[], Span::new(FileId(0), 0, 0), "wait", &mut problems);
/// let length = reader.duration("for");
/// reader.finish();
/// assert!(length.is_none() && problems.is_empty());
/// ```
pub struct Reader<'a> {
    entries: &'a [(Text, Node)],
    span: Span,
    what: &'a str,
    problems: &'a mut Problems,
    known: Vec<&'a str>,
    /// The keys that are described, when they are, in groups.
    described: &'static [&'static [Key]],
    /// Keys that have to be there and aren't, each with a hint.
    missing: Vec<(&'a str, Option<String>)>,
    is_tile: bool,
    /// Whether what is missing may have been there, and was reported as something else.
    is_incomplete: bool,
}

impl<'a> Reader<'a> {
    /// Starts to read; `span` is where missing keys are reported, `what` is named in messages.
    #[must_use]
    pub fn new(
        entries: &'a [(Text, Node)],
        span: Span,
        what: &'a str,
        problems: &'a mut Problems,
    ) -> Reader<'a> {
        Reader {
            entries,
            span,
            what,
            problems,
            known: Vec::new(),
            described: &[],
            missing: Vec::new(),
            is_tile: false,
            is_incomplete: false,
        }
    }

    /// Starts to read the parameters of a tile; missing ones are reported at the tile's name. Parameters that couldn't be
    /// read may be the missing ones.
    #[must_use]
    pub fn of_tile(
        tile: &'a Text,
        parameters: &'a [(Text, Node)],
        is_incomplete: bool,
        problems: &'a mut Problems,
    ) -> Reader<'a> {
        Reader { is_tile: true, is_incomplete, ..Reader::new(parameters, tile.span, &tile.value, problems) }
    }

    /// Starts to read a node that has to be a mapping.
    pub fn of(node: &'a Node, what: &'a str, problems: &'a mut Problems) -> Option<Reader<'a>> {
        match &node.content {
            Content::Mapping(entries) => Some(Reader::new(entries, node.span, what, problems)),
            _ => {
                problems.push(wrong_type(node, &format!("a mapping for `{what}`")));
                None
            }
        }
    }

    /// Holds the reading to the table of keys from which schema and reference are made: in builds for
    /// development, to ask for another key, or not to ask for one of these, is a mistake of the program.
    #[must_use]
    pub fn described(self, keys: &'static [&'static [Key]]) -> Reader<'a> {
        Reader { described: keys, ..self }
    }

    /// The collection of problems, to report more into it.
    pub fn problems(&mut self) -> &mut Problems {
        self.problems
    }

    /// Where missing keys are reported.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// Whether the key is there; it counts as asked for.
    pub fn has(&mut self, key: &'a str) -> bool {
        self.entry(key).is_some()
    }

    /// The key as written and its value; it counts as asked for.
    pub fn entry(&mut self, key: &'a str) -> Option<(&'a Text, &'a Node)> {
        if !self.known.contains(&key) {
            debug_assert!(
                self.described.is_empty()
                    || self.described.iter().copied().flatten().any(|known| known.name == key),
                "the key `{key}` of `{}` isn't described in definitions/reading/keys.rs",
                self.what
            );
            self.known.push(key);
        }
        self.entries.iter().find(|(name, _)| name.value == key).map(|(name, node)| (name, node))
    }

    /// Holds what is read to what is described, in builds for development.
    fn holds(&self, key: &str, is: impl Fn(Form) -> bool) {
        let described = self.described.iter().copied().flatten().find(|known| known.name == key);
        debug_assert!(
            described.is_none_or(|known| matches!(known.form.plain(), Form::Any) || is(known.form.plain())),
            "`{key}` of `{}` is read as something else than what is described",
            self.what
        );
    }

    /// The value of a key.
    pub fn node(&mut self, key: &'a str) -> Option<&'a Node> {
        self.entry(key).map(|(_, node)| node)
    }

    /// The value of a key that has to be there.
    pub fn required_node(&mut self, key: &'a str) -> Option<&'a Node> {
        self.required_with(key, None)
    }

    fn required_with(&mut self, key: &'a str, hint: Option<String>) -> Option<&'a Node> {
        let node = self.node(key);
        if node.is_none() {
            self.missing(key, hint);
        }
        node
    }

    /// Notes that a key is missing. It is reported in the end, unless there is a key that was probably
    /// meant to be it.
    pub fn missing(&mut self, key: &'a str, hint: impl Into<Option<String>>) {
        self.missing.push((key, hint.into()));
    }

    /// Text. A number or a boolean counts as the text that was written, unless it was written in a way
    /// that can't be told any more, such as `1.50`.
    pub fn text(&mut self, key: &'a str) -> Option<Text> {
        let node = self.node(key)?;
        as_text(node, key, self.problems)
    }

    /// Text that has to be there.
    pub fn required_text(&mut self, key: &'a str) -> Option<Text> {
        let node = self.required_node(key)?;
        as_text(node, key, self.problems)
    }

    /// A name by the rules for definitions, that has to be there.
    pub fn required_name(&mut self, key: &'a str) -> Option<Text> {
        let node =
            self.required_with(key, Some(format!("Write `{key}: …`, by which others refer to it.")))?;
        let name = as_text(node, key, self.problems)?;
        names::check_name(&name, self.problems);
        Some(name)
    }

    /// A length of time, such as `30 days`.
    pub fn duration(&mut self, key: &'a str) -> Option<Located<Duration>> {
        self.holds(key, |form| matches!(form, Form::Duration));
        let text = self.text(key)?;
        match calendar::parse_duration(&text.value) {
            Ok(value) => Some(Located { value, span: text.span }),
            Err(error) => {
                self.problems.push(
                    Problem::error(Code::InvalidDuration, text.span, error.to_string())
                        .hint(hints::duration_hint(&text.value)),
                );
                None
            }
        }
    }

    /// A length of time that has to be there.
    pub fn required_duration(&mut self, key: &'a str) -> Option<Located<Duration>> {
        self.required_node(key)?;
        self.duration(key)
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, key: &'a str) -> Option<Located<bool>> {
        self.holds(key, |form| matches!(form, Form::Boolean));
        let node = self.node(key)?;
        if let Content::Boolean(value) = node.content {
            return Some(Located { value, span: node.span });
        }
        let meant = match &node.content {
            Content::Text(text) => match text.value.to_lowercase().as_str() {
                "yes" | "on" | "y" | "true" => Some("Write `true`.".to_owned()),
                "no" | "off" | "n" | "false" => Some("Write `false`.".to_owned()),
                _ => None,
            },
            _ => None,
        };
        self.problems.push(wrong_type(node, &format!("`true` or `false` for `{key}`")).hint_if(meant));
        None
    }

    /// A whole number; underscores may stand in it.
    pub fn integer(&mut self, key: &'a str) -> Option<Located<i64>> {
        self.holds(key, |form| matches!(form, Form::Integer | Form::Count(_)));
        let node = self.node(key)?;
        warn_of_ambiguous_number(node, self.problems);
        let value = match &node.content {
            Content::Integer(value) => Some(*value),
            Content::Number(value) if value.fract() == 0.0 && value.abs() < 9e15 => Some(*value as i64),
            Content::Text(text) if is_bare(text) => {
                without_underscores(text).and_then(|text| text.parse().ok())
            }
            _ => None,
        };
        if value.is_none() {
            self.problems.push(wrong_type(node, &format!("a whole number for `{key}`")));
        }
        value.map(|value| Located { value, span: node.span })
    }

    /// A number; underscores may stand in it.
    pub fn number(&mut self, key: &'a str) -> Option<Located<f64>> {
        self.holds(key, |form| matches!(form, Form::Number));
        let node = self.node(key)?;
        warn_of_ambiguous_number(node, self.problems);
        let value = match &node.content {
            Content::Integer(value) => Some(*value as f64),
            Content::Number(value) => Some(*value),
            Content::Text(text) if is_bare(text) => {
                without_underscores(text).and_then(|text| text.parse().ok())
            }
            _ => None,
        };
        let value = value.filter(|value: &f64| value.is_finite());
        if value.is_none() {
            let problem = wrong_type(node, &format!("a number for `{key}`"));
            self.problems.push(problem.hint_if(foreign_hint(node)));
        }
        value.map(|value| Located { value, span: node.span })
    }

    /// One of the listed words, each with what it stands for.
    pub fn choice<T: Clone>(&mut self, key: &'a str, choices: &[(&str, T)]) -> Option<Located<T>> {
        self.holds(key, |form| matches!(form, Form::Choice(_)));
        let text = self.text(key)?;
        if let Some((_, value)) = choices.iter().find(|(word, _)| *word == text.value) {
            return Some(Located { value: value.clone(), span: text.span });
        }
        if self.problems.has_error_at(text.span) {
            return None;
        }
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        let allowed = listed(&words, |word| format!("`{word}`"));
        self.problems.push(
            Problem::error(
                Code::InvalidValue,
                text.span,
                format!("`{}` is not a value of `{key}`: expected {allowed}", text.value),
            )
            .hint_if(did_you_mean(&text.value, words).filter(|hint| hint.starts_with("Did"))),
        );
        None
    }

    /// One of the listed words, that has to be there.
    pub fn required_choice<T: Clone>(&mut self, key: &'a str, choices: &[(&str, T)]) -> Option<Located<T>> {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        self.required_with(
            key,
            Some(format!("Write {}.", listed(&words, |word| format!("`{key}: {word}`")))),
        )?;
        self.choice(key, choices)
    }

    /// A list.
    pub fn list(&mut self, key: &'a str) -> Option<&'a [Node]> {
        let node = self.node(key)?;
        if let Content::List(items) = &node.content {
            return Some(items);
        }
        let hint = match &node.content {
            Content::Text(text) if !text.value.contains('\n') => Some(format!("Write `[{}]`.", text.value)),
            _ => None,
        };
        self.problems.push(wrong_type(node, &format!("a list for `{key}`")).hint_if(hint));
        None
    }

    /// A list of texts; empty when the key isn't there.
    pub fn list_of_text(&mut self, key: &'a str) -> Vec<Text> {
        let items = self.list(key).unwrap_or_default();
        items.iter().filter_map(|item| as_text(item, key, self.problems)).collect()
    }

    /// A mapping: its entries and where it stands.
    pub fn mapping(&mut self, key: &'a str) -> Option<(&'a [(Text, Node)], Span)> {
        let node = self.node(key)?;
        if let Content::Mapping(entries) = &node.content {
            return Some((entries, node.span));
        }
        self.problems.push(wrong_type(node, &format!("a mapping for `{key}`")));
        None
    }

    /// Like [`Reader::mapping`], with a hint for who wrote something else.
    pub fn mapping_or(&mut self, key: &'a str, hint: &str) -> Option<&'a [(Text, Node)]> {
        let node = self.node(key)?;
        if let Content::Mapping(entries) = &node.content {
            return Some(entries);
        }
        self.problems.push(wrong_type(node, &format!("a mapping for `{key}`")).hint(hint));
        None
    }

    /// A condition.
    pub fn condition(&mut self, key: &'a str) -> Option<ConditionNode> {
        let node = self.node(key)?;
        condition::read(node, self.problems)
    }

    /// A condition that has to be there.
    pub fn required_condition(&mut self, key: &'a str) -> Option<ConditionNode> {
        let node = self.required_node(key)?;
        condition::read(node, self.problems)
    }

    /// Reports keys of the language that this version doesn't have yet, and tells whether any is there.
    pub fn not_available(&mut self, keys: &[&'a str]) -> bool {
        let before = self.known.len();
        for (name, _) in self.entries {
            if keys.contains(&name.value.as_str()) {
                let message = format!("`{}` is not available in this version", name.value);
                self.problems.push(Problem::error(Code::NotAvailable, name.span, message));
            }
        }
        for key in keys {
            // Known to `finish`, and never proposed by it: unavailable keys can't be what was meant.
            if self.entries.iter().any(|(name, _)| name.value == *key) {
                self.known.push(key);
            }
        }
        self.known.len() > before
    }

    /// Takes a key as known whatever its value, for those that are read elsewhere.
    pub fn skip(&mut self, key: &'a str) {
        self.known.push(key);
    }

    /// The entries that nobody has asked for yet.
    pub fn unknown(&self) -> impl Iterator<Item = &'a (Text, Node)> {
        self.entries.iter().filter(|(name, _)| !self.known.contains(&name.value.as_str()))
    }

    /// Ends the reading: reports the keys that nobody asked for. Gives the collection of problems back.
    pub fn finish(self) -> &'a mut Problems {
        self.finish_with(None)
    }

    /// Like [`Reader::finish`]; the hint stands under unknown keys that resemble no known one.
    pub fn finish_with(self, hint: Option<&str>) -> &'a mut Problems {
        debug_assert_eq!(
            self.described
                .iter()
                .copied()
                .flatten()
                .find(|key| !self.known.contains(&key.name))
                .map(|key| key.name),
            None,
            "a key of `{}` is described in definitions/reading/keys.rs and never read",
            self.what
        );
        let unknown: Vec<&Text> = self.unknown().map(|(name, _)| name).collect();
        for (key, hint) in &self.missing {
            let is_meant = |name: &Text| suggest(&name.value, self.known.iter().copied()).contains(key);
            if self.is_incomplete || unknown.iter().any(|name| is_meant(name)) {
                continue;
            }
            let message = match self.is_tile {
                true => format!("the tile `{}` needs `{key}` under `with`", self.what),
                false => format!("`{}` needs `{key}`", self.what),
            };
            self.problems.push(Problem::error(Code::MissingKey, self.span, message).hint_if(hint.clone()));
        }
        for name in unknown {
            if self.problems.has_error_at(name.span) {
                continue;
            }
            let message = match self.is_tile {
                true => format!("the tile `{}` has no parameter `{}`", self.what, name.value),
                false => format!("unknown key `{}` in `{}`", name.value, self.what),
            };
            let similar = did_you_mean(&name.value, self.known.iter().copied());
            let hint = match (similar, hint) {
                (Some(similar), Some(_)) if similar.starts_with("Did") => Some(similar),
                (_, Some(hint)) => Some(hint.to_owned()),
                (similar, None) => similar,
            };
            self.problems.push(Problem::error(Code::UnknownKey, name.span, message).hint_if(hint));
        }
        self.problems
    }
}

/// `a`, `b` or `c`.
fn listed(words: &[&str], show: impl Fn(&str) -> String) -> String {
    let shown: Vec<String> = words.iter().map(|word| show(word)).collect();
    match shown.as_slice() {
        [all @ .., last] if !all.is_empty() => format!("{} or {last}", all.join(", ")),
        _ => shown.concat(),
    }
}

#[cfg(test)]
mod tests;

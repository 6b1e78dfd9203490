//! The text of a file into nodes that know their places.

use std::collections::HashMap;

use serde_saphyr::{DuplicateKeyPolicy, Location, Options, Spanned, options::NonFiniteFloatPolicy};

use super::raw::Raw;
use super::{align, names, syntax, traps};
use crate::definitions::{Content, Node};
use crate::diagnostics::{Code, FileId, Problem, Problems, Span, Text};

/// How deep lists and mappings may lie in each other.
const MAX_DEPTH: usize = 64;
/// How many values aliases may add; files of this kind rarely have an alias at all.
const MAX_ALIASED_VALUES: usize = 20_000;
/// A level of nesting takes some 20 kB of stack in a debug build, more than a test's thread has.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// Reads the documents of a file, empty ones left out. When the text isn't YAML, the problem is
/// reported and there are no documents.
#[must_use]
pub fn parse(file: FileId, text: &str, problems: &mut Problems) -> Vec<Node> {
    let parsed = std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || serde_saphyr::from_multiple_with_options::<Spanned<Raw>>(text, options()))
            .map(|thread| thread.join())
    });
    match parsed {
        Ok(Ok(Ok(documents))) => {
            let mut reading = Reading { file, text, problems };
            documents.into_iter().map(|document| reading.node(document)).collect()
        }
        Ok(Ok(Err(error))) => {
            problems.push(syntax::problem(file, text, &error));
            names::lose_words(text, problems);
            Vec::new()
        }
        Ok(Err(_)) | Err(_) => {
            let span = Span::new(file, 0, 0);
            problems.push(Problem::error(Code::YamlSyntax, span, "the file can't be read as YAML"));
            names::lose_words(text, problems);
            Vec::new()
        }
    }
}

fn options() -> Options {
    serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        // Passed on, so that all duplicates are found, each with the place of the first.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_aliases: MAX_ALIASED_VALUES,
            max_nodes: 1_000_000,
            max_events: 4_000_000,
            max_documents: 100_000,
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_ALIASED_VALUES,
        },
    }
}

struct Reading<'a> {
    file: FileId,
    text: &'a str,
    problems: &'a mut Problems,
}

impl Reading<'_> {
    fn node(&mut self, raw: Spanned<Raw>) -> Node {
        let span = self.span(raw.defined);
        if let Some(expression) = self.tagged(span, &raw.value) {
            let span = expression.span;
            return Node { content: Content::Text(expression), span };
        }
        match raw.value {
            Raw::Null => Node { content: Content::Null, span },
            Raw::Boolean(value) => Node { content: Content::Boolean(value), span },
            Raw::Integer(value) => Node { content: Content::Integer(value), span },
            Raw::Number(value) => Node { content: Content::Number(value), span },
            Raw::Text(value) => {
                if let Some(text) = traps::cut_off(self.text, &value, span) {
                    self.problems.push(traps::comment(text.span));
                    return Node { span: text.span, content: Content::Text(text) };
                }
                let text = align::text(self.text, value, span);
                Node { span: text.span, content: Content::Text(text) }
            }
            Raw::List(items) => {
                let items = items.into_iter().map(|item| self.node(item)).collect();
                Node { content: Content::List(items), span: self.first_line(span) }
            }
            Raw::Mapping(entries) => self.mapping(entries, self.first_line(span)),
        }
    }

    fn mapping(&mut self, raw: Vec<(Spanned<Raw>, Spanned<Raw>)>, span: Span) -> Node {
        let is_braced_template = self.text[span.start..].starts_with("{{")
            && raw.iter().any(|(key, _)| matches!(key.value, Raw::Mapping(_)));
        if is_braced_template {
            self.problems.push(traps::braces(span));
            let value = &self.text[span.start..span.end];
            return Node { content: Content::Text(Text::verbatim(value, span)), span };
        }
        let mut entries: Vec<(Text, Node)> = Vec::with_capacity(raw.len());
        let mut seen: HashMap<String, Span> = HashMap::new();
        for (key, value) in raw {
            let key = self.node(key);
            let value = self.node(value);
            let Some(key) = self.key(key) else { continue };
            if let Some(first) = seen.get(&key.value) {
                let message = format!("`{}` stands here twice", key.value);
                let problem = Problem::error(Code::DuplicateKey, key.span, message);
                self.problems.push(problem.related(*first, "first written here").hint("Keep one of them."));
                continue;
            }
            seen.insert(key.value.clone(), key.span);
            entries.push((key, value));
        }
        Node { content: Content::Mapping(entries), span }
    }

    /// A key as text; keys that YAML takes for a number or a boolean are text as written.
    fn key(&mut self, key: Node) -> Option<Text> {
        match key.content {
            Content::Text(text) => Some(text),
            Content::Boolean(_) | Content::Integer(_) | Content::Number(_) => {
                Some(Text::verbatim(&self.text[key.span.start..key.span.end], key.span))
            }
            Content::Null | Content::List(_) | Content::Mapping(_) => {
                self.problems.push(Problem::error(
                    Code::WrongType,
                    key.span,
                    format!("expected text for a key, found {}", key.found()),
                ));
                None
            }
        }
    }

    /// Reports a tag before a value; the expression that it was probably meant to be takes its place.
    fn tagged(&mut self, span: Span, value: &Raw) -> Option<Text> {
        let end = if matches!(value, Raw::List(_) | Raw::Mapping(_)) { span.start } else { span.end };
        let start = traps::tag_before(self.text, span.start)?;
        let span = Span::new(self.file, start, start + self.text[start..end].trim_end().len());
        let written = &self.text[span.start..span.end];
        self.problems.push(traps::tag(span, written));
        Some(Text::verbatim(written, span))
    }

    fn span(&self, location: Location) -> Span {
        let span = location.span();
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(self.text.len());
        let start = place(span.byte_offset().unwrap_or(0));
        let end = place(span.byte_offset().unwrap_or(0).saturating_add(span.byte_len().unwrap_or(0)));
        Span::new(self.file, self.boundary(start), self.boundary(end))
    }

    /// The parser says only where a list or mapping starts: its first line stands for it.
    fn first_line(&self, span: Span) -> Span {
        let rest = &self.text[span.start..];
        let line = rest.lines().next().unwrap_or("");
        let line = line.split(" #").next().unwrap_or(line);
        Span::new(self.file, span.start, span.start + line.trim_end().len())
    }

    fn boundary(&self, mut at: usize) -> usize {
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Sources;

    fn read(text: &str) -> (Sources, Vec<Node>, Problems) {
        let mut sources = Sources::default();
        let mut problems = Problems::default();
        let file = sources.add("journeys/x.yaml", text);
        let nodes = parse(file, text, &mut problems);
        (sources, nodes, problems)
    }

    fn found(text: &str) -> Vec<String> {
        let (sources, _, problems) = read(text);
        problems
            .sorted()
            .into_iter()
            .map(|problem| {
                let at = sources.position(problem.span);
                format!("{} {}:{} {}", problem.code, at.line, at.column, problem.message)
            })
            .collect()
    }

    fn first_value(text: &str) -> (Sources, Node) {
        let (sources, mut nodes, problems) = read(text);
        assert!(problems.is_empty(), "{problems:?}");
        let Content::Mapping(mut entries) = nodes.remove(0).content else { panic!("a mapping") };
        (sources, entries.remove(0).1)
    }

    #[test]
    fn each_document_of_a_file_is_a_node_and_empty_ones_are_left_out() {
        let (sources, nodes, problems) = read("# ä\na: 1\n---\n---\n# c\nkind: x\n");
        assert!(problems.is_empty());
        assert_eq!(nodes.len(), 2);
        assert_eq!(sources.position(nodes[1].span).line, 6);
        assert_eq!(sources.slice(nodes[1].span), "kind: x");
    }

    #[test]
    fn words_that_look_like_booleans_and_padded_numbers_stay_text() {
        for (text, expected) in [
            ("a: NO", Content::Boolean(false)),
            ("a: 0755", Content::Boolean(false)),
            ("a: 1_000", Content::Boolean(false)),
            ("a: .inf", Content::Boolean(false)),
            ("a: true", Content::Boolean(true)),
            ("a: 2026", Content::Integer(2026)),
            ("a: 1.5", Content::Number(1.5)),
            ("a: ~", Content::Null),
            ("a:", Content::Null),
        ] {
            let (sources, node) = first_value(text);
            match node.content {
                Content::Text(value) => {
                    assert_eq!(value.value, sources.slice(value.span), "{text}");
                    assert_eq!(expected, Content::Boolean(false), "{text}");
                }
                other => assert_eq!(other, expected, "{text}"),
            }
        }
    }

    #[test]
    fn numbers_span_what_was_written() {
        let (sources, node) = first_value("a: 100.000 # ten\r\nb: c");
        assert_eq!(sources.slice(node.span), "100.000");
    }

    #[test]
    fn every_duplicate_is_reported_with_the_place_of_the_first() {
        let text = "a: 1\nb:\n  c: 1\n  c: 2\na: 3\n";
        assert_eq!(
            found(text),
            ["duplicate-key 4:3 `c` stands here twice", "duplicate-key 5:1 `a` stands here twice"]
        );
        let (sources, _, problems) = read(text);
        let related = &problems.sorted()[0].related[0];
        assert_eq!((sources.position(related.0).line, related.1.as_str()), (3, "first written here"));
    }

    #[test]
    fn a_syntax_error_has_line_and_column_and_words_that_help() {
        let cases = [
            ("a: b\nc: \"x\n", "yaml-syntax 2:4", "Close it"),
            ("a: {b\nc: d\n", "yaml-syntax 1:4", "}"),
            ("w:\n  - \"a\" == b\n", "yaml-syntax 2:9", "single quotes"),
            ("w: x == \"a: b\"\n", "yaml-syntax 1:4", "'x == \"a: b\"'"),
            ("s: {{contact.x}}, hi\n", "yaml-syntax 1:4", "double quotes"),
            ("a: @x\n", "yaml-syntax 1:4", "quotes"),
            ("ä: *b\n", "yaml-syntax 1:4", "quotes"),
            ("a: b\n- c\n", "yaml-syntax 2:3", "indent"),
        ];
        for (text, place, word) in cases {
            let (_, nodes, problems) = read(text);
            assert!(nodes.is_empty());
            let report = found(text);
            assert!(report.len() == 1 && report[0].starts_with(place), "{text}: {report:?}");
            let hint = problems.sorted()[0].hint.clone().unwrap_or_default();
            assert!(hint.contains(word), "{text}: {report:?} {hint}");
        }
    }

    #[test]
    fn a_tag_is_taken_for_the_negation_that_it_was_meant_to_be() {
        let cases = [
            ("- !contact.do_not_email\n", "!contact.do_not_email", "not(contact.do_not_email)"),
            ("- !contact.x && y == 1\n", "!contact.x && y == 1", "not(contact.x) && y == 1"),
            ("- !(contact.a == 1) # c\n", "!(contact.a == 1)", "not(contact.a == 1)"),
            ("- ! contact.x\n", "! contact.x", "not(contact.x)"),
            ("- !is_blank(contact.x)\n", "!is_blank(contact.x)", "not(is_blank(contact.x))"),
            ("[!contact.x, b]\n", "!contact.x", "not(contact.x)"),
        ];
        for (text, written, hint) in cases {
            let (sources, nodes, problems) = read(text);
            let all = problems.sorted();
            assert_eq!(all.len(), 1, "{text}");
            assert_eq!(all[0].code, Code::YamlTrap);
            assert_eq!(sources.slice(all[0].span), written);
            assert!(all[0].hint.as_deref().unwrap_or("").contains(hint), "{:?}", all[0].hint);
            let Content::List(items) = &nodes[0].content else { panic!("a list") };
            assert!(matches!(&items[0].content, Content::Text(text) if text.value == written));
        }
        assert!(read("a: !!str 5\n").2.is_empty(), "YAML's own tags are no trap");
        assert!(read("a: b !c\nd: \"!e\"\n").2.is_empty(), "nor is an exclamation mark inside text");
    }

    #[test]
    fn a_template_without_quotes_is_no_mapping() {
        assert_eq!(found("subject: {{contact.x}}\n"), ["yaml-trap 1:10 `{{` starts a mapping in YAML"]);
    }

    #[test]
    fn a_bomb_of_aliases_and_a_tower_of_lists_are_refused() {
        let mut bomb = String::from("a: &a [x,x,x,x,x,x,x,x,x]\n");
        for (from, to) in "abcdefgh".chars().zip("bcdefghi".chars()) {
            let aliases = vec![format!("*{from}"); 9].join(",");
            bomb += &format!("{to}: &{to} [{aliases}]\n");
        }
        let towers = ["- ".repeat(3000), "[".repeat(3000), "{a: ".repeat(3000), "? ".repeat(3000)];
        for text in towers.into_iter().chain([bomb]) {
            let report = found(&text);
            assert!(report.len() == 1 && report[0].starts_with("yaml-syntax"), "{report:?}");
        }
        assert!(found(&"- ".repeat(60)).is_empty());
    }

    #[test]
    fn a_long_line_of_many_values_is_read_in_time() {
        let ids: Vec<String> = (0..20_000).map(|id| format!("con-{id}")).collect();
        let (_, nodes, problems) = read(&format!("members: [{}]", ids.join(", ")));
        assert!(problems.is_empty());
        let Content::Mapping(entries) = &nodes[0].content else { panic!("a mapping") };
        assert!(matches!(&entries[0].1.content, Content::List(items) if items.len() == 20_000));
    }

    #[test]
    fn aliases_and_merges_point_to_where_the_value_is_written() {
        let (sources, nodes, _) = read("base: &b {k: v}\nx: {<<: *b, l: w}\ny: *b\n");
        let Content::Mapping(entries) = &nodes[0].content else { panic!("a mapping") };
        let Content::Mapping(merged) = &entries[1].1.content else { panic!("a mapping") };
        assert_eq!(merged.len(), 2);
        assert_eq!(sources.position(entries[2].1.span).line, 1);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[\\PC\n\t\r]{0,80}") {
            read(&text);
        }

        #[test]
        fn no_yaml_like_text_makes_it_panic(
            parts in proptest::collection::vec(
                proptest::sample::select(vec![
                    "a", ": ", "- ", "\n", "  ", "!", "&a", "*a", "|", ">", "\"", "'", "{", "}", "[", "]",
                    ",", "#", " #", "---", "ä", "\r\n", "\\", "%", "?", "<<", "1", "~", "{{", "\t",
                ]), 0..40)
        ) {
            read(&parts.concat());
        }
    }
}

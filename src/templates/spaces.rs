//! `~` in tags, which takes the white space beside a tag away. Handlebars for Rust takes away too much of it, so it is
//! done here, before the text is parsed; places are found again by their distance.

use super::scan::{tag_end, tags};

/// A template without `~`, and where its parts stood in the text as it was written.
pub(super) struct Trimmed {
    pub text: String,
    /// Where a part starts in `text`, and where it starts in what was written.
    parts: Vec<(usize, usize)>,
}

impl Trimmed {
    /// The place in what was written of a byte of the text.
    pub fn written(&self, at: usize) -> usize {
        let part = self.parts.iter().rev().find(|(start, _)| *start <= at);
        part.map_or(at, |(start, written)| written + (at - start))
    }

    /// The place in what was written at which something ends in the text.
    pub fn written_end(&self, start: usize, end: usize) -> usize {
        if end <= start { self.written(start) } else { self.written(end - 1) + 1 }
    }
}

/// Takes away white space beside tags with `~`, and comments, which render nothing.
pub(super) fn trimmed(source: &str) -> Trimmed {
    let mut trimmed = Trimmed { text: String::with_capacity(source.len()), parts: Vec::new() };
    let mut at = 0;
    let mut skip = false;
    let add = |trimmed: &mut Trimmed, from: usize, to: usize| {
        if from < to {
            trimmed.parts.push((trimmed.text.len(), from));
            trimmed.text.push_str(&source[from..to]);
        }
    };
    for (start, end) in tags(source) {
        let tag = &source[start..end];
        let braces = tag.len() - tag.trim_start_matches('{').len();
        let opening = tag[braces.min(tag.len())..].starts_with('~');
        let inner = tag.trim_end_matches('}');
        let closing =
            inner.len() > braces + usize::from(opening) && inner.ends_with('~') && tag.ends_with("}}");
        if !opening && !closing && !skip {
            add(&mut trimmed, at, end);
            at = end;
            continue;
        }
        let before = &source[at..start];
        let from = if skip { start - before.trim_start().len() } else { at };
        let to = if opening { from + source[from..start].trim_end().len() } else { start };
        add(&mut trimmed, from, to);
        let is_comment = inner[braces..].trim_start_matches('~').starts_with('!');
        if !is_comment {
            add(&mut trimmed, start, start + braces);
            let content_end = inner.len() - usize::from(closing);
            add(&mut trimmed, start + braces + usize::from(opening), start + content_end);
            add(&mut trimmed, start + inner.len(), end);
        }
        skip = closing;
        at = end;
    }
    let rest = &source[at..];
    let from = if skip { source.len() - rest.trim_start().len() } else { at };
    add(&mut trimmed, from, source.len());
    trimmed
}

/// The end of the tag that starts at `start`, comments with `~` included.
pub(super) fn end_of(source: &str, start: usize) -> usize {
    let rest = &source[start..];
    let comment =
        rest.strip_prefix("{{~!").map(|inner| (inner, if inner.starts_with("--") { "--" } else { "" }));
    let Some((inner, dashes)) = comment else { return tag_end(source, start) };
    let ends = [format!("{dashes}~}}}}"), format!("{dashes}}}}}")];
    let found = ends.iter().filter_map(|end| inner.find(end.as_str()).map(|at| at + end.len())).min();
    found.map_or(source.len(), |length| start + 4 + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_goes_on_the_side_of_the_sign_alone() {
        let cases = [
            ("a {{b}} c", "a {{b}} c"),
            ("a {{~b}} c", "a{{b}} c"),
            ("a {{b~}} \n c {{d}} e", "a {{b}}c {{d}} e"),
            ("a {{{~b~}}} c", "a{{{b}}}c"),
            ("{{#if x~}}\n{{y}} {{/if}}and", "{{#if x}}{{y}} {{/if}}and"),
            ("a{{~! note ~}} b", "ab"),
            ("a {{~!-- }} --~}} b", "ab"),
            ("a ~ {{b}} \\{{~c}} ", "a ~ {{b}} \\{{~c}} "),
            ("a {{b~}} {{~c}} d", "a {{b}}{{c}} d"),
        ];
        for (source, expected) in cases {
            assert_eq!(trimmed(source).text, expected, "{source}");
        }
    }

    #[test]
    fn places_are_those_of_the_text_as_it_was_written() {
        let source = "a {{~b~}}   é{{c}}";
        let trimmed = trimmed(source);
        let at = trimmed.text.find('c').unwrap();
        assert_eq!(trimmed.written(at), source.find('c').unwrap());
        assert_eq!(trimmed.written_end(at, at + 1), source.find('c').unwrap() + 1);
    }
}

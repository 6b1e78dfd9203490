//! What was written for a definition, as publications keep it.

use crate::definitions::{Definitions, Header};

impl Definitions {
    /// The whole text of a definition: from its first line to the next document of its file.
    #[must_use]
    pub fn written(&self, header: &Header) -> &str {
        let text = &self.sources.file(header.span.file).text;
        document(text.get(header.span.start..).unwrap_or(""))
    }
}

/// The text up to a line that starts another document. Such lines stand at the left edge, where YAML
/// lets no text stand, not even in blocks.
fn document(text: &str) -> &str {
    let is_marker = |line: &str| {
        ["---", "..."].iter().any(|marker| {
            line.strip_prefix(marker)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
        })
    };
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        if is_marker(line) {
            break;
        }
        end += line.len();
    }
    text[..end].trim_end()
}

#[cfg(test)]
mod tests {
    use super::document;
    use crate::definitions::testing::load_files;

    #[test]
    fn a_definition_is_its_whole_document() {
        let text = "# the first\nkind: segment\nname: a\ntarget: contact\nwhere: |\n  contact.city ==\n  \"--- x\"\n\n---\n\
                    { kind: segment, name: b, target: contact, where: true }\n...\n";
        let (definitions, problems) = load_files(&[("tilework.yaml", ""), ("journeys/x.yaml", text)], None);
        assert!(problems.is_empty(), "{problems:?}");
        let written: Vec<&str> =
            definitions.segments.iter().map(|segment| definitions.written(&segment.header)).collect();
        assert_eq!(
            written,
            [
                "kind: segment\nname: a\ntarget: contact\nwhere: |\n  contact.city ==\n  \"--- x\"",
                "{ kind: segment, name: b, target: contact, where: true }",
            ]
        );
    }

    #[test]
    fn only_a_marker_of_its_own_ends_a_document() {
        for (text, expected) in [
            ("a\n---\nb", "a"),
            ("a\r\n---\r\nb", "a"),
            ("a\n--- # next\nb", "a"),
            ("a\n----\nb", "a\n----\nb"),
            ("a\n ---\nb\n", "a\n ---\nb"),
            ("", ""),
        ] {
            assert_eq!(document(text), expected, "{text:?}");
        }
    }
}

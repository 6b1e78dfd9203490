//! A definition as it was written.

use super::{Definitions, Header};

impl Definitions {
    /// The text of a definition, from its first key to the end of its YAML document.
    #[must_use]
    pub fn written(&self, header: &Header) -> &str {
        let text = self.sources.file(header.span.file).text.get(header.span.start..).unwrap_or("");
        let end = document_end(text);
        text[..end].trim_end()
    }
}

/// Where the first document of a text ends: at a line that starts the next, or says that none follows.
fn document_end(text: &str) -> usize {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let marks = |mark: &str| {
            line.strip_prefix(mark)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
        };
        if marks("---") || marks("...") {
            return at;
        }
        at += line.len();
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::super::testing::load_files;

    #[test]
    fn each_definition_of_a_file_is_written_from_its_first_key_to_its_end() {
        let first = "kind: email # one\nname: a\nsubject: x --- y\ntext: |\n  ---\n  ...\n";
        let text = format!("# Two.\n{first}---\n\nkind: email\nname: b\nsubject: é\ntext: z");
        let (definitions, problems) =
            load_files(&[("tilework.yaml", "name: x\n"), ("journeys/x.yaml", &text)], None);
        assert!(problems.is_empty(), "{problems:?}");
        let written: Vec<&str> =
            definitions.emails.iter().map(|email| definitions.written(&email.header)).collect();
        assert_eq!(written, [first.trim_end(), "kind: email\nname: b\nsubject: é\ntext: z"]);
    }
}

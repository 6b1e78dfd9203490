//! Which segments a text defines.

use crate::definitions::{Content, nodes::yaml};
use crate::diagnostics::{Problems, Sources};

/// The names of the segments that a text defines.
#[must_use]
pub fn segment_names(text: &str) -> Vec<String> {
    let mut problems = Problems::default();
    let file = Sources::default().add("", text);
    let mut names = Vec::new();
    for document in yaml::parse(file, text, &mut problems) {
        let Content::Mapping(entries) = &document.content else { continue };
        let text_of = |wanted: &str| {
            let (_, node) = entries.iter().find(|(key, _)| key.value == wanted)?;
            if let Content::Text(text) = &node.content { Some(text.value.clone()) } else { None }
        };
        if text_of("kind").as_deref() == Some("segment") {
            names.extend(text_of("name"));
        }
    }
    names
}

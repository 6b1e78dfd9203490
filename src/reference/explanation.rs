//! The page of a code, with the names that the program knows filled in.

use crate::{
    conditions::functions,
    definitions::KINDS,
    diagnostics::{self, Code},
    tiles::TILES,
};

/// How wide a page is, in characters.
const WIDTH: usize = 100;

/// What a code means, an example of the mistake, and how to fix it: a page in Markdown, its heading first.
#[must_use]
pub fn explanation(code: Code) -> String {
    let lists = [
        ("{kinds}", KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>()),
        ("{tiles}", TILES.iter().map(|tile| tile.spec().name).collect()),
        ("{functions}", functions().iter().map(|(name, _)| *name).collect()),
    ];
    let mut page = diagnostics::explanation(code).to_owned();
    for (gap, names) in lists {
        if page.contains(gap) {
            page = page.replace(gap, &listed(&names));
            page = page.split("\n\n").map(wrapped).collect::<Vec<_>>().join("\n\n");
        }
    }
    page
}

fn listed(names: &[&str]) -> String {
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => names.concat(),
    }
}

/// A paragraph in lines that aren't too long; examples stay as they are.
fn wrapped(paragraph: &str) -> String {
    if paragraph.lines().all(|line| line.chars().count() <= WIDTH) || paragraph.starts_with(' ') {
        return paragraph.to_owned();
    }
    let mut text = String::new();
    let mut width = 0;
    for word in paragraph.split_whitespace() {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > WIDTH {
            text.push('\n');
            width = 0;
        } else if width > 0 {
            text.push(' ');
            width += 1;
        }
        text.push_str(word);
        width += length;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_name_all_that_there_is() {
        for (code, names) in [
            (Code::UnknownKind, KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>()),
            (Code::UnknownTile, TILES.iter().map(|tile| tile.spec().name).collect()),
            (Code::UnknownFunction, functions().iter().map(|(name, _)| *name).collect()),
        ] {
            let page = explanation(code);
            assert!(names.iter().all(|name| page.contains(name)), "{page}");
            assert!(!page.contains('{') || page.contains("with: {"), "{page}");
            assert!(page.lines().all(|line| line.chars().count() <= 110), "{page}");
        }
    }
}

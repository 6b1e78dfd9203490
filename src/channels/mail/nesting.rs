//! HTML of bounded depth. The time that a parser takes for deeper HTML grows with the square of the depth.

use std::collections::BTreeMap;

/// How deep elements may lie within each other. Mail programs give up long before.
const DEEPEST: usize = 200;
/// How many elements of these may be open at once; a parser opens them again in each paragraph that follows.
const MOST_FORMATTING: usize = 20;
const FORMATTING: [&str; 13] =
    ["b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];
/// Elements that the next of their kind ends, or that have no content. A link is ended by the next link.
const FLAT: [&str; 30] = [
    "a", "area", "base", "body", "br", "caption", "col", "colgroup", "dd", "dt", "embed", "head", "hr",
    "html", "img", "input", "li", "link", "meta", "option", "p", "param", "source", "tbody", "td", "tfoot",
    "th", "thead", "tr", "wbr",
];
/// Elements that hold no tags.
const RAW: [&str; 4] = ["script", "style", "textarea", "title"];

/// HTML without the tags that open elements too deep, and without those that end them.
pub(super) fn flattened(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut open: Vec<String> = Vec::new();
    let mut dropped: BTreeMap<String, usize> = BTreeMap::new();
    let mut formatting: BTreeMap<String, usize> = BTreeMap::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let named = name_of(rest);
        let end = if named.is_some() || rest.starts_with("<!--") { end_of_tag(rest) } else { 1 };
        let (tag, after) = rest.split_at(end);
        rest = after;
        let Some((name, closes)) = named else {
            out.push_str(tag);
            continue;
        };
        let taken_from = |counts: &mut BTreeMap<String, usize>| match counts.get_mut(&name) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        };
        let is_kept = if FLAT.contains(&name.as_str()) {
            true
        } else if RAW.contains(&name.as_str()) {
            let end = if closes { 0 } else { end_of_raw(rest, &name) };
            out.push_str(tag);
            out.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        } else if closes && taken_from(&mut dropped) {
            false
        } else if FORMATTING.contains(&name.as_str()) {
            let room = formatting.values().sum::<usize>() < MOST_FORMATTING;
            match (closes, room) {
                (true, _) => drop(taken_from(&mut formatting)),
                (false, true) => *formatting.entry(name.clone()).or_default() += 1,
                (false, false) => *dropped.entry(name.clone()).or_default() += 1,
            }
            closes || room
        } else if closes {
            open.truncate(open.iter().rposition(|known| *known == name).unwrap_or(open.len()));
            true
        } else if open.len() >= DEEPEST {
            *dropped.entry(name.clone()).or_default() += 1;
            false
        } else {
            open.push(name);
            true
        };
        if is_kept {
            out.push_str(tag);
        }
    }
    out.push_str(rest);
    out
}

/// Where the tag or comment ends with which a text begins.
fn end_of_tag(text: &str) -> usize {
    if text.starts_with("<!--") {
        return text.find("-->").map_or(text.len(), |at| at + 3);
    }
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') if text[..at].trim_end().ends_with('=') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    text.len()
}

/// The name of a tag in small letters, and whether it ends an element.
fn name_of(tag: &str) -> Option<(String, bool)> {
    let inside = tag.strip_prefix('<')?;
    let (inside, closes) = inside.strip_prefix('/').map_or((inside, false), |inside| (inside, true));
    let name = inside.split(|letter: char| letter.is_whitespace() || "/>".contains(letter)).next()?;
    name.starts_with(|letter: char| letter.is_ascii_alphabetic()).then(|| (name.to_ascii_lowercase(), closes))
}

/// Where the content of an element ends that holds no tags.
fn end_of_raw(text: &str, name: &str) -> usize {
    let ends = |at: usize| {
        text.get(at + 2..at + 2 + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name))
    };
    text.match_indices("</").map(|(at, _)| at).find(|at| ends(*at)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_mail_stays_as_it_is() {
        for html in [
            "<html><body><p>a<p>b<ul><li>x<li>y</ul><br/>1 < 2 <!-- <div> --> <a title='>' href=\"x>y\">l</a>",
            "<style>p > b { } <div></style><b>x</b></div></b> <",
            &"<p>a<li><td>".repeat(5_000),
            &"<div><b>x</b></div>".repeat(5_000),
            &format!("{}x{}", "<table><tr><td>".repeat(60), "</td></tr></table>".repeat(60)),
        ] {
            assert_eq!(flattened(html), html);
        }
    }

    #[test]
    fn what_lies_too_deep_is_no_element() {
        let deep = |count: usize| format!("{}x{}<i>y</i>", "<div>".repeat(count), "</div>".repeat(count));
        assert_eq!(flattened(&deep(1_000)), deep(DEEPEST));
        let unclosed = "< <div></b>".repeat(1_000);
        assert_eq!(flattened(&unclosed).matches("<div>").count(), DEEPEST);
        let formatted: String = (0..1_000).map(|at| format!("<p><b id={at}>x</p>")).collect();
        assert_eq!(flattened(&formatted).matches("<b ").count(), MOST_FORMATTING);
        assert_eq!(flattened(&formatted).matches("<p>").count(), 1_000);
    }
}

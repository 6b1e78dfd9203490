//! Where names stand in a template. Handlebars doesn't tell; but its tree comes in the order of the
//! text, so that each name is the next one that stands in a tag.

/// The text with all blanked out that isn't a name in a tag.
pub(super) struct Scan {
    /// As long as the text: spaces outside of tags, in quotes and in closing tags.
    masked: String,
    /// What has been found so far ends here.
    cursor: usize,
    /// How many tags there are.
    pub tags: usize,
    /// Deepest nesting of blocks.
    pub blocks: usize,
    /// Deepest nesting of brackets within a tag.
    pub brackets: usize,
}

impl Scan {
    pub fn new(source: &str) -> Scan {
        let mut scan =
            Scan { masked: String::with_capacity(source.len()), cursor: 0, tags: 0, blocks: 0, brackets: 0 };
        let mut open_blocks = 0_usize;
        let mut at = 0;
        while let Some(found) = source[at..].find("{{") {
            let start = at + found;
            scan.tags += 1;
            scan.blank(&source[at..start]);
            let backslashes = source[at..start].bytes().rev().take_while(|byte| *byte == b'\\').count();
            let end = if backslashes == 1 { start + 2 } else { tag_end(source, start) };
            let tag = &source[start..end];
            let inner = tag.trim_start_matches(['{', '~']);
            if backslashes == 1 || inner.starts_with('!') {
                scan.blank(tag);
            } else if inner.starts_with('/') {
                open_blocks = open_blocks.saturating_sub(1);
                scan.blank(tag);
            } else {
                if inner.starts_with('#') || tag.starts_with("{{{{") {
                    open_blocks += 1;
                    scan.blocks = scan.blocks.max(open_blocks);
                }
                scan.keep(tag);
            }
            at = end;
        }
        scan.blank(&source[at..]);
        scan
    }

    fn blank(&mut self, text: &str) {
        self.masked.extend(std::iter::repeat_n(' ', text.len()));
    }

    /// Keeps a tag but for what stands in quotes.
    fn keep(&mut self, tag: &str) {
        let mut quote = None;
        let mut escaped = false;
        let mut depth = 0_usize;
        let content = tag.trim_start_matches('{').len();
        for (index, character) in tag.char_indices() {
            let hidden = quote.is_some();
            match quote {
                Some(_) if escaped => escaped = false,
                Some(_) if character == '\\' => escaped = true,
                Some(open) if character == open => quote = None,
                Some(_) => {}
                None if matches!(character, '"' | '\'') => quote = Some(character),
                None if matches!(character, '(' | '[' | '{') && index >= tag.len() - content => {
                    depth += 1;
                    self.brackets = self.brackets.max(depth);
                }
                None if matches!(character, ')' | ']' | '}') => depth = depth.saturating_sub(1),
                None => {}
            }
            if hidden {
                self.masked.extend(std::iter::repeat_n(' ', character.len_utf8()));
            } else {
                self.masked.push(character);
            }
        }
    }

    /// Start and end of the next place where a name stands; the place last found when there is none.
    pub fn next(&mut self, name: &str) -> (usize, usize) {
        let mut from = self.cursor;
        while let Some(found) = self.masked.get(from..).and_then(|rest| rest.find(name)) {
            let (start, end) = (from + found, from + found + name.len());
            let before = self.masked[..start].chars().next_back();
            let after = self.masked[end..].chars().next();
            if !name.is_empty() && !before.is_some_and(is_name) && !after.is_some_and(is_name) {
                self.cursor = end;
                return (start, end);
            }
            from = end + after.map_or(1, char::len_utf8);
        }
        (self.cursor, self.cursor)
    }
}

impl Scan {
    /// Start and end of the next number, as it was written; the place last found when there is none.
    pub fn next_number(&mut self) -> (usize, usize) {
        let rest = self.masked.get(self.cursor..).unwrap_or_default();
        let starts = |at: usize, letter: char| {
            let before = rest[..at].chars().next_back();
            (letter.is_ascii_digit() || letter == '-') && !before.is_some_and(is_name)
        };
        let Some((at, _)) = rest.char_indices().find(|(at, letter)| starts(*at, *letter)) else {
            return (self.cursor, self.cursor);
        };
        let length = rest[at..].find(|c: char| !is_name(c)).unwrap_or(rest.len() - at);
        let start = self.cursor + at;
        self.cursor = start + length;
        (start, start + length)
    }

    /// Start and end of the next tag that includes another template; the place last found when there is none.
    pub fn next_partial(&mut self, source: &str) -> (usize, usize) {
        for (start, end) in tags(source).into_iter().filter(|(start, _)| *start >= self.cursor) {
            let inner = source[start..end].trim_start_matches(['{', '~', '#']).trim_start();
            if inner.starts_with('>') {
                self.cursor = end;
                return (start, end);
            }
        }
        (self.cursor, self.cursor)
    }

    /// Start and end of the next text in quotes; the place last found when there is none.
    pub fn next_quoted(&mut self, source: &str) -> (usize, usize) {
        let rest = self.masked.get(self.cursor..).unwrap_or_default();
        let Some(start) = rest.find(['"', '\'']).map(|at| self.cursor + at) else {
            return (self.cursor, self.cursor);
        };
        // The closing quote and all before it are blanked out; an escaped quote isn't the closing one.
        let quote = source[start..].chars().next().unwrap_or('"');
        let mut escaped = false;
        let closing = source[start + 1..].char_indices().find(|(_, character)| {
            let closes = *character == quote && !escaped;
            escaped = *character == '\\' && !escaped;
            closes
        });
        let end = closing.map_or(source.len(), |(at, _)| start + 1 + at + quote.len_utf8());
        self.cursor = end;
        (start, end)
    }
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-' | '$' | ':' | '.' | '/' | '@')
}

/// Where each tag starts and ends; braces behind a backslash are none.
pub(super) fn tags(source: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = source[at..].find("{{").map(|start| at + start) {
        let backslashes = source[at..start].bytes().rev().take_while(|byte| *byte == b'\\').count();
        at = start + 2;
        if backslashes != 1 {
            at = super::spaces::end_of(source, start);
            found.push((start, at));
        }
    }
    found
}

/// The first block that is never closed: where its tag starts and ends, and its name.
pub(super) fn open_block(source: &str) -> Option<(usize, usize, &str)> {
    let mut open: Vec<(usize, usize, &str)> = Vec::new();
    let mut at = 0;
    while let Some(found) = source[at..].find("{{") {
        let start = at + found;
        at = if source[..start].ends_with('\\') { start + 2 } else { tag_end(source, start) };
        let inner = source[start..at].trim_start_matches(['{', '~']);
        if let Some(rest) = inner.strip_prefix('#') {
            let rest = rest.trim_start();
            let end = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
            open.push((start, at, &rest[..end]));
        } else if inner.starts_with('/') {
            open.pop();
        }
    }
    open.into_iter().next_back()
}

/// The end of the tag that starts at `start`.
pub(super) fn tag_end(source: &str, start: usize) -> usize {
    let rest = &source[start..];
    let closed_by = |end: &str| rest.find(end).map_or(source.len(), |at| start + at + end.len());
    if rest.starts_with("{{!--") {
        return closed_by("--}}");
    }
    if rest.starts_with("{{!") {
        return closed_by("}}");
    }
    let mut quote = None;
    let mut escaped = false;
    for (index, character) in rest.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if character == '\\' => escaped = true,
            Some(open) if character == open => quote = None,
            Some(_) => {}
            None if matches!(character, '"' | '\'') => quote = Some(character),
            None if rest[index..].starts_with("}}") => {
                let braces = rest[index..].bytes().take_while(|byte| *byte == b'}').count();
                let opened = rest.bytes().take_while(|byte| *byte == b'{').count();
                return start + index + braces.min(opened.max(2));
            }
            None => {}
        }
    }
    source.len()
}

/// The byte at a line and a column in characters, both from 1.
pub(super) fn byte_at(source: &str, line: usize, column: usize) -> usize {
    let start: usize = source.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = &source[start.min(source.len())..];
    start + rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_tags_alone_one_after_the_other() {
        let source =
            r#"city {{! city }} \{{city}} {{x "city" 'city' citys contact.city city}} {{/city}}{{~ city ~}}"#;
        let mut scan = Scan::new(source);
        assert_eq!(scan.masked.len(), source.len());
        let first = scan.next("city");
        let second = scan.next("city");
        assert_eq!((first.0, second.0), (64, source.len() - 8));
        assert_eq!(scan.next("city").0, second.1, "the third is nowhere");
    }

    #[test]
    fn nesting_is_measured() {
        let scan = Scan::new("{{#if (eq (a) 1)}}{{#each b}}{{{c}}}{{/each}}{{/if}}{{#if d}}{{/if}}");
        assert_eq!((scan.blocks, scan.brackets), (2, 2));
    }

    #[test]
    fn places_count_lines_and_characters() {
        assert_eq!(byte_at("é\nüx", 2, 2), 5);
        assert_eq!(byte_at("é", 9, 9), 2);
    }
}

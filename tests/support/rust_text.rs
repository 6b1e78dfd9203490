//! Just enough of Rust's lexical rules to tell code, comments and text literals apart.

/// A source file taken apart; lines are counted from 1.
pub struct RustText {
    /// The code, each comment and the content of each literal replaced by spaces, line ends kept.
    pub code: String,
    /// The content of each text literal with the line on which it starts, escapes left as written.
    pub literals: Vec<(usize, String)>,
}

/// Takes a source file apart.
pub fn read(source: &str) -> RustText {
    let characters: Vec<char> = source.chars().collect();
    let mut text = RustText { code: String::with_capacity(source.len()), literals: Vec::new() };
    let (mut at, mut line) = (0, 1);
    while at < characters.len() {
        let end = match characters[at] {
            '/' if characters.get(at + 1) == Some(&'/') => line_comment(&characters, at),
            '/' if characters.get(at + 1) == Some(&'*') => block_comment(&characters, at),
            '\'' => character(&characters, at),
            '"' => {
                let end = quoted(&characters, at);
                let content = &characters[at + 1..end.saturating_sub(1).max(at + 1)];
                text.literals.push((line, content.iter().collect()));
                end
            }
            'r' if starts_raw(&characters, at) => {
                let (content, end) = raw(&characters, at);
                text.literals.push((line, content));
                end
            }
            _ => {
                text.code.push(characters[at]);
                line += usize::from(characters[at] == '\n');
                at += 1;
                continue;
            }
        };
        for character in &characters[at..end] {
            text.code.push(if *character == '\n' { '\n' } else { ' ' });
            line += usize::from(*character == '\n');
        }
        at = end;
    }
    text
}

fn line_comment(characters: &[char], at: usize) -> usize {
    position(characters, at, |rest| rest[0] == '\n').unwrap_or(characters.len())
}

fn block_comment(characters: &[char], at: usize) -> usize {
    let (mut at, mut depth) = (at, 0);
    while at < characters.len() {
        match characters.get(at..at + 2) {
            Some(['/', '*']) => (depth, at) = (depth + 1, at + 2),
            Some(['*', '/']) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    characters.len()
}

/// The end of a character literal; of a lifetime, just its quote.
fn character(characters: &[char], at: usize) -> usize {
    match characters.get(at + 1) {
        Some('\\') => {
            position(characters, at + 3, |rest| rest[0] == '\'').map_or(characters.len(), |end| end + 1)
        }
        Some(_) if characters.get(at + 2) == Some(&'\'') => at + 3,
        _ => at + 1,
    }
}

fn quoted(characters: &[char], at: usize) -> usize {
    let mut at = at + 1;
    while at < characters.len() {
        match characters[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    characters.len()
}

/// Whether an `r` starts a raw literal, as opposed to a name.
fn starts_raw(characters: &[char], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| characters[before]);
    let in_name = |character: char| character.is_alphanumeric() || character == '_';
    let prefix = before == Some('b') && !at.checked_sub(2).is_some_and(|before| in_name(characters[before]));
    let hashes = characters[at + 1..].iter().take_while(|character| **character == '#').count();
    (prefix || !before.is_some_and(in_name)) && characters.get(at + 1 + hashes) == Some(&'"')
}

fn raw(characters: &[char], at: usize) -> (String, usize) {
    let hashes = characters[at + 1..].iter().take_while(|character| **character == '#').count();
    let start = at + hashes + 2;
    let closes = |rest: &[char]| {
        rest[0] == '"' && rest.len() > hashes && rest[1..=hashes].iter().all(|character| *character == '#')
    };
    let end = position(characters, start, closes).unwrap_or(characters.len());
    (characters[start..end].iter().collect(), (end + hashes + 1).min(characters.len()))
}

fn position(characters: &[char], from: usize, holds: impl Fn(&[char]) -> bool) -> Option<usize> {
    (from..characters.len()).find(|at| holds(&characters[*at..]))
}

#[test]
fn code_comments_and_literals_are_told_apart() {
    let source = r###"let a = "one // no \" comment"; // "no literal"
/* nothing /* "nested" */ still nothing */ let b = r#"two "2" "#;
let c: &'static str = b"three"; let d = ('"', '\'', 'r'); let bar = "four
lines"; five"###;
    let text = read(source);
    let literals: Vec<(usize, &str)> =
        text.literals.iter().map(|(line, text)| (*line, text.as_str())).collect();
    assert_eq!(
        literals,
        [(1, "one // no \\\" comment"), (2, "two \"2\" "), (3, "three"), (3, "four\nlines")]
    );
    let code: Vec<String> =
        text.code.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        code,
        ["let a = ;", "let b = ;", "let c: & static str = b ; let d = ( , , ); let bar =", "; five"]
    );
}

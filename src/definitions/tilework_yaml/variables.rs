//! `${NAME}` and `${file:PATH}` in settings.

use std::cell::RefCell;
use std::io::Read;
use std::path::Path;

use crate::definitions::disk::files::in_words;
use crate::definitions::{Content, Folder, Node};
use crate::diagnostics::{Code, Problem, Problems, Text};
use crate::model::{WebAddress, WebAddressError};

/// In bytes.
const LONGEST_VALUE: u64 = 64 * 1024;

/// Where the values of variables come from.
#[derive(Clone, Copy)]
pub(in crate::definitions) struct Variables<'a> {
    /// The folder to which `${file:PATH}` is relative.
    pub(in crate::definitions) root: &'a Path,
    /// Takes note of the files that values are read from.
    pub(in crate::definitions) folder: &'a Folder,
    /// Whether a value that is missing is an error, or a warning.
    pub(in crate::definitions) required: bool,
    /// The value of a variable of the environment.
    pub(in crate::definitions) lookup: &'a dyn Fn(&str) -> Option<String>,
    /// Every value that was filled in: none of them may be shown.
    pub(in crate::definitions) secrets: &'a RefCell<Vec<String>>,
}

/// Fills in the variables of every text in a node. What can't be filled in is reported, and its text
/// stays as it was written.
pub(in crate::definitions) fn fill(node: &mut Node, variables: Variables<'_>, problems: &mut Problems) {
    match &mut node.content {
        Content::Text(text) if text.value.contains("${") => *text = filled(text, variables, problems),
        Content::List(items) => {
            for item in items {
                fill(item, variables, problems);
            }
        }
        Content::Mapping(entries) => {
            for (_, value) in entries {
                fill(value, variables, problems);
            }
        }
        _ => {}
    }
}

fn filled(text: &Text, variables: Variables<'_>, problems: &mut Problems) -> Text {
    let mut value = String::new();
    let mut offsets: Vec<u32> = Vec::new();
    let place = |at: usize| u32::try_from(text.span_at(at, at).start).unwrap_or(u32::MAX);
    let mut complete = true;
    let mut at = 0;
    while at < text.value.len() {
        let rest = &text.value[at..];
        let Some(start) = rest.find("${") else {
            value.push_str(rest);
            offsets.extend((at..text.value.len()).map(place));
            break;
        };
        value.push_str(&rest[..start]);
        offsets.extend((at..at + start).map(place));
        let Some(length) = rest[start..].find('}') else {
            let span = text.span_at(at + start, text.value.len());
            let problem = Problem::error(Code::InvalidSetting, span, "`${` isn't closed by `}`");
            problems.push(problem.hint("Write `${NAME}` or `${file:PATH}`."));
            return text.clone();
        };
        let name = &rest[start + 2..start + length];
        match look_up(name, variables) {
            Ok(found) if has_user(&found) => {
                let span = text.span_at(at + start, at + start + length + 1);
                let message = format!("the address in `{name}` has a user in it");
                problems.push(
                    Problem::error(Code::InvalidUrl, span, message)
                        .hint("Leave it out of the address, and write a header: `headers: { Authorization: \"Bearer ${TOKEN}\" }`."),
                );
                variables.secrets.borrow_mut().push(found);
                complete = false;
            }
            Ok(found) => {
                offsets.extend(std::iter::repeat_n(place(at + start), found.len()));
                value.push_str(&found);
                variables.secrets.borrow_mut().push(found);
            }
            Err((message, hint)) => {
                let span = text.span_at(at + start, at + start + length + 1);
                let problem = match variables.required {
                    true => Problem::error(Code::MissingVariable, span, message),
                    false => Problem::warning(Code::MissingVariable, span, message),
                };
                problems.push(problem.hint(hint));
                complete = false;
            }
        }
        at += start + length + 1;
    }
    offsets.push(place(text.value.len()));
    if complete { Text::mapped(value, text.span, offsets) } else { text.clone() }
}

/// Whether it is the address of a web service with a user in it, which no call can be made to.
fn has_user(value: &str) -> bool {
    matches!(WebAddress::parse(value.trim()), Err(WebAddressError::User))
}

fn noted(path: &Path, folder: &Folder) -> std::io::Result<String> {
    folder.note(path);
    short_file(path)
}

/// The text of a file that holds one value.
fn short_file(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(LONGEST_VALUE + 1).read_to_string(&mut text)?;
    match text.len() as u64 > LONGEST_VALUE {
        true => Err(std::io::Error::other("it is longer than 64 kB")),
        false => Ok(text),
    }
}

/// The value; else what is wrong, and how to fix it.
fn look_up(name: &str, variables: Variables<'_>) -> Result<String, (String, String)> {
    match name.strip_prefix("file:") {
        Some(path) => noted(&variables.root.join(path), variables.folder)
            .map(|content| content.trim_end_matches(['\r', '\n']).to_owned())
            .map_err(|error| {
                let message = format!("the file `{path}` can't be read: {}", in_words(&error));
                (message, "Its path counts from the folder of the workspace.".to_owned())
            }),
        None if name.contains(|c: char| !(c.is_ascii_alphanumeric() || c == '_')) || name.is_empty() => {
            let hint = "Write `${NAME}` or `${file:PATH}`.".to_owned();
            Err((format!("`{name}` is not the name of a variable"), hint))
        }
        None => (variables.lookup)(name).ok_or_else(|| {
            let hint = format!("Set it where Tilework is started, such as `export {name}=…`.");
            (format!("the variable `{name}` isn't set"), hint)
        }),
    }
}

//! `kind: workflow`.

use crate::definitions::disk::files::Files;
use crate::definitions::reading::keys::HTTP;
use crate::definitions::reading::needs::{self, NeedsDefinition};
use crate::definitions::tilework_yaml::channels::length;
use crate::definitions::tilework_yaml::variables::{self, Variables};
use crate::definitions::{Header, HttpDefinition, Reader, reading::header, tilework_yaml::http};
use crate::diagnostics::{Code, Problem, Text};

/// `kind: workflow`.
#[derive(Debug, Clone)]
pub struct WorkflowDefinition {
    /// Name and the rest.
    pub header: Header,
    /// The call that it is.
    pub http: Option<HttpDefinition>,
    /// The script that it is.
    pub script: Option<WorkflowScript>,
    /// Time in which a call can still be dropped.
    pub hold: Option<Text>,
    /// After what time it isn't made any more.
    pub expires: Option<Text>,
}

/// The script of a workflow.
#[derive(Debug, Clone)]
pub struct WorkflowScript {
    /// Its path, relative to the workspace.
    pub path: String,
    /// What stands in it.
    pub text: Text,
    /// What it is given.
    pub needs: NeedsDefinition,
}

/// Reads `kind: workflow`, with the variables of its call filled in; `path` is that of the file in which it
/// stands, relative to the workspace.
pub(in crate::definitions) fn read(
    mut reader: Reader<'_>,
    path: &str,
    files: &mut Files<'_>,
    variables: Variables<'_>,
) -> Option<WorkflowDefinition> {
    let span = reader.span();
    let header = header::read(&mut reader, span);
    let written = reader.entry("http");
    let http = written.and_then(|(_, node)| {
        http::report_secrets(node, reader.problems());
        let mut filled = node.clone();
        variables::fill(&mut filled, variables, reader.problems());
        let mut inner = Reader::of(&filled, "http", reader.problems())?.described(&[HTTP]);
        let found = http::read(&mut inner);
        inner.finish();
        found
    });
    let has_script = reader.has("script");
    let script = reader.text("script");
    match (written, &script) {
        (Some(_), Some(script)) => {
            reader.problems().push(
                Problem::error(Code::InvalidValue, script.span, "`http` and `script` can't stand together")
                    .hint("Keep one of them; a journey may launch two workflows one after the other."),
            );
        }
        (None, None) if !has_script => {
            reader.missing(
                "http",
                "Write `http:` with a `url`, or `script:` with the name of a script.".to_owned(),
            );
        }
        _ => {}
    }
    let is_call = written.is_some();
    let refused = if has_script { ["hold", "expires"].as_slice() } else { ["needs"].as_slice() };
    for key in refused.iter().filter(|_| is_call != has_script) {
        if let Some((key, _)) = reader.entry(key) {
            let (what, hint) = match has_script {
                true => (
                    "a script",
                    "What a script does is done at once; write it at the channel that its messages go to.",
                ),
                false => ("a call", "The templates of a call are given every field that they name."),
            };
            let message = format!("`{}` doesn't belong to {what}", key.value);
            reader.problems().push(Problem::error(Code::InvalidValue, key.span, message).hint(hint));
        }
    }
    let needs = reader.node("needs").cloned();
    let needs = needs.map(|needs| needs::read(&needs, reader.problems())).unwrap_or_default();
    let hold = length(&mut reader, "hold");
    let expires = length(&mut reader, "expires");
    let script = script.filter(|_| !is_call).and_then(|name| {
        let (file, text) = files.referred(&name, path, reader.problems())?;
        Some(WorkflowScript { path: files.path(file), text: Text::file(file, text), needs })
    });
    reader.finish();
    Some(WorkflowDefinition { header: header?, http, script, hold, expires })
}

//! `kind: workflow`.

use super::channels::length;
use super::keys::HTTP;
use super::variables::{self, Variables};
use super::{Header, HttpDefinition, Reader, header, http};
use crate::diagnostics::{Code, Problem, Text};

/// `kind: workflow`.
#[derive(Debug, Clone)]
pub struct WorkflowDefinition {
    /// Name and the rest.
    pub header: Header,
    /// The call that it is.
    pub http: Option<HttpDefinition>,
    /// The script that it is.
    pub script: Option<Text>,
    /// Time in which a call can still be dropped.
    pub hold: Option<Text>,
    /// After what time it isn't made any more.
    pub expires: Option<Text>,
}

/// Reads `kind: workflow`, with the variables of its call filled in.
pub(super) fn read(mut reader: Reader<'_>, variables: Variables<'_>) -> Option<WorkflowDefinition> {
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
    let script = reader.text("script");
    match (written, &script) {
        (Some(_), Some(script)) => {
            reader.problems().push(
                Problem::error(Code::InvalidValue, script.span, "`http` and `script` can't stand together")
                    .hint("Keep one of them; a journey may launch two workflows one after the other."),
            );
        }
        (None, Some(script)) => reader.problems().push(Problem::error(
            Code::NotAvailable,
            script.span,
            "a workflow that is a script is not available in this version",
        )),
        (None, None) if !reader.has("script") => {
            reader.missing(
                "http",
                "Write `http:` with a `url`, or `script:` with the name of a script.".to_owned(),
            );
        }
        _ => {}
    }
    let hold = length(&mut reader, "hold");
    let expires = length(&mut reader, "expires");
    reader.finish();
    Some(WorkflowDefinition { header: header?, http, script, hold, expires })
}

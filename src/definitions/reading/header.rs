//! What every definition has: its name, and words for people.

use crate::definitions::Reader;
use crate::diagnostics::{Span, Text};

/// What every definition has.
#[derive(Debug, Clone)]
pub struct Header {
    /// The name by which others refer to it.
    pub name: Text,
    /// A name for people.
    pub label: Option<Text>,
    /// What it is for.
    pub description: Option<Text>,
    /// Who looks after it.
    pub owner: Option<Text>,
    /// Its name in the former publication.
    pub was: Option<Text>,
    /// Where the definition starts.
    pub span: Span,
}

/// Reads the header of a definition that starts at `span`. Without a name there is none, since nothing
/// could refer to the definition.
pub(in crate::definitions) fn read(reader: &mut Reader<'_>, span: Span) -> Option<Header> {
    let name = reader.required_name("name");
    with_name(reader, span, name)
}

/// Like [`read`], with a name that was read by other rules.
pub(in crate::definitions) fn with_name(
    reader: &mut Reader<'_>,
    span: Span,
    name: Option<crate::diagnostics::Text>,
) -> Option<Header> {
    let was = reader.text("was");
    without_former_name(reader, span, name).map(|header| Header { was, ..header })
}

/// Like [`with_name`], where nothing refers to the name, so that it has no former one.
pub(in crate::definitions) fn without_former_name(
    reader: &mut Reader<'_>,
    span: Span,
    name: Option<crate::diagnostics::Text>,
) -> Option<Header> {
    reader.skip("kind");
    let label = reader.text("label");
    let description = reader.text("description");
    let owner = reader.text("owner");
    Some(Header { name: name?, label, description, owner, was: None, span })
}

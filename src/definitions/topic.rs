//! `kind: topic`.

use super::{Reader, TopicDefinition, header};

/// Reads `kind: topic`.
pub(super) fn read(mut reader: Reader<'_>) -> Option<TopicDefinition> {
    let span = reader.span();
    let header = header::read(&mut reader, span);
    reader.finish();
    Some(TopicDefinition { header: header? })
}

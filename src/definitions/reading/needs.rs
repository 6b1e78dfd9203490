//! `needs:` of custom tiles and of workflows that are scripts: what the script is given.

use super::condition;
use crate::definitions::{
    ConditionNode, Content, DidNode, DidWord, Node, Reader,
    nodes::{names, scalars::wrong_type},
};
use crate::diagnostics::{Code, Problem, Problems, Text};

/// What a script is given beside ids.
#[derive(Debug, Clone, Default)]
pub struct NeedsDefinition {
    /// Fields of the contact.
    pub contact: Vec<Text>,
    /// Fields of the account.
    pub account: Vec<Text>,
    /// Interactions that are counted, each under a name.
    pub did: Vec<(Text, DidNode)>,
    /// The account's field among whose equal values turns are counted: `account.country`.
    pub turn: Option<Text>,
}

/// Reads what stands under `needs:`.
pub(in crate::definitions) fn read(node: &Node, problems: &mut Problems) -> NeedsDefinition {
    let Some(mut reader) = Reader::of(node, "needs", problems) else { return NeedsDefinition::default() };
    let contact = reader.list_of_text("contact");
    let account = reader.list_of_text("account");
    let turn = reader.text("turn");
    let entries = reader.mapping_or(
        "did",
        "Write each count by a name, such as `engaged: { did: EmailClicked, within: 30 days }`.",
    );
    let mut did = Vec::new();
    for (name, node) in entries.unwrap_or_default() {
        names::check_field_name(name, reader.problems());
        if let Content::Text(kind) = &node.content {
            let problem = wrong_type(node, &format!("a mapping for `{}`", name.value));
            reader
                .problems()
                .push(problem.hint(format!("Write `{}: {{ did: {} }}`.", name.value, kind.value)));
            continue;
        }
        let span = node.span;
        match condition::read(node, reader.problems()) {
            Some(ConditionNode::Did(node))
                if node.word == DidWord::Did && node.count.is_none() && node.measure.is_none() =>
            {
                did.push((name.clone(), *node));
            }
            Some(_) => reader.problems().push(
                Problem::error(Code::InvalidValue, span, format!("`{}` isn't something to count", name.value))
                    .hint("Write `did: EmailClicked`, with `where`, `within`, `since` or `until`; the script compares the number."),
            ),
            None => {}
        }
    }
    reader.finish();
    NeedsDefinition { contact, account, did, turn }
}

//! What a tile is compiled with: the journey around it and the workspace's names.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::CustomTile;
use crate::{
    calendar::Zone,
    conditions::KnownStep,
    definitions::{Located, Reader},
    diagnostics::{Code, Problem, Problems, Span, did_you_mean},
    model::{Catalog, Entity},
};

/// What a tile is compiled with.
pub struct CompileContext<'a> {
    /// Whether the journey is about contacts or accounts.
    pub target: Entity,
    /// The journey's time zone.
    pub zone: &'a Zone,
    /// When the journey starts, UTC milliseconds; nothing when that can't be told.
    pub start: Option<i64>,
    /// The journey's owner.
    pub owner: Option<&'a str>,
    /// Fields, interaction types and segments.
    pub catalog: &'a Catalog,
    /// What a step may refer to beside that.
    pub names: &'a Names,
    /// The journey's steps by id.
    pub steps: &'a BTreeMap<String, KnownStep>,
    /// Whether the journey has no end, and never starts over.
    pub endless: bool,
    /// Where problems go.
    pub problems: &'a mut Problems,
}

/// The names of what steps refer to.
#[derive(Clone, Default)]
pub struct Names {
    /// E-mails.
    pub emails: BTreeSet<String>,
    /// Workflows.
    pub workflows: BTreeMap<String, KnownWorkflow>,
}

/// What a step that launches a workflow has to know about it.
#[derive(Clone)]
pub enum KnownWorkflow {
    /// A call.
    Call {
        /// Whether it shows fields of the contact.
        shows_contact: bool,
    },
    /// A script.
    Script(Arc<CustomTile>),
}

/// What a tile decides or acts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Each contact.
    Contact,
    /// Each account.
    Account,
}

const UNITS: [(&str, Unit); 2] = [("contact", Unit::Contact), ("account", Unit::Account)];

/// Reads `based_on`, `by` or `for_each`: needed in an account journey, and never `account` in a contact
/// journey.
pub(super) fn unit(key: &'static str, target: Entity, reader: &mut Reader<'_>) -> Option<Unit> {
    let written = reader.has(key);
    let unit: Option<Located<Unit>> = reader.choice(key, &UNITS);
    match (target, unit) {
        (Entity::Account, None) if !written => {
            let span = reader.span();
            reader.problems().push(
                Problem::error(Code::MissingUnit, span, format!("`{key}` is missing"))
                    .hint(format!("In an account journey write `{key}: contact` or `{key}: account`.")),
            );
            None
        }
        (_, None) if written => None,
        (Entity::Account, Some(unit)) => Some(unit.value),
        (_, Some(unit)) if unit.value == Unit::Account => {
            reader.problems().push(
                Problem::error(
                    Code::AccountOption,
                    unit.span,
                    format!("`{key}: account` in a contact journey"),
                )
                .hint("Write `contact`, or give the journey `target: account`."),
            );
            None
        }
        _ => Some(Unit::Contact),
    }
}

/// Reports a name that nothing has.
pub(super) fn unknown<'n>(
    code: Code,
    what: &str,
    name: &str,
    span: Span,
    names: impl IntoIterator<Item = &'n str>,
    problems: &mut Problems,
) {
    problems.push(
        Problem::error(code, span, format!("there is no {what} `{name}`")).hint_if(did_you_mean(name, names)),
    );
}

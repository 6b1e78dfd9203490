//! Calls in conditions whose answers no database can work out: functions of `scripts/`, and tables.

use std::fmt;

use sha2::{Digest, Sha256};

use super::{FieldType, Operand, Part, Predicate, Subject, Value};

/// A call of a function of `scripts/`, or of `lookup`. What it gives depends on its inputs alone, so that
/// the same call with the same inputs is answered once.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// What is called.
    pub callee: Callee,
    /// What it is called with.
    pub arguments: Vec<Argument>,
    /// What it has to give: text, number, boolean, date or datetime. Anything else is no answer.
    pub gives: FieldType,
    /// Changes whenever the answer to the same inputs may be another.
    pub version: String,
}

/// What is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Callee {
    /// A function of `scripts/`, by its name.
    Script(String),
    /// A cell of a table: its argument is the key of the row.
    Lookup {
        /// The table's name.
        table: String,
        /// The column's name.
        column: String,
    },
}

/// What something is called with.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    /// A record, with the fields that are read of it.
    Record {
        /// Which record in scope.
        of: Subject,
        /// Its fields.
        fields: Vec<RecordField>,
    },
    /// A value.
    Value(Input),
}

/// A field of a record that something is called with.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordField {
    /// The names by which it may be read.
    pub names: Vec<String>,
    /// The field.
    pub input: Input,
}

/// A value on which an answer depends.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The value.
    pub operand: Operand,
    /// Its type.
    pub kind: FieldType,
}

impl Call {
    /// The values that differ from record to record, in a fixed order; literals aren't among them.
    #[must_use]
    pub fn inputs(&self) -> Vec<&Input> {
        let mut inputs = Vec::new();
        for argument in &self.arguments {
            match argument {
                Argument::Record { fields, .. } => inputs.extend(fields.iter().map(|field| &field.input)),
                Argument::Value(input) => inputs.extend(Some(input).filter(|input| !input.is_literal())),
            }
        }
        inputs
    }

    /// A number that tells the call from others, inputs apart.
    #[must_use]
    pub fn key(&self) -> i64 {
        let digest = Sha256::digest(format!("{self:?}"));
        let bytes = digest.iter().take(8);
        bytes.fold(0_i64, |key, byte| (key << 8) | i64::from(*byte)) & i64::MAX
    }
}

impl Predicate {
    /// The calls that it asks of the records in scope, each once; those about related records aren't
    /// among them.
    #[must_use]
    pub fn own_calls(&self) -> Vec<&Call> {
        fn collect<'p>(part: Part<'p>, found: &mut Vec<&'p Call>) {
            match part {
                Part::Operand(Operand::Call(call)) => {
                    if !found.contains(&&**call) {
                        found.push(call);
                    }
                }
                Part::Predicate(Predicate::Related(_)) => {}
                other => other.below().into_iter().for_each(|part| collect(part, found)),
            }
        }
        let mut found = Vec::new();
        collect(Part::Predicate(self), &mut found);
        found
    }
}

impl Input {
    /// Whether it is the same for all records.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        matches!(self.operand, Operand::Literal(_))
    }
}

/// Who answers calls.
pub trait Answers: fmt::Debug {
    /// What a call gives with these inputs, which are [`Call::inputs`] in their order; missing when it
    /// gives nothing.
    ///
    /// # Errors
    /// In words, when there is no answer: the function fails, or gives a value of another type.
    fn answer(&self, call: &Call, inputs: &[Value]) -> Result<Value, String>;
}

/// Nobody: no call has an answer.
impl Answers for () {
    fn answer(&self, _: &Call, _: &[Value]) -> Result<Value, String> {
        Err("nobody answers calls here".to_owned())
    }
}

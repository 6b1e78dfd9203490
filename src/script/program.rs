//! A script that is ready to be called.

use std::{collections::BTreeMap, panic::AssertUnwindSafe};

use rhai::{AST, CallFnOptions, Dynamic, EvalAltResult, Scope};

use super::{
    Action, Library, Place, ScriptError, ScriptValue,
    library::{function_place, function_span},
    limits, memory,
    value::described,
    walk, work,
};
use crate::diagnostics::{Span, Text};

/// What a function gave back.
#[derive(Debug, Clone, PartialEq)]
pub enum Returned {
    /// An action.
    Action(Action),
    /// Anything else.
    Value(ScriptValue),
}

/// A text that is written out as an argument of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    /// The function.
    pub function: String,
    /// Which argument, from 0.
    pub argument: usize,
    /// The text.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// A property of a variable that is handed on as an argument of a call, as in `params.channel`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedOn {
    /// The function or method.
    pub function: String,
    /// Which argument, from 0.
    pub argument: usize,
    /// The variable.
    pub variable: String,
    /// The property.
    pub property: String,
    /// The function of the script that holds the call.
    pub within: String,
}

/// The script of a custom tile, or of a workflow.
pub struct Program {
    path: String,
    ast: AST,
    owners: BTreeMap<String, String>,
    functions: BTreeMap<String, Function>,
    literals: Vec<Literal>,
    handed_on: Vec<HandedOn>,
    calls: BTreeMap<String, Span>,
}

struct Function {
    parameters: Vec<String>,
    span: Span,
    place: Place,
}

impl Program {
    pub(super) fn new(
        path: &str,
        text: &Text,
        shared: &AST,
        own: &AST,
        owners: BTreeMap<String, String>,
    ) -> Program {
        let functions = own.iter_functions().map(|function| {
            let known = Function {
                parameters: function.params.iter().map(|name| (*name).to_owned()).collect(),
                span: function_span(text, function.name),
                place: function_place(text, function.name),
            };
            (function.name.to_owned(), known)
        });
        let functions: BTreeMap<String, Function> = functions.collect();
        // A closure stands within the function before it.
        let holding = |span: Span| {
            let before = functions.iter().filter(|(_, function)| function.span.start <= span.start);
            let last = before.max_by_key(|(_, function)| function.span.start);
            last.map(|(name, _)| name.clone()).unwrap_or_default()
        };
        let all = walk::calls(own, text);
        let mut calls: BTreeMap<String, Span> = BTreeMap::new();
        let (mut literals, mut handed_on) = (Vec::new(), Vec::new());
        for call in all {
            calls.entry(call.name.clone()).or_insert(call.span);
            let within = holding(call.span);
            for (argument, variable, property) in call.properties {
                handed_on.push(HandedOn {
                    function: call.name.clone(),
                    argument,
                    variable,
                    property,
                    within: within.clone(),
                });
            }
            for (argument, text, span) in call.texts {
                literals.push(Literal { function: call.name.clone(), argument, text, span });
            }
        }
        Program {
            path: path.to_owned(),
            functions,
            literals,
            handed_on,
            calls,
            ast: shared.merge(own),
            owners,
        }
    }

    /// The parameters of a function of the script, and where its name stands.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<(&[String], Span)> {
        self.functions.get(name).map(|function| (function.parameters.as_slice(), function.span))
    }

    /// The line and column of a function's name.
    #[must_use]
    pub fn place(&self, name: &str) -> Place {
        self.functions.get(name).map(|function| function.place).unwrap_or_default()
    }

    /// The texts that are written out as arguments.
    #[must_use]
    pub fn literals(&self) -> &[Literal] {
        &self.literals
    }

    /// Properties of variables that are handed on as arguments.
    #[must_use]
    pub fn handed_on(&self) -> &[HandedOn] {
        &self.handed_on
    }

    /// Where the script calls a function or method of this name first.
    #[must_use]
    pub fn calls(&self, name: &str) -> Option<Span> {
        self.calls.get(name).copied()
    }

    /// The script's path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl Library {
    /// Calls a function of a program. The same values give the same answer, whenever and wherever.
    ///
    /// # Errors
    /// When the script throws, hits a limit, or goes wrong in another way; with its place.
    pub fn call(
        &self,
        program: &Program,
        function: &str,
        arguments: &[ScriptValue],
    ) -> Result<Returned, ScriptError> {
        self.run(&program.ast, &program.path, program.place(function), &program.owners, function, arguments)
    }

    /// Calls a function of `scripts/`.
    ///
    /// # Errors
    /// When the script throws, hits a limit, goes wrong in another way, or gives an action.
    pub fn call_function(
        &self,
        function: &str,
        arguments: &[ScriptValue],
    ) -> Result<ScriptValue, ScriptError> {
        let known = self.function(function);
        let script = known.map_or("scripts", |known| known.script.as_str());
        let place = known.map(|known| known.place).unwrap_or_default();
        match self.run(&self.ast, script, place, &self.owners, function, arguments)? {
            Returned::Value(value) => Ok(value),
            Returned::Action(action) => Err(ScriptError {
                script: script.to_owned(),
                line: action.place.line,
                column: action.place.column,
                message: format!("`{function}` gave an action, and a value was expected"),
            }),
        }
    }

    fn run(
        &self,
        ast: &AST,
        path: &str,
        place: Place,
        owners: &BTreeMap<String, String>,
        function: &str,
        arguments: &[ScriptValue],
    ) -> Result<Returned, ScriptError> {
        work::begin();
        memory::begin(arguments);
        let arguments: Vec<Dynamic> = arguments.iter().map(ScriptValue::to_dynamic).collect();
        let options = CallFnOptions::new().eval_ast(false);
        // Rhai is known to panic where it finds values that it thinks impossible. That is this call's failure.
        let called = AssertUnwindSafe(|| {
            self.engine.call_fn_with_options(options, &mut Scope::new(), ast, function, arguments)
        });
        let outcome: Result<Dynamic, _> = std::panic::catch_unwind(called).unwrap_or_else(|_| {
            let what = "Rhai can't go on here".to_owned();
            Err(EvalAltResult::ErrorSystem(what, "a panic".into()).into())
        });
        let failed = |message: String| ScriptError {
            script: path.to_owned(),
            line: place.line,
            column: place.column,
            message,
        };
        match outcome {
            Ok(value) => match value.clone().try_cast::<Action>() {
                Some(action) => Ok(Returned::Action(action)),
                None => ScriptValue::of_dynamic(&value)
                    .map(Returned::Value)
                    .map_err(|what| failed(format!("`{function}` gave {what}"))),
            },
            Err(error) => {
                let mut error = located(&error, path, owners);
                if error.line == 0 {
                    (error.line, error.column) = (place.line, place.column);
                }
                Err(error)
            }
        }
    }
}

/// The error at the innermost place of a script that is known.
fn located(error: &EvalAltResult, path: &str, owners: &BTreeMap<String, String>) -> ScriptError {
    let (mut error, mut script, mut place) = (error, path, error.position());
    // Outermost first: each call names the function that was called, and where it was called from.
    while let EvalAltResult::ErrorInFunctionCall(function, _, inner, called_from) = error {
        if !called_from.is_none() {
            place = *called_from;
        }
        if let Some(owner) = owners.get(function) {
            if !inner.position().is_none() {
                (script, place) = (owner, inner.position());
            }
        } else if !inner.position().is_none() {
            place = inner.position();
        }
        error = inner;
    }
    ScriptError {
        script: script.to_owned(),
        line: place.line().unwrap_or(0),
        column: place.position().unwrap_or(1),
        message: words(error),
    }
}

/// What went wrong, for people.
fn words(error: &EvalAltResult) -> String {
    if let Some(words) = limits::words(error) {
        return words;
    }
    match error {
        EvalAltResult::ErrorRuntime(value, _) => match value.as_immutable_string_ref() {
            Ok(text) => text.to_string(),
            Err(_) => match ScriptValue::of_dynamic(value) {
                Ok(value) => format!("the script threw {}", value.to_json()),
                Err(_) => format!("the script threw {}", described(value)),
            },
        },
        EvalAltResult::ErrorPropertyNotFound(name, _) => match name.as_str() {
            "contact" => "there is no `contact` here: the step works for accounts, whose people are \
                          `item.contacts`"
                .to_owned(),
            "contacts" => "there is no `contacts` here: the step works for each contact, which is \
                           `item.contact`"
                .to_owned(),
            _ => format!("there is no `{name}` here; fields have to stand under `needs`"),
        },
        EvalAltResult::ErrorFunctionNotFound(signature, _) => {
            format!("there is no function `{}`", signature_in_words(signature))
        }
        EvalAltResult::ErrorMismatchOutputType(expected, found, _)
        | EvalAltResult::ErrorMismatchDataType(expected, found, _) => {
            let name =
                |name: &str| if name.is_empty() { "something else".to_owned() } else { type_in_words(name) };
            format!("{} was expected, and this is {}", name(expected), name(found))
        }
        other => {
            let mut other = other.to_string();
            if let Some(at) = other.find(" (line ") {
                other.truncate(at);
            }
            let mut letters = other.chars();
            let first = letters.next().map(|first| first.to_lowercase().to_string()).unwrap_or_default();
            format!("{first}{}", letters.as_str().replace('\'', "`"))
        }
    }
}

fn signature_in_words(signature: &str) -> String {
    let Some((name, types)) = signature.split_once(" (") else { return signature.to_owned() };
    let types: Vec<String> = types.trim_end_matches(')').split(", ").map(type_in_words).collect();
    format!("{name}({})", types.join(", "))
}

fn type_in_words(name: &str) -> String {
    match name {
        "()" => "nothing",
        "bool" => "boolean",
        "i64" => "whole number",
        "f64" => "number",
        "string" | "&str | ImmutableString | String" | "char" => "text",
        "array" => "list",
        other => other.rsplit("::").next().unwrap_or(other),
    }
    .to_owned()
}

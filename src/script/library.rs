//! The functions of `scripts/`, which conditions and custom tiles share.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use rhai::{AST, Engine};

use super::{
    Place, Program, action, functions, limits,
    places::Places,
    walk::{self, Call},
};
use crate::{
    definitions::{ScriptDefinition, TableDefinition},
    diagnostics::{Code, Problem, Problems, Span, Text, did_you_mean},
};

/// A function of `scripts/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptFunction {
    /// Its name.
    pub name: String,
    /// The names of its parameters.
    pub parameters: Vec<String>,
    /// The file it stands in.
    pub script: String,
    /// What it reads of each parameter, when that is nothing but fields of it.
    pub reads: Vec<Option<BTreeSet<String>>>,
    /// Where its name stands in the file.
    pub place: Place,
}

/// The sandbox with the functions of `scripts/` and the tables of `tables/`.
pub struct Library {
    pub(super) engine: Engine,
    pub(super) ast: AST,
    /// The files of functions, closures included.
    pub(super) owners: BTreeMap<String, String>,
    functions: BTreeMap<String, ScriptFunction>,
    pub(super) tables: Arc<BTreeMap<String, TableDefinition>>,
    content: String,
}

/// Parameters that functions hand on to others: whose, and to whom, each with the place.
type HandedOn = Vec<((String, usize), (String, usize))>;

impl std::fmt::Debug for Library {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Library").field("functions", &self.functions).finish_non_exhaustive()
    }
}

impl Library {
    /// Reads scripts and tables. Every problem is reported; what could be read stays.
    #[must_use]
    pub fn new(scripts: &[ScriptDefinition], tables: &[TableDefinition], problems: &mut Problems) -> Library {
        let tables: Arc<BTreeMap<String, TableDefinition>> =
            Arc::new(tables.iter().map(|table| (table.name.clone(), table.clone())).collect());
        let mut content = String::new();
        for table in tables.values() {
            content = format!("{content}{}\n{}\n", table.name, table.content);
        }
        let mut library = Library {
            engine: functions::engine(Arc::clone(&tables)),
            ast: AST::empty(),
            owners: BTreeMap::new(),
            functions: BTreeMap::new(),
            tables,
            content,
        };
        let mut read = Vec::new();
        let mut handed_on = HandedOn::new();
        for script in scripts {
            library.content = format!("{}{}\n{}\n", library.content, script.path, script.text.value);
            if let Some(ast) = parse(&library.engine, &script.text, problems) {
                library.add(script, &ast, &mut handed_on, problems);
                read.push((script, ast));
            }
        }
        library.follow(&handed_on);
        for (script, ast) in &read {
            library.check_calls(ast, &script.text, &[], problems);
        }
        library
    }

    /// What functions read of their parameters is also what is read by those whom they hand them on to.
    fn follow(&mut self, handed_on: &HandedOn) {
        let mut changed = true;
        while changed {
            changed = false;
            for ((from, at), (to, place)) in handed_on {
                let further = self.functions.get(to).and_then(|function| function.reads.get(*place)?.clone());
                let Some(read) =
                    self.functions.get_mut(from).and_then(|function| function.reads.get_mut(*at))
                else {
                    continue;
                };
                let all = read.as_ref().zip(further).map(|(own, further)| own | &further);
                changed |= all != *read;
                *read = all;
            }
        }
    }

    fn add(
        &mut self,
        script: &ScriptDefinition,
        ast: &AST,
        handed_on: &mut HandedOn,
        problems: &mut Problems,
    ) {
        let places: Vec<Place> =
            ast.iter_functions().map(|function| function_place(&script.text, function.name)).collect();
        for function in ast.iter_functions() {
            let name = function.name.to_owned();
            if name.starts_with("anon$") {
                self.owners.insert(name, script.path.clone());
                continue;
            }
            let span = function_span(&script.text, &name);
            if is_taken(&name) {
                let message = format!("`{name}` is a function of every script");
                problems.push(
                    Problem::error(Code::DuplicateName, span, message)
                        .hint("Give the function another name."),
                );
            } else if let Some(other) = self.functions.get(&name) {
                let message = format!("the function `{name}` is there already, in `{}`", other.script);
                problems.push(
                    Problem::error(Code::DuplicateName, span, message)
                        .hint("Functions of all files have names of their own; give one of them another."),
                );
            } else {
                let parameters: Vec<String> = function.params.iter().map(|name| (*name).to_owned()).collect();
                let place = function_place(&script.text, &name);
                let order = |place: &Place| (place.line, place.column);
                let later = places.iter().filter(|other| order(other) > order(&place));
                let next = later.min_by_key(|other| order(other)).copied();
                let reads = parameters.iter().enumerate().map(|(at, parameter)| {
                    let reads = walk::reads(ast, parameter, place, next)?;
                    handed_on.extend(reads.handed_on.into_iter().map(|to| ((name.clone(), at), to)));
                    Some(reads.fields)
                });
                let reads = reads.collect();
                let script = script.path.clone();
                self.owners.insert(name.clone(), script.clone());
                self.functions
                    .insert(name.clone(), ScriptFunction { name, parameters, script, reads, place });
            }
        }
        self.ast = self.ast.merge(ast);
    }

    /// The function with this name.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<&ScriptFunction> {
        self.functions.get(name)
    }

    /// The names of all functions.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().map(String::as_str)
    }

    /// All tables, by name.
    pub fn tables(&self) -> impl Iterator<Item = &TableDefinition> {
        self.tables.values()
    }

    /// What stands in scripts and tables: when it changes, so may every answer.
    #[must_use]
    pub fn content(&self) -> &str {
        &self.content
    }

    /// Reads the script of a custom tile, and checks what it calls. Every problem is reported; with an
    /// error there is no program.
    #[must_use]
    pub fn program(&self, path: &str, text: &Text, problems: &mut Problems) -> Option<Program> {
        let before = problems.count(crate::diagnostics::Severity::Error);
        let ast = parse(&self.engine, text, problems)?;
        let mut owners = self.owners.clone();
        let mut own = Vec::new();
        for function in ast.iter_functions() {
            let name = function.name.to_owned();
            if is_taken(&name) || self.functions.contains_key(&name) {
                let place = match self.functions.get(&name) {
                    Some(function) => format!("there already, in `{}`", function.script),
                    None => "a function of every script".to_owned(),
                };
                let span = function_span(text, &name);
                let message = format!("the function `{name}` is {place}");
                problems.push(
                    Problem::error(Code::DuplicateName, span, message)
                        .hint("Give the function another name."),
                );
            }
            owners.insert(name.clone(), path.to_owned());
            own.push((name, function.params.len()));
        }
        self.check_calls(&ast, text, &own, problems);
        let whole = problems.count(crate::diagnostics::Severity::Error) == before;
        whole.then(|| Program::new(path, text, &self.ast, &ast, owners))
    }

    /// Reports functions that don't exist, and wrong numbers of arguments.
    fn check_calls(&self, ast: &AST, text: &Text, own: &[(String, usize)], problems: &mut Problems) {
        for call in walk::calls(ast, text) {
            self.check_call(&call, own, problems);
        }
        for span in walk::of_this(ast, text) {
            let problem = Problem::error(Code::ScriptForm, span, "scripts have no `this`");
            problems.push(
                problem.hint("Name a parameter, as in `|item| item.role`, and give back what is to change."),
            );
        }
        for span in walk::kept_closures(ast, text) {
            let message = "a closure can't be kept or handed on";
            problems.push(Problem::error(Code::ScriptForm, span, message).hint(
                "Write it where it is called, as in `list.map(|item| …)`, or make it a function by `fn`.",
            ));
        }
    }

    fn check_call(&self, call: &Call, own: &[(String, usize)], problems: &mut Problems) {
        let Call { name, arguments, method, span, .. } = call;
        if limits::DISABLED.contains(&name.as_str()) {
            return;
        }
        let scripted = own.iter().find(|(known, _)| known == name).map(|(_, count)| *count);
        let scripted = scripted.or_else(|| self.function(name).map(|function| function.parameters.len()));
        if let (Some(count), false) = (scripted, method) {
            if count != *arguments {
                let plural = if count == 1 { "" } else { "s" };
                let message = format!("`{name}` takes {count} argument{plural}, and here are {arguments}");
                problems.push(Problem::error(Code::UnknownFunction, *span, message));
            }
            return;
        }
        let rhai = functions::RHAI.split_whitespace();
        let form = action::FORMS.iter().find(|(known, ..)| known == name);
        if let Some((_, counts, written)) = form
            && !rhai.clone().any(|known| known == name)
            && !counts.contains(&(arguments + usize::from(*method)))
        {
            let message = format!("`{name}` can't be called like this");
            problems.push(
                Problem::error(Code::UnknownFunction, *span, message).hint(format!("Write `{written}`.")),
            );
            return;
        }
        let known = rhai.chain(functions::NAMES).chain(action::FORMS.iter().map(|(name, ..)| *name));
        if known.clone().any(|known| known == name) {
            self.check_lookup(call, problems);
            return;
        }
        let scripts = own.iter().map(|(name, _)| name.as_str()).chain(self.names());
        let problem = Problem::error(Code::UnknownFunction, *span, format!("there is no function `{name}`"));
        problems.push(match name.as_str() {
            "curry" => problem.hint("A closure knows the variables around it, as in `|item| item > least`."),
            "sleep" | "timestamp" => problem
                .hint("Scripts can't read the clock: `item.now` is given, and `wait(\"1 day\")` waits."),
            _ => problem.hint_if(did_you_mean(name, known.chain(scripts))),
        });
    }

    /// Checks the table and the column of a `lookup`, where they are written out.
    fn check_lookup(&self, call: &Call, problems: &mut Problems) {
        if call.name != "lookup" {
            return;
        }
        let written = |place: usize| call.texts.iter().find(|(at, ..)| *at == place);
        let Some((_, table, span)) = written(0) else { return };
        let Some(found) = self.tables.get(table) else {
            let message = format!("there is no table `tables/{table}.csv`");
            let names = self.tables.keys().map(String::as_str);
            problems
                .push(Problem::error(Code::FileNotFound, *span, message).hint_if(did_you_mean(table, names)));
            return;
        };
        if let Some((_, column, span)) = written(2)
            && !found.columns.contains(column)
        {
            let message = format!("the table `{table}` has no column `{column}`");
            let names = found.columns.iter().map(String::as_str);
            problems.push(
                Problem::error(Code::UnknownField, *span, message).hint_if(did_you_mean(column, names)),
            );
        }
    }
}

fn is_taken(name: &str) -> bool {
    functions::NAMES.contains(&name) || action::FORMS.iter().any(|(known, ..)| *known == name)
}

/// Where a function's name stands; the start of the file when it can't be found.
pub(super) fn function_span(text: &Text, name: &str) -> Span {
    let source = text.as_str();
    let word = |character: char| character.is_alphanumeric() || character == '_';
    for (at, _) in source.match_indices("fn ") {
        let start = at + 3 + source[at + 3..].len() - source[at + 3..].trim_start().len();
        if source[start..].starts_with(name) && !source[start + name.len()..].starts_with(word) {
            return text.span_at(start, start + name.len());
        }
    }
    text.span_at(0, 0)
}

/// The line and column of a function's name.
pub(super) fn function_place(text: &Text, name: &str) -> Place {
    let at = function_span(text, name).start.saturating_sub(text.span.start);
    let before = text.as_str().get(..at).unwrap_or("");
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
    Place { line, column }
}

/// Parses a file of functions.
fn parse(engine: &Engine, text: &Text, problems: &mut Problems) -> Option<AST> {
    let source = text.as_str();
    let places = Places::new(source);
    let byte = |position: rhai::Position| match position.line() {
        Some(line) => places.byte(line, position.position().unwrap_or(1)),
        None => source.trim_end().len(),
    };
    let ast = match engine.compile(source) {
        Ok(ast) => ast,
        Err(error) => {
            let at = byte(error.position()).min(source.trim_end().len());
            let end = (at + places.token(at).len()).max(at);
            problems.push(syntax_problem(&error, places.token(at), text.span_at(at, end)));
            return None;
        }
    };
    let [] = ast.statements() else {
        let at = ast.statements().first().map_or(0, |statement| byte(statement.position()));
        let span = text.span_at(at, places.word_end(at).max(at));
        problems.push(
            Problem::error(
                Code::ScriptForm,
                span,
                "a script holds functions, and this stands outside of one",
            )
            .hint("Put it into a function, such as `fn run(item, params) { … }`."),
        );
        return None;
    };
    Some(ast)
}

fn syntax_problem(error: &rhai::ParseError, word: &str, span: Span) -> Problem {
    let told = error.err_type().to_string();
    let message = match told.chars().next() {
        Some(first) => format!("{}{}", first.to_lowercase(), &told[first.len_utf8()..]).replace('\'', "`"),
        None => "the script can't be read".to_owned(),
    };
    let message = message.trim_end_matches('.').to_owned();
    let problem = Problem::error(Code::ScriptSyntax, span, message);
    match word {
        "eval" | "import" | "export" => {
            problem.hint("Scripts can't load or make other scripts; share functions in `scripts/`.")
        }
        "print" | "debug" => problem.hint("Scripts don't print; write `.note(\"…\")` behind the answer."),
        "with" | "go" | "match" | "new" | "default" => {
            problem.hint(format!("`{word}` is a reserved word; take another name."))
        }
        _ => problem,
    }
}

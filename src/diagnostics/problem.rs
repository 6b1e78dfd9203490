//! A problem in a definition, and the collection of all that were found.

use std::collections::BTreeSet;

use super::{Code, Sources, Span};

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The definitions can't be run.
    Error,
    /// They can, but probably don't do what was meant.
    Warning,
}

impl Severity {
    /// The word in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// A problem in a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its stable code.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What was found and what was expected: lower case, names in back-quotes, no full stop.
    pub message: String,
    /// Where.
    pub span: Span,
    /// How to fix it: a full sentence.
    pub hint: Option<String>,
    /// Other places that belong to it, each with a word on why.
    pub related: Vec<(Span, String)>,
}

impl Problem {
    /// An error.
    #[must_use]
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Problem {
            code,
            severity: Severity::Error,
            message: shortened(message.into()),
            span,
            hint: None,
            related: Vec::new(),
        }
    }

    /// A warning.
    #[must_use]
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Problem { severity: Severity::Warning, ..Problem::error(code, span, message) }
    }

    /// Adds how to fix it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(shortened(hint.into()));
        self
    }

    /// Adds how to fix it, where that is known.
    #[must_use]
    pub fn hint_if(mut self, hint: Option<String>) -> Self {
        self.hint = hint.map(shortened).or(self.hint);
        self
    }

    /// Adds another place that belongs to it.
    #[must_use]
    pub fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push((span, label.into()));
        self
    }
}

/// Words that quote something endless are cut off.
fn shortened(words: String) -> String {
    const MOST: usize = 600;
    match words.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

/// All problems found so far. Whoever finds one goes on looking for more.
#[derive(Debug, Clone, Default)]
pub struct Problems {
    all: Vec<Problem>,
    /// The places of all errors.
    errors: BTreeSet<Span>,
    /// Names whose definitions couldn't be read.
    lost: BTreeSet<String>,
}

impl Problems {
    /// Adds a problem.
    pub fn push(&mut self, problem: Problem) {
        if problem.severity == Severity::Error {
            self.errors.insert(problem.span);
        }
        self.all.push(problem);
    }

    /// Adds those problems of another collection that shall be kept.
    pub fn take(&mut self, other: Problems, keep: impl Fn(&Problem) -> bool) {
        other.all.into_iter().filter(keep).for_each(|problem| self.push(problem));
        self.lost.extend(other.lost);
    }

    /// Changes the words of all of them, as where they repeat what may not be shown.
    pub fn reword(&mut self, words: &dyn Fn(&str) -> String) {
        for problem in &mut self.all {
            problem.message = words(&problem.message);
            problem.hint = problem.hint.as_deref().map(words);
            for (_, label) in &mut problem.related {
                *label = words(label);
            }
        }
    }

    /// Notes the name of something whose definition can't be read, which has been reported: who refers to
    /// it isn't to be told that it doesn't exist.
    pub fn lose(&mut self, name: impl Into<String>) {
        self.lost.insert(name.into());
    }

    /// Takes out problems that say of a lost name that there is no such thing.
    pub fn forgive_lost(&mut self, sources: &Sources) {
        if self.lost.is_empty() {
            return;
        }
        let named =
            |span: Span| sources.slice(span).trim_matches(['"', '\'']).rsplit('.').next().unwrap_or("");
        self.all
            .retain(|problem| !(problem.code.is_about_a_name() && self.lost.contains(named(problem.span))));
        let errors = self.all.iter().filter(|problem| problem.severity == Severity::Error);
        self.errors = errors.map(|problem| problem.span).collect();
    }

    /// Whether an error was found at this very place.
    #[must_use]
    pub fn has_error_at(&self, span: Span) -> bool {
        self.errors.contains(&span)
    }

    /// Whether any of them is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// How many of them are of this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.all.iter().filter(|problem| problem.severity == severity).count()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// All of them by place, each once.
    #[must_use]
    pub fn sorted(&self) -> Vec<&Problem> {
        let mut sorted: Vec<&Problem> = self.all.iter().collect();
        sorted.sort_by(|a, b| {
            (a.span, a.severity, a.code, &a.message).cmp(&(b.span, b.severity, b.code, &b.message))
        });
        sorted.dedup();
        sorted
    }
}

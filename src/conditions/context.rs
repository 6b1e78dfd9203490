//! What every part of a check works with, and what it refuses.

use super::Scope;
use crate::{
    diagnostics::{Code, Problem, Problems, Span},
    model::Catalog,
};

/// What every part of a check works with.
pub(super) struct Check<'a> {
    pub catalog: &'a Catalog,
    pub problems: &'a mut Problems,
}

impl Check<'_> {
    pub fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Reports an error and gives nothing, so that the caller can end with it.
    pub fn refuse<T>(&mut self, code: Code, span: Span, message: impl Into<String>, hint: &str) -> Option<T> {
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        self.problems.push(Problem::error(code, span, message).hint_if(hint));
        None
    }
}

/// Reports what can't stand inside the `where` of a `did`, or in a question about activities.
pub(super) fn refuse_inside(what: &str, span: Span, scope: Scope<'_>, check: &mut Check<'_>) -> Option<()> {
    let (message, hint) = if scope.interaction.is_some() {
        (
            format!("`{what}` can't stand in the `where` of a `did`"),
            "The `where` of a `did` is about one interaction; write the rest beside the `did`, under `all`.",
        )
    } else if scope.activity {
        (
            format!("`{what}` can't be asked of an activity"),
            "A condition about activities names their fields alone, such as `activity.type`; write the rest beside it, under `all`.",
        )
    } else {
        return Some(());
    };
    check.refuse(Code::ExpressionForm, span, message, hint)
}

/// Reports a condition where a value is needed.
pub(super) fn not_a_value<T>(span: Span, check: &mut Check<'_>) -> Option<T> {
    check.refuse(
        Code::ExpressionForm,
        span,
        "a condition stands where a value is needed",
        "Leave `== true` away, and combine conditions with `&&`, `||` and `not(…)`.",
    )
}

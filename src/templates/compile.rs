//! From handlebars' tree to our own, with all names and types checked.

use handlebars::{
    Path,
    template::{BlockParam, HelperTemplate, Parameter, TemplateElement},
};

use super::{
    Needs, TemplateFormat, TemplateScope, habits, helpers,
    paths::{self, Typed},
    scan::{self, Scan, byte_at},
    spaces::{self, Trimmed},
    tree::{Escape, Expr, Part},
    urls,
};
use crate::{
    diagnostics::{Code, Problem, Problems, Span, Text, did_you_mean},
    model::{FieldType, Value, is_ambiguous},
};

/// Deepest nesting of blocks, and of brackets in a tag: more would be a mistake, or an attack.
const MAX_BLOCKS: usize = 40;
const MAX_BRACKETS: usize = 16;
/// Longest template, in bytes, and most tags: no mail is of this size, and handlebars takes its time.
const MAX_LENGTH: usize = 1024 * 1024;
const MAX_TAGS: usize = 5_000;
/// Most partials that a template includes, those that they include among them.
pub(super) const MAX_PARTIALS: usize = 200;

/// What every part of the work needs.
pub(super) struct Compile<'a> {
    pub scope: TemplateScope<'a>,
    pub needs: Needs,
    text: &'a Text,
    /// The text as it is parsed, without `~`.
    pub trimmed: Trimmed,
    pub scan: Scan,
    pub problems: &'a mut Problems,
    /// The partials that are being included, outermost first.
    pub within: Vec<String>,
    /// How many partials may still be included.
    pub room: usize,
    /// Where the next value stands.
    place_in_text: urls::Place,
    /// For each `each` around: the names given to its item and its number.
    eaches: Vec<(Option<String>, Option<String>)>,
}

/// Reads a template. All problems are reported; with an error there is nothing.
pub(super) fn compile(
    text: &Text,
    scope: &TemplateScope<'_>,
    problems: &mut Problems,
) -> Option<(Vec<Part>, Needs)> {
    let done = compile_within(text, scope, Vec::new(), MAX_PARTIALS, problems)?;
    Some((done.0, done.1))
}

pub(super) fn compile_within(
    text: &Text,
    scope: &TemplateScope<'_>,
    within: Vec<String>,
    room: usize,
    problems: &mut Problems,
) -> Option<(Vec<Part>, Needs, usize)> {
    let source = text.as_str();
    if source.len() > MAX_LENGTH {
        problems.push(Problem::error(Code::TemplateSyntax, text.span, "the template is longer than 1 MB"));
        return None;
    }
    if habits::report(text, scope.catalog, problems) {
        return None;
    }
    let trimmed = spaces::trimmed(source);
    let scan = Scan::new(&trimmed.text);
    if scan.tags > MAX_TAGS {
        let message = format!("the template has more than {MAX_TAGS} tags");
        problems.push(Problem::error(Code::TemplateSyntax, text.span, message));
        return None;
    }
    if scan.blocks > MAX_BLOCKS || scan.brackets > MAX_BRACKETS {
        let problem = Problem::error(Code::TemplateSyntax, text.span, "the template is nested too deeply");
        problems.push(problem);
        return None;
    }
    let tree = match handlebars::Template::compile(&trimmed.text) {
        Ok(tree) => tree,
        Err(error) => {
            problems.push(syntax(text, &trimmed, &error));
            return None;
        }
    };
    let mut compile = Compile {
        scope: *scope,
        needs: Needs::default(),
        text,
        trimmed,
        scan,
        problems,
        within,
        room,
        place_in_text: urls::Place::default(),
        eaches: Vec::new(),
    };
    let parts = compile.parts(&tree.elements)?;
    Some((parts, compile.needs, compile.room))
}

fn syntax(text: &Text, trimmed: &Trimmed, error: &handlebars::TemplateError) -> Problem {
    use handlebars::TemplateErrorReason::{MismatchingClosedHelper, NestedSubexpression};
    let source = trimmed.text.as_str();
    let (line, column) = error.pos().unwrap_or((1, 1));
    let at = byte_at(source, line, column);
    let problem = |(start, end): (usize, usize), message: String| {
        let span = text.span_at(trimmed.written(start), trimmed.written_end(start, end));
        Problem::error(Code::TemplateSyntax, span, message)
    };
    match error.reason() {
        MismatchingClosedHelper(opened, closed) => {
            let name = |debug: &str| debug.trim_matches('"').to_owned();
            let message = format!("`{}` is closed by `{}`", name(opened), name(closed));
            return problem((at, scan::tag_end(source, at)), message)
                .hint(format!("Write `{{{{/{}}}}}`.", name(opened)));
        }
        NestedSubexpression => {
            let end = source[at..].chars().next().map_or(at, |first| at + first.len_utf8());
            return problem((at, end), "the expression is nested too deeply".to_owned());
        }
        _ => {}
    }
    let tag = source[..at].rfind("{{").map(|start| (start, scan::tag_end(source, start)));
    if let Some((start, end)) = tag.filter(|(start, end)| at < *end && source[*start..].starts_with("{{/")) {
        return problem((start, end), format!("`{}` closes nothing", &source[start..end]))
            .hint("Take it out, or write the `{{#if …}}` or `{{#each …}}` that it closes.");
    }
    if let Some((start, _)) = tag.filter(|(_, end)| at < *end || !source[..*end].ends_with("}}")) {
        let line = source[start..].lines().next().unwrap_or("");
        let closed = line.find("}}").map(|at| start + at + 2);
        let again = line[2..].find("{{").map(|at| start + 2 + at);
        return match closed.filter(|closed| again.is_none_or(|again| *closed < again)) {
            Some(end) => problem((start, end), "this tag can't be read".to_owned()).hint(
                "A tag holds a field such as `{{contact.first_name}}`, or a helper and what it takes, such as `{{default contact.first_name \"friend\"}}`.",
            ),
            None => {
                let rest = &source[start + 2..start + line.len()];
                let length = rest.find(['}', '<', '{', ',']).unwrap_or(rest.len());
                let end = start + 2 + rest[..length].trim_end().len();
                problem((start, end), "the tag isn't closed by `}}`".to_owned()).hint("Write `}}` behind the name; write `\\{{` for braces in the text.")
            }
        };
    }
    match scan::open_block(source) {
        Some((start, end, name)) => problem((start, end), format!("the block `{name}` isn't closed"))
            .hint(format!("Write `{{{{/{name}}}}}` where it ends.")),
        None => {
            let end = source[at..].chars().next().map_or(at, |first| at + first.len_utf8());
            problem((at, end), "this isn't a template".to_owned()).hint(
                "A tag starts with `{{` and ends with `}}`, and `{{#if …}}` needs `{{/if}}`; write `\\{{` for braces.",
            )
        }
    }
}

impl Compile<'_> {
    /// Reports an error and gives nothing.
    pub fn refuse<T>(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        hint: Option<String>,
    ) -> Option<T> {
        self.problems.push(Problem::error(code, span, message).hint_if(hint));
        None
    }

    /// Reports a warning.
    pub fn warn(&mut self, code: Code, span: Span, message: impl Into<String>, hint: String) {
        self.problems.push(Problem::warning(code, span, message).hint(hint));
    }

    /// Does something without reporting what is wrong with it.
    pub fn quietly<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::take(self.problems);
        let done = work(self);
        *self.problems = before;
        done
    }

    /// Reports a helper that is called the wrong way.
    pub fn usage<T>(&mut self, helper: &str, span: Span) -> Option<T> {
        if helper == "each" {
            let hint = paths::each_hint(self.scope.catalog, "instead");
            return self.refuse(Code::TemplateSyntax, span, "`each` isn't called this way", Some(hint));
        }
        let usage = helpers::HELPERS.iter().find(|(name, _)| *name == helper).map_or("", |(_, usage)| usage);
        let message = format!("`{helper}` isn't called this way");
        self.refuse(Code::TemplateSyntax, span, message, Some(format!("Write `{usage}`.")))
    }

    /// The place of the next name in the text.
    pub fn place(&mut self, name: &str) -> Span {
        let place = self.scan.next(name);
        self.span(place)
    }

    /// The span of a place in the text as it is parsed.
    pub fn span(&self, (start, end): (usize, usize)) -> Span {
        self.text.span_at(self.trimmed.written(start), self.trimmed.written_end(start, end))
    }

    /// The place of the next text in quotes.
    pub fn quoted(&mut self) -> Span {
        let place = self.scan.next_quoted(&self.trimmed.text);
        self.span(place)
    }

    /// How many `each` stand around.
    pub fn depth(&self) -> usize {
        self.eaches.len()
    }

    /// What a name that an `each` gave stands for.
    pub fn block_name(&self, word: &str) -> Option<(Expr, FieldType)> {
        self.eaches.iter().enumerate().rev().find_map(|(depth, (item, index))| {
            if item.as_deref() == Some(word) {
                Some((Expr::Item(depth), FieldType::Text))
            } else if index.as_deref() == Some(word) {
                Some((Expr::Index(depth), FieldType::Integer))
            } else {
                None
            }
        })
    }

    fn parts(&mut self, elements: &[TemplateElement]) -> Option<Vec<Part>> {
        let parts: Vec<Option<Option<Part>>> = elements.iter().map(|element| self.part(element)).collect();
        let parts: Option<Vec<Option<Part>>> = parts.into_iter().collect();
        Some(parts?.into_iter().flatten().collect())
    }

    /// A part; nothing inside for a comment.
    fn part(&mut self, element: &TemplateElement) -> Option<Option<Part>> {
        match element {
            TemplateElement::RawString(text) => {
                self.place_in_text.pass(text);
                Some(Some(Part::Text(text.clone())))
            }
            TemplateElement::Comment(_) => Some(None),
            TemplateElement::Expression(call) => self.print(call, true).map(Some),
            TemplateElement::HtmlExpression(call) => self.print(call, false).map(Some),
            TemplateElement::HelperBlock(block) => self.block(block).map(Some),
            TemplateElement::PartialExpression(partial) => {
                let plain = partial.params.is_empty() && partial.hash.is_empty();
                self.partial(partial.name.as_name().unwrap_or_default(), plain).map(Some)
            }
            TemplateElement::PartialBlock(partial) => {
                self.partial(partial.name.as_name().unwrap_or_default(), false).map(Some)
            }
            TemplateElement::DecoratorExpression(decorator) | TemplateElement::DecoratorBlock(decorator) => {
                let name = decorator.name.as_name().unwrap_or_default().to_owned();
                let span = self.place(&name);
                self.refuse(Code::TemplateSyntax, span, "decorators can't be used", None)
            }
            _ => self.unknown(),
        }
    }

    /// What later versions of handlebars may add.
    fn unknown<T>(&mut self) -> Option<T> {
        let span = self.place("");
        self.refuse(Code::TemplateSyntax, span, "this can't be used in templates", None)
    }

    fn print(&mut self, call: &HelperTemplate, escaped: bool) -> Option<Part> {
        let value = self.called(call)?;
        let escape = match (escaped, self.scope.format) {
            (true, _) if self.place_in_text.is_in_query() => Escape::Query,
            (true, TemplateFormat::Html) => Escape::Html,
            _ => Escape::Not,
        };
        Some(Part::Print { value: value.expr, escape })
    }

    /// A name alone, or a helper with its arguments.
    fn called(&mut self, call: &HelperTemplate) -> Option<Typed> {
        match &call.name {
            Parameter::Path(_) | Parameter::Subexpression(_) if call.params.is_empty() => {
                self.parameter(&call.name)
            }
            name => {
                let word = name.as_name().unwrap_or_default().to_owned();
                let span = self.place(&word);
                self.no_named_arguments(call, &word, span)?;
                helpers::call(&word, span, &call.params, self)
            }
        }
    }

    fn no_named_arguments(&mut self, call: &HelperTemplate, word: &str, span: Span) -> Option<()> {
        if call.hash.is_empty() {
            return Some(());
        }
        self.usage(word, span)
    }

    /// The value of an argument.
    pub fn parameter(&mut self, parameter: &Parameter) -> Option<Typed> {
        match parameter {
            Parameter::Name(name) => paths::path(name, self),
            Parameter::Path(Path::Relative((_, raw)) | Path::Local((_, _, raw))) => paths::path(raw, self),
            Parameter::Literal(json) => self.literal(json),
            Parameter::Subexpression(inner) => match inner.as_element() {
                TemplateElement::Expression(call) => self.called(call),
                _ => self.unknown(),
            },
            _ => self.unknown(),
        }
    }

    fn literal(&mut self, json: &handlebars::JsonValue) -> Option<Typed> {
        use handlebars::JsonValue;
        let span = match json {
            JsonValue::String(_) => self.quoted(),
            JsonValue::Number(_) => {
                let (start, end) = self.scan.next_number();
                let span = self.span((start, end));
                if let Some(hint) = self
                    .trimmed
                    .text
                    .get(start..end)
                    .filter(|number| is_ambiguous(number))
                    .and_then(helpers::number_hint)
                {
                    let message =
                        format!("`{}` is a number with three decimals", &self.trimmed.text[start..end]);
                    self.warn(Code::AmbiguousNumber, span, message, hint);
                }
                span
            }
            other => self.place(&other.to_string()),
        };
        let (value, kind) = match json {
            JsonValue::Null => (Value::Missing, None),
            JsonValue::Bool(value) => (Value::Boolean(*value), Some(FieldType::Boolean)),
            JsonValue::String(text) => (Value::Text(text.clone()), Some(FieldType::Text)),
            JsonValue::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(number), _) => (Value::Integer(number), Some(FieldType::Integer)),
                (None, Some(number)) => (Value::Number(number), Some(FieldType::Number)),
                (None, None) => (Value::Missing, None),
            },
            JsonValue::Array(_) | JsonValue::Object(_) => {
                return self.refuse(
                    Code::TemplateSyntax,
                    span,
                    "lists and objects can't be written here",
                    None,
                );
            }
        };
        Some(Typed { expr: Expr::Literal(value), kind, span, written: json.to_string() })
    }

    fn block(&mut self, block: &HelperTemplate) -> Option<Part> {
        let word = block.name.as_name().unwrap_or_default().to_owned();
        let span = self.place(&word);
        let part = match word.as_str() {
            "if" | "unless" => self.condition(block, &word, span),
            "each" => self.each(block, span),
            _ => {
                if let Some(field) = self.field_as_block(&word) {
                    let hint = Some(format!("Write `{{{{#if {field}}}}}…{{{{/if}}}}`."));
                    let message = format!("there is no block `{word}`");
                    let refused = self.refuse(Code::TemplateSyntax, span, message, hint);
                    self.check_inside(block);
                    return refused;
                }
                let known = helpers::REFUSED.contains(&word.as_str());
                let message = if known {
                    format!("`{word}` can't be used")
                } else {
                    format!("there is no block `{word}`")
                };
                let hint = did_you_mean(&word, ["if", "unless", "each"]);
                self.refuse(Code::TemplateSyntax, span, message, hint)
            }
        };
        if part.is_none() {
            self.check_inside(block);
        }
        part
    }

    /// The field that stands where a block's name is needed.
    fn field_as_block(&mut self, word: &str) -> Option<String> {
        paths::full_name(word, self.scope.catalog).filter(|field| paths::allows(field, self))
    }

    /// Looks for further problems in a block that is refused itself.
    fn check_inside(&mut self, block: &HelperTemplate) {
        if !matches!(block.name.as_name(), Some("if" | "unless" | "each")) {
            for inner in [&block.template, &block.inverse].into_iter().flatten() {
                self.parts(&inner.elements);
            }
        }
    }

    fn inner(&mut self, template: Option<&handlebars::Template>) -> Option<Vec<Part>> {
        template.map_or_else(|| Some(Vec::new()), |template| self.parts(&template.elements))
    }

    fn condition(&mut self, block: &HelperTemplate, word: &str, span: Span) -> Option<Part> {
        let test = match block.params.as_slice() {
            [test] if block.hash.is_empty() => self.parameter(test),
            _ => self.usage(word, span),
        };
        let then = self.inner(block.template.as_ref());
        let otherwise = self.inner(block.inverse.as_ref());
        let (test, then, otherwise) = (test?.expr, then?, otherwise?);
        Some(if word == "unless" {
            Part::If { test, then: otherwise, otherwise: then }
        } else {
            Part::If { test, then, otherwise }
        })
    }

    fn each(&mut self, block: &HelperTemplate, span: Span) -> Option<Part> {
        let list = match block.params.as_slice() {
            [list] if block.hash.is_empty() => self.parameter(list).and_then(|list| self.listed(list)),
            _ => self.usage("each", span),
        };
        let name = |parameter: &Parameter| parameter.as_name().map(str::to_owned);
        let names = match &block.block_param {
            Some(BlockParam::Single(item)) => (name(item), None),
            Some(BlockParam::Pair((item, index))) => (name(item), name(index)),
            _ => (None, None),
        };
        for name in [&names.0, &names.1].into_iter().flatten() {
            self.place(name);
        }
        self.eaches.push(names);
        let body = self.inner(block.template.as_ref());
        self.eaches.pop();
        let otherwise = self.inner(block.inverse.as_ref());
        Some(Part::Each { list: list?.expr, body: body?, otherwise: otherwise? })
    }

    fn listed(&mut self, list: Typed) -> Option<Typed> {
        if matches!((&list.kind, &list.expr), (Some(FieldType::Choices(_)), Expr::Field { .. })) {
            return Some(list);
        }
        let message = format!("`each` goes through several choices, and `{}` has none", list.written);
        self.refuse(Code::IncompatibleTypes, list.span, message, None)
    }
}

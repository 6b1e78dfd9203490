//! `{{> footer}}`: files of `templates/` in place of a tag.

use super::{
    TemplateFormat,
    compile::{Compile, MAX_PARTIALS, compile_within},
    tree::Part,
};
use crate::diagnostics::{Code, Problems, Span, did_you_mean};

impl Compile<'_> {
    /// A file of `templates/` in place of the tag.
    pub fn partial(&mut self, name: &str, plain: bool) -> Option<Part> {
        let place = self.scan.next_partial(&self.trimmed.text);
        let span = self.span(place);
        let end = if self.scope.format == TemplateFormat::Html { "html" } else { "txt" };
        if !plain {
            let hint = Some(format!("Write `{{{{> {name}}}}}`: a partial sees every field."));
            return self.refuse(Code::TemplateSyntax, span, "a partial takes nothing", hint);
        }
        let Some(partials) = self.scope.partials else {
            let hint = Some("Write the text in place.".to_owned());
            return self.refuse(Code::TemplateSyntax, span, "only e-mails include partials", hint);
        };
        let name = name.trim_matches(['\'', '"', '[', ']']);
        let file = format!("{name}.{end}");
        let Some((file, text)) = partials.get_key_value(&file) else {
            let names = partials.keys().filter_map(|known| known.strip_suffix(&format!(".{end}")));
            let near = did_you_mean(name, names);
            let hint = near.unwrap_or_else(|| format!("Put the text into `templates/{file}`."));
            let message = format!("there is no file `templates/{file}`");
            return self.refuse(Code::TemplateSyntax, span, message, Some(hint));
        };
        if let Some(at) = self.within.iter().position(|known| known == file) {
            let circle: Vec<String> =
                self.within[at..].iter().chain([file]).map(|name| format!("`{name}`")).collect();
            let message = format!("partials include each other in a circle: {}", circle.join(", "));
            let hint = Some("Take one of these tags out.".to_owned());
            return self.refuse(Code::TemplateSyntax, span, message, hint);
        }
        if self.room == 0 {
            let message = format!("the template includes more than {MAX_PARTIALS} partials");
            return self.refuse(Code::TemplateSyntax, span, message, None);
        }
        let within = self.within.iter().chain([file]).cloned().collect();
        let mut problems = Problems::default();
        let done = compile_within(text, &self.scope, within, self.room - 1, &mut problems);
        // Several mails may include it; what is wrong with it is one problem.
        let known: Vec<(Span, String)> =
            self.problems.sorted().into_iter().map(|known| (known.span, known.message.clone())).collect();
        self.problems.take(problems, |problem| !known.contains(&(problem.span, problem.message.clone())));
        let (parts, needs, room) = done?;
        self.room = room;
        self.needs.contact.extend(needs.contact);
        self.needs.account.extend(needs.account);
        self.needs.shown.extend(needs.shown);
        self.needs.partials.extend(needs.partials);
        self.needs.partials.insert(file.clone());
        Some(Part::Group(parts))
    }
}

//! Partials, tags of other systems, and the page about templates.

use super::{compiled, rendered};
use crate::templates::{Root, TemplateFormat};

#[test]
fn partials_are_texts_of_their_own_and_no_circle() {
    let (template, told) = compiled("<b>{{> footer}}</b> {{> 'company'}}", TemplateFormat::Html, &Root::ALL);
    assert!(told.is_empty(), "{told:?}");
    let needs = template.unwrap().needs().clone();
    assert_eq!(needs.partials.into_iter().collect::<Vec<_>>(), ["company.html", "footer.html"]);
    assert!(needs.contact.contains("first_name") && needs.account.contains("name"));
    assert_eq!(
        rendered("<b>{{> footer}}</b>", TemplateFormat::Html).unwrap(),
        "<b><p>Zoë of Müller &amp; Söhne</p></b>"
    );
    assert_eq!(rendered("{{> footer}}|", TemplateFormat::Text).unwrap(), "boats cars |");
    let (template, told) = compiled("a\n{{> egg}}", TemplateFormat::Html, &Root::ALL);
    assert!(template.is_none());
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("in a circle: `egg.html`, `hen.html`, `egg.html`"), "{told:?}");
    let (_, told) = compiled("x {{> footer name=contact.city}}", TemplateFormat::Html, &Root::ALL);
    assert_eq!(
        told,
        ["1:3 template-syntax: a partial takes nothing | Write `{{> footer}}`: a partial sees every field."]
    );
}

#[test]
fn tags_of_other_systems_draw_a_warning_each_at_its_place() {
    let source = "Hi *|FNAME|* %%First_Name%% {!Contact.FirstName} [[firstname]] %7B%7Bcontact.id%7D%7D 100%% [[1]] {{contact.city}}";
    let (template, told) = compiled(source, TemplateFormat::Html, &Root::ALL);
    assert!(template.is_some());
    let warning = |at: usize, tag: &str, field: &str| {
        format!(
            "1:{at} foreign-tag: `{tag}` is a tag of another system, and is sent as it is | Write `{{{{{field}}}}}`."
        )
    };
    assert_eq!(
        told,
        [
            warning(4, "*|FNAME|*", "contact.first_name"),
            warning(14, "%%First_Name%%", "contact.first_name"),
            warning(29, "{!Contact.FirstName}", "contact.first_name"),
            warning(50, "[[firstname]]", "contact.first_name"),
            warning(64, "%7B%7Bcontact.id%7D%7D", "contact.id"),
        ]
    );
}

#[test]
fn a_number_with_three_decimals_draws_a_warning() {
    let (template, told) =
        compiled("{{#if (gt account.revenue 100.000)}}x{{/if}}", TemplateFormat::Html, &Root::ALL);
    assert!(template.is_some());
    assert_eq!(
        told,
        [
            "1:27 ambiguous-number: `100.000` is a number with three decimals | Write `100000` for thousands, or `100.0` for decimals."
        ]
    );
}

#[test]
fn everything_that_the_page_about_templates_shows_is_a_template() {
    let page = include_str!("../../../docs/guide/templates.md");
    let examples: Vec<&str> =
        page.split("```handlebars\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() >= 8, "{examples:?}");
    for example in examples {
        let (template, told) = compiled(example, TemplateFormat::Html, &Root::ALL);
        assert!(template.is_some() && told.is_empty(), "{example}: {told:?}");
    }
    let helpers = crate::templates::helpers::HELPERS;
    for (helper, _) in helpers {
        assert!(page.contains(&format!("`{helper}")) || page.contains(&format!("`({helper}")), "{helper}");
    }
}

//! The pages: plain HTML that works without a script.

use maud::{DOCTYPE, Markup, html};

use super::{door::Shown, words::Words};

const STYLE: &str = "body{font:1.125rem/1.5 system-ui,sans-serif;margin:0;background:#f4f4f2;color:#1a1a1a}\
main{max-width:34rem;margin:3rem auto;padding:2rem;background:#fff}\
h1{font-size:1.5rem;margin-top:0}\
button{font:inherit;padding:.6rem 1.2rem;border:2px solid #1a4d8f;background:#1a4d8f;color:#fff;cursor:pointer}\
button.plain{background:#fff;color:#1a4d8f}\
button:focus-visible,input:focus-visible{outline:3px solid #b35900;outline-offset:2px}\
label{display:block;padding:.4rem 0}\
a{color:inherit}input[type=email]{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;border:1px solid #595959}\
input[type=checkbox]{width:1.2rem;height:1.2rem;vertical-align:middle;margin-right:.6rem}\
footer{max-width:34rem;margin:1rem auto 3rem;padding:0 2rem;font-size:.875rem;color:#4a4a4a}\
@media(prefers-color-scheme:dark){body{background:#161616;color:#eee}main{background:#222}footer{color:#b8b8b8}\
button{border-color:#8ab4f8;background:#8ab4f8;color:#111}button.plain{background:#222;color:#8ab4f8}\
input[type=email]{background:#111;color:#eee;border-color:#aaa}}";

fn page(words: &Words, shown: &Shown, title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(words.code) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) @if !shown.company.is_empty() { " – " (shown.company) } }
                style { (maud::PreEscaped(STYLE)) }
            }
            body {
                main { h1 { (title) } (content) }
                footer {
                    @for line in [&shown.company, &shown.address, &shown.legal] {
                        @if !line.is_empty() { div { (line) } }
                    }
                    @if !shown.privacy_url.is_empty() {
                        div { a href=(shown.privacy_url) { (words.privacy) } }
                    }
                }
            }
        }
    }
}

/// An address of which only so much is shown that its owner knows it.
pub(super) fn masked(address: &str) -> String {
    let (name, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let first: String = name.chars().take(1).collect();
    format!("{first}***@{domain}")
}

/// Asks once more, with one button: a program that follows links must not unsubscribe anybody.
pub(super) fn unsubscribe(words: &Words, shown: &Shown, topic: Option<&str>) -> Markup {
    let content = html! {
        p { (words.unsubscribe_from) " " b { (topic.unwrap_or(words.everything)) } "?" }
        form method="post" { button { (words.unsubscribe) } }
    };
    page(words, shown, words.unsubscribe, &content)
}

/// It is done.
pub(super) fn done(words: &Words, shown: &Shown) -> Markup {
    page(words, shown, words.done, &html! { p { (words.done_text) } })
}

/// The topics that somebody gets, by name and label, to keep or to leave.
pub(super) fn preferences(
    words: &Words,
    shown: &Shown,
    address: Option<&str>,
    topics: &[(&str, &str)],
    (all_left, saved): (bool, bool),
) -> Markup {
    let content = html! {
        @if saved { p role="status" { b { (words.saved) } } }
        @if let Some(address) = address { p { (words.mail_to) " " b { (masked(address)) } } }
        @if all_left {
            p { (words.nothing_left) }
        } @else {
            @if !topics.is_empty() {
                form method="post" {
                    p { (words.choose_text) }
                    @for (name, label) in topics {
                        input type="hidden" name="shown" value=(name);
                        label { input type="checkbox" name="keep" value=(name) checked; (label) }
                    }
                    p { button { (words.save) } }
                }
            }
            form method="post" {
                input type="hidden" name="all" value="stop";
                button.plain { (words.stop_all) }
            }
        }
    };
    page(words, shown, words.choose, &content)
}

/// A link that isn't whole: an address may be taken off all the same.
pub(super) fn cut(words: &Words, shown: &Shown) -> Markup {
    let content = html! {
        p { (words.cut_text) }
        form method="post" action="/leave" {
            label for="address" { (words.address) }
            input #address type="email" name="address" autocomplete="email" required;
            p { button { (words.unsubscribe) } }
        }
    };
    page(words, shown, words.cut, &content)
}

/// A page with one sentence.
pub(super) fn says(words: &Words, shown: &Shown, title: &str, text: &str) -> Markup {
    page(words, shown, title, &html! { p { (text) } })
}

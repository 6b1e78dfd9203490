//! Reports.
use super::{Problems, Sources};
/// h
#[must_use]
pub fn render_human(_: &Problems, _: &Sources, _: bool) -> String {
    String::new()
}
/// j
#[must_use]
pub fn render_json(_: &Problems, _: &Sources) -> String {
    String::new()
}
/// g
#[must_use]
pub fn render_github(_: &Problems, _: &Sources) -> String {
    String::new()
}

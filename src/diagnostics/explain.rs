//! The page of each code, which `tilework explain` shows.

use super::Code;

/// All pages; each starts with a line of `# ` and the code.
const PAGES: &str = include_str!("explanations.md");

/// What a code means, an example of the mistake, and how to fix it: a page in Markdown, its heading
/// first.
#[must_use]
pub fn explanation(code: Code) -> &'static str {
    let heading = format!("# {code}\n");
    let start = match PAGES.starts_with(&heading) {
        true => Some(0),
        false => PAGES.find(&format!("\n{heading}")).map(|at| at + 1),
    };
    let page = start.map_or("", |start| &PAGES[start..]);
    page.find("\n# ").map_or(page, |end| &page[..end]).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_page_and_every_page_a_code() {
        for (code, name) in Code::ALL {
            let page = explanation(code);
            assert!(page.starts_with(&format!("# {name}\n\n")), "{name} has no page");
            assert!(page.len() > 150, "{name}: {page}");
        }
        let headings: Vec<&str> = PAGES.lines().filter_map(|line| line.strip_prefix("# ")).collect();
        let names: Vec<&str> = Code::ALL.iter().map(|(_, name)| *name).collect();
        assert_eq!(headings, names, "in the order of the codes");
    }

    #[test]
    fn pages_fit_a_terminal() {
        let longest = PAGES.lines().max_by_key(|line| line.chars().count()).unwrap();
        assert!(longest.chars().count() <= 110, "{longest}");
    }
}

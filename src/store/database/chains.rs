//! Long chains of one operator. Databases read `a OR b OR c` as a tree whose depth is the number of parts, and limit the
//! depth (SQLite to 1,000), so that long chains are printed as balanced trees.

/// Up to so many parts are printed without parentheses.
const FLAT: usize = 50;

/// The parts with an associative operator between them.
pub(in crate::store) fn chained(parts: &[String], operator: &str) -> String {
    if parts.len() <= FLAT {
        return parts.join(operator);
    }
    let (left, right) = parts.split_at(parts.len() / 2);
    format!("({}){operator}({})", chained(left, operator), chained(right, operator))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_chain_is_no_deeper_than_its_logarithm() {
        let parts: Vec<String> = (0..5_000).map(|number| format!("p{number}")).collect();
        let printed = chained(&parts, " OR ");
        let mut depth = 0_usize;
        let mut deepest = 0;
        for character in printed.chars() {
            match character {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            deepest = deepest.max(depth);
        }
        assert!(deepest < 10, "{deepest}");
        assert_eq!(printed.replace(['(', ')'], ""), parts.join(" OR "));
        assert_eq!(chained(&parts[..2], " AND "), "p0 AND p1");
    }
}

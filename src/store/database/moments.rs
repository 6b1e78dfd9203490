//! Moments in statements. A statement that names the present would be another text at each tick, and a database would
//! prepare it anew each time: they become parameters right before it is carried out.

use std::borrow::Cow;

use crate::store::Cell;

/// So many digits have the moments from the year 2001 to 2286, in milliseconds.
const DIGITS: usize = 13;

/// A statement whose moments are parameters after those that it has, each once.
pub(in crate::store) fn bound<'s>(sql: &'s str, parameters: &'s [Cell]) -> (Cow<'s, str>, Cow<'s, [Cell]>) {
    let mut text = String::new();
    let mut bound: Vec<Cell> = Vec::new();
    let (mut done, mut quote, mut before) = (0, None, ' ');
    let mut letters = sql.char_indices();
    while let Some((at, letter)) = letters.next() {
        if let Some(sign) = quote {
            quote = (letter != sign).then_some(sign);
        } else if matches!(letter, '\'' | '"') {
            quote = Some(letter);
        } else if letter.is_ascii_digit() && !before.is_alphanumeric() && !matches!(before, '_' | '.' | '$') {
            let length = sql[at..].bytes().take_while(u8::is_ascii_digit).count();
            let end = at + length;
            if length == DIGITS
                && !sql[end..].starts_with('.')
                && let Ok(moment) = sql[at..end].parse::<i64>()
            {
                let cell = Cell::Integer(moment);
                let place = bound.iter().position(|known| *known == cell).unwrap_or_else(|| {
                    bound.push(cell);
                    bound.len() - 1
                });
                text.push_str(&sql[done..at]);
                text.push_str(&format!("CAST(${} AS BIGINT)", parameters.len() + place + 1));
                done = end;
            }
            // Digits are one byte each.
            letters.by_ref().take(length - 1).for_each(drop);
        }
        before = letter;
    }
    if done == 0 {
        return (Cow::Borrowed(sql), Cow::Borrowed(parameters));
    }
    text.push_str(&sql[done..]);
    (Cow::Owned(text), Cow::Owned(parameters.iter().cloned().chain(bound).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_become_parameters_and_all_else_stays() {
        const NOW: i64 = 1_772_454_600_000;
        let cases = [
            ("SELECT 1 WHERE a = $1", "SELECT 1 WHERE a = $1", vec![]),
            (
                "SELECT 1772454600000 WHERE a = $1 AND (b <= 1772454600000 OR c > 1772454600001)",
                "SELECT CAST($2 AS BIGINT) WHERE a = $1 AND (b <= CAST($2 AS BIGINT) OR c > CAST($3 AS BIGINT))",
                vec![NOW, NOW + 1],
            ),
            (
                "SELECT '1772454600000', \"1772454600000\", x1772454600000, 1772454600000.5, 17724546000001, 'it''s' WHERE é",
                "SELECT '1772454600000', \"1772454600000\", x1772454600000, 1772454600000.5, 17724546000001, 'it''s' WHERE é",
                vec![],
            ),
            ("a >= 1772454600000", "a >= CAST($2 AS BIGINT)", vec![NOW]),
        ];
        for (sql, expected, moments) in cases {
            let (text, parameters) = bound(sql, &[Cell::Null]);
            let all: Vec<Cell> =
                [Cell::Null].into_iter().chain(moments.into_iter().map(Cell::Integer)).collect();
            assert_eq!((&*text, &*parameters), (expected, &*all), "{sql}");
        }
    }
}

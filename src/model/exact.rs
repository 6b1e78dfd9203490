//! Sums that don't depend on the order of what is added (semantics 3).

/// Values beyond this size count as this.
const MOST: f64 = 1e24;
/// Millionths in one.
const MILLIONTHS: i128 = 1_000_000;

/// A sum of whole millionths.
///
/// ```
/// use tilework::model::ExactSum;
///
/// let mut sum = ExactSum::default();
/// [0.1, 0.2].into_iter().for_each(|value| sum.add(value));
/// assert_eq!(sum.total(), 0.3);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExactSum(i128);

impl ExactSum {
    /// Adds a value: the decimal number that it is written as, rounded to whole millionths, halves away
    /// from zero.
    pub fn add(&mut self, value: f64) {
        self.0 = self.0.saturating_add(millionths(value));
    }

    /// The sum, as the nearest number.
    #[must_use]
    pub fn total(&self) -> f64 {
        let sign = if self.0 < 0 { "-" } else { "" };
        let size = self.0.unsigned_abs();
        let whole = MILLIONTHS.unsigned_abs();
        format!("{sign}{}.{:06}", size / whole, size % whole).parse().unwrap_or(0.0)
    }
}

fn millionths(value: f64) -> i128 {
    let written = value.clamp(-MOST, MOST).abs().to_string();
    let (whole, decimals) = written.split_once('.').unwrap_or((&written, ""));
    let digits = |text: &str| text.parse::<i128>().unwrap_or(0);
    let kept: String = decimals.chars().chain(std::iter::repeat('0')).take(6).collect();
    let up = decimals.as_bytes().get(6).is_some_and(|digit| *digit >= b'5');
    let size = digits(whole) * MILLIONTHS + digits(&kept) + i128::from(up);
    if value < 0.0 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(values: &[f64]) -> f64 {
        let mut sum = ExactSum::default();
        values.iter().for_each(|value| sum.add(*value));
        sum.total()
    }

    #[test]
    fn rule_3_sums_are_exact_whatever_their_order() {
        assert_eq!(sum(&[]), 0.0);
        assert_eq!(sum(&[19.99; 10]), 199.9);
        assert_eq!(sum(&[1e24, 0.1, -1e24]), 0.1);
        assert_eq!(sum(&[-0.000_000_5]), -0.000_001);
        assert_eq!(sum(&[0.000_000_499_999]), 0.0);
        assert_eq!(sum(&[f64::MAX]), 1e24);
        assert_eq!(sum(&[f64::MIN_POSITIVE]), 0.0);
    }
}

//! When an answer equals the one that was expected: words are the same, floats are near.

/// How far a float may be from what was expected, relative to the larger of the two.
const TOLERANCE: f64 = 1e-9;

/// Whether two rows of values parted by spaces are the same. Integers and words must be equal; where one of two numbers
/// is a float, they must be near. An expected number may state its own tolerance: `1.5~1e-6`.
///
/// ```
/// use hyperslab_tests::answer::rows_match;
///
/// assert!(rows_match("2001 a 0.30000000000000004", "2001 a 0.3"));
/// assert!(!rows_match("2002 a 0.3", "2001 a 0.3"));
/// ```
pub fn rows_match(actual: &str, expected: &str) -> bool {
    let (actual, expected) = (actual.split_whitespace(), expected.split_whitespace());
    actual.clone().count() == expected.clone().count() && actual.zip(expected).all(|(a, e)| values_match(a, e))
}

fn values_match(actual: &str, expected: &str) -> bool {
    let (expected, tolerance) = match expected.split_once('~') {
        Some((number, tolerance)) => match tolerance.parse() {
            Ok(tolerance) => (number, tolerance),
            Err(_) => (expected, TOLERANCE),
        },
        None => (expected, TOLERANCE),
    };
    if actual == expected {
        return true;
    }
    if is_integer(actual) && is_integer(expected) {
        return false;
    }
    match (number(actual), number(expected)) {
        (Some(a), Some(e)) if a.is_finite() && e.is_finite() => (a - e).abs() <= tolerance * a.abs().max(e.abs()),
        _ => false,
    }
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

fn number(text: &str) -> Option<f64> {
    // Rust reads `nan` and `infinity` as numbers; here they are words.
    text.parse().ok().filter(|_| text.bytes().any(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_near_and_integers_are_equal() {
        assert!(rows_match("300.00000000001 7", "300 7"));
        assert!(!rows_match("300.000001 7", "300 7"));
        assert!(rows_match("300.000001 7", "300~1e-6 7"));
        assert!(!rows_match("9007199254740993", "9007199254740992"));
        assert!(rows_match("0.0", "-0"));
        assert!(!rows_match("1e-300", "0"));
    }

    #[test]
    fn words_and_nulls_are_equal_to_themselves_alone() {
        assert!(rows_match("NULL a  b", "NULL a b"));
        assert!(!rows_match("NaN", "NULL"));
        assert!(!rows_match("0", "NULL"));
        assert!(!rows_match("a", "a b"));
        assert!(!rows_match("2001-01-01T00:00:00", "2001-01-02T00:00:00"));
    }
}

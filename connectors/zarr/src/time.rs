//! The units of `datetime64` and `timedelta64`, and from counts of them to microseconds.

use hyperslab_array::{ArrayError, Result};

/// NumPy's "not a time", which is Hyperslab's, too.
pub(crate) const NAT: i64 = i64::MIN;

/// What a count of `datetime64` or `timedelta64` counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeUnit {
    /// So many microseconds.
    Microseconds(i64),
    /// So many parts of a microsecond make `.1` of it: `count * .0 / .1`.
    Fraction(i64, i64),
    /// So many months.
    Months(i64),
}

impl TimeUnit {
    /// `factor` times the unit that NumPy calls `unit`; `None` where there is no such unit.
    pub(crate) fn try_new(unit: &str, factor: i64) -> Option<Self> {
        if factor < 1 {
            return None;
        }
        const SECOND: i64 = 1_000_000;
        let microseconds = |n: i64| factor.checked_mul(n).map(Self::Microseconds);
        let fraction = |n: i64| Some(Self::Fraction(factor, n));
        match unit {
            "Y" => factor.checked_mul(12).map(Self::Months),
            "M" => Some(Self::Months(factor)),
            "W" => microseconds(7 * 86_400 * SECOND),
            "D" => microseconds(86_400 * SECOND),
            "h" => microseconds(3_600 * SECOND),
            "m" => microseconds(60 * SECOND),
            "s" => microseconds(SECOND),
            "ms" => microseconds(1_000),
            "us" | "μs" => microseconds(1),
            "ns" => fraction(1_000),
            "ps" => fraction(1_000_000),
            "fs" => fraction(1_000_000_000),
            "as" => fraction(1_000_000_000_000),
            _ => None,
        }
    }

    /// The unit between the brackets of a v2 `dtype`: `ns`, `25s`.
    pub(crate) fn from_v2(text: &str) -> Option<Self> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (factor, unit) = text.split_at_checked(digits)?;
        Self::try_new(unit, if factor.is_empty() { 1 } else { factor.parse().ok()? })
    }

    /// The same instants or lengths in microseconds; a finer unit is rounded down.
    ///
    /// # Errors
    /// When one is outside of 290,000 years around 1970.
    pub(crate) fn microseconds(self, mut counts: Vec<i64>) -> Result<Vec<i64>> {
        if self == Self::Microseconds(1) {
            return Ok(counts);
        }
        for count in &mut counts {
            if *count != NAT {
                *count = self.one(*count).ok_or_else(|| {
                    ArrayError::invalid(format!("time `{count}` of unit `{self:?}` does not fit microseconds"))
                })?;
            }
        }
        Ok(counts)
    }

    fn one(self, count: i64) -> Option<i64> {
        match self {
            Self::Microseconds(n) => count.checked_mul(n),
            Self::Fraction(n, parts) => {
                i64::try_from((i128::from(count) * i128::from(n)).div_euclid(i128::from(parts))).ok()
            }
            Self::Months(n) => {
                let months = count.checked_mul(n)?;
                days_since_1970(months.div_euclid(12).checked_add(1970)?, months.rem_euclid(12))?
                    .checked_mul(86_400_000_000)
            }
        }
        .filter(|us| *us != NAT)
    }
}

/// Days from 1970-01-01 to the first day of `month` (0 to 11) of `year`, in the proleptic Gregorian calendar.
fn days_since_1970(year: i64, month: i64) -> Option<i64> {
    const BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let leaps = |y: i64| y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400);
    let is_leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    let past = year.checked_sub(1)?;
    let days = past.checked_mul(365)?.checked_add(leaps(past))?.checked_sub(1969 * 365 + leaps(1969))?;
    let before = BEFORE.get(usize::try_from(month).ok()?)?;
    days.checked_add(before + i64::from(is_leap && month > 1))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000_000;

    fn one(unit: &str, count: i64) -> i64 {
        TimeUnit::from_v2(unit).unwrap().microseconds(vec![count]).unwrap()[0]
    }

    #[test]
    fn every_unit_becomes_microseconds() {
        assert_eq!(one("ns", -1), -1);
        assert_eq!(one("ns", 1_999), 1);
        assert_eq!(one("us", 7), 7);
        assert_eq!(one("25s", 2), 50_000_000);
        assert_eq!(one("W", 1), 7 * DAY);
        assert_eq!(one("as", 3_000_000_000_000), 3);
    }

    #[test]
    fn months_and_years_follow_the_calendar() {
        assert_eq!(one("M", 1), 31 * DAY);
        assert_eq!(one("M", 26), (365 + 365 + 31 + 29) * DAY);
        assert_eq!(one("M", -1), -31 * DAY);
        assert_eq!(one("Y", 30), 10_957 * DAY);
        assert_eq!(one("Y", -1970), -719_528 * DAY);
    }

    #[test]
    fn not_a_time_stays_and_what_does_not_fit_is_an_error() {
        assert_eq!(one("D", NAT), NAT);
        assert!(TimeUnit::from_v2("D").unwrap().microseconds(vec![i64::MAX]).is_err());
        assert!(TimeUnit::from_v2("Y").unwrap().microseconds(vec![i64::MAX - 5]).is_err());
        assert!(TimeUnit::from_v2("").is_none());
        assert!(TimeUnit::from_v2("0s").is_none());
    }
}

//! `numeric`: a decimal number of up to 38 digits, with the digits after the point that PostgreSQL would show.

use std::cmp::Ordering;
use std::fmt;

/// A decimal number.
#[derive(Debug, Clone, Copy)]
pub enum Numeric {
    /// `digits / 10^scale`.
    Finite {
        /// All digits, with the sign.
        digits: i128,
        /// How many of them stand after the point.
        scale: u16,
    },
    /// Not a number; PostgreSQL sorts it after everything and finds it equal to itself.
    NaN,
}

/// More digits than this do not fit.
const MOST_DIGITS: u16 = 38;

fn power(exponent: u16) -> Option<i128> {
    10i128.checked_pow(exponent.into())
}

/// The quotient, rounded half away from zero.
fn divide_rounded(a: i128, b: i128) -> Option<i128> {
    let (q, r) = (a.checked_div(b)?, a.checked_rem(b)?);
    let up = r.unsigned_abs() >= b.unsigned_abs() - r.unsigned_abs();
    if !up || r == 0 {
        return Some(q);
    }
    q.checked_add(if (a < 0) == (b < 0) { 1 } else { -1 })
}

impl Numeric {
    /// A whole number.
    pub fn whole(n: i64) -> Self {
        Self::Finite { digits: n.into(), scale: 0 }
    }

    /// A decimal number from its digits and how many of them stand after the point.
    pub fn new(digits: i128, scale: u16) -> Self {
        Self::Finite { digits, scale }
    }

    /// Reads `-1.5`, `.5`, `1e3`, `NaN`; `None` for anything else and for what does not fit.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("nan") {
            return Some(Self::NaN);
        }
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (text.get(..at)?, text.get(at + 1..)?.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (negative, mantissa) = match mantissa.as_bytes().first()? {
            b'-' => (true, mantissa.get(1..)?),
            b'+' => (false, mantissa.get(1..)?),
            _ => (false, mantissa),
        };
        let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if before.is_empty() && after.is_empty() {
            return None;
        }
        let mut digits: i128 = 0;
        for c in before.bytes().chain(after.bytes()) {
            if !c.is_ascii_digit() {
                return None;
            }
            digits = digits.checked_mul(10)?.checked_add(i128::from(c - b'0'))?;
        }
        let scale = i32::try_from(after.len()).ok()?.checked_sub(exponent)?;
        let digits = if negative { -digits } else { digits };
        if scale >= 0 {
            let scale = u16::try_from(scale).ok().filter(|s| *s <= 1000)?;
            return Some(Self::Finite { digits, scale });
        }
        let up = u16::try_from(scale.checked_neg()?).ok()?;
        Some(Self::Finite { digits: digits.checked_mul(power(up)?)?, scale: 0 })
    }

    /// The number that a binary fraction is closest to, with 15 digits as PostgreSQL keeps.
    pub fn from_f64(x: f64) -> Option<Self> {
        if x.is_nan() {
            return Some(Self::NaN);
        }
        let n = Self::parse(&format!("{x:.14e}"))?;
        Some(n.trimmed())
    }

    /// The same number without zeros at the end.
    pub fn trimmed(self) -> Self {
        let Self::Finite { mut digits, mut scale } = self else { return self };
        while scale > 0 && digits % 10 == 0 {
            digits /= 10;
            scale -= 1;
        }
        Self::Finite { digits, scale }
    }

    /// The closest binary fraction.
    pub fn to_f64(self) -> f64 {
        match self {
            Self::NaN => f64::NAN,
            Self::Finite { .. } => self.to_string().parse().unwrap_or(f64::NAN),
        }
    }

    /// The whole number that it rounds to, half away from zero.
    pub fn to_i64(self) -> Option<i64> {
        match self.round(0)? {
            Self::Finite { digits, .. } => i64::try_from(digits).ok(),
            Self::NaN => None,
        }
    }

    /// Digits after the point.
    pub fn scale(self) -> u16 {
        match self {
            Self::Finite { scale, .. } => scale,
            Self::NaN => 0,
        }
    }

    /// The number with this many digits after the point, rounded half away from zero; `None` if it does not fit.
    pub fn round(self, to: i32) -> Option<Self> {
        let Self::Finite { digits, scale } = self else { return Some(self) };
        if to >= i32::from(scale) {
            return self.rescaled(u16::try_from(to).ok()?);
        }
        let drop = u16::try_from(i32::from(scale) - to).ok()?;
        let Some(unit) = power(drop) else {
            return Some(Self::Finite { digits: 0, scale: to.max(0).try_into().ok()? });
        };
        let kept = divide_rounded(digits, unit)?;
        match u16::try_from(to) {
            Ok(scale) => Some(Self::Finite { digits: kept, scale }),
            Err(_) => Some(Self::Finite {
                digits: kept.checked_mul(power(u16::try_from(to.checked_neg()?).ok()?)?)?,
                scale: 0,
            }),
        }
    }

    /// The number cut after this many digits after the point.
    pub fn truncate(self, to: u16) -> Option<Self> {
        let Self::Finite { digits, scale } = self else { return Some(self) };
        if to >= scale {
            return self.rescaled(to);
        }
        let kept = power(scale - to).map_or(0, |unit| digits / unit);
        Some(Self::Finite { digits: kept, scale: to })
    }

    fn rescaled(self, to: u16) -> Option<Self> {
        let Self::Finite { digits, scale } = self else { return Some(self) };
        let digits = digits.checked_mul(power(to.checked_sub(scale)?)?)?;
        Some(Self::Finite { digits, scale: to })
    }

    /// Both with as many digits after the point as the longer one.
    fn aligned(self, other: Self) -> Option<(i128, i128, u16)> {
        let scale = self.scale().max(other.scale());
        match (self.rescaled(scale)?, other.rescaled(scale)?) {
            (Self::Finite { digits: a, .. }, Self::Finite { digits: b, .. }) => Some((a, b, scale)),
            _ => None,
        }
    }

    fn is_nan(self) -> bool {
        matches!(self, Self::NaN)
    }

    /// The sum; `None` if it does not fit.
    pub fn plus(self, other: Self) -> Option<Self> {
        if self.is_nan() || other.is_nan() {
            return Some(Self::NaN);
        }
        let (a, b, scale) = self.aligned(other)?;
        Some(Self::Finite { digits: a.checked_add(b)?, scale })
    }

    /// The number with the other sign.
    pub fn negate(self) -> Self {
        match self {
            Self::Finite { digits, scale } => Self::Finite { digits: digits.saturating_neg(), scale },
            Self::NaN => Self::NaN,
        }
    }

    /// The product; `None` if it does not fit.
    pub fn multiply(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Finite { digits: a, scale: s }, Self::Finite { digits: b, scale: t }) => {
                let scale = s.checked_add(t)?;
                Some(Self::Finite { digits: a.checked_mul(b)?, scale })
            }
            _ => Some(Self::NaN),
        }
    }

    /// The quotient with at least 16 significant digits; `None` if it does not fit. The divisor must not be zero.
    pub fn divide(self, other: Self) -> Option<Self> {
        let (Self::Finite { digits: a, scale: s }, Self::Finite { digits: b, scale: t }) = (self, other) else {
            return Some(Self::NaN);
        };
        let wanted = quotient_scale(self, other);
        // a / 10^s : b / 10^t = (a * 10^(wanted + t - s)) / b / 10^wanted
        let shift = i32::from(wanted) + i32::from(t) - i32::from(s);
        let (mut top, mut bottom) = (a, b);
        match u16::try_from(shift) {
            Ok(up) => match power(up).and_then(|p| top.checked_mul(p)) {
                Some(t) => top = t,
                None => return long_division(a, b, up, wanted),
            },
            Err(_) => bottom = bottom.checked_mul(power(u16::try_from(shift.checked_neg()?).ok()?)?)?,
        }
        Some(Self::Finite { digits: divide_rounded(top, bottom)?, scale: wanted })
    }

    /// What is left of a division; `None` if it does not fit. The divisor must not be zero.
    pub fn remainder(self, other: Self) -> Option<Self> {
        if self.is_nan() || other.is_nan() {
            return Some(Self::NaN);
        }
        let (a, b, scale) = self.aligned(other)?;
        Some(Self::Finite { digits: a.checked_rem(b)?, scale })
    }

    /// The largest whole number that is not above.
    pub fn floor(self) -> Option<Self> {
        let Self::Finite { digits, scale } = self else { return Some(self) };
        let unit = power(scale)?;
        Some(Self::Finite { digits: digits.div_euclid(unit), scale: 0 })
    }

    /// The smallest whole number that is not below.
    pub fn ceil(self) -> Option<Self> {
        Some(self.negate().floor()?.negate())
    }

    /// Whether it is zero.
    pub fn is_zero(self) -> bool {
        matches!(self, Self::Finite { digits: 0, .. })
    }

    /// Whether it is below zero.
    pub fn is_negative(self) -> bool {
        matches!(self, Self::Finite { digits, .. } if digits < 0)
    }

    /// Order by size; `NaN` comes last.
    pub fn compare(self, other: Self) -> Ordering {
        match (self.is_nan(), other.is_nan()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return Ordering::Greater,
            (false, true) => return Ordering::Less,
            _ => {}
        }
        match self.aligned(other) {
            Some((a, b, _)) => a.cmp(&b),
            None => self.to_f64().total_cmp(&other.to_f64()),
        }
    }
}

/// Digit by digit, for a dividend that does not fit with its zeros.
fn long_division(a: i128, b: i128, zeros: u16, scale: u16) -> Option<Numeric> {
    let mut quotient = a.checked_div(b)?;
    let mut rest = a.checked_rem(b)?;
    for _ in 0..zeros {
        rest = rest.checked_mul(10)?;
        quotient = quotient.checked_mul(10)?.checked_add(rest.checked_div(b)?)?;
        rest = rest.checked_rem(b)?;
    }
    if rest.unsigned_abs().checked_mul(2)? >= b.unsigned_abs() && rest != 0 {
        quotient = quotient.checked_add(if (a < 0) == (b < 0) { 1 } else { -1 })?;
    }
    Some(Numeric::Finite { digits: quotient, scale })
}

/// The position of the first group of four digits, counted in groups from the point, and that group.
fn first_group(n: Numeric) -> (i32, i128) {
    let Numeric::Finite { digits, scale } = n else { return (0, 0) };
    let text = digits.unsigned_abs().to_string();
    if digits == 0 {
        return (0, 0);
    }
    // The decimal place of the first digit: 0 is the ones.
    let place = i32::try_from(text.len()).unwrap_or(0) - 1 - i32::from(scale);
    let weight = place.div_euclid(4);
    let in_group = place.rem_euclid(4) + 1;
    let group: String = text.chars().chain("0000".chars()).take(in_group.try_into().unwrap_or(1)).collect();
    (weight, group.parse().unwrap_or(0))
}

/// How many digits after the point a quotient gets, by PostgreSQL's rule: 16 significant digits as estimated from the
/// first groups, and no fewer than either number has.
fn quotient_scale(a: Numeric, b: Numeric) -> u16 {
    let ((weight_a, group_a), (weight_b, group_b)) = (first_group(a), first_group(b));
    let mut weight = weight_a - weight_b;
    if group_a <= group_b {
        weight -= 1;
    }
    let scale = 16 - weight * 4;
    let scale = scale.max(a.scale().into()).max(b.scale().into()).clamp(0, 1000);
    u16::try_from(scale).unwrap_or(0)
}

impl fmt::Display for Numeric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Finite { digits, scale } = *self else { return f.write_str("NaN") };
        let text = digits.unsigned_abs().to_string();
        let scale = usize::from(scale);
        let padded = format!("{text:0>width$}", width = scale + 1);
        let (before, after) = padded.split_at_checked(padded.len() - scale).unwrap_or((&padded, ""));
        let sign = if digits < 0 { "-" } else { "" };
        match after {
            "" => write!(f, "{sign}{before}"),
            _ => write!(f, "{sign}{before}.{after}"),
        }
    }
}

impl Numeric {
    /// Whether precision and scale of a declared type leave room for it.
    pub(crate) fn fits(self, precision: u16, scale: i32) -> bool {
        let Self::Finite { digits, scale: has } = self else { return true };
        let whole = i32::from(precision) - scale + i32::from(has);
        match u16::try_from(whole) {
            Ok(w) if w <= MOST_DIGITS => power(w).is_none_or(|limit| digits.unsigned_abs() < limit.unsigned_abs()),
            Ok(_) => true,
            Err(_) => digits == 0,
        }
    }
}

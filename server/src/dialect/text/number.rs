//! Numbers in text: the fewest digits that are read as the same number.

/// A number of eight bytes.
pub(in crate::dialect) fn write_double(value: f64) -> String {
    write(&format!("{value:e}"), value.is_finite(), 15)
}

/// A number of four bytes.
pub(in crate::dialect) fn write_single(value: f32) -> String {
    write(&format!("{value:e}"), value.is_finite(), 6)
}

/// Puts `digits[.digits]e<exponent>` into the form that PostgreSQL has for it: plain up to so many digits.
fn write(scientific: &str, is_finite: bool, digits: i32) -> String {
    if !is_finite {
        return match scientific {
            "inf" => "Infinity",
            "-inf" => "-Infinity",
            _ => "NaN",
        }
        .to_string();
    }
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    if exponent < -4 || exponent >= digits {
        let of = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{mantissa}e{of}{:02}", exponent.abs());
    }
    let all: String = mantissa.chars().filter(|c| *c != '.').collect();
    if exponent < 0 {
        let zeros = "0".repeat(usize::try_from(-exponent - 1).unwrap_or(0));
        return format!("{sign}0.{zeros}{all}");
    }
    let whole = usize::try_from(exponent + 1).unwrap_or(1);
    if all.len() <= whole {
        return format!("{sign}{all}{}", "0".repeat(whole - all.len()));
    }
    let (whole, fraction) = all.split_at(whole);
    format!("{sign}{whole}.{fraction}")
}

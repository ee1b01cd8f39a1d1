//! Numbers: operators and functions.

use super::{Call, Function, scalar};
use crate::error::PgError;
use crate::types::{FLOAT4, FLOAT8, INT2, INT4, INT8, NUMERIC};
use crate::value::{Numeric, Value};

type Answer = Result<Value, PgError>;

fn out_of_range(ty: u32) -> PgError {
    let name = crate::types::display_name(ty, None).unwrap_or_default();
    PgError::new("22003", format!("{name} out of range"))
}

fn by_zero() -> PgError {
    PgError::new("22012", "division by zero")
}

/// A whole number of the result's type.
fn whole(call: &Call<'_>, n: Option<i64>) -> Answer {
    let fits = |n: &i64| match call.result {
        INT2 => i16::try_from(*n).is_ok(),
        INT4 => i32::try_from(*n).is_ok(),
        _ => true,
    };
    n.filter(fits).map(Value::Int).ok_or_else(|| out_of_range(call.result))
}

fn real(call: &Call<'_>, x: f64) -> Answer {
    #[expect(clippy::cast_possible_truncation, reason = "that is what `float4` is")]
    let x = if call.result == FLOAT4 { f64::from(x as f32) } else { x };
    let finite = (0..call.args.len()).all(|at| call.float(at).is_finite());
    if x.is_infinite() && finite {
        return Err(PgError::new("22003", "value out of range: overflow"));
    }
    Ok(Value::Float(x))
}

fn numeric(call: &Call<'_>, at: usize) -> Numeric {
    match call.arg(at) {
        Value::Numeric(n) => **n,
        v => Numeric::whole(v.as_int().unwrap_or_default()),
    }
}

fn decimal(n: Option<Numeric>) -> Answer {
    let n = n.ok_or_else(|| PgError::new("22003", "value overflows numeric format"))?;
    Ok(Value::Numeric(n.into()))
}

fn add_int(c: &Call<'_>) -> Answer {
    whole(c, c.int(0).checked_add(c.int(1)))
}
fn sub_int(c: &Call<'_>) -> Answer {
    whole(c, c.int(0).checked_sub(c.int(1)))
}
fn mul_int(c: &Call<'_>) -> Answer {
    whole(c, c.int(0).checked_mul(c.int(1)))
}
fn div_int(c: &Call<'_>) -> Answer {
    if c.int(1) == 0 { Err(by_zero()) } else { whole(c, c.int(0).checked_div(c.int(1))) }
}
fn rem_int(c: &Call<'_>) -> Answer {
    if c.int(1) == 0 { Err(by_zero()) } else { whole(c, Some(c.int(0).wrapping_rem(c.int(1)))) }
}
fn neg_int(c: &Call<'_>) -> Answer {
    whole(c, c.int(0).checked_neg())
}
fn abs_int(c: &Call<'_>) -> Answer {
    whole(c, c.int(0).checked_abs())
}
fn and_int(c: &Call<'_>) -> Answer {
    Ok(Value::Int(c.int(0) & c.int(1)))
}
fn or_int(c: &Call<'_>) -> Answer {
    Ok(Value::Int(c.int(0) | c.int(1)))
}
fn xor_int(c: &Call<'_>) -> Answer {
    Ok(Value::Int(c.int(0) ^ c.int(1)))
}
fn not_int(c: &Call<'_>) -> Answer {
    Ok(Value::Int(!c.int(0)))
}
fn bits(ty: u32) -> i64 {
    match ty {
        INT2 => 16,
        INT4 => 32,
        _ => 64,
    }
}
fn shift_left(c: &Call<'_>) -> Answer {
    let width = bits(c.result);
    let by = u32::try_from(c.int(1).rem_euclid(width.max(32))).unwrap_or(0);
    let shifted = i128::from(c.int(0)) << by;
    // What falls off the end is gone.
    let sign = 128 - u32::try_from(width).unwrap_or(64);
    let kept = (shifted << sign) >> sign;
    Ok(Value::Int(i64::try_from(kept).unwrap_or_default()))
}
fn shift_right(c: &Call<'_>) -> Answer {
    let by = u32::try_from(c.int(1).rem_euclid(bits(c.result).max(32))).unwrap_or(0);
    Ok(Value::Int(c.int(0).checked_shr(by).unwrap_or(0)))
}

fn add_float(c: &Call<'_>) -> Answer {
    real(c, c.float(0) + c.float(1))
}
fn sub_float(c: &Call<'_>) -> Answer {
    real(c, c.float(0) - c.float(1))
}
fn mul_float(c: &Call<'_>) -> Answer {
    real(c, c.float(0) * c.float(1))
}
fn div_float(c: &Call<'_>) -> Answer {
    if c.float(1) == 0.0 && !c.float(0).is_nan() { Err(by_zero()) } else { real(c, c.float(0) / c.float(1)) }
}
fn neg_float(c: &Call<'_>) -> Answer {
    real(c, -c.float(0))
}
fn abs_float(c: &Call<'_>) -> Answer {
    real(c, c.float(0).abs())
}
fn pow_float(c: &Call<'_>) -> Answer {
    let (base, exponent) = (c.float(0), c.float(1));
    if base == 0.0 && exponent < 0.0 {
        return Err(PgError::new("2201F", "zero raised to a negative power is undefined"));
    }
    if base < 0.0 && exponent.fract() != 0.0 {
        return Err(PgError::new("2201F", "a negative number raised to a non-integer power yields a complex result"));
    }
    real(c, base.powf(exponent))
}
fn sqrt_float(c: &Call<'_>) -> Answer {
    if c.float(0) < 0.0 {
        return Err(PgError::new("2201F", "cannot take square root of a negative number"));
    }
    real(c, c.float(0).sqrt())
}
fn cbrt_float(c: &Call<'_>) -> Answer {
    real(c, c.float(0).cbrt())
}
fn ceil_float(c: &Call<'_>) -> Answer {
    real(c, c.float(0).ceil())
}
fn floor_float(c: &Call<'_>) -> Answer {
    real(c, c.float(0).floor())
}
fn round_float(c: &Call<'_>) -> Answer {
    real(c, c.float(0).round_ties_even())
}
fn trunc_float(c: &Call<'_>) -> Answer {
    real(c, c.float(0).trunc())
}
fn exp_float(c: &Call<'_>) -> Answer {
    real(c, c.float(0).exp())
}
fn positive(c: &Call<'_>) -> Result<f64, PgError> {
    match c.float(0) {
        0.0 => Err(PgError::new("2201E", "cannot take logarithm of zero")),
        x if x < 0.0 => Err(PgError::new("2201E", "cannot take logarithm of a negative number")),
        x => Ok(x),
    }
}
fn ln_float(c: &Call<'_>) -> Answer {
    real(c, positive(c)?.ln())
}
fn log_float(c: &Call<'_>) -> Answer {
    real(c, positive(c)?.log10())
}
fn sign_float(c: &Call<'_>) -> Answer {
    let x = c.float(0);
    real(c, if x == 0.0 { 0.0 } else { x.signum() })
}
fn pi(_: &Call<'_>) -> Answer {
    Ok(Value::Float(std::f64::consts::PI))
}

fn add_numeric(c: &Call<'_>) -> Answer {
    decimal(numeric(c, 0).plus(numeric(c, 1)))
}
fn sub_numeric(c: &Call<'_>) -> Answer {
    decimal(numeric(c, 0).plus(numeric(c, 1).negate()))
}
fn mul_numeric(c: &Call<'_>) -> Answer {
    decimal(numeric(c, 0).multiply(numeric(c, 1)))
}
fn div_numeric(c: &Call<'_>) -> Answer {
    if numeric(c, 1).is_zero() { Err(by_zero()) } else { decimal(numeric(c, 0).divide(numeric(c, 1))) }
}
fn rem_numeric(c: &Call<'_>) -> Answer {
    if numeric(c, 1).is_zero() { Err(by_zero()) } else { decimal(numeric(c, 0).remainder(numeric(c, 1))) }
}
fn neg_numeric(c: &Call<'_>) -> Answer {
    decimal(Some(numeric(c, 0).negate()))
}
fn abs_numeric(c: &Call<'_>) -> Answer {
    let n = numeric(c, 0);
    decimal(Some(if n.is_negative() { n.negate() } else { n }))
}
fn ceil_numeric(c: &Call<'_>) -> Answer {
    decimal(numeric(c, 0).ceil())
}
fn floor_numeric(c: &Call<'_>) -> Answer {
    decimal(numeric(c, 0).floor())
}
fn round_numeric(c: &Call<'_>) -> Answer {
    let to = i32::try_from(c.int(1).clamp(-1000, 1000)).unwrap_or(0);
    decimal(numeric(c, 0).round(to))
}
fn trunc_numeric(c: &Call<'_>) -> Answer {
    let to = u16::try_from(c.int(1).clamp(0, 1000)).unwrap_or(0);
    decimal(numeric(c, 0).truncate(to))
}
fn sign_numeric(c: &Call<'_>) -> Answer {
    let n = numeric(c, 0);
    let sign = if n.is_zero() { 0 } else { 1 };
    decimal(Some(Numeric::whole(if n.is_negative() { -1 } else { sign })))
}
fn same(c: &Call<'_>) -> Answer {
    Ok(c.arg(0).clone())
}

pub(super) static OPERATORS: &[Function] = &[
    scalar("+", &[INT2, INT2], INT2, add_int),
    scalar("+", &[INT4, INT4], INT4, add_int),
    scalar("+", &[INT8, INT8], INT8, add_int),
    scalar("+", &[INT2, INT4], INT4, add_int),
    scalar("+", &[INT4, INT2], INT4, add_int),
    scalar("+", &[INT2, INT8], INT8, add_int),
    scalar("+", &[INT8, INT2], INT8, add_int),
    scalar("+", &[INT4, INT8], INT8, add_int),
    scalar("+", &[INT8, INT4], INT8, add_int),
    scalar("+", &[FLOAT4, FLOAT4], FLOAT4, add_float),
    scalar("+", &[FLOAT8, FLOAT8], FLOAT8, add_float),
    scalar("+", &[FLOAT4, FLOAT8], FLOAT8, add_float),
    scalar("+", &[FLOAT8, FLOAT4], FLOAT8, add_float),
    scalar("+", &[NUMERIC, NUMERIC], NUMERIC, add_numeric),
    scalar("-", &[INT2, INT2], INT2, sub_int),
    scalar("-", &[INT4, INT4], INT4, sub_int),
    scalar("-", &[INT8, INT8], INT8, sub_int),
    scalar("-", &[INT2, INT4], INT4, sub_int),
    scalar("-", &[INT4, INT2], INT4, sub_int),
    scalar("-", &[INT2, INT8], INT8, sub_int),
    scalar("-", &[INT8, INT2], INT8, sub_int),
    scalar("-", &[INT4, INT8], INT8, sub_int),
    scalar("-", &[INT8, INT4], INT8, sub_int),
    scalar("-", &[FLOAT4, FLOAT4], FLOAT4, sub_float),
    scalar("-", &[FLOAT8, FLOAT8], FLOAT8, sub_float),
    scalar("-", &[FLOAT4, FLOAT8], FLOAT8, sub_float),
    scalar("-", &[FLOAT8, FLOAT4], FLOAT8, sub_float),
    scalar("-", &[NUMERIC, NUMERIC], NUMERIC, sub_numeric),
    scalar("*", &[INT2, INT2], INT2, mul_int),
    scalar("*", &[INT4, INT4], INT4, mul_int),
    scalar("*", &[INT8, INT8], INT8, mul_int),
    scalar("*", &[INT2, INT4], INT4, mul_int),
    scalar("*", &[INT4, INT2], INT4, mul_int),
    scalar("*", &[INT2, INT8], INT8, mul_int),
    scalar("*", &[INT8, INT2], INT8, mul_int),
    scalar("*", &[INT4, INT8], INT8, mul_int),
    scalar("*", &[INT8, INT4], INT8, mul_int),
    scalar("*", &[FLOAT4, FLOAT4], FLOAT4, mul_float),
    scalar("*", &[FLOAT8, FLOAT8], FLOAT8, mul_float),
    scalar("*", &[FLOAT4, FLOAT8], FLOAT8, mul_float),
    scalar("*", &[FLOAT8, FLOAT4], FLOAT8, mul_float),
    scalar("*", &[NUMERIC, NUMERIC], NUMERIC, mul_numeric),
    scalar("/", &[INT2, INT2], INT2, div_int),
    scalar("/", &[INT4, INT4], INT4, div_int),
    scalar("/", &[INT8, INT8], INT8, div_int),
    scalar("/", &[INT2, INT4], INT4, div_int),
    scalar("/", &[INT4, INT2], INT4, div_int),
    scalar("/", &[INT2, INT8], INT8, div_int),
    scalar("/", &[INT8, INT2], INT8, div_int),
    scalar("/", &[INT4, INT8], INT8, div_int),
    scalar("/", &[INT8, INT4], INT8, div_int),
    scalar("/", &[FLOAT4, FLOAT4], FLOAT4, div_float),
    scalar("/", &[FLOAT8, FLOAT8], FLOAT8, div_float),
    scalar("/", &[FLOAT4, FLOAT8], FLOAT8, div_float),
    scalar("/", &[FLOAT8, FLOAT4], FLOAT8, div_float),
    scalar("/", &[NUMERIC, NUMERIC], NUMERIC, div_numeric),
    scalar("%", &[INT2, INT2], INT2, rem_int),
    scalar("%", &[INT4, INT4], INT4, rem_int),
    scalar("%", &[INT8, INT8], INT8, rem_int),
    scalar("%", &[NUMERIC, NUMERIC], NUMERIC, rem_numeric),
    scalar("^", &[FLOAT8, FLOAT8], FLOAT8, pow_float),
    scalar("&", &[INT2, INT2], INT2, and_int),
    scalar("&", &[INT4, INT4], INT4, and_int),
    scalar("&", &[INT8, INT8], INT8, and_int),
    scalar("|", &[INT2, INT2], INT2, or_int),
    scalar("|", &[INT4, INT4], INT4, or_int),
    scalar("|", &[INT8, INT8], INT8, or_int),
    scalar("#", &[INT2, INT2], INT2, xor_int),
    scalar("#", &[INT4, INT4], INT4, xor_int),
    scalar("#", &[INT8, INT8], INT8, xor_int),
    scalar("<<", &[INT2, INT4], INT2, shift_left),
    scalar("<<", &[INT4, INT4], INT4, shift_left),
    scalar("<<", &[INT8, INT4], INT8, shift_left),
    scalar(">>", &[INT2, INT4], INT2, shift_right),
    scalar(">>", &[INT4, INT4], INT4, shift_right),
    scalar(">>", &[INT8, INT4], INT8, shift_right),
    scalar("-", &[INT2], INT2, neg_int),
    scalar("-", &[INT4], INT4, neg_int),
    scalar("-", &[INT8], INT8, neg_int),
    scalar("-", &[FLOAT4], FLOAT4, neg_float),
    scalar("-", &[FLOAT8], FLOAT8, neg_float),
    scalar("-", &[NUMERIC], NUMERIC, neg_numeric),
    scalar("+", &[INT2], INT2, same),
    scalar("+", &[INT4], INT4, same),
    scalar("+", &[INT8], INT8, same),
    scalar("+", &[FLOAT4], FLOAT4, same),
    scalar("+", &[FLOAT8], FLOAT8, same),
    scalar("+", &[NUMERIC], NUMERIC, same),
    scalar("~", &[INT2], INT2, not_int),
    scalar("~", &[INT4], INT4, not_int),
    scalar("~", &[INT8], INT8, not_int),
    scalar("@", &[INT2], INT2, abs_int),
    scalar("@", &[INT4], INT4, abs_int),
    scalar("@", &[INT8], INT8, abs_int),
    scalar("@", &[FLOAT4], FLOAT4, abs_float),
    scalar("@", &[FLOAT8], FLOAT8, abs_float),
    scalar("@", &[NUMERIC], NUMERIC, abs_numeric),
    scalar("|/", &[FLOAT8], FLOAT8, sqrt_float),
    scalar("||/", &[FLOAT8], FLOAT8, cbrt_float),
];

/// The whole part of a quotient.
fn quotient(call: &Call<'_>) -> Answer {
    let [a, b] = [numeric(call, 0), numeric(call, 1)];
    if b.is_zero() {
        return Err(by_zero());
    }
    let quotient = a.divide(b).and_then(|q| q.truncate(0)).ok_or_else(|| out_of_range(NUMERIC))?;
    Ok(Value::Numeric(quotient.into()))
}

fn gcd(call: &Call<'_>) -> Answer {
    let (mut a, mut b) = (call.int(0).unsigned_abs(), call.int(1).unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    whole(call, i64::try_from(a).ok())
}

/// Which of some parts of equal width a number falls in, from 1; 0 is below all, one more is above.
fn width_bucket(call: &Call<'_>) -> Answer {
    let (x, low, high, count) = (call.float(0), call.float(1), call.float(2), call.int(3));
    if count <= 0 {
        return Err(PgError::new("2201G", "count must be greater than zero"));
    }
    if low == high {
        return Err(PgError::new("2201G", "lower bound cannot equal upper bound"));
    }
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "limited below")]
    let at = ((x - low) / (high - low) * count as f64).floor() as i64;
    Ok(Value::Int(at.saturating_add(1).clamp(0, count.saturating_add(1))))
}

pub(super) static FUNCTIONS: &[Function] = &[
    scalar("degrees", &[FLOAT8], FLOAT8, |call| Ok(Value::Float(call.float(0).to_degrees()))),
    scalar("radians", &[FLOAT8], FLOAT8, |call| Ok(Value::Float(call.float(0).to_radians()))),
    scalar("div", &[NUMERIC, NUMERIC], NUMERIC, quotient),
    scalar("gcd", &[INT4, INT4], INT4, gcd),
    scalar("gcd", &[INT8, INT8], INT8, gcd),
    scalar("width_bucket", &[FLOAT8, FLOAT8, FLOAT8, INT4], INT4, width_bucket),
    scalar("abs", &[INT2], INT2, abs_int),
    scalar("abs", &[INT4], INT4, abs_int),
    scalar("abs", &[INT8], INT8, abs_int),
    scalar("abs", &[FLOAT4], FLOAT4, abs_float),
    scalar("abs", &[FLOAT8], FLOAT8, abs_float),
    scalar("abs", &[NUMERIC], NUMERIC, abs_numeric),
    scalar("mod", &[INT2, INT2], INT2, rem_int),
    scalar("mod", &[INT4, INT4], INT4, rem_int),
    scalar("mod", &[INT8, INT8], INT8, rem_int),
    scalar("mod", &[NUMERIC, NUMERIC], NUMERIC, rem_numeric),
    scalar("power", &[FLOAT8, FLOAT8], FLOAT8, pow_float),
    scalar("pow", &[FLOAT8, FLOAT8], FLOAT8, pow_float),
    scalar("sqrt", &[FLOAT8], FLOAT8, sqrt_float),
    scalar("cbrt", &[FLOAT8], FLOAT8, cbrt_float),
    scalar("exp", &[FLOAT8], FLOAT8, exp_float),
    scalar("ln", &[FLOAT8], FLOAT8, ln_float),
    scalar("log", &[FLOAT8], FLOAT8, log_float),
    scalar("log10", &[FLOAT8], FLOAT8, log_float),
    scalar("ceil", &[FLOAT8], FLOAT8, ceil_float),
    scalar("ceil", &[NUMERIC], NUMERIC, ceil_numeric),
    scalar("ceiling", &[FLOAT8], FLOAT8, ceil_float),
    scalar("ceiling", &[NUMERIC], NUMERIC, ceil_numeric),
    scalar("floor", &[FLOAT8], FLOAT8, floor_float),
    scalar("floor", &[NUMERIC], NUMERIC, floor_numeric),
    scalar("round", &[FLOAT8], FLOAT8, round_float),
    scalar("round", &[NUMERIC], NUMERIC, round_numeric),
    scalar("round", &[NUMERIC, INT4], NUMERIC, round_numeric),
    scalar("trunc", &[FLOAT8], FLOAT8, trunc_float),
    scalar("trunc", &[NUMERIC], NUMERIC, trunc_numeric),
    scalar("trunc", &[NUMERIC, INT4], NUMERIC, trunc_numeric),
    scalar("sign", &[FLOAT8], FLOAT8, sign_float),
    scalar("sign", &[NUMERIC], NUMERIC, sign_numeric),
    scalar("pi", &[], FLOAT8, pi),
];

//! Functions of numbers.

use super::{Call, Function, scalar};
use crate::error::PgError;
use crate::types;
use crate::types::{FLOAT8, INT2, INT4, INT8, NUMERIC};
use crate::value::{Numeric, Value};

pub(super) static FUNCTIONS: &[Function] = &[
    scalar("abs", &[INT2], INT2, absolute),
    scalar("abs", &[INT4], INT4, absolute),
    scalar("abs", &[INT8], INT8, absolute),
    scalar("abs", &[FLOAT8], FLOAT8, |c| Ok(c.float(0).abs().into())),
    scalar("abs", &[NUMERIC], NUMERIC, |c| {
        Ok(of(if number(c, 0).is_negative() { number(c, 0).negate() } else { number(c, 0) }))
    }),
    scalar("ceil", &[FLOAT8], FLOAT8, |c| Ok(c.float(0).ceil().into())),
    scalar("ceil", &[NUMERIC], NUMERIC, |c| some(number(c, 0).ceil())),
    scalar("ceiling", &[FLOAT8], FLOAT8, |c| Ok(c.float(0).ceil().into())),
    scalar("ceiling", &[NUMERIC], NUMERIC, |c| some(number(c, 0).ceil())),
    scalar("cbrt", &[FLOAT8], FLOAT8, |c| Ok(c.float(0).cbrt().into())),
    scalar("degrees", &[FLOAT8], FLOAT8, |c| Ok(c.float(0).to_degrees().into())),
    scalar("div", &[NUMERIC, NUMERIC], NUMERIC, |c| {
        let quotient = number(c, 0).divide(number(c, 1)).ok_or_else(division_by_zero)?;
        some(quotient.truncate(0))
    }),
    scalar("exp", &[FLOAT8], FLOAT8, |c| finite(c.float(0).exp())),
    scalar("floor", &[FLOAT8], FLOAT8, |c| Ok(c.float(0).floor().into())),
    scalar("floor", &[NUMERIC], NUMERIC, |c| some(number(c, 0).floor())),
    scalar("gcd", &[INT8, INT8], INT8, |c| Ok(divisor(c.int(0), c.int(1)).into())),
    scalar("ln", &[FLOAT8], FLOAT8, |c| logarithm(c, f64::ln)),
    scalar("log", &[FLOAT8], FLOAT8, |c| logarithm(c, f64::log10)),
    scalar("log10", &[FLOAT8], FLOAT8, |c| logarithm(c, f64::log10)),
    scalar("mod", &[INT2, INT2], INT2, modulo),
    scalar("mod", &[INT4, INT4], INT4, modulo),
    scalar("mod", &[INT8, INT8], INT8, modulo),
    scalar("mod", &[NUMERIC, NUMERIC], NUMERIC, |c| {
        Ok(of(number(c, 0).remainder(number(c, 1)).ok_or_else(division_by_zero)?))
    }),
    scalar("pi", &[], FLOAT8, |_| Ok(std::f64::consts::PI.into())),
    scalar("power", &[FLOAT8, FLOAT8], FLOAT8, |c| finite(c.float(0).powf(c.float(1)))),
    scalar("pow", &[FLOAT8, FLOAT8], FLOAT8, |c| finite(c.float(0).powf(c.float(1)))),
    scalar("radians", &[FLOAT8], FLOAT8, |c| Ok(c.float(0).to_radians().into())),
    scalar("round", &[FLOAT8], FLOAT8, |c| Ok(c.float(0).round_ties_even().into())),
    scalar("round", &[NUMERIC], NUMERIC, |c| some(number(c, 0).round(0))),
    scalar("round", &[NUMERIC, INT4], NUMERIC, |c| some(number(c, 0).round(i32::try_from(c.int(1)).unwrap_or(0)))),
    scalar("sign", &[FLOAT8], FLOAT8, |c| Ok(if c.float(0) == 0.0 { 0.0 } else { c.float(0).signum() }.into())),
    scalar("sqrt", &[FLOAT8], FLOAT8, |c| match c.float(0) {
        x if x < 0.0 => Err(PgError::new("2201F", "cannot take square root of a negative number")),
        x => Ok(x.sqrt().into()),
    }),
    scalar("trunc", &[FLOAT8], FLOAT8, |c| Ok(c.float(0).trunc().into())),
    scalar("trunc", &[NUMERIC], NUMERIC, |c| some(number(c, 0).truncate(0))),
    scalar("trunc", &[NUMERIC, INT4], NUMERIC, |c| some(number(c, 0).truncate(u16::try_from(c.int(1)).unwrap_or(0)))),
    scalar("width_bucket", &[FLOAT8, FLOAT8, FLOAT8, INT4], INT4, bucket),
];

fn number(c: &Call<'_>, at: usize) -> Numeric {
    match c.arg(at) {
        Value::Numeric(n) => **n,
        other => Numeric::whole(other.as_int().unwrap_or(0)),
    }
}

fn of(n: Numeric) -> Value {
    Value::Numeric(n.into())
}

fn out_of_range(ty: &str) -> PgError {
    PgError::new("22003", format!("{ty} out of range"))
}

fn some(n: Option<Numeric>) -> Result<Value, PgError> {
    n.map(of).ok_or_else(|| out_of_range("value"))
}

fn finite(x: f64) -> Result<Value, PgError> {
    if x.is_infinite() { Err(PgError::new("22003", "value out of range: overflow")) } else { Ok(x.into()) }
}

fn division_by_zero() -> PgError {
    PgError::new("22012", "division by zero")
}

fn absolute(c: &Call<'_>) -> Result<Value, PgError> {
    let (most, name) = match c.result {
        types::INT2 => (i64::from(i16::MAX), "smallint"),
        types::INT4 => (i64::from(i32::MAX), "integer"),
        _ => (i64::MAX, "bigint"),
    };
    let found = c.int(0).checked_abs().filter(|n| *n <= most);
    found.map(Value::Int).ok_or_else(|| out_of_range(name))
}

fn modulo(c: &Call<'_>) -> Result<Value, PgError> {
    match c.int(1) {
        0 => Err(division_by_zero()),
        by => Ok(c.int(0).wrapping_rem(by).into()),
    }
}

fn divisor(a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    i64::try_from(a).unwrap_or(i64::MAX)
}

fn logarithm(c: &Call<'_>, of: fn(f64) -> f64) -> Result<Value, PgError> {
    match c.float(0) {
        0.0 => Err(PgError::new("2201E", "cannot take logarithm of zero")),
        x if x < 0.0 => Err(PgError::new("2201E", "cannot take logarithm of a negative number")),
        x => Ok(of(x).into()),
    }
}

fn bucket(c: &Call<'_>) -> Result<Value, PgError> {
    let (x, low, high, count) = (c.float(0), c.float(1), c.float(2), c.int(3));
    if count <= 0 {
        return Err(PgError::new("2201G", "count must be greater than zero"));
    }
    if low == high {
        return Err(PgError::new("2201G", "lower bound cannot equal upper bound"));
    }
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "limited below")]
    let at = ((x - low) / (high - low) * count as f64).floor() as i64;
    Ok(at.saturating_add(1).clamp(0, count.saturating_add(1)).into())
}

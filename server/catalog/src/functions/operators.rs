//! What operators do, but for comparisons: a function each, under the name of the operator.

use super::arrays::{cat, contained, contains, overlap, push, unshift};
use super::patterns::{like, regex};
use super::{Call, Function, scalar};
use crate::error::PgError;
use crate::types::{
    ANYARRAY, ANYCOMPATIBLE, ANYCOMPATIBLEARRAY, ANYNONARRAY, BOOL, BPCHAR, BYTEA, DATE, FLOAT4, FLOAT8, INT2, INT4,
    INT8, INTERVAL, NAME, NUMERIC, TEXT, TIME, TIMESTAMP, TIMESTAMPTZ,
};
use crate::types;
use crate::value::{Interval, Numeric, Value, datetime};

macro_rules! of_numbers {
    ($name:literal, $ints:ident, $floats:ident, $numerics:ident) => {
        [
            scalar($name, &[INT2, INT2], INT2, $ints),
            scalar($name, &[INT2, INT4], INT4, $ints),
            scalar($name, &[INT4, INT2], INT4, $ints),
            scalar($name, &[INT4, INT4], INT4, $ints),
            scalar($name, &[INT2, INT8], INT8, $ints),
            scalar($name, &[INT8, INT2], INT8, $ints),
            scalar($name, &[INT4, INT8], INT8, $ints),
            scalar($name, &[INT8, INT4], INT8, $ints),
            scalar($name, &[INT8, INT8], INT8, $ints),
            scalar($name, &[FLOAT4, FLOAT4], FLOAT4, $floats),
            scalar($name, &[FLOAT4, FLOAT8], FLOAT8, $floats),
            scalar($name, &[FLOAT8, FLOAT4], FLOAT8, $floats),
            scalar($name, &[FLOAT8, FLOAT8], FLOAT8, $floats),
            scalar($name, &[NUMERIC, NUMERIC], NUMERIC, $numerics),
        ]
    };
}

macro_rules! of_bits {
    ($($name:literal $run:ident),* $(,)?) => {
        &[$(
            scalar($name, &[INT2, INT2], INT2, $run),
            scalar($name, &[INT4, INT4], INT4, $run),
            scalar($name, &[INT8, INT8], INT8, $run),
        )*]
    };
}

macro_rules! of_patterns {
    ($($name:literal $run:ident),* $(,)?) => {
        &[$(
            scalar($name, &[TEXT, TEXT], BOOL, $run),
            scalar($name, &[NAME, TEXT], BOOL, $run),
            scalar($name, &[BPCHAR, TEXT], BOOL, $run),
        )*]
    };
}

/// All of them.
pub(super) static LISTS: &[&[Function]] =
    &[&PLUS, &MINUS, &TIMES, &DIVIDED, BITS, PATTERNS, OTHERS];

static PLUS: [Function; 14] = of_numbers!("+", add_ints, add_floats, add_numerics);
static MINUS: [Function; 14] = of_numbers!("-", subtract_ints, subtract_floats, subtract_numerics);
static TIMES: [Function; 14] = of_numbers!("*", multiply_ints, multiply_floats, multiply_numerics);
static DIVIDED: [Function; 14] = of_numbers!("/", divide_ints, divide_floats, divide_numerics);

static BITS: &[Function] = of_bits![
    "&" bits_and,
    "|" bits_or,
    "#" bits_xor,
    "%" remainder,
];

static PATTERNS: &[Function] = of_patterns![
    "~" matches_regex,
    "!~" matches_no_regex,
    "~*" matches_regex_in_any_case,
    "!~*" matches_no_regex_in_any_case,
    "~~" is_like,
    "!~~" is_unlike,
    "~~*" is_like_in_any_case,
    "!~~*" is_unlike_in_any_case,
];

static OTHERS: &[Function] = &[
    scalar("%", &[NUMERIC, NUMERIC], NUMERIC, |c| {
        number(numeric(c, 0).remainder(numeric(c, 1)), "numeric").map_err(|_| division_by_zero())
    }),
    scalar("+", &[INT2], INT2, |c| Ok(c.arg(0).clone())),
    scalar("+", &[INT4], INT4, |c| Ok(c.arg(0).clone())),
    scalar("+", &[INT8], INT8, |c| Ok(c.arg(0).clone())),
    scalar("+", &[FLOAT4], FLOAT4, |c| Ok(c.arg(0).clone())),
    scalar("+", &[FLOAT8], FLOAT8, |c| Ok(c.arg(0).clone())),
    scalar("+", &[NUMERIC], NUMERIC, |c| Ok(c.arg(0).clone())),
    scalar("-", &[INT2], INT2, |c| whole(c, c.int(0).checked_neg())),
    scalar("-", &[INT4], INT4, |c| whole(c, c.int(0).checked_neg())),
    scalar("-", &[INT8], INT8, |c| whole(c, c.int(0).checked_neg())),
    scalar("-", &[FLOAT4], FLOAT4, |c| Ok((-c.float(0)).into())),
    scalar("-", &[FLOAT8], FLOAT8, |c| Ok((-c.float(0)).into())),
    scalar("-", &[NUMERIC], NUMERIC, |c| Ok(Value::Numeric(numeric(c, 0).negate().into()))),
    scalar("-", &[INTERVAL], INTERVAL, |c| Ok(span(c, 0).map_or(Value::Null, |i| Value::Interval(negative(i))))),
    scalar("~", &[INT2], INT2, |c| Ok((!c.int(0)).into())),
    scalar("~", &[INT4], INT4, |c| Ok((!c.int(0)).into())),
    scalar("~", &[INT8], INT8, |c| Ok((!c.int(0)).into())),
    scalar("@", &[INT4], INT4, |c| whole(c, c.int(0).checked_abs())),
    scalar("@", &[INT8], INT8, |c| whole(c, c.int(0).checked_abs())),
    scalar("@", &[FLOAT8], FLOAT8, |c| Ok(c.float(0).abs().into())),
    scalar("|/", &[FLOAT8], FLOAT8, |c| match c.float(0) {
        x if x < 0.0 => Err(PgError::new("2201F", "cannot take square root of a negative number")),
        x => Ok(x.sqrt().into()),
    }),
    scalar("||/", &[FLOAT8], FLOAT8, |c| Ok(c.float(0).cbrt().into())),
    scalar("^", &[FLOAT8, FLOAT8], FLOAT8, |c| fraction(c, c.float(0).powf(c.float(1)))),
    scalar("^", &[NUMERIC, NUMERIC], NUMERIC, power),
    scalar("<<", &[INT2, INT4], INT2, |c| Ok(shifted(c, true))),
    scalar("<<", &[INT4, INT4], INT4, |c| Ok(shifted(c, true))),
    scalar("<<", &[INT8, INT4], INT8, |c| Ok(shifted(c, true))),
    scalar(">>", &[INT2, INT4], INT2, |c| Ok(shifted(c, false))),
    scalar(">>", &[INT4, INT4], INT4, |c| Ok(shifted(c, false))),
    scalar(">>", &[INT8, INT4], INT8, |c| Ok(shifted(c, false))),
    scalar("||", &[TEXT, TEXT], TEXT, |c| Ok(joined(c))),
    scalar("||", &[TEXT, ANYNONARRAY], TEXT, |c| Ok(joined(c))),
    scalar("||", &[ANYNONARRAY, TEXT], TEXT, |c| Ok(joined(c))),
    scalar("||", &[BYTEA, BYTEA], BYTEA, |c| match (c.arg(0), c.arg(1)) {
        (Value::Bytes(a), Value::Bytes(b)) => Ok(Value::Bytes(a.iter().chain(b.iter()).copied().collect())),
        _ => Ok(Value::Null),
    }),
    scalar("||", &[ANYCOMPATIBLEARRAY, ANYCOMPATIBLEARRAY], ANYCOMPATIBLEARRAY, cat).lax(),
    scalar("||", &[ANYCOMPATIBLEARRAY, ANYCOMPATIBLE], ANYCOMPATIBLEARRAY, push).lax(),
    scalar("||", &[ANYCOMPATIBLE, ANYCOMPATIBLEARRAY], ANYCOMPATIBLEARRAY, unshift).lax(),
    scalar("@>", &[ANYARRAY, ANYARRAY], BOOL, contains),
    scalar("<@", &[ANYARRAY, ANYARRAY], BOOL, contained),
    scalar("&&", &[ANYARRAY, ANYARRAY], BOOL, overlap),
    scalar("^@", &[TEXT, TEXT], BOOL, |c| Ok(c.str(0).starts_with(c.str(1)).into())),
    scalar("+", &[DATE, INT4], DATE, |c| day(c.int(0).checked_add(c.int(1)))),
    scalar("+", &[INT4, DATE], DATE, |c| day(c.int(0).checked_add(c.int(1)))),
    scalar("-", &[DATE, INT4], DATE, |c| day(c.int(0).checked_sub(c.int(1)))),
    scalar("-", &[DATE, DATE], INT4, |c| whole(c, c.int(0).checked_sub(c.int(1)))),
    scalar("+", &[DATE, INTERVAL], TIMESTAMP, |c| moved(datetime::day_start(c.int(0)), span(c, 1))),
    scalar("-", &[DATE, INTERVAL], TIMESTAMP, |c| moved(datetime::day_start(c.int(0)), span(c, 1).map(negative))),
    scalar("+", &[DATE, TIME], TIMESTAMP, |c| Ok(datetime::day_start(c.int(0)).saturating_add(c.int(1)).into())),
    scalar("+", &[INTERVAL, DATE], TIMESTAMP, |c| moved(datetime::day_start(c.int(1)), span(c, 0))),
    scalar("+", &[TIMESTAMP, INTERVAL], TIMESTAMP, |c| moved(c.int(0), span(c, 1))),
    scalar("+", &[INTERVAL, TIMESTAMP], TIMESTAMP, |c| moved(c.int(1), span(c, 0))),
    scalar("-", &[TIMESTAMP, INTERVAL], TIMESTAMP, |c| moved(c.int(0), span(c, 1).map(negative))),
    scalar("-", &[TIMESTAMP, TIMESTAMP], INTERVAL, distance),
    scalar("+", &[TIMESTAMPTZ, INTERVAL], TIMESTAMPTZ, |c| moved(c.int(0), span(c, 1))),
    scalar("+", &[INTERVAL, TIMESTAMPTZ], TIMESTAMPTZ, |c| moved(c.int(1), span(c, 0))),
    scalar("-", &[TIMESTAMPTZ, INTERVAL], TIMESTAMPTZ, |c| moved(c.int(0), span(c, 1).map(negative))),
    scalar("-", &[TIMESTAMPTZ, TIMESTAMPTZ], INTERVAL, distance),
    scalar("+", &[INTERVAL, INTERVAL], INTERVAL, |c| sum(span(c, 0), span(c, 1))),
    scalar("-", &[INTERVAL, INTERVAL], INTERVAL, |c| sum(span(c, 0), span(c, 1).map(negative))),
    scalar("*", &[INTERVAL, FLOAT8], INTERVAL, |c| scaled(span(c, 0), c.float(1))),
    scalar("*", &[FLOAT8, INTERVAL], INTERVAL, |c| scaled(span(c, 1), c.float(0))),
    scalar("/", &[INTERVAL, FLOAT8], INTERVAL, |c| match c.float(1) {
        0.0 => Err(division_by_zero()),
        by => scaled(span(c, 0), 1.0 / by),
    }),
];

fn out_of_range(ty: &str) -> PgError {
    PgError::new("22003", format!("{ty} out of range"))
}

fn division_by_zero() -> PgError {
    PgError::new("22012", "division by zero")
}

/// A whole number that fits the type of the answer.
fn whole(c: &Call<'_>, n: Option<i64>) -> Result<Value, PgError> {
    let (fits, name): (fn(i64) -> bool, _) = match c.result {
        types::INT2 => (|n| i16::try_from(n).is_ok(), "smallint"),
        types::INT4 => (|n| i32::try_from(n).is_ok(), "integer"),
        _ => (|_| true, "bigint"),
    };
    n.filter(|n| fits(*n)).map(Value::Int).ok_or_else(|| out_of_range(name))
}

fn add_ints(c: &Call<'_>) -> Result<Value, PgError> {
    whole(c, c.int(0).checked_add(c.int(1)))
}

fn subtract_ints(c: &Call<'_>) -> Result<Value, PgError> {
    whole(c, c.int(0).checked_sub(c.int(1)))
}

fn multiply_ints(c: &Call<'_>) -> Result<Value, PgError> {
    whole(c, c.int(0).checked_mul(c.int(1)))
}

fn divide_ints(c: &Call<'_>) -> Result<Value, PgError> {
    if c.int(1) == 0 { Err(division_by_zero()) } else { whole(c, c.int(0).checked_div(c.int(1))) }
}

fn remainder(c: &Call<'_>) -> Result<Value, PgError> {
    if c.int(1) == 0 { Err(division_by_zero()) } else { Ok(c.int(0).wrapping_rem(c.int(1)).into()) }
}

/// A float8, or the nearest float4; what was finite stays finite.
fn fraction(c: &Call<'_>, x: f64) -> Result<Value, PgError> {
    #[expect(clippy::cast_possible_truncation, reason = "a float4 has fewer digits")]
    let x = if c.result == FLOAT4 { f64::from(x as f32) } else { x };
    if x.is_infinite() && c.float(0).is_finite() && c.float(1).is_finite() {
        return Err(PgError::new("22003", "value out of range: overflow"));
    }
    Ok(x.into())
}

fn add_floats(c: &Call<'_>) -> Result<Value, PgError> {
    fraction(c, c.float(0) + c.float(1))
}

fn subtract_floats(c: &Call<'_>) -> Result<Value, PgError> {
    fraction(c, c.float(0) - c.float(1))
}

fn multiply_floats(c: &Call<'_>) -> Result<Value, PgError> {
    fraction(c, c.float(0) * c.float(1))
}

fn divide_floats(c: &Call<'_>) -> Result<Value, PgError> {
    if c.float(1) == 0.0 && !c.float(0).is_nan() {
        return Err(division_by_zero());
    }
    fraction(c, c.float(0) / c.float(1))
}

fn numeric(c: &Call<'_>, at: usize) -> Numeric {
    match c.arg(at) {
        Value::Numeric(n) => **n,
        other => Numeric::whole(other.as_int().unwrap_or(0)),
    }
}

fn number(n: Option<Numeric>, ty: &str) -> Result<Value, PgError> {
    n.map(|n| Value::Numeric(n.into())).ok_or_else(|| out_of_range(ty))
}

fn add_numerics(c: &Call<'_>) -> Result<Value, PgError> {
    number(numeric(c, 0).plus(numeric(c, 1)), "numeric")
}

fn subtract_numerics(c: &Call<'_>) -> Result<Value, PgError> {
    number(numeric(c, 0).plus(numeric(c, 1).negate()), "numeric")
}

fn multiply_numerics(c: &Call<'_>) -> Result<Value, PgError> {
    number(numeric(c, 0).multiply(numeric(c, 1)), "numeric")
}

fn divide_numerics(c: &Call<'_>) -> Result<Value, PgError> {
    if numeric(c, 1).is_zero() { Err(division_by_zero()) } else { number(numeric(c, 0).divide(numeric(c, 1)), "numeric") }
}

fn power(c: &Call<'_>) -> Result<Value, PgError> {
    number(Numeric::from_f64(c.float(0).powf(c.float(1))), "numeric")
}

fn bits_and(c: &Call<'_>) -> Result<Value, PgError> {
    Ok((c.int(0) & c.int(1)).into())
}

fn bits_or(c: &Call<'_>) -> Result<Value, PgError> {
    Ok((c.int(0) | c.int(1)).into())
}

fn bits_xor(c: &Call<'_>) -> Result<Value, PgError> {
    Ok((c.int(0) ^ c.int(1)).into())
}

/// A number with its bits moved; only the low bits of the distance count, as the processor has it.
fn shifted(c: &Call<'_>, left: bool) -> Value {
    let by = u32::try_from(c.int(1).rem_euclid(64)).unwrap_or(0);
    let moved = |width: u32| if left { c.int(0).wrapping_shl(by % width) } else { c.int(0).wrapping_shr(by % width) };
    #[expect(clippy::cast_possible_truncation, reason = "bits that leave the type are lost")]
    match c.result {
        types::INT2 => i64::from(moved(32) as i16),
        types::INT4 => i64::from(moved(32) as i32),
        _ => moved(64),
    }
    .into()
}

fn joined(c: &Call<'_>) -> Value {
    (c.text(0) + &c.text(1)).into()
}

fn matches_regex(c: &Call<'_>) -> Result<Value, PgError> {
    Ok(regex(c.str(1), "")?.is_match(c.str(0)).into())
}

fn matches_no_regex(c: &Call<'_>) -> Result<Value, PgError> {
    Ok((!regex(c.str(1), "")?.is_match(c.str(0))).into())
}

fn matches_regex_in_any_case(c: &Call<'_>) -> Result<Value, PgError> {
    Ok(regex(c.str(1), "i")?.is_match(c.str(0)).into())
}

fn matches_no_regex_in_any_case(c: &Call<'_>) -> Result<Value, PgError> {
    Ok((!regex(c.str(1), "i")?.is_match(c.str(0))).into())
}

fn is_like(c: &Call<'_>) -> Result<Value, PgError> {
    Ok(like(c.str(0), c.str(1), false)?.into())
}

fn is_unlike(c: &Call<'_>) -> Result<Value, PgError> {
    Ok((!like(c.str(0), c.str(1), false)?).into())
}

fn is_like_in_any_case(c: &Call<'_>) -> Result<Value, PgError> {
    Ok(like(c.str(0), c.str(1), true)?.into())
}

fn is_unlike_in_any_case(c: &Call<'_>) -> Result<Value, PgError> {
    Ok((!like(c.str(0), c.str(1), true)?).into())
}

fn day(n: Option<i64>) -> Result<Value, PgError> {
    n.map(Value::Int).ok_or_else(|| PgError::new("22008", "date out of range"))
}

fn span(c: &Call<'_>, at: usize) -> Option<Interval> {
    match c.arg(at) {
        Value::Interval(i) => Some(*i),
        _ => None,
    }
}

fn negative(i: Interval) -> Interval {
    Interval { months: i.months.saturating_neg(), days: i.days.saturating_neg(), micros: i.micros.saturating_neg() }
}

fn interval_out_of_range() -> PgError {
    PgError::new("22008", "interval out of range")
}

fn moved(at: i64, by: Option<Interval>) -> Result<Value, PgError> {
    let found = datetime::shift(at, by.unwrap_or_default());
    found.map(Value::Int).ok_or_else(|| PgError::new("22008", "timestamp out of range"))
}

fn distance(c: &Call<'_>) -> Result<Value, PgError> {
    let micros = c.int(0).checked_sub(c.int(1)).ok_or_else(interval_out_of_range)?;
    let days = i32::try_from(micros / datetime::DAY).map_err(|_| interval_out_of_range())?;
    Ok(Value::Interval(Interval { months: 0, days, micros: micros % datetime::DAY }))
}

fn sum(a: Option<Interval>, b: Option<Interval>) -> Result<Value, PgError> {
    let total = datetime::add(a.unwrap_or_default(), b.unwrap_or_default());
    total.map(Value::Interval).ok_or_else(interval_out_of_range)
}

fn scaled(i: Option<Interval>, by: f64) -> Result<Value, PgError> {
    datetime::scale(i.unwrap_or_default(), by).map(Value::Interval).ok_or_else(interval_out_of_range)
}

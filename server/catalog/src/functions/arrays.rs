//! Arrays and sets.

use super::{Call, Function, scalar, set, strings, table};
use crate::error::PgError;
use crate::plan::Comparison;
use crate::types::{
    ANYARRAY, ANYCOMPATIBLE, ANYCOMPATIBLEARRAY, ANYELEMENT, BOOL, INT4, INT8, INTERVAL, NUMERIC, TEXT, TIMESTAMP,
    TIMESTAMPTZ,
};
use crate::value::{Array, Key, Numeric, Value, compare, datetime, equal};

type Answer = Result<Value, PgError>;
type Set = Result<Vec<Value>, PgError>;

/// No set that a function makes has more values than this.
const MOST_VALUES: usize = 2_000_000;

/// Values as an array; arrays as one with a dimension more.
pub(crate) fn collect_array(values: Vec<Value>) -> Answer {
    let Some(Value::Array(first)) = values.first() else { return Ok(Value::array(values)) };
    let dims = first.dims.clone();
    let count = values.len();
    let mut elements = Vec::new();
    for value in &values {
        match value {
            Value::Array(a) if a.dims == dims => elements.extend(a.elements.iter().cloned()),
            Value::Array(_) => {
                return Err(PgError::new("2202E", "cannot accumulate arrays of different dimensionality"));
            }
            _ => return Err(PgError::new("22004", "cannot accumulate null arrays")),
        }
    }
    let dims = std::iter::once((count, 1)).chain(dims).collect();
    Ok(Value::Array(Array { dims, elements }.into()))
}

fn array<'c>(c: &'c Call<'_>, at: usize) -> Option<&'c Array> {
    match c.arg(at) {
        Value::Array(a) => Some(a),
        _ => None,
    }
}

fn size(n: usize) -> Value {
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

/// Length and lower bound of a dimension.
fn dimension(c: &Call<'_>) -> Option<(usize, i32)> {
    let at = usize::try_from(c.int(1)).ok()?.checked_sub(1)?;
    array(c, 0)?.dims.get(at).copied()
}

fn array_length(c: &Call<'_>) -> Answer {
    Ok(dimension(c).map_or(Value::Null, |(length, _)| size(length)))
}

fn array_lower(c: &Call<'_>) -> Answer {
    Ok(dimension(c).map_or(Value::Null, |(_, lower)| Value::from(lower)))
}

fn array_upper(c: &Call<'_>) -> Answer {
    let upper = |(length, lower): (usize, i32)| Value::Int(i64::from(lower) + i64::try_from(length).unwrap_or(0) - 1);
    Ok(dimension(c).map_or(Value::Null, upper))
}

fn array_ndims(c: &Call<'_>) -> Answer {
    Ok(array(c, 0).filter(|a| !a.dims.is_empty()).map_or(Value::Null, |a| size(a.dims.len())))
}

fn array_dims(c: &Call<'_>) -> Answer {
    let Some(a) = array(c, 0).filter(|a| !a.dims.is_empty()) else { return Ok(Value::Null) };
    let bound = |(length, lower): &(usize, i32)| {
        format!("[{lower}:{}]", i64::from(*lower) + i64::try_from(*length).unwrap_or(0) - 1)
    };
    Ok(Value::text(a.dims.iter().map(bound).collect::<String>()))
}

fn cardinality(c: &Call<'_>) -> Answer {
    Ok(size(array(c, 0).map_or(0, |a| a.elements.len())))
}

fn array_position(c: &Call<'_>) -> Answer {
    let Some(a) = array(c, 0) else { return Ok(Value::Null) };
    let lower = a.dims.first().map_or(1, |(_, lower)| i64::from(*lower));
    let start = if c.args.len() > 2 { c.int(2).saturating_sub(lower) } else { 0 };
    let found = a.elements.iter().enumerate().filter_map(|(at, e)| Some((i64::try_from(at).ok()?, e)));
    let mut found = found.filter(|(at, e)| *at >= start && equal(e, c.arg(1)));
    Ok(found.next().map_or(Value::Null, |(at, _)| Value::Int(at + lower)))
}

fn array_positions(c: &Call<'_>) -> Answer {
    let Some(a) = array(c, 0) else { return Ok(Value::Null) };
    let lower = a.dims.first().map_or(1, |(_, lower)| i64::from(*lower));
    let found = (lower..).zip(&a.elements).filter(|(_, e)| equal(e, c.arg(1))).map(|(at, _)| Value::Int(at));
    Ok(Value::array(found.collect()))
}

fn array_remove(c: &Call<'_>) -> Answer {
    let Some(a) = array(c, 0) else { return Ok(Value::Null) };
    Ok(Value::array(a.elements.iter().filter(|e| !equal(e, c.arg(1))).cloned().collect()))
}

fn array_replace(c: &Call<'_>) -> Answer {
    let Some(a) = array(c, 0) else { return Ok(Value::Null) };
    let elements = a.elements.iter().map(|e| if equal(e, c.arg(1)) { c.arg(2) } else { e }.clone()).collect();
    Ok(Value::Array(Array { dims: a.dims.clone(), elements }.into()))
}

fn has_all(whole: &Array, part: &Array) -> bool {
    part.elements.iter().all(|p| !p.is_null() && whole.elements.iter().any(|w| !w.is_null() && equal(w, p)))
}

fn contains(c: &Call<'_>) -> Answer {
    Ok(Value::Bool(array(c, 0).zip(array(c, 1)).is_some_and(|(a, b)| has_all(a, b))))
}

fn contained(c: &Call<'_>) -> Answer {
    Ok(Value::Bool(array(c, 0).zip(array(c, 1)).is_some_and(|(a, b)| has_all(b, a))))
}

fn overlaps(c: &Call<'_>) -> Answer {
    let common = |a: &Array, b: &Array| {
        a.elements.iter().any(|x| !x.is_null() && b.elements.iter().any(|y| !y.is_null() && equal(x, y)))
    };
    Ok(Value::Bool(array(c, 0).zip(array(c, 1)).is_some_and(|(a, b)| common(a, b))))
}

fn unnest(c: &Call<'_>) -> Set {
    Ok(array(c, 0).map(|a| a.elements.clone()).unwrap_or_default())
}

/// Elements with their numbers, counted from 1.
fn expand_array(c: &Call<'_>) -> Set {
    let element = crate::types::element_of(c.ty(0)).unwrap_or(TEXT);
    let Some(a) = array(c, 0) else { return Ok(Vec::new()) };
    let row = |(n, e): (i64, &Value)| Value::Record([(element, e.clone()), (INT4, Value::Int(n))].into());
    Ok((1..).zip(&a.elements).map(row).collect())
}

fn generate_subscripts(c: &Call<'_>) -> Set {
    let Some((length, lower)) = dimension(c) else { return Ok(Vec::new()) };
    let all = (i64::from(lower)..).take(length).map(Value::Int);
    Ok(if c.bool(2) { all.collect::<Vec<_>>().into_iter().rev().collect() } else { all.collect() })
}

fn too_many() -> PgError {
    PgError::new("54000", format!("more than {MOST_VALUES} values in a series of a catalogue query"))
        .with_hint("give generate_series a shorter range")
}

fn step_zero() -> PgError {
    PgError::new("22023", "step size cannot equal zero")
}

fn series_int(c: &Call<'_>) -> Set {
    let (mut at, last) = (c.int(0), c.int(1));
    let step = if c.args.len() > 2 { c.int(2) } else { 1 };
    if step == 0 {
        return Err(step_zero());
    }
    let mut all = Vec::new();
    while if step > 0 { at <= last } else { at >= last } {
        c.run.tick()?;
        if all.len() >= MOST_VALUES {
            return Err(too_many());
        }
        all.push(Value::Int(at));
        match at.checked_add(step) {
            Some(next) => at = next,
            None => break,
        }
    }
    Ok(all)
}

fn series_numeric(c: &Call<'_>) -> Set {
    let number = |at: usize| match c.arg(at) {
        Value::Numeric(n) => **n,
        _ => Numeric::whole(1),
    };
    let (mut at, last) = (number(0), number(1));
    let step = if c.args.len() > 2 { number(2) } else { Numeric::whole(1) };
    if step.is_zero() {
        return Err(step_zero());
    }
    let mut all = Vec::new();
    while if step.is_negative() { at.compare(last).is_ge() } else { at.compare(last).is_le() } {
        c.run.tick()?;
        if all.len() >= MOST_VALUES {
            return Err(too_many());
        }
        all.push(Value::Numeric(at.into()));
        match at.plus(step) {
            Some(next) => at = next,
            None => break,
        }
    }
    Ok(all)
}

fn series_time(c: &Call<'_>) -> Set {
    let (mut at, last) = (c.int(0), c.int(1));
    let Value::Interval(step) = c.arg(2) else { return Ok(Vec::new()) };
    let up = match datetime::span(*step) {
        0 => return Err(step_zero()),
        n => n > 0,
    };
    let mut all = Vec::new();
    while if up { at <= last } else { at >= last } {
        c.run.tick()?;
        if all.len() >= MOST_VALUES {
            return Err(too_many());
        }
        all.push(Value::Int(at));
        match datetime::shift(at, *step) {
            Some(next) if next != at => at = next,
            _ => break,
        }
    }
    Ok(all)
}

fn array_fill(c: &Call<'_>) -> Answer {
    let Some(lengths) = array(c, 1) else { return Ok(Value::Null) };
    let mut dims = Vec::new();
    let mut count = 1usize;
    for length in &lengths.elements {
        let length = length.as_int().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        dims.push((length, 1));
        count = count.saturating_mul(length);
    }
    if count > MOST_VALUES || dims.len() > 6 {
        return Err(PgError::new("54000", "array size exceeds the maximum allowed"));
    }
    if count == 0 || dims.is_empty() {
        return Ok(Value::Array(Array::default().into()));
    }
    Ok(Value::Array(Array { dims, elements: vec![c.arg(0).clone(); count] }.into()))
}

fn num_nulls(c: &Call<'_>) -> Answer {
    Ok(size(c.args.iter().filter(|a| a.is_null()).count()))
}

fn num_nonnulls(c: &Call<'_>) -> Answer {
    Ok(size(c.args.iter().filter(|a| !a.is_null()).count()))
}

/// Aggregates and others need an order of values; this is the one that `=` and `<` have.
pub(super) fn in_order(values: &mut [Value]) {
    values.sort_by(compare);
}

/// Whether two values are the same for a set of keys.
pub(super) fn key(value: &Value) -> Key {
    Key(vec![value.clone()])
}

/// `arrayoverlap` and its kin by operator.
pub(super) static OPERATORS: &[Function] = &[
    scalar("@>", &[ANYARRAY, ANYARRAY], BOOL, contains),
    scalar("<@", &[ANYARRAY, ANYARRAY], BOOL, contained),
    scalar("&&", &[ANYARRAY, ANYARRAY], BOOL, overlaps),
];

pub(super) static FUNCTIONS: &[Function] = &[
    scalar("array_length", &[ANYARRAY, INT4], INT4, array_length),
    scalar("array_lower", &[ANYARRAY, INT4], INT4, array_lower),
    scalar("array_upper", &[ANYARRAY, INT4], INT4, array_upper),
    scalar("array_ndims", &[ANYARRAY], INT4, array_ndims),
    scalar("array_dims", &[ANYARRAY], TEXT, array_dims),
    scalar("cardinality", &[ANYARRAY], INT4, cardinality),
    scalar("array_position", &[ANYCOMPATIBLEARRAY, ANYCOMPATIBLE], INT4, array_position).lax(),
    scalar("array_position", &[ANYCOMPATIBLEARRAY, ANYCOMPATIBLE, INT4], INT4, array_position).lax(),
    scalar("array_positions", &[ANYCOMPATIBLEARRAY, ANYCOMPATIBLE], crate::types::INT4_ARRAY, array_positions).lax(),
    scalar("array_remove", &[ANYCOMPATIBLEARRAY, ANYCOMPATIBLE], ANYCOMPATIBLEARRAY, array_remove).lax(),
    scalar("array_replace", &[ANYCOMPATIBLEARRAY, ANYCOMPATIBLE, ANYCOMPATIBLE], ANYCOMPATIBLEARRAY, array_replace)
        .lax(),
    scalar("array_append", &[ANYCOMPATIBLEARRAY, ANYCOMPATIBLE], ANYCOMPATIBLEARRAY, strings::append).lax(),
    scalar("array_prepend", &[ANYCOMPATIBLE, ANYCOMPATIBLEARRAY], ANYCOMPATIBLEARRAY, strings::prepend).lax(),
    scalar("array_cat", &[ANYCOMPATIBLEARRAY, ANYCOMPATIBLEARRAY], ANYCOMPATIBLEARRAY, strings::concat_arrays).lax(),
    scalar("array_fill", &[ANYELEMENT, crate::types::INT4_ARRAY], ANYARRAY, array_fill).lax(),
    set("unnest", &[ANYARRAY], ANYELEMENT, unnest),
    table("_pg_expandarray", &[ANYARRAY], &[("x", ANYELEMENT), ("n", INT4)], expand_array),
    set("generate_subscripts", &[ANYARRAY, INT4], INT4, generate_subscripts),
    set("generate_subscripts", &[ANYARRAY, INT4, BOOL], INT4, generate_subscripts),
    set("generate_series", &[INT4, INT4], INT4, series_int),
    set("generate_series", &[INT4, INT4, INT4], INT4, series_int),
    set("generate_series", &[INT8, INT8], INT8, series_int),
    set("generate_series", &[INT8, INT8, INT8], INT8, series_int),
    set("generate_series", &[NUMERIC, NUMERIC], NUMERIC, series_numeric),
    set("generate_series", &[NUMERIC, NUMERIC, NUMERIC], NUMERIC, series_numeric),
    set("generate_series", &[TIMESTAMP, TIMESTAMP, INTERVAL], TIMESTAMP, series_time),
    set("generate_series", &[TIMESTAMPTZ, TIMESTAMPTZ, INTERVAL], TIMESTAMPTZ, series_time),
    scalar("num_nulls", &[crate::types::ANY], INT4, num_nulls).variadic().lax(),
    scalar("num_nonnulls", &[crate::types::ANY], INT4, num_nonnulls).variadic().lax(),
];

/// How an extreme is chosen.
pub(super) fn better(op: Comparison, a: &Value, b: &Value) -> bool {
    let order = compare(a, b);
    if op == Comparison::Gt { order.is_gt() } else { order.is_lt() }
}

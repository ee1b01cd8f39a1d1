//! Functions of arrays, and those that give sets.

use super::{Call, Function, scalar, set, table};
use crate::error::PgError;
use crate::types;
use crate::types::{
    ANYARRAY, ANYCOMPATIBLE, ANYCOMPATIBLEARRAY, ANYELEMENT, BOOL, INT4, INT4_ARRAY, INT8, INTERVAL, NUMERIC, TEXT,
    TEXT_ARRAY, TIMESTAMP, TIMESTAMPTZ,
};
use crate::value::{Array, Numeric, Value, datetime, equal};

/// Rows that one call may give: a statement must not fill the memory.
const MOST: usize = 10_000_000;

pub(super) static FUNCTIONS: &[Function] = &[
    scalar("array_append", &[ANYCOMPATIBLEARRAY, ANYCOMPATIBLE], ANYCOMPATIBLEARRAY, push).lax(),
    scalar("array_cat", &[ANYCOMPATIBLEARRAY, ANYCOMPATIBLEARRAY], ANYCOMPATIBLEARRAY, cat).lax(),
    scalar("array_dims", &[ANYARRAY], TEXT, dims),
    scalar("array_length", &[ANYARRAY, INT4], INT4, |c| Ok(dimension(c).map(|(length, _)| length).into())),
    scalar("array_lower", &[ANYARRAY, INT4], INT4, |c| Ok(dimension(c).map(|(_, lower)| lower).into())),
    scalar("array_ndims", &[ANYARRAY], INT4, |c| {
        Ok(array(c, 0).map(|a| a.dims.len()).filter(|n| *n > 0).and_then(whole).into())
    }),
    scalar("array_position", &[ANYCOMPATIBLEARRAY, ANYCOMPATIBLE], INT4, position).lax(),
    scalar("array_position", &[ANYCOMPATIBLEARRAY, ANYCOMPATIBLE, INT4], INT4, position).lax(),
    scalar("array_positions", &[ANYCOMPATIBLEARRAY, ANYCOMPATIBLE], INT4_ARRAY, positions).lax(),
    scalar("array_prepend", &[ANYCOMPATIBLE, ANYCOMPATIBLEARRAY], ANYCOMPATIBLEARRAY, unshift).lax(),
    scalar("array_remove", &[ANYCOMPATIBLEARRAY, ANYCOMPATIBLE], ANYCOMPATIBLEARRAY, remove).lax(),
    scalar("array_replace", &[ANYCOMPATIBLEARRAY, ANYCOMPATIBLE, ANYCOMPATIBLE], ANYCOMPATIBLEARRAY, replace).lax(),
    scalar("array_to_string", &[ANYARRAY, TEXT], TEXT, to_string),
    scalar("array_to_string", &[ANYARRAY, TEXT, TEXT], TEXT, to_string).lax(),
    scalar("array_upper", &[ANYARRAY, INT4], INT4, |c| {
        Ok(dimension(c).map(|(length, lower)| lower + length - 1).into())
    }),
    scalar("arraycontained", &[ANYARRAY, ANYARRAY], BOOL, contained),
    scalar("arraycontains", &[ANYARRAY, ANYARRAY], BOOL, contains),
    scalar("arrayoverlap", &[ANYARRAY, ANYARRAY], BOOL, overlap),
    scalar("cardinality", &[ANYARRAY], INT4, |c| {
        Ok(array(c, 0).map_or(0, |a| a.elements.len()).try_into().map_or(Value::Null, |n: i64| n.into()))
    }),
    set("generate_series", &[INT4, INT4], INT4, series),
    set("generate_series", &[INT4, INT4, INT4], INT4, series),
    set("generate_series", &[INT8, INT8], INT8, series),
    set("generate_series", &[INT8, INT8, INT8], INT8, series),
    set("generate_series", &[NUMERIC, NUMERIC], NUMERIC, series_of_numeric),
    set("generate_series", &[NUMERIC, NUMERIC, NUMERIC], NUMERIC, series_of_numeric),
    set("generate_series", &[TIMESTAMP, TIMESTAMP, INTERVAL], TIMESTAMP, series_of_times),
    set("generate_series", &[TIMESTAMPTZ, TIMESTAMPTZ, INTERVAL], TIMESTAMPTZ, series_of_times),
    set("generate_subscripts", &[ANYARRAY, INT4], INT4, subscripts),
    set("generate_subscripts", &[ANYARRAY, INT4, BOOL], INT4, subscripts),
    scalar("string_to_array", &[TEXT, TEXT], TEXT_ARRAY, string_to_array).lax(),
    scalar("string_to_array", &[TEXT, TEXT, TEXT], TEXT_ARRAY, string_to_array).lax(),
    set("string_to_table", &[TEXT, TEXT], TEXT, |c| Ok(pieces(c).unwrap_or_default())).lax(),
    scalar("trim_array", &[ANYARRAY, INT4], ANYARRAY, trim),
    set("unnest", &[ANYARRAY], ANYELEMENT, |c| Ok(array(c, 0).map(|a| a.elements.clone()).unwrap_or_default())),
    table("_pg_expandarray", &[ANYARRAY], &[("x", ANYELEMENT), ("n", INT4)], expand),
];

fn array<'a>(c: &'a Call<'_>, at: usize) -> Option<&'a Array> {
    match c.arg(at) {
        Value::Array(array) => Some(array),
        _ => None,
    }
}

fn whole(n: usize) -> Option<i64> {
    i64::try_from(n).ok()
}

/// Length and lower bound of the dimension in the second argument.
fn dimension(c: &Call<'_>) -> Option<(i64, i64)> {
    let at = usize::try_from(c.int(1)).ok()?.checked_sub(1)?;
    let (length, lower) = array(c, 0)?.dims.get(at)?;
    Some((whole(*length)?, i64::from(*lower)))
}

fn dims(c: &Call<'_>) -> Result<Value, PgError> {
    let dims = array(c, 0).map_or(&[][..], |a| &a.dims);
    let text: String = dims
        .iter()
        .map(|(length, lower)| format!("[{lower}:{}]", i64::from(*lower) + whole(*length).unwrap_or(0) - 1))
        .collect();
    Ok(if text.is_empty() { Value::Null } else { text.into() })
}

/// An array of the first one's bounds with other elements.
fn with(like: Option<&Array>, elements: Vec<Value>) -> Value {
    let lower = like.and_then(|a| a.dims.first()).map_or(1, |(_, lower)| *lower);
    Value::Array(Array::new(elements, lower).into())
}

fn one_dimension(a: Option<&Array>) -> Result<Vec<Value>, PgError> {
    match a {
        None => Ok(Vec::new()),
        Some(a) if a.dims.len() <= 1 => Ok(a.elements.clone()),
        Some(_) => Err(PgError::new("22000", "argument must be empty or one-dimensional array")),
    }
}

pub(super) fn push(c: &Call<'_>) -> Result<Value, PgError> {
    let mut elements = one_dimension(array(c, 0))?;
    elements.push(c.arg(1).clone());
    Ok(with(array(c, 0), elements))
}

pub(super) fn unshift(c: &Call<'_>) -> Result<Value, PgError> {
    let mut elements = one_dimension(array(c, 1))?;
    elements.insert(0, c.arg(0).clone());
    Ok(with(array(c, 1), elements))
}

/// Both arrays one after the other; a NULL adds nothing.
pub(super) fn cat(c: &Call<'_>) -> Result<Value, PgError> {
    match (array(c, 0), array(c, 1)) {
        (None, _) => Ok(c.arg(1).clone()),
        (_, None) => Ok(c.arg(0).clone()),
        (Some(a), Some(b)) if a.elements.is_empty() || b.elements.is_empty() => {
            Ok(Value::Array(if a.elements.is_empty() { b } else { a }.clone().into()))
        }
        (Some(a), Some(b)) => {
            let elements: Vec<Value> = a.elements.iter().chain(&b.elements).cloned().collect();
            let inner = |a: &Array| a.dims.iter().skip(1).map(|(length, _)| *length).collect::<Vec<_>>();
            if a.dims.len() != b.dims.len() || inner(a) != inner(b) {
                return Err(PgError::new("2202E", "cannot concatenate incompatible arrays"));
            }
            let mut dims = a.dims.clone();
            if let (Some((length, _)), Some((more, _))) = (dims.first_mut(), b.dims.first()) {
                *length += more;
            }
            Ok(Value::Array(Array { dims, elements }.into()))
        }
    }
}

/// Equal as `IS NOT DISTINCT FROM` has it.
fn same(a: &Value, b: &Value) -> bool {
    match (a.is_null(), b.is_null()) {
        (false, false) => equal(a, b),
        (a, b) => a && b,
    }
}

fn places(c: &Call<'_>) -> Vec<i64> {
    let Some(a) = array(c, 0) else {
        return Vec::new();
    };
    let lower = a.dims.first().map_or(1, |(_, lower)| i64::from(*lower));
    (lower..).zip(&a.elements).filter(|(_, e)| same(e, c.arg(1))).map(|(at, _)| at).collect()
}

fn position(c: &Call<'_>) -> Result<Value, PgError> {
    let from = c.arg(2).as_int().unwrap_or(i64::MIN);
    Ok(places(c).into_iter().find(|at| *at >= from).into())
}

fn positions(c: &Call<'_>) -> Result<Value, PgError> {
    Ok(if c.arg(0).is_null() { Value::Null } else { Value::array(places(c).into_iter().map(Value::Int).collect()) })
}

fn remove(c: &Call<'_>) -> Result<Value, PgError> {
    if c.arg(0).is_null() {
        return Ok(Value::Null);
    }
    let mut elements = one_dimension(array(c, 0))?;
    elements.retain(|e| !same(e, c.arg(1)));
    Ok(with(array(c, 0), elements))
}

fn replace(c: &Call<'_>) -> Result<Value, PgError> {
    let Some(a) = array(c, 0) else {
        return Ok(Value::Null);
    };
    let change = |e: &Value| if same(e, c.arg(1)) { c.arg(2).clone() } else { e.clone() };
    let elements = a.elements.iter().map(change).collect();
    Ok(Value::Array(Array { dims: a.dims.clone(), elements }.into()))
}

fn trim(c: &Call<'_>) -> Result<Value, PgError> {
    let elements = one_dimension(array(c, 0))?;
    let keep = usize::try_from(c.int(1)).ok().and_then(|n| elements.len().checked_sub(n));
    match keep {
        Some(keep) => Ok(with(array(c, 0), elements.into_iter().take(keep).collect())),
        None => Err(PgError::new("2202E", "number of elements to trim must be between 0 and the length")),
    }
}

fn to_string(c: &Call<'_>) -> Result<Value, PgError> {
    let (Some(a), false) = (array(c, 0), c.arg(1).is_null()) else {
        return Ok(Value::Null);
    };
    let element = types::element_of(c.ty(0)).unwrap_or(TEXT);
    let missing = c.arg(2).as_str();
    let texts = a.elements.iter().filter_map(|e| e.to_text(element).or_else(|| missing.map(str::to_owned)));
    Ok(texts.collect::<Vec<_>>().join(c.str(1)).into())
}

/// Whether the first array has every element of the second.
pub(super) fn contains(c: &Call<'_>) -> Result<Value, PgError> {
    Ok(has_all(array(c, 0), array(c, 1)).into())
}

/// Whether the second array has every element of the first.
pub(super) fn contained(c: &Call<'_>) -> Result<Value, PgError> {
    Ok(has_all(array(c, 1), array(c, 0)).into())
}

fn has_all(all: Option<&Array>, some: Option<&Array>) -> bool {
    let all = all.map_or(&[][..], |a| &a.elements);
    let has = |wanted: &Value| !wanted.is_null() && all.iter().any(|a| !a.is_null() && equal(a, wanted));
    some.map_or(&[][..], |a| &a.elements).iter().all(has)
}

/// Whether the arrays share an element.
pub(super) fn overlap(c: &Call<'_>) -> Result<Value, PgError> {
    let all = array(c, 0).map_or(&[][..], |a| &a.elements);
    let other = array(c, 1).map_or(&[][..], |a| &a.elements);
    let shared = other.iter().any(|s| !s.is_null() && all.iter().any(|a| !a.is_null() && equal(a, s)));
    Ok(shared.into())
}

fn pieces(c: &Call<'_>) -> Option<Vec<Value>> {
    let text = c.arg(0).as_str()?;
    let missing = c.arg(2).as_str();
    let value = |piece: &str| if missing == Some(piece) { Value::Null } else { piece.into() };
    Some(match c.arg(1).as_str() {
        _ if text.is_empty() => Vec::new(),
        None => text.chars().map(|x| value(x.encode_utf8(&mut [0; 4]))).collect(),
        Some("") => vec![value(text)],
        Some(between) => text.split(between).map(value).collect(),
    })
}

fn string_to_array(c: &Call<'_>) -> Result<Value, PgError> {
    Ok(pieces(c).map_or(Value::Null, Value::array))
}

fn zero_step() -> PgError {
    PgError::new("22023", "step size cannot equal zero")
}

fn too_many() -> PgError {
    PgError::new("54000", format!("generate_series() gives more than {MOST} rows"))
}

fn series(c: &Call<'_>) -> Result<Vec<Value>, PgError> {
    let (mut at, end) = (c.int(0), c.int(1));
    let step = if c.args.len() > 2 { c.int(2) } else { 1 };
    if step == 0 {
        return Err(zero_step());
    }
    let mut values = Vec::new();
    while (step > 0 && at <= end) || (step < 0 && at >= end) {
        if values.len() == MOST {
            return Err(too_many());
        }
        values.push(at.into());
        match at.checked_add(step) {
            Some(next) => at = next,
            None => break,
        }
    }
    Ok(values)
}

fn series_of_numeric(c: &Call<'_>) -> Result<Vec<Value>, PgError> {
    let number = |at: usize| match c.arg(at) {
        Value::Numeric(n) => **n,
        other => Numeric::whole(other.as_int().unwrap_or(0)),
    };
    let (mut at, end) = (number(0), number(1));
    let step = if c.args.len() > 2 { number(2) } else { Numeric::whole(1) };
    if step.is_zero() {
        return Err(zero_step());
    }
    let mut values = Vec::new();
    loop {
        let order = at.compare(end);
        if (step.is_negative() && order.is_lt()) || (!step.is_negative() && order.is_gt()) {
            return Ok(values);
        }
        if values.len() == MOST {
            return Err(too_many());
        }
        values.push(Value::Numeric(at.into()));
        match at.plus(step) {
            Some(next) => at = next,
            None => return Ok(values),
        }
    }
}

fn series_of_times(c: &Call<'_>) -> Result<Vec<Value>, PgError> {
    let Value::Interval(step) = c.arg(2) else {
        return Ok(Vec::new());
    };
    let (mut at, end, span) = (c.int(0), c.int(1), datetime::span(*step));
    if span == 0 {
        return Err(zero_step());
    }
    let mut values = Vec::new();
    while (span > 0 && at <= end) || (span < 0 && at >= end) {
        if values.len() == MOST {
            return Err(too_many());
        }
        values.push(at.into());
        match datetime::shift(at, *step) {
            Some(next) if next != at => at = next,
            _ => break,
        }
    }
    Ok(values)
}

fn subscripts(c: &Call<'_>) -> Result<Vec<Value>, PgError> {
    let Some((length, lower)) = dimension(c) else {
        return Ok(Vec::new());
    };
    let all = (lower..lower + length).map(Value::Int);
    Ok(if c.bool(2) { all.rev().collect() } else { all.collect() })
}

/// Each element with its place, counted from 1 whatever the bounds are.
fn expand(c: &Call<'_>) -> Result<Vec<Value>, PgError> {
    let element = types::element_of(c.ty(0)).unwrap_or(TEXT);
    let elements = array(c, 0).map_or(&[][..], |a| &a.elements);
    let row = |(n, e): (i64, &Value)| Value::Record([(element, e.clone()), (INT4, n.into())].into());
    Ok((1..).zip(elements).map(row).collect())
}

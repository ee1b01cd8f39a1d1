//! Functions of all rows of a group, and functions of a window.

use super::json::{json, quote};
use super::{Call, Function, FunctionBody, WindowKind, function};
use crate::error::PgError;
use crate::types;
use crate::types::{
    ANY, ANYARRAY, ANYCOMPATIBLE, ANYELEMENT, ANYNONARRAY, BOOL, BPCHAR, BYTEA, DATE, FLOAT4, FLOAT8, INET, INT2, INT4,
    INT8, INTERVAL, JSON, JSONB, NUMERIC, OID, TEXT, TID, TIME, TIMESTAMP, TIMESTAMPTZ, TIMETZ, XID8,
};
use crate::value::{Array, Interval, Key, Numeric, Value, compare, datetime};

type Rows = [Vec<Value>];

const fn aggregate(
    name: &'static str,
    args: &'static [u32],
    result: u32,
    run: fn(&Call<'_>, &Rows) -> Result<Value, PgError>,
) -> Function {
    function(name, args, result, FunctionBody::Aggregate(run))
}

const fn window(name: &'static str, args: &'static [u32], result: u32, kind: WindowKind) -> Function {
    function(name, args, result, FunctionBody::Window(kind)).lax()
}

macro_rules! extremes {
    ($($ty:ident),* $(,)?) => {
        &[$(aggregate("min", &[$ty], $ty, least), aggregate("max", &[$ty], $ty, greatest)),*]
    };
}

/// `min` and `max`.
pub(super) static EXTREMES: &[Function] = extremes![
    ANYARRAY,
    BPCHAR,
    DATE,
    FLOAT4,
    FLOAT8,
    INET,
    INT2,
    INT4,
    INT8,
    INTERVAL,
    NUMERIC,
    OID,
    TEXT,
    TID,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    TIMETZ,
    XID8,
];

pub(super) static FUNCTIONS: &[Function] = &[
    aggregate("array_agg", &[ANYNONARRAY], ANYARRAY, array_agg).lax(),
    aggregate("array_agg", &[ANYARRAY], ANYARRAY, array_agg).lax(),
    aggregate("avg", &[INT2], NUMERIC, average),
    aggregate("avg", &[INT4], NUMERIC, average),
    aggregate("avg", &[INT8], NUMERIC, average),
    aggregate("avg", &[NUMERIC], NUMERIC, average),
    aggregate("avg", &[FLOAT4], FLOAT8, average_of_floats),
    aggregate("avg", &[FLOAT8], FLOAT8, average_of_floats),
    aggregate("avg", &[INTERVAL], INTERVAL, average_of_intervals),
    aggregate("bit_and", &[INT4], INT4, |_, rows| Ok(ints(rows).reduce(|a, b| a & b).into())),
    aggregate("bit_and", &[INT8], INT8, |_, rows| Ok(ints(rows).reduce(|a, b| a & b).into())),
    aggregate("bit_or", &[INT4], INT4, |_, rows| Ok(ints(rows).reduce(|a, b| a | b).into())),
    aggregate("bit_or", &[INT8], INT8, |_, rows| Ok(ints(rows).reduce(|a, b| a | b).into())),
    aggregate("bool_and", &[BOOL], BOOL, all),
    aggregate("bool_or", &[BOOL], BOOL, |_, rows| {
        Ok((!rows.is_empty()).then(|| first(rows).any(Value::is_true)).into())
    }),
    aggregate("count", &[], INT8, |_, rows| Ok(whole(rows.len()))),
    aggregate("count", &[ANY], INT8, |_, rows| Ok(whole(rows.len()))),
    aggregate("every", &[BOOL], BOOL, all),
    aggregate("json_agg", &[ANYELEMENT], JSON, |c, rows| json_agg(c, rows, JSON)).lax(),
    aggregate("json_object_agg", &[ANY, ANY], JSON, |c, rows| json_object_agg(c, rows, JSON)).lax(),
    aggregate("jsonb_agg", &[ANYELEMENT], JSONB, |c, rows| json_agg(c, rows, JSONB)).lax(),
    aggregate("jsonb_object_agg", &[ANY, ANY], JSONB, |c, rows| json_object_agg(c, rows, JSONB)).lax(),
    aggregate("mode", &[ANYELEMENT], ANYELEMENT, mode),
    aggregate("percentile_cont", &[FLOAT8, FLOAT8], FLOAT8, percentile_cont),
    aggregate("percentile_disc", &[FLOAT8, ANYELEMENT], ANYELEMENT, percentile_disc),
    aggregate("stddev", &[FLOAT8], FLOAT8, |_, rows| Ok(variance(rows, 1).map(f64::sqrt).into())),
    aggregate("stddev_pop", &[FLOAT8], FLOAT8, |_, rows| Ok(variance(rows, 0).map(f64::sqrt).into())),
    aggregate("stddev_samp", &[FLOAT8], FLOAT8, |_, rows| Ok(variance(rows, 1).map(f64::sqrt).into())),
    // The text between two rows is that of the later one.
    aggregate("string_agg", &[TEXT, TEXT], TEXT, string_agg).lax(),
    aggregate("string_agg", &[BYTEA, BYTEA], BYTEA, string_agg).lax(),
    aggregate("sum", &[INT2], INT8, sum_of_ints),
    aggregate("sum", &[INT4], INT8, sum_of_ints),
    aggregate("sum", &[INT8], NUMERIC, |_, rows| sum(rows).map(Value::from)),
    aggregate("sum", &[NUMERIC], NUMERIC, |_, rows| sum(rows).map(Value::from)),
    aggregate("sum", &[FLOAT4], FLOAT4, sum_of_floats),
    aggregate("sum", &[FLOAT8], FLOAT8, sum_of_floats),
    aggregate("sum", &[INTERVAL], INTERVAL, |_, rows| {
        sum_of_intervals(rows).map(|i| i.map_or(Value::Null, Value::Interval))
    }),
    aggregate("var_pop", &[FLOAT8], FLOAT8, |_, rows| Ok(variance(rows, 0).into())),
    aggregate("var_samp", &[FLOAT8], FLOAT8, |_, rows| Ok(variance(rows, 1).into())),
    aggregate("variance", &[FLOAT8], FLOAT8, |_, rows| Ok(variance(rows, 1).into())),
    window("row_number", &[], INT8, WindowKind::RowNumber),
    window("rank", &[], INT8, WindowKind::Rank),
    window("dense_rank", &[], INT8, WindowKind::DenseRank),
    window("percent_rank", &[], FLOAT8, WindowKind::PercentRank),
    window("cume_dist", &[], FLOAT8, WindowKind::CumeDist),
    window("ntile", &[INT4], INT4, WindowKind::Ntile),
    window("lag", &[ANYELEMENT], ANYELEMENT, WindowKind::Lag),
    window("lag", &[ANYELEMENT, INT4], ANYELEMENT, WindowKind::Lag),
    window("lag", &[ANYCOMPATIBLE, INT4, ANYCOMPATIBLE], ANYCOMPATIBLE, WindowKind::Lag),
    window("lead", &[ANYELEMENT], ANYELEMENT, WindowKind::Lead),
    window("lead", &[ANYELEMENT, INT4], ANYELEMENT, WindowKind::Lead),
    window("lead", &[ANYCOMPATIBLE, INT4, ANYCOMPATIBLE], ANYCOMPATIBLE, WindowKind::Lead),
    window("first_value", &[ANYELEMENT], ANYELEMENT, WindowKind::FirstValue),
    window("last_value", &[ANYELEMENT], ANYELEMENT, WindowKind::LastValue),
    window("nth_value", &[ANYELEMENT, INT4], ANYELEMENT, WindowKind::NthValue),
];

/// The values of the first argument.
fn first(rows: &Rows) -> impl Iterator<Item = &Value> {
    rows.iter().filter_map(|row| row.first())
}

fn ints(rows: &Rows) -> impl Iterator<Item = i64> {
    first(rows).filter_map(Value::as_int)
}

fn whole(n: usize) -> Value {
    i64::try_from(n).unwrap_or(i64::MAX).into()
}

fn floats(rows: &Rows) -> impl Iterator<Item = f64> {
    first(rows).filter_map(|v| match v {
        Value::Float(x) => Some(*x),
        Value::Numeric(n) => Some(n.to_f64()),
        #[expect(clippy::cast_precision_loss, reason = "as PostgreSQL does")]
        other => other.as_int().map(|n| n as f64),
    })
}

fn least(_: &Call<'_>, rows: &Rows) -> Result<Value, PgError> {
    Ok(first(rows).min_by(|a, b| compare(a, b)).cloned().unwrap_or_default())
}

fn greatest(_: &Call<'_>, rows: &Rows) -> Result<Value, PgError> {
    Ok(first(rows).max_by(|a, b| compare(a, b)).cloned().unwrap_or_default())
}

fn all(_: &Call<'_>, rows: &Rows) -> Result<Value, PgError> {
    Ok((!rows.is_empty()).then(|| first(rows).all(Value::is_true)).into())
}

/// An array of values; of arrays, one with a dimension more.
///
/// # Errors
///
/// The arrays have not the same dimensions.
pub(crate) fn collect_array(values: Vec<Value>) -> Result<Value, PgError> {
    let Some(Value::Array(inner)) = values.first() else {
        if values.iter().any(|v| matches!(v, Value::Array(_))) {
            return Err(PgError::new("22004", "cannot accumulate null arrays"));
        }
        return Ok(Value::array(values));
    };
    let mut dims = vec![(values.len(), 1)];
    dims.extend(&inner.dims);
    let mut elements = Vec::new();
    for value in &values {
        match value {
            Value::Array(a) if a.dims == inner.dims => elements.extend(a.elements.iter().cloned()),
            Value::Array(_) => {
                return Err(PgError::new("2202E", "cannot accumulate arrays of different dimensionality"));
            }
            _ => return Err(PgError::new("22004", "cannot accumulate null arrays")),
        }
    }
    if elements.is_empty() {
        return Err(PgError::new("2202E", "cannot accumulate empty arrays"));
    }
    Ok(Value::Array(Array { dims, elements }.into()))
}

fn array_agg(_: &Call<'_>, rows: &Rows) -> Result<Value, PgError> {
    if rows.is_empty() { Ok(Value::Null) } else { collect_array(first(rows).cloned().collect()) }
}

fn overflow(ty: &str) -> PgError {
    PgError::new("22003", format!("{ty} out of range"))
}

fn sum_of_ints(_: &Call<'_>, rows: &Rows) -> Result<Value, PgError> {
    let mut total: Option<i64> = None;
    for n in ints(rows) {
        total = Some(total.unwrap_or(0).checked_add(n).ok_or_else(|| overflow("bigint"))?);
    }
    Ok(total.into())
}

fn numeric(value: &Value) -> Option<Numeric> {
    match value {
        Value::Numeric(n) => Some(**n),
        other => other.as_int().map(Numeric::whole),
    }
}

fn sum_of(rows: &Rows) -> Result<Option<Numeric>, PgError> {
    let mut total: Option<Numeric> = None;
    for n in first(rows).filter_map(numeric) {
        total = Some(match total {
            None => n,
            Some(total) => total.plus(n).ok_or_else(|| overflow("numeric"))?,
        });
    }
    Ok(total)
}

fn sum(rows: &Rows) -> Result<Option<Value>, PgError> {
    Ok(sum_of(rows)?.map(|n| Value::Numeric(n.into())))
}

fn average(_: &Call<'_>, rows: &Rows) -> Result<Value, PgError> {
    let Some(total) = sum_of(rows)? else {
        return Ok(Value::Null);
    };
    let count = Numeric::whole(i64::try_from(rows.len()).unwrap_or(i64::MAX));
    Ok(total.divide(count).map_or(Value::Null, |n| Value::Numeric(n.into())))
}

fn sum_of_floats(c: &Call<'_>, rows: &Rows) -> Result<Value, PgError> {
    let total = floats(rows).reduce(|a, b| a + b);
    #[expect(clippy::cast_possible_truncation, reason = "a float4 has fewer digits")]
    Ok(total.map(|x| if c.result == FLOAT4 { f64::from(x as f32) } else { x }).into())
}

#[expect(clippy::cast_precision_loss, reason = "a count of rows is small")]
fn average_of_floats(_: &Call<'_>, rows: &Rows) -> Result<Value, PgError> {
    Ok(floats(rows).reduce(|a, b| a + b).map(|total| total / rows.len() as f64).into())
}

fn sum_of_intervals(rows: &Rows) -> Result<Option<Interval>, PgError> {
    let mut total: Option<Interval> = None;
    for value in first(rows) {
        if let Value::Interval(i) = value {
            let so_far = total.unwrap_or_default();
            total = Some(datetime::add(so_far, *i).ok_or_else(|| PgError::new("22008", "interval out of range"))?);
        }
    }
    Ok(total)
}

#[expect(clippy::cast_precision_loss, reason = "a count of rows is small")]
fn average_of_intervals(_: &Call<'_>, rows: &Rows) -> Result<Value, PgError> {
    let total = sum_of_intervals(rows)?;
    Ok(total.and_then(|i| datetime::scale(i, 1.0 / rows.len() as f64)).map_or(Value::Null, Value::Interval))
}

/// The mean square of what is left when the mean is taken off; `less`: what is taken off the count.
#[expect(clippy::cast_precision_loss, reason = "a count of rows is small")]
fn variance(rows: &Rows, less: usize) -> Option<f64> {
    let count = rows.len().checked_sub(less).filter(|n| *n > 0)? as f64;
    let mean = floats(rows).sum::<f64>() / rows.len() as f64;
    Some(floats(rows).map(|x| (x - mean) * (x - mean)).sum::<f64>() / count)
}

fn string_agg(c: &Call<'_>, rows: &Rows) -> Result<Value, PgError> {
    if c.result == BYTEA {
        let mut bytes: Option<Vec<u8>> = None;
        for row in rows {
            if let (Some(Value::Bytes(own)), between) = (row.first(), row.get(1)) {
                if let (Some(bytes), Some(Value::Bytes(between))) = (&mut bytes, between) {
                    bytes.extend_from_slice(between);
                }
                bytes.get_or_insert_default().extend_from_slice(own);
            }
        }
        return Ok(bytes.map_or(Value::Null, |b| Value::Bytes(b.into())));
    }
    let mut text: Option<String> = None;
    for row in rows {
        if let Some(own) = row.first().and_then(Value::as_str) {
            if let (Some(text), Some(between)) = (&mut text, row.get(1).and_then(Value::as_str)) {
                text.push_str(between);
            }
            text.get_or_insert_default().push_str(own);
        }
    }
    Ok(text.into())
}

fn json_agg(c: &Call<'_>, rows: &Rows, of: u32) -> Result<Value, PgError> {
    let ty = c.types.first().copied().unwrap_or(types::TEXT);
    let parts: Vec<String> = first(rows).map(|v| json(v, ty, of)).collect();
    Ok(if parts.is_empty() { Value::Null } else { format!("[{}]", parts.join(", ")).into() })
}

fn json_object_agg(c: &Call<'_>, rows: &Rows, of: u32) -> Result<Value, PgError> {
    let ty = |at: usize| c.types.get(at).copied().unwrap_or(types::TEXT);
    let mut parts = Vec::new();
    for row in rows {
        let (Some(key), Some(value)) = (row.first(), row.get(1)) else {
            continue;
        };
        let Some(key) = key.to_text(ty(0)) else {
            return Err(PgError::new("22004", "field name must not be null"));
        };
        let colon = if of == JSONB { ": " } else { " : " };
        parts.push(format!("{}{colon}{}", quote(&key), json(value, ty(1), of)));
    }
    let (open, close) = if of == JSONB { ("{", "}") } else { ("{ ", " }") };
    Ok(if parts.is_empty() { Value::Null } else { format!("{open}{}{close}", parts.join(", ")).into() })
}

/// The most frequent value; the rows are sorted.
fn mode(_: &Call<'_>, rows: &Rows) -> Result<Value, PgError> {
    let mut counts: std::collections::HashMap<Key, usize> = std::collections::HashMap::new();
    let mut best: (usize, Option<&Value>) = (0, None);
    for value in first(rows) {
        let count = counts.entry(Key(vec![value.clone()])).or_default();
        *count += 1;
        if *count > best.0 {
            best = (*count, Some(value));
        }
    }
    Ok(best.1.cloned().unwrap_or_default())
}

fn share(c: &Call<'_>) -> Result<Option<f64>, PgError> {
    if c.arg(0).is_null() {
        return Ok(None);
    }
    match c.float(0) {
        share if (0.0..=1.0).contains(&share) => Ok(Some(share)),
        share => Err(PgError::new("22003", format!("percentile value {share} is not between 0 and 1"))),
    }
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in the rows")]
fn percentile_cont(c: &Call<'_>, rows: &Rows) -> Result<Value, PgError> {
    let values: Vec<f64> = floats(rows).collect();
    let (Some(share), Some(last)) = (share(c)?, values.len().checked_sub(1)) else {
        return Ok(Value::Null);
    };
    let at = share * last as f64;
    let (low, high) = (values.get(at.floor() as usize), values.get(at.ceil() as usize));
    Ok(low.zip(high).map(|(low, high)| low + (at - at.floor()) * (high - low)).into())
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in the rows")]
fn percentile_disc(c: &Call<'_>, rows: &Rows) -> Result<Value, PgError> {
    let Some(share) = share(c)? else {
        return Ok(Value::Null);
    };
    let at = ((share * rows.len() as f64).ceil() as usize).saturating_sub(1);
    Ok(first(rows).nth(at).cloned().unwrap_or_default())
}

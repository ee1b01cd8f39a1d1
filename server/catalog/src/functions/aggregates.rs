//! Aggregates and window functions.

use super::arrays::{better, collect_array, in_order, key};
use super::{Call, Function, FunctionBody, WindowKind, function, json};
use crate::error::PgError;
use crate::plan::Comparison;
use crate::types::{
    ANY, ANYARRAY, ANYCOMPATIBLE, ANYELEMENT, ANYNONARRAY, BOOL, BPCHAR, BYTEA, DATE, FLOAT4, FLOAT8, INET, INT2, INT4,
    INT8, INTERVAL, JSON, JSONB, NUMERIC, OID, TEXT, TID, TIME, TIMESTAMP, TIMESTAMPTZ, TIMETZ,
};
use crate::value::{Interval, Numeric, Value, datetime};

type Answer = Result<Value, PgError>;
type Rows<'a> = &'a [Vec<Value>];

fn first(row: &[Value]) -> &Value {
    row.first().unwrap_or(&Value::Null)
}

fn count(_: &Call<'_>, rows: Rows<'_>) -> Answer {
    Ok(Value::Int(i64::try_from(rows.len()).unwrap_or(i64::MAX)))
}

fn overflow() -> PgError {
    PgError::new("22003", "value overflows numeric format")
}

fn decimal_sum(rows: Rows<'_>) -> Result<Option<Numeric>, PgError> {
    let mut sum: Option<Numeric> = None;
    for row in rows {
        let n = match first(row) {
            Value::Numeric(n) => **n,
            v => Numeric::whole(v.as_int().unwrap_or_default()),
        };
        sum = Some(match sum {
            Some(s) => s.plus(n).ok_or_else(overflow)?,
            None => n,
        });
    }
    Ok(sum)
}

fn sum_numeric(_: &Call<'_>, rows: Rows<'_>) -> Answer {
    Ok(decimal_sum(rows)?.map_or(Value::Null, |n| Value::Numeric(n.into())))
}

fn sum_int(_: &Call<'_>, rows: Rows<'_>) -> Answer {
    let mut sum: Option<i64> = None;
    for n in rows.iter().filter_map(|r| first(r).as_int()) {
        let next = sum.unwrap_or(0).checked_add(n);
        sum = Some(next.ok_or_else(|| PgError::new("22003", "bigint out of range"))?);
    }
    Ok(Value::from(sum))
}

fn floats(rows: Rows<'_>) -> Vec<f64> {
    rows.iter()
        .filter_map(|r| match first(r) {
            Value::Float(x) => Some(*x),
            Value::Numeric(n) => Some(n.to_f64()),
            #[expect(clippy::cast_precision_loss, reason = "as PostgreSQL does")]
            v => v.as_int().map(|n| n as f64),
        })
        .collect()
}

fn sum_float(call: &Call<'_>, rows: Rows<'_>) -> Answer {
    if rows.is_empty() {
        return Ok(Value::Null);
    }
    let sum: f64 = floats(rows).iter().sum();
    #[expect(clippy::cast_possible_truncation, reason = "that is what `float4` is")]
    let sum = if call.result == FLOAT4 { f64::from(sum as f32) } else { sum };
    Ok(Value::Float(sum))
}

fn intervals(rows: Rows<'_>) -> Result<Option<Interval>, PgError> {
    let mut sum = None;
    for row in rows {
        if let Value::Interval(i) = first(row) {
            let total = datetime::add(sum.unwrap_or_default(), *i);
            sum = Some(total.ok_or_else(|| PgError::new("22008", "interval out of range"))?);
        }
    }
    Ok(sum)
}

fn sum_interval(_: &Call<'_>, rows: Rows<'_>) -> Answer {
    Ok(intervals(rows)?.map_or(Value::Null, Value::Interval))
}

#[expect(clippy::cast_precision_loss, reason = "nobody counts so many rows")]
fn avg_interval(_: &Call<'_>, rows: Rows<'_>) -> Answer {
    let mean = intervals(rows)?.and_then(|i| datetime::scale(i, 1.0 / rows.len() as f64));
    Ok(mean.map_or(Value::Null, Value::Interval))
}

fn avg_numeric(_: &Call<'_>, rows: Rows<'_>) -> Answer {
    let Some(sum) = decimal_sum(rows)? else { return Ok(Value::Null) };
    let count = Numeric::whole(i64::try_from(rows.len()).unwrap_or(i64::MAX));
    Ok(Value::Numeric(sum.divide(count).ok_or_else(overflow)?.into()))
}

#[expect(clippy::cast_precision_loss, reason = "nobody counts so many rows")]
fn avg_float(_: &Call<'_>, rows: Rows<'_>) -> Answer {
    if rows.is_empty() {
        return Ok(Value::Null);
    }
    Ok(Value::Float(floats(rows).iter().sum::<f64>() / rows.len() as f64))
}

fn extreme(rows: Rows<'_>, op: Comparison) -> Answer {
    let mut best = &Value::Null;
    for row in rows {
        let value = first(row);
        if best.is_null() || better(op, value, best) {
            best = value;
        }
    }
    Ok(best.clone())
}

fn min(_: &Call<'_>, rows: Rows<'_>) -> Answer {
    extreme(rows, Comparison::Lt)
}

fn max(_: &Call<'_>, rows: Rows<'_>) -> Answer {
    extreme(rows, Comparison::Gt)
}

fn bool_and(_: &Call<'_>, rows: Rows<'_>) -> Answer {
    Ok(if rows.is_empty() { Value::Null } else { Value::Bool(rows.iter().all(|r| first(r).is_true())) })
}

fn bool_or(_: &Call<'_>, rows: Rows<'_>) -> Answer {
    Ok(if rows.is_empty() { Value::Null } else { Value::Bool(rows.iter().any(|r| first(r).is_true())) })
}

fn bits(rows: Rows<'_>, f: fn(i64, i64) -> i64) -> Answer {
    Ok(Value::from(rows.iter().filter_map(|r| first(r).as_int()).reduce(f)))
}

fn bit_and(_: &Call<'_>, rows: Rows<'_>) -> Answer {
    bits(rows, |a, b| a & b)
}

fn bit_or(_: &Call<'_>, rows: Rows<'_>) -> Answer {
    bits(rows, |a, b| a | b)
}

fn array_agg(_: &Call<'_>, rows: Rows<'_>) -> Answer {
    if rows.is_empty() {
        return Ok(Value::Null);
    }
    collect_array(rows.iter().map(|r| first(r).clone()).collect())
}

fn string_agg(_: &Call<'_>, rows: Rows<'_>) -> Answer {
    let mut all: Option<String> = None;
    for row in rows.iter().filter(|r| !first(r).is_null()) {
        let part = first(row).as_str().unwrap_or_default();
        match &mut all {
            Some(all) => {
                all.push_str(row.get(1).and_then(Value::as_str).unwrap_or_default());
                all.push_str(part);
            }
            None => all = Some(part.to_string()),
        }
    }
    Ok(Value::from(all))
}

fn json_agg(call: &Call<'_>, rows: Rows<'_>) -> Answer {
    if rows.is_empty() {
        return Ok(Value::Null);
    }
    let ty = call.ty(0);
    let parts: Vec<String> = rows.iter().map(|r| json::written(first(r), ty)).collect();
    json::finished(call.result, format!("[{}]", parts.join(", ")))
}

fn json_object_agg(call: &Call<'_>, rows: Rows<'_>) -> Answer {
    if rows.is_empty() {
        return Ok(Value::Null);
    }
    let mut parts = Vec::new();
    for row in rows {
        let Some(name) = first(row).to_text(call.ty(0)) else {
            return Err(PgError::new("22004", "field name must not be null"));
        };
        parts.push(format!(
            "{} : {}",
            json::quoted(&name),
            json::written(row.get(1).unwrap_or(&Value::Null), call.ty(1))
        ));
    }
    json::finished(call.result, format!("{{ {} }}", parts.join(", ")))
}

/// Sum of squares of the distance from the mean, and how many there are.
#[expect(clippy::cast_precision_loss, reason = "nobody counts so many rows")]
fn spread(rows: Rows<'_>) -> (f64, f64) {
    // Step by step, as PostgreSQL does, so that the last digit is the same.
    let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for x in floats(rows) {
        count += 1.0;
        sum += x;
        if count > 1.0 {
            let off: f64 = x * count - sum;
            squares += off * off / (count * (count - 1.0));
        }
    }
    (squares, count)
}

fn spread_answer(call: &Call<'_>, x: f64) -> Answer {
    if call.result == NUMERIC {
        return Ok(Value::Numeric(Numeric::from_f64(x).ok_or_else(overflow)?.into()));
    }
    Ok(Value::Float(x))
}

fn var_samp(call: &Call<'_>, rows: Rows<'_>) -> Answer {
    let (sum, count) = spread(rows);
    if count < 2.0 { Ok(Value::Null) } else { spread_answer(call, sum / (count - 1.0)) }
}

fn var_pop(call: &Call<'_>, rows: Rows<'_>) -> Answer {
    let (sum, count) = spread(rows);
    if count < 1.0 { Ok(Value::Null) } else { spread_answer(call, sum / count) }
}

fn stddev_samp(call: &Call<'_>, rows: Rows<'_>) -> Answer {
    let (sum, count) = spread(rows);
    if count < 2.0 { Ok(Value::Null) } else { spread_answer(call, (sum / (count - 1.0)).sqrt()) }
}

fn stddev_pop(call: &Call<'_>, rows: Rows<'_>) -> Answer {
    let (sum, count) = spread(rows);
    if count < 1.0 { Ok(Value::Null) } else { spread_answer(call, (sum / count).sqrt()) }
}

fn fraction(call: &Call<'_>) -> Result<f64, PgError> {
    let p = call.float(0);
    if (0.0..=1.0).contains(&p) {
        return Ok(p);
    }
    Err(PgError::new("22003", format!("percentile value {p} is not between 0 and 1")))
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place among rows that fit in memory"
)]
fn percentile_cont(call: &Call<'_>, rows: Rows<'_>) -> Answer {
    let values = floats(rows);
    let Some(last) = values.len().checked_sub(1) else { return Ok(Value::Null) };
    let place = fraction(call)? * last as f64;
    let (low, high) = (place.floor() as usize, place.ceil() as usize);
    match (values.get(low), values.get(high)) {
        (Some(a), Some(b)) => Ok(Value::Float(a + (b - a) * place.fract())),
        _ => Ok(Value::Null),
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place among rows that fit in memory"
)]
fn percentile_disc(call: &Call<'_>, rows: Rows<'_>) -> Answer {
    let place = (fraction(call)? * rows.len() as f64).ceil() as usize;
    Ok(rows.get(place.saturating_sub(1)).map(|r| first(r).clone()).unwrap_or_default())
}

fn mode(_: &Call<'_>, rows: Rows<'_>) -> Answer {
    let mut values: Vec<Value> = rows.iter().map(|r| first(r).clone()).collect();
    in_order(&mut values);
    let mut best: (usize, Value) = (0, Value::Null);
    for same in values.chunk_by(|a, b| key(a) == key(b)) {
        if same.len() > best.0 {
            best = (same.len(), same.first().cloned().unwrap_or_default());
        }
    }
    Ok(best.1)
}

const fn aggregate(
    name: &'static str,
    args: &'static [u32],
    result: u32,
    run: fn(&Call<'_>, Rows<'_>) -> Answer,
) -> Function {
    function(name, args, result, FunctionBody::Aggregate(run))
}

const fn window(name: &'static str, args: &'static [u32], result: u32, kind: WindowKind) -> Function {
    function(name, args, result, FunctionBody::Window(kind))
}

pub(super) static FUNCTIONS: &[Function] = &[
    aggregate("count", &[], INT8, count),
    aggregate("count", &[ANY], INT8, count),
    aggregate("sum", &[INT2], INT8, sum_int),
    aggregate("sum", &[INT4], INT8, sum_int),
    aggregate("sum", &[INT8], NUMERIC, sum_numeric),
    aggregate("sum", &[FLOAT4], FLOAT4, sum_float),
    aggregate("sum", &[FLOAT8], FLOAT8, sum_float),
    aggregate("sum", &[NUMERIC], NUMERIC, sum_numeric),
    aggregate("sum", &[INTERVAL], INTERVAL, sum_interval),
    aggregate("avg", &[INT2], NUMERIC, avg_numeric),
    aggregate("avg", &[INT4], NUMERIC, avg_numeric),
    aggregate("avg", &[INT8], NUMERIC, avg_numeric),
    aggregate("avg", &[NUMERIC], NUMERIC, avg_numeric),
    aggregate("avg", &[FLOAT4], FLOAT8, avg_float),
    aggregate("avg", &[FLOAT8], FLOAT8, avg_float),
    aggregate("avg", &[INTERVAL], INTERVAL, avg_interval),
    aggregate("min", &[INT2], INT2, min),
    aggregate("min", &[INT4], INT4, min),
    aggregate("min", &[INT8], INT8, min),
    aggregate("min", &[OID], OID, min),
    aggregate("min", &[FLOAT4], FLOAT4, min),
    aggregate("min", &[FLOAT8], FLOAT8, min),
    aggregate("min", &[NUMERIC], NUMERIC, min),
    aggregate("min", &[DATE], DATE, min),
    aggregate("min", &[TIME], TIME, min),
    aggregate("min", &[TIMETZ], TIMETZ, min),
    aggregate("min", &[TIMESTAMP], TIMESTAMP, min),
    aggregate("min", &[TIMESTAMPTZ], TIMESTAMPTZ, min),
    aggregate("min", &[INTERVAL], INTERVAL, min),
    aggregate("min", &[TEXT], TEXT, min),
    aggregate("min", &[BPCHAR], BPCHAR, min),
    aggregate("min", &[TID], TID, min),
    aggregate("min", &[INET], INET, min),
    aggregate("min", &[ANYARRAY], ANYARRAY, min),
    aggregate("max", &[INT2], INT2, max),
    aggregate("max", &[INT4], INT4, max),
    aggregate("max", &[INT8], INT8, max),
    aggregate("max", &[OID], OID, max),
    aggregate("max", &[FLOAT4], FLOAT4, max),
    aggregate("max", &[FLOAT8], FLOAT8, max),
    aggregate("max", &[NUMERIC], NUMERIC, max),
    aggregate("max", &[DATE], DATE, max),
    aggregate("max", &[TIME], TIME, max),
    aggregate("max", &[TIMETZ], TIMETZ, max),
    aggregate("max", &[TIMESTAMP], TIMESTAMP, max),
    aggregate("max", &[TIMESTAMPTZ], TIMESTAMPTZ, max),
    aggregate("max", &[INTERVAL], INTERVAL, max),
    aggregate("max", &[TEXT], TEXT, max),
    aggregate("max", &[BPCHAR], BPCHAR, max),
    aggregate("max", &[TID], TID, max),
    aggregate("max", &[INET], INET, max),
    aggregate("max", &[ANYARRAY], ANYARRAY, max),
    aggregate("bool_and", &[BOOL], BOOL, bool_and),
    aggregate("bool_or", &[BOOL], BOOL, bool_or),
    aggregate("every", &[BOOL], BOOL, bool_and),
    aggregate("bit_and", &[INT2], INT2, bit_and),
    aggregate("bit_and", &[INT4], INT4, bit_and),
    aggregate("bit_and", &[INT8], INT8, bit_and),
    aggregate("bit_or", &[INT2], INT2, bit_or),
    aggregate("bit_or", &[INT4], INT4, bit_or),
    aggregate("bit_or", &[INT8], INT8, bit_or),
    aggregate("array_agg", &[ANYNONARRAY], ANYARRAY, array_agg).lax(),
    aggregate("array_agg", &[ANYARRAY], ANYARRAY, array_agg).lax(),
    aggregate("string_agg", &[TEXT, TEXT], TEXT, string_agg).lax(),
    aggregate("string_agg", &[BYTEA, BYTEA], BYTEA, string_agg).lax(),
    aggregate("json_agg", &[ANYELEMENT], JSON, json_agg).lax(),
    aggregate("jsonb_agg", &[ANYELEMENT], JSONB, json_agg).lax(),
    aggregate("json_object_agg", &[ANY, ANY], JSON, json_object_agg).lax(),
    aggregate("jsonb_object_agg", &[ANY, ANY], JSONB, json_object_agg).lax(),
    aggregate("variance", &[FLOAT8], FLOAT8, var_samp),
    aggregate("variance", &[INT4], NUMERIC, var_samp),
    aggregate("variance", &[INT8], NUMERIC, var_samp),
    aggregate("variance", &[NUMERIC], NUMERIC, var_samp),
    aggregate("var_samp", &[FLOAT8], FLOAT8, var_samp),
    aggregate("var_samp", &[NUMERIC], NUMERIC, var_samp),
    aggregate("var_pop", &[FLOAT8], FLOAT8, var_pop),
    aggregate("var_pop", &[NUMERIC], NUMERIC, var_pop),
    aggregate("stddev", &[FLOAT8], FLOAT8, stddev_samp),
    aggregate("stddev", &[NUMERIC], NUMERIC, stddev_samp),
    aggregate("stddev_samp", &[FLOAT8], FLOAT8, stddev_samp),
    aggregate("stddev_samp", &[NUMERIC], NUMERIC, stddev_samp),
    aggregate("stddev_pop", &[FLOAT8], FLOAT8, stddev_pop),
    aggregate("stddev_pop", &[NUMERIC], NUMERIC, stddev_pop),
    aggregate("percentile_cont", &[FLOAT8, FLOAT8], FLOAT8, percentile_cont),
    aggregate("percentile_disc", &[FLOAT8, ANYELEMENT], ANYELEMENT, percentile_disc),
    aggregate("mode", &[ANYELEMENT], ANYELEMENT, mode),
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

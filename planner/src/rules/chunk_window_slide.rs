//! Which windows go along a dimension: what `OVER (PARTITION BY lat, lon ORDER BY time ROWS …)` asks for, in the words of a
//! scan that slides.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::functions_aggregate::{average::avg_udaf, count::count_udaf, min_max, stddev, sum::sum_udaf, variance};
use datafusion::functions_window::{lead_lag, nth_value, rank, row_number};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_expr::expressions::{CastExpr, Literal};
use datafusion::physical_expr::window::{
    PlainAggregateWindowExpr, SlidingAggregateWindowExpr, StandardWindowExpr, WindowExpr,
};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::windows::WindowUDFExpr;
use hyperslab_exec::{FrameAggregate, RowValue, SlideFunction, SlideWindow};

use super::chunk_window::has_filter;
use super::input::Input;

type Expr = Arc<dyn PhysicalExpr>;

/// The window over the columns of the scan of `input`, if its function is known.
///
/// # Errors
/// When an expression cannot be moved.
pub(super) fn window_over_scan(window: &Arc<dyn WindowExpr>, input: &Input<'_>) -> Result<Option<SlideWindow>> {
    let any = window.as_any();
    let found = if let Some(plain) = any.downcast_ref::<PlainAggregateWindowExpr>() {
        aggregate(window, plain.get_aggregate_expr(), input)?
    } else if let Some(sliding) = any.downcast_ref::<SlidingAggregateWindowExpr>() {
        aggregate(window, sliding.get_aggregate_expr(), input)?
    } else if let Some(standard) = any.downcast_ref::<StandardWindowExpr>() {
        standard_function(standard, input)?
    } else {
        None
    };
    let Some((function, argument)) = found else { return Ok(None) };
    let field = Arc::new(window.field()?.as_ref().clone().with_name(window.name()));
    let frame = Arc::clone(window.get_window_frame());
    Ok(Some(SlideWindow { function, argument, frame, field }))
}

fn aggregate(
    window: &Arc<dyn WindowExpr>,
    function: &AggregateFunctionExpr,
    input: &Input<'_>,
) -> Result<Option<(SlideFunction, Option<Expr>)>> {
    let is_plain = !function.is_distinct() && !function.ignore_nulls() && function.order_bys().is_empty();
    if !is_plain || has_filter(window) {
        return Ok(None);
    }
    let Some(function) = input.function_over_scan(function)? else { return Ok(None) };
    let Ok([argument]) = <[_; 1]>::try_from(function.expressions()) else { return Ok(None) };
    let Some(known) = known(&function) else { return Ok(None) };
    let schema = input.scan.schema();
    let argument = match &known {
        FrameAggregate::Count if is_value(&argument) => None,
        FrameAggregate::Count => Some(argument),
        FrameAggregate::Sum | FrameAggregate::Average | FrameAggregate::Spread { .. } => Some(peeled(argument)),
        FrameAggregate::WholeSum(_) | FrameAggregate::Least | FrameAggregate::Greatest => Some(argument),
    };
    let is_taken = argument.as_ref().map_or(Ok(true), |a| a.data_type(&schema).map(|t| known.takes(&t)))?;
    Ok(is_taken.then_some((SlideFunction::Aggregate(known), argument)))
}

fn known(function: &AggregateFunctionExpr) -> Option<FrameAggregate> {
    let (fun, field) = (function.fun(), function.field());
    let answer = field.data_type();
    let spreads = [
        (variance::var_samp_udaf(), true, false),
        (variance::var_pop_udaf(), false, false),
        (stddev::stddev_udaf(), true, true),
        (stddev::stddev_pop_udaf(), false, true),
    ];
    if *fun == *count_udaf() {
        Some(FrameAggregate::Count)
    } else if *fun == *sum_udaf() {
        match answer {
            DataType::Float64 => Some(FrameAggregate::Sum),
            DataType::Int64 | DataType::UInt64 => Some(FrameAggregate::WholeSum(function.name().to_string())),
            _ => None,
        }
    } else if *fun == *avg_udaf() && *answer == DataType::Float64 {
        Some(FrameAggregate::Average)
    } else if *fun == *min_max::min_udaf() {
        Some(FrameAggregate::Least)
    } else if *fun == *min_max::max_udaf() {
        Some(FrameAggregate::Greatest)
    } else {
        let spread = spreads.into_iter().find(|(known, _, _)| *fun == **known);
        spread.map(|(_, sample, root)| FrameAggregate::Spread { sample, root })
    }
}

fn is_value(argument: &Expr) -> bool {
    argument.downcast_ref::<Literal>().is_some_and(|literal| !literal.value().is_null())
}

/// Without the cast to `DOUBLE` that sums do themselves.
fn peeled(argument: Expr) -> Expr {
    match argument.downcast_ref::<CastExpr>().filter(|cast| *cast.cast_type() == DataType::Float64) {
        Some(cast) => Arc::clone(cast.expr()),
        None => argument,
    }
}

fn standard_function(
    standard: &StandardWindowExpr,
    input: &Input<'_>,
) -> Result<Option<(SlideFunction, Option<Expr>)>> {
    let Some(call) = standard.get_standard_func_expr().as_any().downcast_ref::<WindowUDFExpr>() else {
        return Ok(None);
    };
    // DataFusion tells it nowhere but in the debug form.
    if !format!("{call:?}").ends_with("is_reversed: false, ignore_nulls: false }") {
        return Ok(None);
    }
    let fun = call.fun().as_ref();
    let numbers = [row_number::row_number_udwf(), rank::rank_udwf(), rank::dense_rank_udwf()];
    if numbers.iter().any(|known| *fun == **known) {
        return Ok(Some((SlideFunction::RowNumber, None)));
    }
    let Some(argument) = call.args().first() else { return Ok(None) };
    let argument = input.over_scan(argument)?;
    let data_type = argument.data_type(&input.scan.schema())?;
    if data_type == DataType::Null || *standard.field()?.data_type() != data_type {
        return Ok(None);
    }
    let literal = |at: usize| call.args().get(at).map(|arg| arg.downcast_ref::<Literal>().map(Literal::value));
    let number = |at: usize, default: i64| match literal(at) {
        None => Some(default),
        Some(value) => whole(value?),
    };
    let value = if *fun == *nth_value::first_value_udwf() {
        Some(RowValue::First)
    } else if *fun == *nth_value::last_value_udwf() {
        Some(RowValue::Last)
    } else if *fun == *nth_value::nth_value_udwf() {
        literal(1).and_then(|_| number(1, 0)).map(RowValue::Nth)
    } else {
        let is_lead = *fun == *lead_lag::lead_udwf();
        let offset = number(1, 1).and_then(|n| if is_lead { n.checked_neg() } else { Some(n) });
        let default = match literal(2) {
            None => Some(ScalarValue::try_from(&data_type)?),
            Some(None) => None,
            Some(Some(value)) if value.data_type() == DataType::Null => Some(ScalarValue::try_from(&data_type)?),
            Some(Some(value)) => value.cast_to(&data_type).ok(),
        };
        let is_known = is_lead || *fun == *lead_lag::lag_udwf();
        offset.zip(default).filter(|_| is_known).map(|(offset, default)| RowValue::Before(offset, default))
    };
    Ok(value.map(|value| (SlideFunction::Row(value), Some(argument))))
}

/// A whole number; `None` where it is missing or another value.
fn whole(value: &ScalarValue) -> Option<i64> {
    match value {
        value if value.is_null() || !value.data_type().is_integer() => None,
        value => match value.cast_to(&DataType::Int64) {
            Ok(ScalarValue::Int64(number)) => number,
            _ => None,
        },
    }
}

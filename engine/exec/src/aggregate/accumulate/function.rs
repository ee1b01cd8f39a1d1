//! From DataFusion's aggregate function to states for groups, if chunks can be aggregated with it.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Int64Type, UInt64Type};
use datafusion::common::internal_err;
use datafusion::error::Result;
use datafusion::functions_aggregate::{average::avg_udaf, count::count_udaf, min_max, stddev, sum::sum_udaf, variance};
use datafusion::logical_expr::AggregateUDF;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_expr::expressions::{CastExpr, Literal};

use super::Accumulator;
use super::count::Count;
use super::extreme::Extreme;
use super::generic::Generic;
use super::sum::{Answer, FloatSum, WholeSum};
use super::variance::{Spread, Variance};
use super::weighted::WeightedAverage;

/// Functions for which DataFusion's own states are asked.
const GENERIC: [&str; 23] = [
    "arg_max",
    "arg_min",
    "avg",
    "bit_and",
    "bit_or",
    "bit_xor",
    "bool_and",
    "bool_or",
    "corr",
    "covar_pop",
    "covar_samp",
    "max",
    "min",
    "regr_avgx",
    "regr_avgy",
    "regr_count",
    "regr_intercept",
    "regr_r2",
    "regr_slope",
    "regr_sxx",
    "regr_sxy",
    "regr_syy",
    "sum",
];

/// An aggregate function that chunks can be aggregated with.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    expr: Arc<AggregateFunctionExpr>,
    kind: Kind,
    arguments: Vec<Arc<dyn PhysicalExpr>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Count,
    FloatSum(Answer),
    Int64Sum,
    UInt64Sum,
    Min,
    Max,
    Variance(Spread),
    WeightedAverage,
    Generic,
}

impl Function {
    /// The function; `None` where it is not done on chunks.
    pub(crate) fn try_new(expr: &Arc<AggregateFunctionExpr>) -> Option<Self> {
        if expr.is_distinct() {
            return None;
        }
        let kind = kind(expr)?;
        // The order of the chunks is not the order that a function may have been promised for its rows.
        let expr = match Arc::clone(expr).with_beneficial_ordering(false) {
            Ok(Some(expr)) => Arc::new(expr),
            Ok(None) => Arc::clone(expr),
            Err(_) => return None,
        };
        let mut arguments = expr.expressions();
        match kind {
            Kind::Count => arguments.retain(|argument| !is_literal(argument)),
            Kind::FloatSum(_) | Kind::Variance(_) | Kind::WeightedAverage => arguments.iter_mut().for_each(peel),
            Kind::Generic => arguments.extend(expr.order_bys().iter().map(|order| Arc::clone(&order.expr))),
            Kind::Int64Sum | Kind::UInt64Sum | Kind::Min | Kind::Max => {}
        }
        Some(Self { expr, kind, arguments })
    }

    /// What to evaluate for a piece; without the cast to `DOUBLE` that the states do themselves.
    pub(crate) fn arguments(&self) -> &[Arc<dyn PhysicalExpr>] {
        &self.arguments
    }

    /// States for groups without a cell.
    ///
    /// # Errors
    /// When DataFusion has no states for the function.
    pub(crate) fn create(&self, groups: usize) -> Result<Box<dyn Accumulator>> {
        let field = self.expr.field();
        Ok(match self.kind {
            Kind::Count => Box::new(Count::new(groups)),
            Kind::FloatSum(answer) => Box::new(FloatSum::new(groups, answer)),
            Kind::Int64Sum => Box::new(WholeSum::<Int64Type>::new(groups, self.expr.name())),
            Kind::UInt64Sum => Box::new(WholeSum::<UInt64Type>::new(groups, self.expr.name())),
            Kind::Min => some(extreme::<false>(groups, field.data_type()))?,
            Kind::Max => some(extreme::<true>(groups, field.data_type()))?,
            Kind::Variance(spread) => Box::new(Variance::new(groups, spread)),
            Kind::WeightedAverage => Box::new(WeightedAverage::new(groups)),
            Kind::Generic => Box::new(Generic::new(&self.expr, groups)),
        })
    }

    /// About how many bytes the state of a group takes.
    pub(crate) fn bytes_per_group(&self) -> usize {
        let missing = size_of::<u64>();
        match self.kind {
            Kind::Count if self.arguments.is_empty() => 0,
            Kind::Count => missing,
            Kind::FloatSum(_) => size_of::<f64>() + missing,
            Kind::Int64Sum | Kind::UInt64Sum => size_of::<i128>() + missing,
            Kind::Min | Kind::Max => self.expr.field().data_type().primitive_width().unwrap_or(1) + missing,
            Kind::Variance(_) => super::variance::BYTES_PER_GROUP,
            Kind::WeightedAverage => 2 * size_of::<f64>() + missing,
            Kind::Generic => super::generic::bytes_per_group(&self.expr),
        }
    }
}

fn kind(expr: &AggregateFunctionExpr) -> Option<Kind> {
    let function = expr.fun();
    let field = expr.field();
    let answer = field.data_type();
    let is_extreme = |max: bool| {
        if max { *function == *min_max::max_udaf() } else { *function == *min_max::min_udaf() }
    };
    if *function == *count_udaf() {
        Some(Kind::Count)
    } else if *function == *sum_udaf() && *answer == DataType::Float64 {
        Some(Kind::FloatSum(Answer::Sum))
    } else if *function == *sum_udaf() && *answer == DataType::Int64 {
        Some(Kind::Int64Sum)
    } else if *function == *sum_udaf() && *answer == DataType::UInt64 {
        Some(Kind::UInt64Sum)
    } else if *function == *avg_udaf() && *answer == DataType::Float64 {
        Some(Kind::FloatSum(Answer::Average))
    } else if is_extreme(false) && extreme::<false>(0, answer).is_some() {
        Some(Kind::Min)
    } else if is_extreme(true) && extreme::<true>(0, answer).is_some() {
        Some(Kind::Max)
    } else if let Some(spread) = spread(function) {
        Some(Kind::Variance(spread))
    } else if function.name() == "weighted_avg" {
        Some(Kind::WeightedAverage)
    } else {
        is_generic(expr).then_some(Kind::Generic)
    }
}

fn spread(function: &AggregateUDF) -> Option<Spread> {
    let functions = [
        (variance::var_samp_udaf(), Spread { sample: true, root: false }),
        (variance::var_pop_udaf(), Spread { sample: false, root: false }),
        (stddev::stddev_udaf(), Spread { sample: true, root: true }),
        (stddev::stddev_pop_udaf(), Spread { sample: false, root: true }),
    ];
    functions.into_iter().find(|(known, _)| *function == **known).map(|(_, spread)| spread)
}

fn is_generic(expr: &AggregateFunctionExpr) -> bool {
    match expr.fun().name() {
        // Which value comes first must not depend on how the chunks lie.
        "first_value" | "last_value" => !expr.order_bys().is_empty(),
        // DataFusion starts from the least finite number, and loses an infinity.
        "min" | "max" => *expr.field().data_type() != DataType::Float16,
        name => GENERIC.contains(&name),
    }
}

fn is_literal(expr: &Arc<dyn PhysicalExpr>) -> bool {
    expr.downcast_ref::<Literal>().is_some_and(|literal| !literal.value().is_null())
}

/// Takes off a cast that the states do themselves.
fn peel(argument: &mut Arc<dyn PhysicalExpr>) {
    let inner = argument.downcast_ref::<CastExpr>().filter(|cast| *cast.cast_type() == DataType::Float64);
    if let Some(inner) = inner.map(|cast| Arc::clone(cast.expr())) {
        *argument = inner;
    }
}

fn some(states: Option<Box<dyn Accumulator>>) -> Result<Box<dyn Accumulator>> {
    match states {
        Some(states) => Ok(states),
        None => internal_err!("an extreme of a type without an order"),
    }
}

fn extreme<const MAX: bool>(groups: usize, of: &DataType) -> Option<Box<dyn Accumulator>> {
    use DataType::{
        Boolean, Date32, Date64, Duration, Float32, Float64, Int8, Int16, Int32, Int64, Time32, Time64, Timestamp,
        UInt8, UInt16, UInt32, UInt64,
    };
    Some(match of {
        Int8 => Box::new(Extreme::<i8, MAX>::new(groups, of)),
        Int16 => Box::new(Extreme::<i16, MAX>::new(groups, of)),
        Int32 | Date32 | Time32(_) => Box::new(Extreme::<i32, MAX>::new(groups, of)),
        Int64 | Date64 | Time64(_) | Timestamp(_, _) | Duration(_) => Box::new(Extreme::<i64, MAX>::new(groups, of)),
        UInt8 | Boolean => Box::new(Extreme::<u8, MAX>::new(groups, of)),
        UInt16 => Box::new(Extreme::<u16, MAX>::new(groups, of)),
        UInt32 => Box::new(Extreme::<u32, MAX>::new(groups, of)),
        UInt64 => Box::new(Extreme::<u64, MAX>::new(groups, of)),
        Float32 => Box::new(Extreme::<f32, MAX>::new(groups, of)),
        Float64 => Box::new(Extreme::<f64, MAX>::new(groups, of)),
        _ => return None,
    })
}

//! The arguments of `regrid`: the table, the new labels of its dimensions, and how values come to them.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::error::Result;
use datafusion::logical_expr::planner::RelationPlannerContext;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::sql::sqlparser::ast::{
    Expr as SqlExpr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, TableFactor,
};
use hyperslab_array::{ArrayError, Interpolation, RegridOptions, Role, Target, Values, nearest_names};
use hyperslab_exec::datafusion_error;

use super::LIKE;
use super::source::Source;

const METHOD: &str = "method";
const MIN_COVERAGE: &str = "min_coverage";
const MAX_DISTANCE: &str = "max_distance";

/// A dimension with more labels than this is refused.
const MOST_LABELS: f64 = (1 << 22) as f64;

/// A number of steps that is this near to a whole one is that.
const ROUNDING: f64 = 1e-9;

/// What `regrid` is asked for.
#[derive(Debug)]
pub(super) struct Arguments {
    pub source: Source,
    pub targets: Vec<Target>,
    /// Whether the targets are 2-D coordinates, not dimensions.
    pub is_curvilinear: bool,
    pub options: RegridOptions,
}

impl Arguments {
    /// # Errors
    /// When an argument is unknown or makes no sense.
    pub fn try_new(args: Vec<FunctionArg>, context: &mut dyn RelationPlannerContext) -> Result<Self> {
        let mut args = args.into_iter();
        let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(table))) = args.next() else {
            return Err(argument(
                "the first argument of `regrid` is no table, expected one, or a query in parentheses",
            ));
        };
        let mut source = Source::of(&table_plan(table, context)?)?;
        let mut targets: Vec<Target> = Vec::new();
        let mut options = RegridOptions::default();
        let mut like = None;
        for arg in args {
            let FunctionArg::Named { name, arg: FunctionArgExpr::Expr(value), .. } = arg else {
                return Err(argument(format!(
                    "argument `{arg}` of `regrid` has no name, expected arguments such as `lat => range(-90, 91, 1)`"
                )));
            };
            match option_of(&name) {
                Some(METHOD) => {
                    options.method = Interpolation::parse(&text(value, context)?).map_err(datafusion_error)?
                }
                Some(MIN_COVERAGE) => options.min_coverage = number(value, context)?,
                Some(MAX_DISTANCE) => options.max_distance = Some(number(value, context)?),
                Some(_) => like = Some(value),
                None => {
                    let dimension = target_of(&name, &source)?;
                    if targets.iter().any(|t| t.dimension == dimension) {
                        return Err(argument(format!("dimension `{dimension}` is given twice")));
                    }
                    let labels = Values::Float64(labels(value, context)?);
                    targets.push(Target { dimension, labels, within: None, bounds: None });
                }
            }
        }
        if let Some(like) = like {
            targets_like(&Source::of(&table_plan(like, context)?)?, &source, &mut targets)?;
        }
        if targets.is_empty() {
            return Err(datafusion_error(
                ArrayError::argument("`regrid` has no new labels, expected some for a dimension").hint(format!(
                    "name a dimension, as in `lat => range(-90, 91, 1)`; {}",
                    nearest_names("", source.table.grid().dimensions.iter().map(|d| d.name.as_str()))
                )),
            ));
        }
        let is_dimension = |t: &Target| source.table.grid().dimensions.iter().any(|d| d.name == t.dimension);
        let is_curvilinear = !targets.iter().any(is_dimension);
        if is_curvilinear {
            check_curvilinear(&source, &targets, options)?;
        } else {
            if let Some(target) = targets.iter().find(|t| !is_dimension(t)) {
                return Err(datafusion_error(
                    ArrayError::unsupported(format!(
                        "coordinate `{}` has two dimensions, the others are dimensions",
                        target.dimension
                    ))
                    .hint("regrid one after the other, `regrid(regrid(…), …)`"),
                ));
            }
            for target in &mut targets {
                target.within = source.take_range(&target.dimension)?;
            }
            source.check_filters(&targets.iter().map(|t| t.dimension.as_str()).collect::<Vec<_>>())?;
        }
        Ok(Self { source, targets, is_curvilinear, options })
    }
}

/// Checks that the targets are two coordinates on the same dimensions, on which no row depends.
fn check_curvilinear(source: &Source, targets: &[Target], options: RegridOptions) -> Result<()> {
    if options.method != Interpolation::Nearest {
        return Err(datafusion_error(
            ArrayError::unsupported(format!(
                "method `{}` on a curvilinear grid is not supported",
                options.method.name()
            ))
            .hint("`method => 'nearest'` takes the nearest cell"),
        ));
    }
    let dimensions: Vec<&str> = source
        .table
        .grid()
        .coordinates
        .iter()
        .filter(|c| targets.iter().any(|t| t.dimension == c.name))
        .flat_map(|c| c.dimensions.iter().map(String::as_str))
        .collect();
    if targets.len() != 2 {
        return Err(argument(format!(
            "{} coordinate of a curvilinear grid has new labels, expected two",
            targets.len()
        )));
    }
    source.check_filters(&dimensions)
}

/// The option that an argument is; a quoted name is always that of a dimension.
fn option_of(name: &Ident) -> Option<&'static str> {
    [METHOD, MIN_COVERAGE, MAX_DISTANCE, LIKE]
        .into_iter()
        .find(|option| name.quote_style.is_none() && name.value.eq_ignore_ascii_case(option))
}

/// The table's dimension or 2-D coordinate of this name, exactly before in any case.
fn target_of(name: &Ident, source: &Source) -> Result<String> {
    let grid = source.table.grid();
    let plane = grid.coordinates.iter().filter(|c| c.dimensions.len() == 2).map(|c| c.name.as_str());
    let names: Vec<&str> = grid.dimensions.iter().map(|d| d.name.as_str()).chain(plane).collect();
    if let Some(exact) = names.iter().find(|d| **d == name.value) {
        return Ok((*exact).to_string());
    }
    let any_case = |d: &&&str| name.quote_style.is_none() && d.eq_ignore_ascii_case(&name.value);
    let mut found = names.iter().filter(any_case);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok((*one).to_string()),
        _ => Err(datafusion_error(
            ArrayError::not_found(format!("no dimension `{}`", name.value))
                .context("dataset", &source.table.dataset().name)
                .hint(nearest_names(&name.value, names.iter().copied())),
        )),
    }
}

/// The coordinates of another dataset that are dimensions of the source too, and numbers.
fn targets_like(like: &Source, source: &Source, targets: &mut Vec<Target>) -> Result<()> {
    let other = like.table.dataset();
    if !like.filters.is_empty() {
        return Err(argument("the query of `like` selects rows, expected a whole dataset"));
    }
    let before = targets.len();
    for dimension in &source.table.grid().dimensions {
        let own = other.coordinates.get(&dimension.name).filter(|c| c.variable().role == Role::Dimension);
        let Some(coordinate) = own else { continue };
        let data_type = coordinate.labels().values.data_type();
        let is_new = targets.iter().all(|t| t.dimension != dimension.name) && like.columns.contains(&dimension.name);
        if is_new && (data_type.is_integer() || data_type.is_float()) {
            let bounds = coordinate.variable().attributes.text("bounds");
            targets.push(Target {
                dimension: dimension.name.clone(),
                labels: coordinate.labels().values.clone(),
                within: None,
                bounds: bounds.and_then(|b| other.variables.get(b)).map(Arc::clone),
            });
        }
    }
    if targets.len() > before {
        return Ok(());
    }
    let dimensions = source.table.grid().dimensions.iter().map(|d| d.name.as_str());
    Err(datafusion_error(
        ArrayError::argument(format!(
            "dataset `{}` has no labels of numbers for a dimension of `{}`",
            other.name,
            source.table.dataset().name
        ))
        .hint(nearest_names("", dimensions)),
    ))
}

/// The plan of a table, or of a query in parentheses.
fn table_plan(table: SqlExpr, context: &mut dyn RelationPlannerContext) -> Result<LogicalPlan> {
    let mut table = table;
    while let SqlExpr::Nested(inner) = table {
        table = *inner;
    }
    let SqlExpr::Subquery(subquery) = table else {
        return Err(datafusion_error(
            ArrayError::argument(format!("`{table}` is no table, expected one, or a query in parentheses"))
                .hint("`(SELECT * FROM name)` names one in any session"),
        ));
    };
    context.plan(TableFactor::Derived { lateral: false, subquery, alias: None, sample: None })
}

/// `range(start, stop, step)`, without its stop; or a list of numbers.
fn labels(value: SqlExpr, context: &mut dyn RelationPlannerContext) -> Result<Vec<f64>> {
    if let SqlExpr::Function(function) = &value
        && let Some(numbers) = numbers_of_range(function)
    {
        let numbers = numbers.into_iter().map(|n| number(n, context)).collect::<Result<Vec<f64>>>()?;
        return range(&numbers, &value);
    }
    let shown = value.to_string();
    let list = evaluated(value, context)?;
    let wrong =
        || argument(format!("`{shown}` is no list of labels, expected `range(start, stop, step)` or `[1, 2, 3]`"));
    let items = match list.ok_or_else(wrong)? {
        ScalarValue::List(list) => list.value(0),
        ScalarValue::LargeList(list) => list.value(0),
        ScalarValue::FixedSizeList(list) => list.value(0),
        _ => return Err(wrong()),
    };
    if !(items.data_type().is_numeric() || items.is_empty()) {
        return Err(wrong());
    }
    (0..items.len()).map(|i| float(&ScalarValue::try_from_array(&items, i)?)?.ok_or_else(wrong)).collect()
}

/// The arguments of a call of `range`.
fn numbers_of_range(function: &Function) -> Option<Vec<SqlExpr>> {
    let name = function.name.0.last()?.as_ident()?;
    let FunctionArguments::List(list) = &function.args else { return None };
    if function.name.0.len() > 1 || !name.value.eq_ignore_ascii_case("range") {
        return None;
    }
    let numbers = list.args.iter().map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(number)) => Some(number.clone()),
        _ => None,
    });
    numbers.collect()
}

/// Labels are `start + i * step`, so that errors do not add up.
fn range(numbers: &[f64], shown: &SqlExpr) -> Result<Vec<f64>> {
    let (start, stop, step) = match *numbers {
        [stop] => (0.0, stop, 1.0),
        [start, stop] => (start, stop, 1.0),
        [start, stop, step] => (start, stop, step),
        _ => return Err(argument(format!("`{shown}` has {} numbers, expected start, stop and step", numbers.len()))),
    };
    let count = ((stop - start) / step - ROUNDING).ceil();
    if step == 0.0 || !count.is_finite() {
        return Err(argument(format!("`{shown}` has no end, expected a step that leads from start to stop")));
    }
    if count > MOST_LABELS {
        return Err(datafusion_error(ArrayError::too_large(format!(
            "`{shown}` has {count} labels, expected at most {MOST_LABELS}"
        ))));
    }
    Ok((0..count.max(0.0) as u64).map(|i| start + i as f64 * step).collect())
}

fn number(value: SqlExpr, context: &mut dyn RelationPlannerContext) -> Result<f64> {
    let shown = value.to_string();
    let number = evaluated(value, context)?.map(|v| float(&v)).transpose()?.flatten();
    number.ok_or_else(|| argument(format!("`{shown}` is no number")))
}

fn text(value: SqlExpr, context: &mut dyn RelationPlannerContext) -> Result<String> {
    let shown = value.to_string();
    match evaluated(value, context)?.as_ref().and_then(|v| v.try_as_str().flatten()) {
        Some(text) => Ok(text.to_string()),
        None => Err(argument(format!("`{shown}` is no text, expected one such as `'linear'`"))),
    }
}

/// The number that a value is; `None` where it is missing or none.
fn float(value: &ScalarValue) -> Result<Option<f64>> {
    if !value.data_type().is_numeric() {
        return Ok(None);
    }
    match value.cast_to(&DataType::Float64)? {
        ScalarValue::Float64(number) => Ok(number),
        _ => Ok(None),
    }
}

fn evaluated(value: SqlExpr, context: &mut dyn RelationPlannerContext) -> Result<Option<ScalarValue>> {
    constant(context.sql_to_expr(value, &DFSchema::empty())?)
}

/// What an expression without columns is; `None` where that is not known before the query runs.
///
/// # Errors
/// When its types do not fit.
pub(super) fn constant(expr: Expr) -> Result<Option<ScalarValue>> {
    let simplifier = ExprSimplifier::new(SimplifyContext::builder().build());
    let expr = simplifier.coerce(expr, &DFSchema::empty())?;
    match simplifier.simplify(expr)? {
        Expr::Literal(value, _) => Ok(Some(value)),
        _ => Ok(None),
    }
}

fn argument(message: impl Into<String>) -> datafusion::error::DataFusionError {
    datafusion_error(ArrayError::argument(message))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn a_range_ends_before_its_stop() {
        let shown = SqlExpr::value(datafusion::sql::sqlparser::ast::Value::Null);
        let labels = |numbers: &[f64]| range(numbers, &shown).unwrap();
        assert_eq!(labels(&[3.0]), [0.0, 1.0, 2.0]);
        assert_eq!(labels(&[-1.5, 1.0]), [-1.5, -0.5, 0.5]);
        assert_eq!(labels(&[5.0, 0.0, -2.5]), [5.0, 2.5]);
        // 0.3 / 0.1 is less than 3, and 0.3 more than 1 is more than 3 steps, by nothing but rounding.
        assert_eq!(labels(&[0.0, 0.3, 0.1]), [0.0, 0.1, 0.2]);
        assert_eq!(labels(&[1.0, 1.3, 0.1]).len(), 3);
        assert!(labels(&[1.0, 1.0, 1.0]).is_empty() && labels(&[0.0, 10.0, -1.0]).is_empty());
        for numbers in [&[0.0, 1.0, 0.0][..], &[f64::NAN], &[0.0, f64::INFINITY], &[0.0, 1e300, 1e-9], &[]] {
            assert!(range(numbers, &shown).is_err(), "{numbers:?}");
        }
    }
}

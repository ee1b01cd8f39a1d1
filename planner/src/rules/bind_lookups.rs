//! `nearest`, `pad`, `backfill`, `dim_index` and `cell_area` get the labels of the coordinate that they name.
//!
//! ```text
//! time = nearest(time, '1982-08-07')  ─→  time = nearest('time', '1982-08-07') over the labels of `time`
//!                                     ─→  time = 1982-08-01T00:00:00              once DataFusion folds constants
//! dim_index(lat) < 10                 ─→  dim_index(lat) < 10 over the labels of `lat`
//! dim_index(x) < 10                   ─→  x < 10                                      where `x` has no labels
//! cell_area(lat, lon)                 ─→  extent(lat) * extent(lon), each over the labels of its coordinate
//! ```

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, lit};
use datafusion::optimizer::AnalyzerRule;
use hyperslab_array::Extent;
use hyperslab_exec::functions::lookup::{bound, call_of};
use hyperslab_exec::functions::{cell_area, dim_index};

use super::trace::{Labels, coordinate_of, labels_of};
use super::walk::{Scope, rewrite};
use crate::PlannerOptions;

#[derive(Debug)]
pub(super) struct BindLookups;

impl AnalyzerRule for BindLookups {
    fn name(&self) -> &str {
        "hyperslab.bind_lookups"
    }

    fn analyze(&self, plan: LogicalPlan, config: &ConfigOptions) -> Result<LogicalPlan> {
        if !PlannerOptions::of(config).bind_lookups {
            return Ok(plan);
        }
        rewrite(plan, &mut bind)
    }
}

fn bind(expr: Expr, scope: &Scope<'_>) -> Result<Transformed<Expr>> {
    if let Some(column) = dim_index::argument_of(&expr)? {
        let function = match labels_of(column, scope)? {
            Labels::Of(coordinate) => dim_index::of_labels(coordinate)?,
            Labels::Positions => dim_index::of_positions(),
        };
        return Ok(Transformed::yes(function.call(vec![column.clone()])));
    }
    if let Some([latitude, longitude]) = cell_area::arguments_of(&expr)? {
        let factor = |column: &Expr, extent: Extent| -> Result<Expr> {
            Ok(cell_area::extent_of(coordinate_of(column, scope)?, extent)?.call(vec![column.clone()]))
        };
        let area = factor(latitude, Extent::Latitude)? * factor(longitude, Extent::Longitude)?;
        return Ok(Transformed::yes(area));
    }
    let Some(call) = call_of(&expr)? else { return Ok(Transformed::no(expr)) };
    let coordinate = coordinate_of(call.dimension, scope)?;
    let mut args = vec![lit(coordinate.variable().name.as_str())];
    args.extend(call.rest.iter().cloned());
    let function = bound(call.method, coordinate);
    let types = args.iter().map(|a| a.get_type(&scope.schema)).collect::<Result<Vec<_>>>()?;
    // Says what is wrong with a value before DataFusion wraps it.
    function.coerce_types(&types)?;
    Ok(Transformed::yes(function.call(args)))
}

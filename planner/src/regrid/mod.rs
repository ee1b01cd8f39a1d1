//! `FROM regrid(table, lat => range(-90, 90, 1), …)`: a table on other labels of its dimensions.
//!
//! ```text
//! expand: tables among the arguments become queries ─→ names ─→ RegridPlanner: arguments ─→ targets
//!                                                                   query ─→ source ─→ dataset regridded ─→ scan
//! ```
//!
//! The result is a table like any other: what is asked of it prunes, and is aggregated and joined, by its own chunks.

mod arguments;
mod expand;
mod reference;
mod source;

use std::sync::Arc;

use datafusion::common::{Column, TableReference};
use datafusion::datasource::provider_as_source;
use datafusion::error::Result;
use datafusion::logical_expr::planner::{PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use datafusion::sql::sqlparser::ast::{ObjectName, TableFactor};
use hyperslab_array::{Dataset, Grid, Role, Target, Variable, regrid, regrid_curvilinear};
use hyperslab_exec::{ArrayTable, datafusion_error};

use arguments::Arguments;
pub(crate) use expand::expand;
pub(crate) use reference::documentation;
use source::requalified;

/// The name of the function, and of its table where there is no alias.
const NAME: &str = "regrid";

/// The argument that names another dataset.
const LIKE: &str = "like";

/// Whether a table function is this one.
pub(crate) fn is_regrid(name: &ObjectName) -> bool {
    matches!(name.0.as_slice(), [part] if part.as_ident().is_some_and(|i| i.value.eq_ignore_ascii_case(NAME)))
}

/// Plans `regrid(…)` in `FROM`.
#[derive(Debug)]
pub(crate) struct RegridPlanner;

impl RelationPlanner for RegridPlanner {
    fn plan_relation(
        &self,
        relation: TableFactor,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<RelationPlanning> {
        match relation {
            TableFactor::Table { name, alias, args: Some(args), .. } if is_regrid(&name) => {
                let arguments = Arguments::try_new(args.args, context)?;
                let plan = plan(arguments)?;
                Ok(RelationPlanning::Planned(Box::new(PlannedRelation { plan, alias })))
            }
            other => Ok(RelationPlanning::Original(Box::new(other))),
        }
    }
}

fn plan(arguments: Arguments) -> Result<LogicalPlan> {
    let Arguments { source, targets, is_curvilinear, options } = arguments;
    let before = source.table.dataset();
    let dataset = match <[Target; 2]>::try_from(targets) {
        Ok(targets) if is_curvilinear => regrid_curvilinear(before, &targets, &options),
        Ok(targets) => regrid(before, &targets, &options),
        Err(targets) => regrid(before, &targets, &options),
    };
    let dataset = dataset.map_err(datafusion_error)?;
    // Plans and errors tell it from the dataset that it is made of.
    let dataset = Dataset { name: format!("{NAME}({})", dataset.name), ..dataset };
    let grid = grid_of(source.table.grid(), &dataset);
    let table = ArrayTable::try_new(Arc::new(dataset), grid)?;
    let reference = TableReference::bare(NAME);
    let mut builder = LogicalPlanBuilder::scan(reference.clone(), provider_as_source(Arc::new(table)), None)?;
    let columns: Vec<Expr> = source
        .columns
        .iter()
        .filter(|name| builder.schema().has_column_with_unqualified_name(name))
        .map(|name| Expr::Column(Column::new(Some(reference.clone()), name)))
        .collect();
    for filter in source.filters {
        builder = builder.filter(requalified(filter, &reference)?)?;
    }
    // The same columns in the same order are the table's own.
    if columns.len() != builder.schema().fields().len() || !in_order(&columns, &builder) {
        builder = builder.project(columns)?;
    }
    builder.build()
}

fn in_order(columns: &[Expr], builder: &LogicalPlanBuilder) -> bool {
    let names = builder.schema().fields().iter().map(|f| f.name());
    columns.iter().zip(names).all(|(column, name)| matches!(column, Expr::Column(c) if c.name == *name))
}

/// The grid of the result that `grid` has become.
fn grid_of(grid: &Grid, dataset: &Dataset) -> Grid {
    let same = |variables: &[Arc<Variable>]| -> Vec<Arc<Variable>> {
        let found = variables.iter().filter_map(|v| dataset.variables.get(&v.name));
        found.filter(|v| v.role != Role::Dimension).cloned().collect()
    };
    // The dimensions of a curvilinear grid have other names now: those that its variables say.
    let new_name = |old: &str| {
        let mut kept = grid.variables.iter().filter_map(|v| Some((v, dataset.variables.get(&v.name)?)));
        kept.find_map(|(before, after)| after.dimensions.get(before.dimensions.iter().position(|d| d == old)?).cloned())
    };
    let names: Vec<String> =
        grid.dimensions.iter().map(|d| new_name(&d.name).unwrap_or_else(|| d.name.clone())).collect();
    Grid {
        name: names.join("_"),
        dimensions: names.iter().filter_map(|d| dataset.dimension(d)).cloned().collect(),
        coordinates: same(&grid.coordinates),
        variables: same(&grid.variables),
    }
}

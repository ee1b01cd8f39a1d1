//! The table behind the first argument: a query that names columns of one array table and selects labels, no more.

use std::ops::{Bound, Range};
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, TableReference};
use datafusion::datasource::source_as_provider;
use datafusion::error::Result;
use datafusion::logical_expr::utils::split_conjunction_owned;
use datafusion::logical_expr::{Between, BinaryExpr, Expr, LogicalPlan, Operator};
use hyperslab_array::{ArrayError, Coordinate, IndexRanges, Scalar};
use hyperslab_exec::convert::scalar_of;
use hyperslab_exec::{ArrayTable, datafusion_error};

use super::arguments::constant;

/// A part of an array table.
#[derive(Debug)]
pub(super) struct Source {
    pub table: ArrayTable,
    /// The columns that are asked for, in order.
    pub columns: Vec<String>,
    /// What rows fulfil.
    pub filters: Vec<Expr>,
}

impl Source {
    /// # Errors
    /// When the plan is more than a choice of columns and rows of one array table.
    pub fn of(plan: &LogicalPlan) -> Result<Self> {
        match plan {
            LogicalPlan::SubqueryAlias(alias) => Self::of(&alias.input),
            LogicalPlan::Projection(projection) => {
                let columns = projection.expr.iter().map(|expr| match expr {
                    Expr::Column(column) => Ok(column.name.clone()),
                    other => Err(refused(&format!("the expression `{other}`"))),
                });
                Ok(Self { columns: columns.collect::<Result<_>>()?, ..Self::of(&projection.input)? })
            }
            LogicalPlan::Filter(filter) => {
                let mut source = Self::of(&filter.input)?;
                source.filters.extend(split_conjunction_owned(filter.predicate.clone()));
                Ok(source)
            }
            LogicalPlan::TableScan(scan) => {
                let provider = source_as_provider(&scan.source)?;
                let Some(table) = provider.downcast_ref::<ArrayTable>() else {
                    return Err(datafusion_error(
                        ArrayError::unsupported(format!("table `{}` has no dimensions", scan.table_name))
                            .hint("`regrid` takes a grid of a dataset"),
                    ));
                };
                let columns = scan.projected_schema.fields().iter().map(|f| f.name().clone()).collect();
                Ok(Self { table: table.clone(), columns, filters: scan.filters.clone() })
            }
            other => Err(refused(&format!("`{}`", name_of(other)))),
        }
    }

    /// Takes those filters out that say which labels of `dimension` are there, and gives the indices that they leave;
    /// `None` where there is no such filter.
    ///
    /// # Errors
    /// When a filter is no comparison with a constant, or what it leaves is not one range.
    pub fn take_range(&mut self, dimension: &str) -> Result<Option<Range<u64>>> {
        let (own, others): (Vec<Expr>, Vec<Expr>) = std::mem::take(&mut self.filters)
            .into_iter()
            .partition(|filter| filter.column_refs().iter().any(|c| c.name == dimension));
        self.filters = others;
        let Some(coordinate) = self.table.coordinate(dimension).filter(|_| !own.is_empty()) else { return Ok(None) };
        let mut left = IndexRanges::all(coordinate.labels().values.len() as u64);
        for filter in own {
            let ranges = ranges_of(&filter, coordinate)?.ok_or_else(|| {
                datafusion_error(
                    ArrayError::unsupported(format!(
                        "`{filter}` selects labels of dimension `{dimension}`, which is regridded"
                    ))
                    .hint("compare it with constants there, or write other conditions after `regrid(…)`"),
                )
            })?;
            left = left.intersect(&ranges);
        }
        match left.ranges() {
            [one] => Ok(Some(one.clone())),
            [] => Err(datafusion_error(ArrayError::argument(format!(
                "no label of dimension `{dimension}` fulfils the conditions, expected one or more"
            )))),
            _ => Err(datafusion_error(
                ArrayError::unsupported(format!("the conditions on dimension `{dimension}` leave gaps between labels"))
                    .hint("select one range of the labels"),
            )),
        }
    }

    /// Checks that the filters that are left say the same of every target.
    ///
    /// # Errors
    /// When one depends on what is regridded.
    pub fn check_filters(&self, regridded: &[&str]) -> Result<()> {
        let dataset = self.table.dataset();
        for filter in &self.filters {
            let depends = |column: &&Column| match dataset.variables.get(&column.name) {
                Some(variable) => variable.dimensions.iter().any(|d| regridded.contains(&d.as_str())),
                None => regridded.contains(&column.name.as_str()),
            };
            let columns = filter.column_refs();
            let has_query = filter.exists(|e| {
                Ok(matches!(
                    e,
                    Expr::InSubquery(_) | Expr::Exists(_) | Expr::ScalarSubquery(_) | Expr::SetComparison(_)
                ))
            })?;
            if let Some(column) = columns.iter().copied().find(|c| depends(c)) {
                return Err(datafusion_error(
                    ArrayError::unsupported(format!("`{filter}` depends on `{}`, which is regridded", column.name))
                        .hint("write the condition after `regrid(…)`"),
                ));
            }
            if has_query || filter.is_volatile() {
                return Err(refused(&format!("the condition `{filter}`")));
            }
        }
        Ok(())
    }
}

/// The indices whose labels fulfil `filter`; `None` where it is no comparison of labels with constants.
fn ranges_of(filter: &Expr, coordinate: &Arc<Coordinate>) -> Result<Option<IndexRanges>> {
    let range = |lower: Bound<&Scalar>, upper: Bound<&Scalar>| {
        coordinate.index().range(lower, upper).map(Some).map_err(datafusion_error)
    };
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let (op, value) = match (left.as_ref(), right.as_ref()) {
                (Expr::Column(_), value) => (*op, value),
                (value, Expr::Column(_)) => match op.swap() {
                    Some(op) => (op, value),
                    None => return Ok(None),
                },
                _ => return Ok(None),
            };
            let Some(value) = number(value)? else { return Ok(None) };
            match op {
                Operator::Eq => range(Bound::Included(&value), Bound::Included(&value)),
                Operator::Lt => range(Bound::Unbounded, Bound::Excluded(&value)),
                Operator::LtEq => range(Bound::Unbounded, Bound::Included(&value)),
                Operator::Gt => range(Bound::Excluded(&value), Bound::Unbounded),
                Operator::GtEq => range(Bound::Included(&value), Bound::Unbounded),
                _ => Ok(None),
            }
        }
        Expr::Between(Between { expr, negated: false, low, high }) if matches!(expr.as_ref(), Expr::Column(_)) => {
            match (number(low)?, number(high)?) {
                (Some(low), Some(high)) => range(Bound::Included(&low), Bound::Included(&high)),
                _ => Ok(None),
            }
        }
        _ => Ok(None),
    }
}

/// The number that a constant is.
fn number(expr: &Expr) -> Result<Option<Scalar>> {
    if !expr.column_refs().is_empty() {
        return Ok(None);
    }
    let number = constant(expr.clone())?.as_ref().and_then(scalar_of);
    Ok(number.filter(|n| matches!(n, Scalar::Int(_) | Scalar::UInt(_) | Scalar::Float32(_) | Scalar::Float64(_))))
}

/// The same expression over the columns of the relation called `reference`.
pub(super) fn requalified(expr: Expr, reference: &TableReference) -> Result<Expr> {
    let new = expr.transform(|e| {
        Ok(match e {
            Expr::Column(column) => Transformed::yes(Expr::Column(Column::new(Some(reference.clone()), column.name))),
            other => Transformed::no(other),
        })
    })?;
    Ok(new.data)
}

fn name_of(plan: &LogicalPlan) -> String {
    let text = plan.display().to_string();
    text.split([':', ' ']).next().unwrap_or_default().to_string()
}

fn refused(what: &str) -> datafusion::error::DataFusionError {
    datafusion_error(
        ArrayError::unsupported(format!("{what} in the query of `regrid` is not supported"))
            .hint("name columns and select labels there, and write the rest after `regrid(…)`, or `COPY` the query to a store first"),
    )
}

//! What an aggregate evaluates, made ready for pieces of chunks.
//!
//! ```text
//!  expression over the scan ─┬─ a column of data       ─→ the chunk's own buffer, a slice a piece
//!                            ├─ labels of a dimension  ─→ evaluated once per label
//!                            └─ anything else          ─→ DataFusion's expression over a batch a piece; what in it
//!                                                         hangs on labels alone is a column of that batch, and its
//!                                                         arithmetic is done in one pass
//! ```

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{BinaryExpr, CastExpr, Column, Literal};
use datafusion::physical_expr::utils::reassign_expr_columns;

use super::arithmetic::in_one_pass;
use super::labels::{Varies, varies};
use crate::layout::{Column as Held, Layout};

/// Where the values of an expression come from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A column of data, by its number among [`Expressions::data`].
    Data(usize),
    /// Labels, by their number among [`Expressions::labels`].
    Labels(usize),
    /// An expression over [`Expressions::schema`].
    Expr(Arc<dyn PhysicalExpr>),
}

/// A predicate.
#[derive(Debug, Clone)]
pub(crate) struct Predicate {
    /// Over [`Expressions::schema`].
    pub expr: Arc<dyn PhysicalExpr>,
    /// The same, where it compares a column of data with a number.
    pub comparison: Option<Comparison>,
    /// Whether it always holds: then nothing is evaluated.
    pub is_true: bool,
}

/// A comparison of a column of floats with a number that is neither zero nor NaN: there, SQL's order of floats is that of
/// the processor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Comparison {
    /// Among [`Expressions::data`].
    pub data: usize,
    pub operator: Operator,
    pub number: f64,
}

/// Values that vary along one dimension, or nowhere.
#[derive(Debug, Clone)]
pub(crate) struct LabelExpr {
    pub expr: Arc<dyn PhysicalExpr>,
    pub dimension: Option<usize>,
}

/// All that is evaluated for a piece.
#[derive(Debug)]
pub(crate) struct Expressions {
    layout: Arc<Layout>,
    /// Names of the columns of data that are read.
    pub data: Vec<String>,
    pub labels: Vec<LabelExpr>,
    /// The columns of the batches that expressions are evaluated over.
    pub columns: Vec<BatchColumn>,
    pub schema: SchemaRef,
}

/// What a column of a batch holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BatchColumn {
    /// A column of data, by its number.
    Data(usize),
    /// Labels, by their number.
    Labels(usize),
}

impl Expressions {
    pub fn new(layout: &Arc<Layout>) -> Self {
        let (data, labels, columns) = (Vec::new(), Vec::new(), Vec::new());
        Self { layout: Arc::clone(layout), data, labels, columns, schema: Arc::new(Schema::empty()) }
    }

    /// Makes `exprs` and `predicates` ready, all over columns of the scan by name.
    ///
    /// # Errors
    /// When an expression has no type.
    pub fn compile(
        &mut self,
        exprs: &[Vec<Arc<dyn PhysicalExpr>>],
        predicates: &[Arc<dyn PhysicalExpr>],
    ) -> Result<(Vec<Vec<Source>>, Vec<Predicate>)> {
        for expr in exprs.iter().flatten().chain(predicates) {
            self.find_data(expr)?;
        }
        let sources = exprs
            .iter()
            .map(|list| list.iter().map(|e| self.source(e)).collect::<Result<Vec<_>>>())
            .collect::<Result<Vec<_>>>()?;
        let predicates = predicates.iter().map(|p| self.predicate(p)).collect::<Result<Vec<_>>>()?;
        Ok((sources, predicates))
    }

    /// Numbers the columns of data.
    fn find_data(&mut self, expr: &Arc<dyn PhysicalExpr>) -> Result<()> {
        expr.apply(|e| {
            if let Some(column) = e.downcast_ref::<Column>()
                && matches!(self.layout.column(column.name()), Some(Held::Array { .. } | Held::Derived { .. }))
                && !self.data.iter().any(|name| name == column.name())
            {
                self.data.push(column.name().to_string());
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(())
    }

    fn data_of(&self, expr: &Arc<dyn PhysicalExpr>) -> Option<usize> {
        let column = expr.downcast_ref::<Column>()?;
        self.data.iter().position(|name| name == column.name())
    }

    fn source(&mut self, expr: &Arc<dyn PhysicalExpr>) -> Result<Source> {
        if let Some(data) = self.data_of(expr) {
            return Ok(Source::Data(data));
        }
        if !expr.is::<Literal>()
            && let Some(labels) = self.labels_of(expr)
        {
            return Ok(Source::Labels(labels));
        }
        self.over_batches(expr).map(Source::Expr)
    }

    fn predicate(&mut self, expr: &Arc<dyn PhysicalExpr>) -> Result<Predicate> {
        let is_true = expr.downcast_ref::<Literal>().is_some_and(|l| *l.value() == ScalarValue::Boolean(Some(true)));
        Ok(Predicate { comparison: self.comparison(expr), is_true, expr: self.over_batches(expr)? })
    }

    fn comparison(&self, expr: &Arc<dyn PhysicalExpr>) -> Option<Comparison> {
        let binary = expr.downcast_ref::<BinaryExpr>()?;
        let operator = *binary.op();
        if !matches!(operator, Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq | Operator::Eq) {
            return None;
        }
        let side = binary.left();
        let widened = side.downcast_ref::<CastExpr>().filter(|cast| cast.cast_type() == &DataType::Float64);
        let data = self.data_of(widened.map_or(side, |cast| cast.expr()))?;
        // Widening `float32` is exact, so both are compared in `float64`.
        let number = match binary.right().downcast_ref::<Literal>()?.value() {
            ScalarValue::Float32(Some(number)) => f64::from(*number),
            ScalarValue::Float64(Some(number)) => *number,
            _ => return None,
        };
        (number != 0.0 && !number.is_nan()).then_some(Comparison { data, operator, number })
    }

    /// The number of `expr` among the labels, where it varies along one dimension or nowhere.
    fn labels_of(&mut self, expr: &Arc<dyn PhysicalExpr>) -> Option<usize> {
        let dimension = match varies(&self.layout, expr) {
            Varies::Nowhere => None,
            Varies::Along(dimension) => Some(dimension),
            Varies::Everywhere => return None,
        };
        if let Some(known) = self.labels.iter().position(|l| l.expr.as_ref() == expr.as_ref()) {
            return Some(known);
        }
        self.labels.push(LabelExpr { expr: Arc::clone(expr), dimension });
        Some(self.labels.len() - 1)
    }

    /// The expression over the batches of pieces.
    fn over_batches(&mut self, expr: &Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
        let expr = Arc::clone(expr)
            .transform_down(|e| {
                if e.is::<Literal>() {
                    return Ok(Transformed::no(e));
                }
                let held = match self.data_of(&e) {
                    Some(data) => Some(BatchColumn::Data(data)),
                    None => self.labels_of(&e).map(BatchColumn::Labels),
                };
                Ok(match held {
                    Some(held) => Transformed::new(Arc::new(self.column(held)?) as _, true, TreeNodeRecursion::Jump),
                    None => Transformed::no(e),
                })
            })
            .data()?;
        in_one_pass(expr, &self.schema)
    }

    /// The column of the batches that holds `held`.
    fn column(&mut self, held: BatchColumn) -> Result<Column> {
        let at = match self.columns.iter().position(|c| *c == held) {
            Some(known) => known,
            None => {
                let mut fields: Vec<_> = self.schema.fields().iter().cloned().collect();
                fields.push(Arc::new(self.field(held)?));
                self.schema = Arc::new(Schema::new(fields));
                self.columns.push(held);
                self.columns.len() - 1
            }
        };
        Ok(Column::new(self.schema.field(at).name(), at))
    }

    fn field(&self, held: BatchColumn) -> Result<Field> {
        let schema = &self.layout.schema;
        Ok(match held {
            BatchColumn::Data(data) => {
                let name = &self.data[data];
                Field::new(name, schema.field_with_name(name)?.data_type().clone(), true)
            }
            BatchColumn::Labels(labels) => {
                let expr = reassign_expr_columns(Arc::clone(&self.labels[labels].expr), schema)?;
                Field::new(format!("labels {labels}"), expr.data_type(schema)?, true)
            }
        })
    }
}

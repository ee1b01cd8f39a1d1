//! Arithmetic of floats in one pass: an expression is worked out for a block of cells at a time, so that what is between
//! its operations stays in the nearest cache, and each operation is a loop of vector instructions.
//!
//! ```text
//!  sqrt(a * a + b) ─→ tree of + - * / abs sqrt, columns, numbers ─→ block by block ─→ array
//!                                                                   └─ an operation fails ─→ DataFusion's expression
//! ```
//!
//! The numbers are those of DataFusion's expression, which does the same operations in the same order, and its errors
//! are its own.

mod tree;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests;

use std::fmt::{self, Debug, Display, Formatter};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, PrimitiveArray, RecordBatch};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::utils::collect_columns;

use tree::{BLOCK, Float, Node, Tree};

/// Operations within operations: each takes a block of the stack.
const DEEPEST: usize = 24;

/// `expr`, over columns of `schema` by number, with the arithmetic in it done in one pass.
///
/// # Errors
/// None of its own.
pub(super) fn in_one_pass(expr: Arc<dyn PhysicalExpr>, schema: &Schema) -> Result<Arc<dyn PhysicalExpr>> {
    expr.transform_down(|e| {
        Ok(match Arithmetic::of(&e, schema) {
            Some(own) => Transformed::new(Arc::new(own) as _, true, TreeNodeRecursion::Jump),
            None => Transformed::no(e),
        })
    })
    .data()
}

/// An expression of floats that is worked out here.
struct Arithmetic {
    tree: Tree,
    /// The numbers of the columns that it takes, each once.
    columns: Vec<usize>,
    /// The same as DataFusion does it.
    plain: Arc<dyn PhysicalExpr>,
}

impl Arithmetic {
    /// `None` where something else than arithmetic of floats is in `expr`, or no operation.
    fn of(expr: &Arc<dyn PhysicalExpr>, schema: &Schema) -> Option<Self> {
        let tree = Tree::of(expr, schema, DEEPEST)?;
        let is_leaf = match &tree {
            Tree::Float32(node) => node.is_leaf(),
            Tree::Float64(node) => node.is_leaf(),
        };
        let mut columns: Vec<usize> = collect_columns(expr).iter().map(Column::index).collect();
        columns.sort_unstable();
        columns.dedup();
        (!is_leaf).then(|| Self { tree, columns, plain: Arc::clone(expr) })
    }

    /// The values; `None` where an operation fails, or a column is not what it was said to be.
    fn values(&self, batch: &RecordBatch) -> Option<ArrayRef> {
        match &self.tree {
            Tree::Float32(node) => self.of_node(node, batch),
            Tree::Float64(node) => self.of_node(node, batch),
        }
    }

    fn of_node<T: Float>(&self, node: &Node<T>, batch: &RecordBatch) -> Option<ArrayRef> {
        let mut out = vec![T::default(); batch.num_rows()];
        for (number, block) in out.chunks_mut(BLOCK).enumerate() {
            node.write(batch, number * BLOCK, block)?;
        }
        let columns = self.columns.iter().map(|c| batch.columns().get(*c).and_then(|column| column.nulls()));
        Some(Arc::new(PrimitiveArray::<T::Type>::new(out.into(), NullBuffer::union_many(columns))))
    }
}

impl PhysicalExpr for Arithmetic {
    fn data_type(&self, _: &Schema) -> Result<DataType> {
        Ok(match self.tree {
            Tree::Float32(_) => DataType::Float32,
            Tree::Float64(_) => DataType::Float64,
        })
    }

    fn nullable(&self, input_schema: &Schema) -> Result<bool> {
        self.plain.nullable(input_schema)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        match self.values(batch) {
            Some(values) => Ok(ColumnarValue::Array(values)),
            None => self.plain.evaluate(batch),
        }
    }

    /// Cells that are not selected are worked out, too, which is faster than to leave them out; they may have any value.
    fn evaluate_selection(&self, batch: &RecordBatch, selection: &BooleanArray) -> Result<ColumnarValue> {
        match self.values(batch) {
            Some(values) => Ok(ColumnarValue::Array(values)),
            None => self.plain.evaluate_selection(batch, selection),
        }
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        Vec::new()
    }

    fn with_new_children(self: Arc<Self>, _: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        Ok(self)
    }

    fn fmt_sql(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.plain.fmt_sql(f)
    }
}

impl Display for Arithmetic {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.plain, f)
    }
}

impl Debug for Arithmetic {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Debug::fmt(&self.plain, f)
    }
}

impl PartialEq for Arithmetic {
    fn eq(&self, other: &Self) -> bool {
        self.plain.eq(&other.plain)
    }
}

impl Eq for Arithmetic {}

impl Hash for Arithmetic {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.plain.hash(state);
    }
}

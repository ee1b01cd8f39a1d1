//! An aggregate ready to run: its groups, how the work is cut, what is evaluated for each piece.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::utils::reassign_expr_columns;
use hyperslab_array::IndexRanges;

use super::accumulate::{Accumulator, Function, Move, RowCounter};
use super::expressions::{Expressions, LabelExpr, Predicate, Source};
use super::groups::Groups;
use super::regions::{Regions, can_fail};
use super::request::AggregateRequest;
use super::tasks::Tasks;
use crate::error::internal;
use crate::scan::ArrayScanExec;

/// More groups than this in a block are not numbered.
const MOST_GROUPS: usize = 1 << 31;

/// What tells the rows of an answer apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    /// The values of the keys.
    Values,
    /// The number of the group along each dimension, 0 where the dimension has one group.
    Numbers,
}

/// An aggregate, ready to run.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub request: AggregateRequest,
    pub keys: Keys,
    pub groups: Groups,
    pub tasks: Tasks,
    pub expressions: Expressions,
    pub functions: Vec<PreparedFunction>,
    /// The filter of the rows, first, and of functions.
    pub predicates: Vec<Predicate>,
    /// The values of [`Expressions::labels`]: one for each selected index of their dimension, or just one.
    pub labels: Vec<ArrayRef>,
    /// The dimensions along which the values of a run must not change.
    pub borders: Vec<usize>,
    /// Bytes of the state of one group.
    pub bytes_a_group: usize,
    /// The regions whose cells count, where not all do.
    pub regions: Option<Regions>,
    /// Whether something that is evaluated can fail for a cell that does not count.
    pub can_fail: bool,
}

/// One aggregate function.
#[derive(Debug)]
pub(crate) struct PreparedFunction {
    pub function: Function,
    pub arguments: Vec<Source>,
    /// Its own filter, among [`Prepared::predicates`].
    pub filter: Option<usize>,
}

/// The states of the groups of one block.
#[derive(Debug)]
pub(crate) struct BlockState {
    /// How many groups.
    pub groups: usize,
    /// How many cells counted, for each of [`Prepared::predicates`].
    pub rows: Vec<RowCounter>,
    pub accumulators: Vec<Box<dyn Accumulator>>,
}

impl Prepared {
    /// Evaluates keys and labels; with `regions`, for the cells of each of them.
    ///
    /// # Errors
    /// When that fails for a label, or there are more groups than can be numbered: rows may still give an answer.
    pub fn try_new(
        scan: &ArrayScanExec,
        request: &AggregateRequest,
        functions: &[Function],
        keys_are: Keys,
        regions: Option<Regions>,
    ) -> Result<Self> {
        let (layout, selection) = (scan.layout(), &scan.request().selection);
        let keys: Vec<Arc<dyn PhysicalExpr>> = request.group_by.iter().map(|(key, _)| Arc::clone(key)).collect();
        let mut groups = Groups::try_new(layout, &keys, selection, scan.units())?;
        if let Some(regions) = &regions {
            regions.add_keys(&mut groups);
        }

        let mut predicates: Vec<Arc<dyn PhysicalExpr>> = request.predicate.iter().cloned().collect();
        let mut filters = Vec::with_capacity(functions.len());
        for filter in &request.filters {
            filters.push(filter.as_ref().map(|_| predicates.len()));
            predicates.extend(filter.clone());
        }
        let arguments: Vec<Vec<_>> = functions.iter().map(|f| f.arguments().to_vec()).collect();
        let mut expressions = Expressions::new(layout);
        let (arguments, predicates) = expressions.compile(&arguments, &predicates)?;
        let labels = expressions
            .labels
            .iter()
            .map(|LabelExpr { expr, dimension }| {
                let one = IndexRanges::all(1);
                let within = dimension.and_then(|d| selection.dimensions.get(d)).unwrap_or(&one);
                let mut values = super::labels::values(layout, std::slice::from_ref(expr), within)?;
                values.pop().ok_or_else(|| internal("labels have no values"))
            })
            .collect::<Result<Vec<_>>>()?;
        let mut borders: Vec<usize> = arguments
            .iter()
            .flatten()
            .filter_map(|source| match source {
                Source::Labels(labels) => expressions.labels.get(*labels)?.dimension,
                _ => None,
            })
            .collect();
        borders.sort_unstable();
        borders.dedup();
        let functions: Vec<PreparedFunction> = functions
            .iter()
            .zip(arguments)
            .zip(filters)
            .map(|((function, arguments), filter)| PreparedFunction { function: function.clone(), arguments, filter })
            .collect();
        let of_functions: usize = functions.iter().map(|f| f.function.bytes_per_group()).sum();
        let bytes_a_group = of_functions + predicates.len() * size_of::<u64>();
        let tasks = Tasks::new(&groups, scan.units(), bytes_a_group);
        if tasks.most_groups(&groups) > MOST_GROUPS {
            return Err(internal("more groups in a block than can be numbered"));
        }
        let all = functions.iter().flat_map(|f| f.function.arguments());
        let all = all.chain(request.filters.iter().flatten()).chain(&request.predicate);
        let all = all.map(|e| reassign_expr_columns(Arc::clone(e), &layout.schema)).collect::<Result<Vec<_>>>()?;
        // A function may cast what is no number itself.
        let is_plain = |t: DataType| t.is_primitive() || t == DataType::Boolean;
        let can_fail =
            (all.iter()).any(|e| can_fail(e, &layout.schema) || !e.data_type(&layout.schema).is_ok_and(is_plain));
        let request = request.clone();
        Ok(Self {
            request,
            keys: keys_are,
            groups,
            tasks,
            expressions,
            functions,
            predicates,
            labels,
            borders,
            bytes_a_group,
            regions,
            can_fail,
        })
    }

    /// Whether cells must be gone through: where not, all follows from the coordinates.
    pub fn needs_cells(&self) -> bool {
        !self.predicates.is_empty() || self.functions.iter().any(|f| !f.arguments.is_empty())
    }

    /// Fresh states of `groups` groups.
    ///
    /// # Errors
    /// When a function has no state of its types.
    pub fn state(&self, groups: usize) -> Result<BlockState> {
        let accumulators = self.functions.iter().map(|f| f.function.create(groups)).collect::<Result<Vec<_>>>()?;
        let rows = self.predicates.iter().map(|_| RowCounter::new(groups)).collect();
        Ok(BlockState { groups, rows, accumulators })
    }
}

impl BlockState {
    /// Takes in the states of `later`.
    ///
    /// # Errors
    /// When a function fails.
    pub fn merge(&mut self, later: Self) -> Result<()> {
        for (own, later) in self.rows.iter_mut().zip(later.rows) {
            own.merge(&later);
        }
        for (own, later) in self.accumulators.iter_mut().zip(later.accumulators) {
            own.merge(later)?;
        }
        Ok(())
    }

    /// Takes in the states of `later`, which has groups of its own, of which the last has no cell.
    ///
    /// # Errors
    /// When a function fails.
    pub fn merge_groups(&mut self, later: Self, moves: &[Move]) -> Result<()> {
        for (own, later) in self.rows.iter_mut().zip(&later.rows) {
            own.merge_groups(later, moves);
        }
        for (own, later) in self.accumulators.iter_mut().zip(later.accumulators) {
            own.merge_groups(later, moves)?;
        }
        Ok(())
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        let accumulators: usize = self.accumulators.iter().map(|a| a.memory()).sum();
        accumulators + self.rows.iter().map(RowCounter::memory).sum::<usize>()
    }
}

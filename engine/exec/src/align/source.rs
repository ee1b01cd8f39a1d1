//! The columns of the inner side of a join as derived columns of the outer side's scan.
//!
//! ```text
//!  unit ─→ maps over its indices ─→ chunks that they meet ─→ cache of the scan (fetch ⇒ decode, once) ─→ gather
//! ```

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::FieldRef;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use futures::TryStreamExt;
use futures::future::try_join_all;
use futures::stream::FuturesOrdered;
use hyperslab_array::{IndexRanges, Region, Variable};

use super::gather::{Along, Gathered, Piece, gather};
use super::map::{Mapped, NOWHERE, PositionMap};
use crate::derived::{Derived, DerivedRun, Wanted};
use crate::error::{datafusion_error, internal};
use crate::layout::Layout;
use crate::scan::{Block, ScanMetrics, ScanState, Unit, UnitColumn, load_shared, on_pool, touched};

/// Cells of a run, on average, that are worth a slice of their own.
const LONG_RUN: usize = 1 << 10;

/// Columns of one table at mapped positions of another.
#[derive(Debug, Clone)]
pub(crate) struct Aligned {
    inner: Arc<Layout>,
    /// One for each dimension of the inner table.
    maps: Arc<[PositionMap]>,
    columns: Vec<AlignedColumn>,
    fields: Vec<FieldRef>,
}

/// One column.
#[derive(Debug, Clone)]
pub(crate) struct AlignedColumn {
    pub values: AlignedValues,
    /// The dimensions of the inner table that the values vary along, in their order.
    pub dimensions: Vec<usize>,
    /// Further dimensions of the inner table: where one is nowhere, the value is NULL.
    pub also: Vec<usize>,
}

/// Where the values of a column are.
#[derive(Debug, Clone)]
pub(crate) enum AlignedValues {
    /// Labels along one dimension, or one value.
    Labels(ArrayRef),
    /// In chunks, and which indices of each dimension are met.
    Variable { variable: Arc<Variable>, met: Vec<IndexRanges> },
}

impl Aligned {
    /// The columns `columns`, which are called and typed as `fields`, of the table of `inner`.
    pub fn new(
        inner: Arc<Layout>,
        maps: Arc<[PositionMap]>,
        columns: Vec<AlignedColumn>,
        fields: Vec<FieldRef>,
    ) -> Self {
        Self { inner, maps, columns, fields }
    }
}

impl Derived for Aligned {
    fn fields(&self) -> &[FieldRef] {
        &self.fields
    }

    fn describe(&self) -> String {
        let names: Vec<&str> = self.fields.iter().map(|f| f.name().as_str()).collect();
        let map = |(dimension, map): (&hyperslab_array::Dimension, &PositionMap)| {
            format!("{} {}", dimension.name, map.describe())
        };
        let maps: Vec<String> = self.inner.grid.dimensions.iter().zip(self.maps.iter()).map(map).collect();
        format!("[{}] of {} at [{}]", names.join(", "), self.inner.name(), maps.join(", "))
    }

    fn inputs(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn with_inputs(&self, inputs: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn Derived>> {
        match inputs.len() {
            0 => Ok(Arc::new(self.clone())),
            n => Err(internal(format!("{n} inputs of an aligned table, expected none"))),
        }
    }

    fn wanted(&self, column: usize) -> Option<Wanted> {
        match &self.columns.get(column)?.values {
            AlignedValues::Labels(_) => None,
            AlignedValues::Variable { variable, met } => {
                Some(Wanted { variable: Arc::clone(variable), indices: met.clone() })
            }
        }
    }

    fn bytes_a_cell(&self) -> usize {
        let bytes = |column: &AlignedColumn| match &column.values {
            AlignedValues::Labels(_) => 0,
            AlignedValues::Variable { variable, .. } => variable.data_type().size(),
        };
        self.columns.iter().map(bytes).sum()
    }

    fn start(&self, _context: &Arc<TaskContext>) -> Box<dyn DerivedRun> {
        Box::new(self.clone())
    }
}

#[async_trait]
impl DerivedRun for Aligned {
    async fn load(
        &self,
        state: &ScanState,
        metrics: &ScanMetrics,
        columns: &[usize],
        unit: &Unit,
    ) -> Result<Vec<UnitColumn>> {
        let mapped: Vec<Mapped> = self.maps.iter().map(|map| map.over(&unit.selection)).collect();
        let mapped = mapped.as_slice();
        let load = |column: &usize| {
            let own = self.columns.get(*column).zip(self.fields.get(*column));
            async move {
                let (column, field) = own.ok_or_else(|| internal("no such aligned column"))?;
                let parts = Parts::new(column, mapped, unit)?;
                let (pieces_along, pieces) = self.pieces(state, metrics, column, &parts).await?;
                let Parts { dimensions, shape, along } = parts;
                let along: Vec<Along> =
                    along.into_iter().zip(pieces_along).map(|(mapped, pieces)| Along { mapped, pieces }).collect();
                let field = Arc::clone(field);
                let region = Region::full(&shape.iter().map(|n| *n as u64).collect::<Vec<_>>());
                let is_all = dimensions.len() == unit.selection.dimensions.len();
                let column = on_pool(move || {
                    let gathered =
                        if is_all { Gathered::try_new(&field, &shape, &along, &pieces, LONG_RUN)? } else { None };
                    Ok::<_, DataFusionError>(match gathered {
                        Some(gathered) => UnitColumn::Cells { cells: Arc::new(gathered) },
                        None => {
                            let array = gather(&field, &shape, &along, &pieces)?;
                            UnitColumn::Block { block: Block { array, dimensions, region, is_dense: true } }
                        }
                    })
                });
                column.await.map_err(datafusion_error)?
            }
        };
        try_join_all(columns.iter().map(load)).await
    }
}

/// What a block of one column is made of.
struct Parts {
    /// The dimensions of the outer side that it has, ascending.
    dimensions: Vec<usize>,
    shape: Vec<usize>,
    /// The dimensions of the values, then the further ones, by dimension of the block.
    along: Vec<Mapped>,
}

impl Parts {
    fn new(column: &AlignedColumn, mapped: &[Mapped], unit: &Unit) -> Result<Self> {
        let of = |e: &usize| mapped.get(*e).cloned().ok_or_else(|| internal("no map of a dimension"));
        let mut along = column.dimensions.iter().map(of).collect::<Result<Vec<_>>>()?;
        for further in &column.also {
            let mut mask = of(further)?;
            mask.positions.iter_mut().filter(|p| **p != NOWHERE).for_each(|p| *p = 0);
            along.push(mask);
        }
        let mut dimensions: Vec<usize> = along.iter().flat_map(|m| m.outer.iter().copied()).collect();
        dimensions.sort_unstable();
        dimensions.dedup();
        for mapped in &mut along {
            for d in &mut mapped.outer {
                *d = dimensions.partition_point(|own| *own < *d);
            }
        }
        let count = |d: &usize| unit.selection.dimensions.get(*d).map_or(0, |s| s.len() as usize);
        let shape = dimensions.iter().map(count).collect();
        Ok(Self { dimensions, shape, along })
    }
}

/// The first index of a piece along a dimension, and the one after its last.
type Bounds = (u64, u64);

impl Aligned {
    /// The decoded pieces that a column needs, and their bounds along each dimension.
    async fn pieces(
        &self,
        state: &ScanState,
        metrics: &ScanMetrics,
        column: &AlignedColumn,
        parts: &Parts,
    ) -> Result<(Vec<Vec<Bounds>>, Vec<Piece>)> {
        let further = column.also.len();
        let with_further = |mut region: Region, array: ArrayRef| {
            region.start.extend(std::iter::repeat_n(0, further));
            region.shape.extend(std::iter::repeat_n(1, further));
            Piece { array, region }
        };
        let mut bounds: Vec<Vec<Bounds>> = Vec::with_capacity(parts.along.len());
        let pieces = match &column.values {
            AlignedValues::Labels(labels) => {
                let shape = vec![labels.len() as u64; column.dimensions.len()];
                bounds.extend(shape.iter().map(|size| vec![(0, *size)]));
                vec![with_further(Region::full(&shape), Arc::clone(labels))]
            }
            AlignedValues::Variable { variable, .. } => {
                let wanted = state.wanted(variable).ok_or_else(|| internal("nothing of a variable is wanted"))?;
                let mut chunks: Vec<Vec<u64>> = vec![Vec::new()];
                let grid = variable.source.chunk_grid().dimensions();
                for ((mapped, wanted), along) in parts.along.iter().zip(wanted).zip(grid) {
                    let own: Vec<u64> = touched(along, &mapped.met()).iter().collect();
                    let bound = |chunk: &u64| {
                        let held = wanted.within(along.range(*chunk));
                        held.first().zip(held.last()).map(|(first, last)| (first, last + 1))
                    };
                    bounds.push(own.iter().filter_map(bound).collect());
                    let with = |chunk: &Vec<u64>| {
                        own.iter().map(|c| chunk.iter().copied().chain([*c]).collect()).collect::<Vec<_>>()
                    };
                    chunks = chunks.iter().flat_map(with).collect();
                }
                let (dataset, mut reads) = (&self.inner.dataset, FuturesOrdered::new());
                let mut pieces = Vec::with_capacity(chunks.len());
                for chunk in chunks {
                    if reads.len() >= state.options.prefetch_chunks.max(1) {
                        pieces.extend(reads.try_next().await?);
                    }
                    reads.push_back(load_shared(state, metrics, dataset, variable, chunk));
                }
                pieces.extend(reads.try_collect::<Vec<_>>().await?);
                pieces.into_iter().map(|(array, region)| with_further(region, array)).collect()
            }
        };
        bounds.extend(std::iter::repeat_n(vec![(0, 1)], further));
        Ok((bounds, pieces))
    }
}

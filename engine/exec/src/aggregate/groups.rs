//! Which group a position along a dimension belongs to: the keys of each dimension, evaluated once per label.
//!
//! A group of the answer is one combination of a group of each dimension. Groups of a dimension are numbered in the
//! order in which its selected indices first meet them.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::error::Result;
use datafusion::logical_expr::EmitTo;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::aggregates::group_values::new_group_values;
use datafusion::physical_plan::aggregates::order::GroupOrdering;
use hyperslab_array::{IndexRanges, Selection};

use super::labels::{Varies, values, varies};
use crate::error::internal;
use crate::layout::Layout;
use crate::scan::UnitGrid;

/// The groups of all dimensions, and the keys they stand for.
#[derive(Debug)]
pub(crate) struct Groups {
    pub dimensions: Vec<DimensionGroups>,
    /// The groups of regions, outside of those of the dimensions; one where there are no regions.
    pub of_regions: usize,
    pub keys: Vec<Key>,
}

/// The groups along one dimension.
#[derive(Debug)]
pub(crate) struct DimensionGroups {
    /// The selected indices.
    pub selected: IndexRanges,
    /// The group of each selected index; `None` where there is one for all.
    pub ids: Option<Vec<u32>>,
    /// How many selected indices each group has.
    pub sizes: Vec<u64>,
    /// The groups of each chunk of the units, where no two chunks share one.
    pub of_chunks: Option<Vec<Range<usize>>>,
}

/// The values of one key.
#[derive(Debug)]
pub(crate) struct Key {
    /// The dimension it varies along, or the number of dimensions, where it varies with the regions; `None` where there
    /// is one value for all.
    pub dimension: Option<usize>,
    /// One value for each group of the dimension.
    pub values: ArrayRef,
}

impl Groups {
    /// Evaluates `keys` over the labels of `selection`.
    ///
    /// # Errors
    /// When a key fails for a label.
    pub fn try_new(
        layout: &Layout,
        keys: &[Arc<dyn PhysicalExpr>],
        selection: &Selection,
        units: &UnitGrid,
    ) -> Result<Self> {
        let mut found: Vec<Option<Key>> = keys.iter().map(|_| None).collect();
        let mut dimensions = Vec::with_capacity(selection.dimensions.len());
        for (d, selected) in selection.dimensions.iter().enumerate() {
            let own: Vec<usize> = (0..keys.len()).filter(|k| varies(layout, &keys[*k]) == Varies::Along(d)).collect();
            if own.is_empty() {
                dimensions.push(DimensionGroups::one(selected.clone()));
                continue;
            }
            let exprs: Vec<_> = own.iter().map(|k| Arc::clone(&keys[*k])).collect();
            let (groups, values) = DimensionGroups::try_new(selected.clone(), values(layout, &exprs, selected)?)?;
            for (k, values) in own.into_iter().zip(values) {
                found[k] = Some(Key { dimension: Some(d), values });
            }
            dimensions.push(groups.with_chunks(d, units));
        }
        let keys = found.into_iter().zip(keys).map(|(found, key)| match found {
            Some(key) => Ok(key),
            None => {
                let one = IndexRanges::all(1);
                let values = values(layout, std::slice::from_ref(key), &one)?.pop();
                Ok(Key { dimension: None, values: values.ok_or_else(|| internal("a key has no value"))? })
            }
        });
        let keys = keys.collect::<Result<Vec<_>>>()?;
        Ok(Self { dimensions, of_regions: 1, keys })
    }

    /// How many groups a block has, of these along each dimension; saturates.
    pub fn count(&self, of_block: &[Range<usize>]) -> usize {
        of_block.iter().map(Range::len).fold(self.of_regions, usize::saturating_mul)
    }
}

impl DimensionGroups {
    fn one(selected: IndexRanges) -> Self {
        Self { ids: None, sizes: vec![selected.len()], selected, of_chunks: None }
    }

    /// The groups of `keys`, one value for each selected index, and the values of each group.
    pub fn try_new(selected: IndexRanges, keys: Vec<ArrayRef>) -> Result<(Self, Vec<ArrayRef>)> {
        let field = |(i, key): (usize, &ArrayRef)| Field::new(i.to_string(), key.data_type().clone(), true);
        let schema = Schema::new(keys.iter().enumerate().map(field).collect::<Vec<_>>());
        let mut groups = new_group_values(Arc::new(schema), &GroupOrdering::None)?;
        let mut ids = Vec::new();
        groups.intern(&keys, &mut ids)?;
        let mut sizes = vec![0u64; groups.len()];
        let ids = ids
            .into_iter()
            .map(|id| {
                if let Some(size) = sizes.get_mut(id) {
                    *size += 1;
                }
                u32::try_from(id).map_err(|_| internal("more groups than indices"))
            })
            .collect::<Result<Vec<_>>>()?;
        let values = groups.emit(EmitTo::All)?;
        Ok((Self { selected, ids: Some(ids), sizes, of_chunks: None }, values))
    }

    /// Finds out whether chunks share groups.
    fn with_chunks(mut self, dimension: usize, units: &UnitGrid) -> Self {
        let Some(ids) = &self.ids else { return self };
        let count = units.counts().get(dimension).copied().unwrap_or(0);
        let (mut of_chunks, mut at, mut next) = (Vec::new(), 0usize, 0usize);
        for n in 0..count {
            let len = units.selected(dimension, n).len() as usize;
            let own = ids.get(at..at + len).unwrap_or_default().iter().map(|id| *id as usize);
            let (least, greatest) =
                own.fold((usize::MAX, 0), |(least, greatest), id| (id.min(least), id.max(greatest)));
            if least < next {
                return self;
            }
            of_chunks.push(next..greatest + 1);
            next = greatest + 1;
            at += len;
        }
        self.of_chunks = Some(of_chunks);
        self
    }

    /// How many groups.
    pub fn count(&self) -> usize {
        self.sizes.len()
    }

    /// Which of the selected indices, counted from 0, those of `part` are.
    pub fn ordinals(&self, part: &IndexRanges) -> Vec<Range<usize>> {
        ordinals(&self.selected, part)
    }
}

/// Which of the `selected` indices, counted from 0, those of `part`, all of which are selected, are.
pub(crate) fn ordinals(selected: &IndexRanges, part: &IndexRanges) -> Vec<Range<usize>> {
    let mut out = Vec::with_capacity(part.ranges().len());
    let (mut before, mut own) = (0u64, selected.ranges().iter().peekable());
    for range in part.ranges() {
        while let Some(held) = own.peek() {
            if held.end > range.start {
                let start = (before + range.start.saturating_sub(held.start)) as usize;
                out.push(start..start + (range.end - range.start) as usize);
                break;
            }
            before += held.end - held.start;
            own.next();
        }
    }
    out
}

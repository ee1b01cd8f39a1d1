//! Which positions along each dimension a region holds: its conditions, evaluated once for each label.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanBufferBuilder, RecordBatch};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::prep_null_mask_filter;
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::physical_expr::expressions::{Column, Literal};
use datafusion::physical_expr::{PhysicalExpr, conjunction};
use hyperslab_array::{IndexRanges, Selection};

use super::request::RegionRequest;
use crate::aggregate::groups::{DimensionGroups, Groups, Key};
use crate::aggregate::labels::{Varies, values, varies};
use crate::layout::Layout;
use crate::scan::{ArrayScanExec, ScanRequest, Unit, UnitGrid};

/// Regions whose conditions are evaluated at once.
const REGIONS: usize = 256;

/// Regions by position.
#[derive(Debug)]
pub(crate) struct Regions {
    /// The group of each region, among [`Self::count`].
    groups: Vec<usize>,
    count: usize,
    /// The keys of the regions: which of all keys each is, and a value for each group.
    keys: Vec<(usize, ArrayRef)>,
    /// `None` along dimensions that all regions hold as a whole.
    dimensions: Vec<Option<Along>>,
    _memory: MemoryReservation,
}

/// Regions along one dimension.
#[derive(Debug)]
struct Along {
    /// The selected positions of each region; never none.
    positions: Vec<IndexRanges>,
    /// The regions with a position in a chunk of the units.
    touching: HashMap<u64, BooleanBuffer>,
}

impl Regions {
    /// The regions of the rows of `table`, and the part of `scan` that they touch.
    ///
    /// # Errors
    /// When a condition or a key fails for a label, or memory is short: rows may still give an answer.
    pub fn try_new(
        scan: &ArrayScanExec,
        request: &RegionRequest,
        table: &RecordBatch,
        memory: MemoryReservation,
    ) -> Result<(Self, ArrayScanExec)> {
        let (layout, asked) = (scan.layout(), scan.request());
        let first = request.first;
        let mut holds = vec![true; table.num_rows()];
        let mut found: Vec<Option<Vec<IndexRanges>>> = vec![None; asked.selection.dimensions.len()];
        for (dimension, condition) in by_dimension(layout, first, &request.conditions)? {
            let one = IndexRanges::all(1);
            let within = dimension.and_then(|d| asked.selection.dimensions.get(d)).unwrap_or(&one);
            let positions = positions(layout, &condition, first, table, within)?;
            positions.iter().zip(&mut holds).for_each(|(own, holds)| *holds &= !own.is_empty());
            if let Some(found) = dimension.and_then(|d| found.get_mut(d)) {
                *found = Some(positions);
            }
        }
        let (groups, count, keys) = groups(request, table)?;
        let kept = |(region, holds): (usize, &bool)| holds.then_some(region);
        let kept: Vec<usize> = holds.iter().enumerate().filter_map(kept).collect();
        let keep = |all: Vec<IndexRanges>| {
            let held = all.into_iter().zip(&holds);
            held.filter_map(|(positions, holds)| holds.then_some(positions)).collect::<Vec<_>>()
        };
        let found: Vec<Option<Vec<IndexRanges>>> = found.into_iter().map(|all| all.map(keep)).collect();
        let ranges = found.iter().flatten().flatten().map(|positions| positions.ranges().len());
        memory.try_grow(ranges.map(|n| size_of::<IndexRanges>() + n * 2 * size_of::<u64>()).sum())?;

        let selection = narrowed(scan.units(), &asked.selection, &found);
        let nothing = asked.nothing || kept.is_empty();
        let scan = ArrayScanExec::try_new(Arc::clone(layout), ScanRequest { selection, nothing, ..asked.clone() })?;
        let along = |(d, positions): (usize, Option<Vec<IndexRanges>>)| {
            positions.map(|positions| Along::try_new(positions, scan.units(), d, &memory)).transpose()
        };
        let dimensions = found.into_iter().enumerate().map(along).collect::<Result<_>>()?;
        let groups = kept.iter().filter_map(|region| groups.get(*region).copied()).collect();
        Ok((Self { groups, count, keys, dimensions, _memory: memory }, scan))
    }

    /// Puts the groups and keys of the regions among those of the dimensions.
    pub fn add_keys(&self, groups: &mut Groups) {
        groups.of_regions = self.count;
        for (at, values) in &self.keys {
            let key = Key { dimension: Some(groups.dimensions.len()), values: Arc::clone(values) };
            groups.keys.insert((*at).min(groups.keys.len()), key);
        }
    }

    /// The group of a region.
    pub fn group(&self, region: usize) -> usize {
        self.groups.get(region).copied().unwrap_or(0)
    }

    /// Whether regions differ along `dimension`.
    pub fn is_cut(&self, dimension: usize) -> bool {
        self.dimensions.get(dimension).is_some_and(Option::is_some)
    }

    /// The positions of a region along `dimension` that are in `selected`; `None` for all of them.
    pub fn positions(&self, region: usize, dimension: usize, selected: &IndexRanges) -> Option<IndexRanges> {
        let own = self.dimensions.get(dimension)?.as_ref()?.positions.get(region)?;
        let (Some(first), Some(last)) = (selected.first(), selected.last()) else { return Some(IndexRanges::empty()) };
        let own = own.within(first..last + 1);
        Some(if selected.ranges().len() == 1 { own } else { own.intersect(selected) })
    }

    /// The regions that hold a cell of `unit`.
    pub fn touching(&self, units: &UnitGrid, unit: &Unit) -> Vec<usize> {
        let mut found: Option<BooleanBuffer> = None;
        for (d, along) in self.dimensions.iter().enumerate() {
            let Some(along) = along else { continue };
            let first = unit.selection.dimensions.get(d).and_then(IndexRanges::first);
            let chunk = first.zip(units.chunks(d)).map(|(first, chunks)| chunks.chunk_of(first));
            let Some(own) = chunk.and_then(|chunk| along.touching.get(&chunk)) else { return Vec::new() };
            found = Some(match found {
                Some(found) => &found & own,
                None => own.clone(),
            });
        }
        let holds = |region: &usize| {
            let along = unit.selection.dimensions.iter().enumerate();
            along.map(|(d, selected)| self.positions(*region, d, selected)).all(|own| own.is_none_or(|o| !o.is_empty()))
        };
        match found {
            Some(found) => found.set_indices().filter(holds).collect(),
            None => (0..self.groups.len()).collect(),
        }
    }

    /// Leaves out what lies before and after all of `regions`.
    pub fn narrow(&self, regions: &[usize], unit: &mut Unit) {
        for (d, selected) in unit.selection.dimensions.iter_mut().enumerate() {
            let own = regions.iter().filter_map(|region| self.positions(*region, d, selected));
            let ends = own.filter_map(|own| own.first().zip(own.last()));
            let ends = ends.reduce(|(first, last), (other, end)| (first.min(other), last.max(end)));
            if let Some((first, last)) = ends {
                *selected = selected.within(first..last + 1);
            }
        }
    }

    /// How many parts a unit has, at most; saturates.
    pub fn most_parts(&self, units: &UnitGrid, groups: &Groups) -> usize {
        let longest = |(d, count): (usize, &u64)| (0..*count).map(|n| units.selected(d, n).len()).max().unwrap_or(0);
        let longest: Vec<u64> = units.counts().iter().enumerate().map(longest).collect();
        let row = longest.iter().rposition(|len| *len > 1);
        let most = |(d, len): (usize, &u64)| {
            let keys = groups.dimensions.get(d).filter(|groups| groups.ids.is_some());
            match (self.dimensions.get(d).and_then(Option::as_ref), keys) {
                (None, None) => 1,
                (None, Some(keys)) => (*len).min(keys.count() as u64),
                (Some(_), Some(_)) => *len,
                (Some(_), None) if row == Some(d) => *len,
                (Some(along), None) => {
                    let cuts: usize = along.positions.iter().map(|own| 2 * own.ranges().len()).sum();
                    (*len).min(cuts as u64 + 1)
                }
            }
        };
        let most = longest.iter().enumerate().map(most).fold(1u64, u64::saturating_mul);
        usize::try_from(most).unwrap_or(usize::MAX)
    }
}

impl Along {
    fn try_new(
        positions: Vec<IndexRanges>,
        units: &UnitGrid,
        dimension: usize,
        memory: &MemoryReservation,
    ) -> Result<Self> {
        let chunks = units.chunks(dimension);
        let touched = |own: &IndexRanges| -> HashSet<u64> {
            let of =
                |range: &std::ops::Range<u64>| chunks.map(|c| c.chunk_of(range.start)..c.chunk_of(range.end - 1) + 1);
            own.ranges().iter().filter_map(of).flatten().collect()
        };
        let mut touching: HashMap<u64, BooleanBufferBuilder> = HashMap::new();
        for (region, own) in positions.iter().enumerate() {
            for chunk in touched(own) {
                if let Entry::Vacant(vacant) = touching.entry(chunk) {
                    memory.try_grow(positions.len().div_ceil(8))?;
                    let mut none = BooleanBufferBuilder::new(positions.len());
                    none.append_n(positions.len(), false);
                    vacant.insert(none);
                }
                if let Some(touching) = touching.get_mut(&chunk) {
                    touching.set_bit(region, true);
                }
            }
        }
        let touching = touching.into_iter().map(|(chunk, mut regions)| (chunk, regions.finish())).collect();
        Ok(Self { positions, touching })
    }
}

/// Along what a condition varies, but for the columns from number `first` on, which are of the regions; `None` where it
/// hangs on several dimensions or on data.
pub(super) fn dimension(layout: &Layout, first: usize, condition: &Arc<dyn PhysicalExpr>) -> Result<Option<Varies>> {
    let of_scan = bound(condition, first, |_| Ok(ScalarValue::Null))?;
    Ok(Some(varies(layout, &of_scan)).filter(|varies| *varies != Varies::Everywhere))
}

/// A dimension, or none, and the condition on it.
type OnDimension = (Option<usize>, Arc<dyn PhysicalExpr>);

/// All conditions on each dimension, and on none.
fn by_dimension(layout: &Layout, first: usize, conditions: &[Arc<dyn PhysicalExpr>]) -> Result<Vec<OnDimension>> {
    let mut found: BTreeMap<Option<usize>, Vec<Arc<dyn PhysicalExpr>>> = BTreeMap::new();
    for condition in conditions {
        let along = match dimension(layout, first, condition)? {
            Some(Varies::Along(d)) => Some(d),
            Some(_) => None,
            None => return Err(crate::error::internal("a condition of regions hangs on several dimensions")),
        };
        found.entry(along).or_default().push(Arc::clone(condition));
    }
    Ok(found.into_iter().map(|(along, conditions)| (along, conjunction(conditions))).collect())
}

/// `expr` with values in place of the columns from number `first` on.
fn bound(
    expr: &Arc<dyn PhysicalExpr>,
    first: usize,
    value: impl Fn(usize) -> Result<ScalarValue>,
) -> Result<Arc<dyn PhysicalExpr>> {
    Arc::clone(expr)
        .transform_up(|e| {
            let column = e.downcast_ref::<Column>().and_then(|column| column.index().checked_sub(first));
            Ok(match column {
                Some(column) => Transformed::yes(Arc::new(Literal::new(value(column)?)) as _),
                None => Transformed::no(e),
            })
        })
        .data()
}

/// The positions of `within` for which `condition` is true, for each row of `table`.
fn positions(
    layout: &Layout,
    condition: &Arc<dyn PhysicalExpr>,
    first: usize,
    table: &RecordBatch,
    within: &IndexRanges,
) -> Result<Vec<IndexRanges>> {
    let rows: Vec<usize> = (0..table.num_rows()).collect();
    let mut out = Vec::with_capacity(rows.len());
    for rows in rows.chunks(REGIONS) {
        let of_row = |row: &usize| {
            bound(condition, first, |column| ScalarValue::try_from_array(table.column(column).as_ref(), *row))
        };
        let conditions = rows.iter().map(of_row).collect::<Result<Vec<_>>>()?;
        for mask in values(layout, &conditions, within)? {
            out.push(where_true(&mask, within)?);
        }
    }
    Ok(out)
}

/// The positions of `within` whose bit is set.
fn where_true(mask: &ArrayRef, within: &IndexRanges) -> Result<IndexRanges> {
    let Some(mask) = mask.as_boolean_opt() else {
        return Err(DataFusionError::Plan(format!("a condition gave {}, expected Boolean", mask.data_type())));
    };
    let bits = if mask.null_count() > 0 { prep_null_mask_filter(mask).values().clone() } else { mask.values().clone() };
    let (mut out, mut before) = (Vec::new(), 0);
    for range in within.ranges() {
        let len = (range.end - range.start) as usize;
        let own = bits.slice(before, len);
        out.extend(own.set_slices().map(|(start, end)| range.start + start as u64..range.start + end as u64));
        before += len;
    }
    Ok(IndexRanges::from_ranges(out))
}

/// The group of each region, how many there are, and their keys.
type RegionGroups = (Vec<usize>, usize, Vec<(usize, ArrayRef)>);

/// Numbers the groups of regions.
fn groups(request: &RegionRequest, table: &RecordBatch) -> Result<RegionGroups> {
    if request.keys.is_empty() {
        return Ok((vec![0; table.num_rows()], 1, Vec::new()));
    }
    let values = |key: &Arc<dyn PhysicalExpr>| key.evaluate(table)?.into_array(table.num_rows());
    let keys = request.keys.iter().map(|(_, key, _)| values(key)).collect::<Result<Vec<_>>>()?;
    let (groups, values) = DimensionGroups::try_new(IndexRanges::all(table.num_rows() as u64), keys)?;
    let count = groups.count();
    let ids = groups.ids.unwrap_or_default().into_iter().map(|id| id as usize).collect();
    Ok((ids, count, request.keys.iter().map(|(at, ..)| *at).zip(values).collect()))
}

/// What lies between the first and the last position of a region, in each chunk of the units: one range where `selected`
/// is one, so that what is read of a chunk stays a box.
fn narrowed(units: &UnitGrid, selected: &Selection, found: &[Option<Vec<IndexRanges>>]) -> Selection {
    let counts = units.counts();
    let along = |(d, selected): (usize, &IndexRanges)| {
        let Some(Some(positions)) = found.get(d) else { return selected.clone() };
        let any = IndexRanges::from_ranges(positions.iter().flat_map(IndexRanges::ranges).cloned());
        let ranges = (0..counts.get(d).copied().unwrap_or(0)).filter_map(|n| {
            let chunk = units.selected(d, n);
            let held = any.within(chunk.first()?..chunk.last()? + 1);
            Some(chunk.within(held.first()?..held.last()? + 1))
        });
        let ranges: Vec<_> = ranges.flat_map(|own| own.ranges().to_vec()).collect();
        IndexRanges::from_ranges(ranges)
    };
    Selection { dimensions: selected.dimensions.iter().enumerate().map(along).collect() }
}

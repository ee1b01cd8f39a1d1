//! From the labels of a point to its place: one number, by which the points of a unit come together.
//!
//! ```text
//!  place = unit along the keyed dimensions × cells of the largest unit + cell within the unit
//! ```

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::error::Result;
use datafusion::physical_expr::PhysicalExpr;
use hyperslab_array::IndexRanges;

use super::keys::KeyMap;
use crate::aggregate::{Varies, label_values, varies};
use crate::error::internal;
use crate::layout::Column;
use crate::scan::{ArrayScanExec, Unit, UnitGrid};

/// The place of a point that has no cell.
pub(crate) const NOWHERE: u64 = u64::MAX;

/// Positions of a dimension without labels are not enumerated beyond this.
const MOST_POSITIONS: u64 = 1 << 22;

/// How points find their places.
#[derive(Debug)]
pub(crate) struct Places {
    keys: Vec<Key>,
    /// The dimensions that have a key, ascending.
    pub keyed: Vec<KeyedDimension>,
    /// The others, and how many units each is cut into.
    pub extra: Vec<(usize, u64)>,
    /// Places of one unit.
    places_a_unit: u64,
    /// Selected cells at each place.
    cells_a_point: u128,
    /// Selected cells.
    cells: u128,
    units: Arc<UnitGrid>,
}

/// What one key adds to the place of a point.
#[derive(Debug)]
struct Key {
    map: KeyMap,
    /// For each label.
    steps: Vec<u64>,
}

/// A dimension that has a key.
#[derive(Debug)]
pub(crate) struct KeyedDimension {
    pub dimension: usize,
    /// The index of each label, counted among the selected.
    indices: Vec<u64>,
    /// The first label of each unit.
    starts: Vec<usize>,
    /// Labels of the largest unit.
    longest: u64,
    /// How much one label and one unit add to a place.
    label_step: u64,
    unit_step: u64,
}

impl Places {
    /// How `labels`, expressions over columns of the scan, tell positions; `None` where they do not: each must vary
    /// along a dimension of its own with no value twice.
    pub fn try_new(scan: &ArrayScanExec, labels: &[Arc<dyn PhysicalExpr>]) -> Option<Self> {
        let (layout, selection) = (scan.layout(), &scan.request().selection);
        let units = Arc::clone(scan.units());
        let mut maps = Vec::with_capacity(labels.len());
        for label in labels {
            let (dimension, within) = match varies(layout, label) {
                Varies::Nowhere => (None, IndexRanges::all(1)),
                Varies::Along(d) => (Some(d), selection.dimensions.get(d)?.clone()),
                Varies::Everywhere => return None,
            };
            let is_taken = maps.iter().any(|(other, _)| dimension.is_some() && *other == dimension);
            let has_labels = dimension.is_none_or(|d| matches!(layout.columns.get(d), Some(Column::Labels { .. })));
            if is_taken || (!has_labels && within.len() > MOST_POSITIONS) {
                return None;
            }
            // A label that fails fails where rows are made, too, if a row needs it.
            let values = label_values(layout, std::slice::from_ref(label), &within).ok()?.pop()?;
            maps.push((dimension, KeyMap::try_new(&values)?));
        }
        let counts = units.counts();
        let mut keyed = Vec::new();
        let mut extra = Vec::new();
        let (mut cells_a_point, mut cells) = (1u128, 1u128);
        for (d, selected) in selection.dimensions.iter().enumerate() {
            cells = cells.checked_mul(u128::from(selected.len()))?;
            if !maps.iter().any(|(dimension, _)| *dimension == Some(d)) {
                cells_a_point = cells_a_point.checked_mul(u128::from(selected.len()))?;
                extra.push((d, *counts.get(d)?));
                continue;
            }
            let lengths = (0..*counts.get(d)?).map(|unit| units.selected(d, unit).len());
            let mut end = 0;
            let mut longest = 1;
            let mut starts = Vec::new();
            for length in lengths {
                starts.push(end as usize);
                end += length;
                longest = longest.max(length);
            }
            let indices = selected.iter().collect();
            keyed.push(KeyedDimension { dimension: d, indices, starts, longest, label_step: 0, unit_step: 0 });
        }
        if keyed.is_empty() {
            return None;
        }
        let mut places_a_unit = 1u64;
        for dimension in keyed.iter_mut().rev() {
            dimension.label_step = places_a_unit;
            places_a_unit = places_a_unit.checked_mul(dimension.longest)?;
        }
        let mut all = places_a_unit;
        for dimension in keyed.iter_mut().rev() {
            dimension.unit_step = all;
            all = all.checked_mul((dimension.starts.len() as u64).max(1))?;
        }
        let steps = |dimension: Option<usize>| match keyed.iter().find(|k| Some(k.dimension) == dimension) {
            Some(keyed) => keyed.steps(),
            None => vec![0],
        };
        let keys = maps.into_iter().map(|(d, map)| Key { map, steps: steps(d) }).collect();
        let cells_a_point = if scan.request().nothing { 0 } else { cells_a_point };
        Some(Self { keys, keyed, extra, places_a_unit, cells_a_point, cells, units })
    }

    /// Whether the values of the `n`-th key are of the type of its labels.
    pub fn has_type(&self, n: usize, data_type: &datafusion::arrow::datatypes::DataType) -> bool {
        self.keys.get(n).is_some_and(|key| key.map.data_type() == data_type)
    }

    /// Cells that each point has.
    pub fn cells_a_point(&self) -> u128 {
        self.cells_a_point
    }

    /// Whether `points` points are worth going for on their own: they take far fewer cells than are selected.
    pub fn pays(&self, points: Option<usize>) -> bool {
        let are_few = |points: usize| (points as u128).saturating_mul(self.cells_a_point) < self.cells / 4;
        self.cells_a_point <= 1 || points.is_some_and(are_few)
    }

    /// The place of each row of `batch`, whose keys are `exprs`.
    ///
    /// # Errors
    /// When a key fails.
    pub fn of(&self, exprs: &[Arc<dyn PhysicalExpr>], batch: &RecordBatch) -> Result<Vec<u64>> {
        let rows = batch.num_rows();
        if self.cells_a_point == 0 {
            return Ok(vec![NOWHERE; rows]);
        }
        let mut places = vec![0u64; rows];
        let mut found = vec![0usize; rows];
        for (key, expr) in self.keys.iter().zip(exprs) {
            let values = expr.evaluate(batch)?.into_array(rows)?;
            key.map.find(&values, |row, label| {
                if let (Some(place), Some(found), Some(step)) =
                    (places.get_mut(row), found.get_mut(row), key.steps.get(label as usize))
                {
                    *place += step;
                    *found += 1;
                }
            })?;
        }
        for (place, found) in places.iter_mut().zip(found) {
            if found < self.keys.len() {
                *place = NOWHERE;
            }
        }
        Ok(places)
    }

    /// The group of a place: the units along the keyed dimensions.
    pub fn group_of(&self, place: u64) -> u64 {
        place / self.places_a_unit
    }

    /// How many units hold cells of one group.
    pub fn units_a_group(&self) -> u64 {
        self.extra.iter().fold(1u64, |n, (_, units)| n.saturating_mul(*units))
    }

    /// The range of the keyed dimensions that holds the cells of `places`, all of one group.
    ///
    /// # Errors
    /// When a place is not of these.
    pub fn bounds(&self, places: &[(u64, u32)]) -> Result<Vec<Range<u64>>> {
        let mut bounds = Vec::with_capacity(self.keyed.len());
        for dimension in &self.keyed {
            let (mut first, mut last) = (u64::MAX, 0);
            for (place, _) in places {
                let label = dimension.label_of(*place);
                (first, last) = (first.min(label), last.max(label));
            }
            let start = dimension.start_of(places.first().map_or(0, |(place, _)| *place));
            let (first, last) = (dimension.index(start, first)?, dimension.index(start, last)?);
            bounds.push(first..last + 1);
        }
        Ok(bounds)
    }

    /// The `n`-th unit of a group, and of it what lies within `bounds`.
    pub fn unit(&self, bounds: &[Range<u64>], n: u64) -> Unit {
        let rank = self.keyed.len() + self.extra.len();
        let mut dimensions = vec![IndexRanges::empty(); rank];
        for (keyed, bounds) in self.keyed.iter().zip(bounds) {
            if let Some(out) = dimensions.get_mut(keyed.dimension) {
                *out = IndexRanges::from_range(bounds.clone());
            }
        }
        let mut rest = n;
        for (d, units) in self.extra.iter().rev() {
            if let Some(out) = dimensions.get_mut(*d) {
                *out = self.units.selected(*d, rest % (*units).max(1));
            }
            rest /= (*units).max(1);
        }
        Unit { selection: hyperslab_array::Selection { dimensions } }
    }
}

impl KeyedDimension {
    /// What each label adds to a place.
    fn steps(&self) -> Vec<u64> {
        let ends = self.starts.iter().skip(1).copied().chain([self.indices.len()]);
        let units = self.starts.iter().zip(ends).enumerate();
        let of_unit = |(unit, (start, end)): (usize, (&usize, usize))| {
            let first = unit as u64 * self.unit_step;
            (0..(end - start) as u64).map(move |label| first + label * self.label_step)
        };
        units.flat_map(of_unit).collect()
    }

    /// The label of a place, counted within its unit.
    fn label_of(&self, place: u64) -> u64 {
        place / self.label_step % self.longest
    }

    /// The first label of the unit of a place.
    fn start_of(&self, place: u64) -> usize {
        let unit = place / self.unit_step % (self.starts.len() as u64).max(1);
        self.starts.get(unit as usize).copied().unwrap_or(0)
    }

    fn index(&self, start: usize, label: u64) -> Result<u64> {
        let index = self.indices.get(start + label as usize).copied();
        index.ok_or_else(|| internal(format!("no label {label} after {start}")))
    }

    /// The index of each of `places`, all of one group.
    ///
    /// # Errors
    /// When a place is not of these.
    pub fn indices_of(&self, places: &[(u64, u32)]) -> Result<Vec<u64>> {
        let start = self.start_of(places.first().map_or(0, |(place, _)| *place));
        places.iter().map(|(place, _)| self.index(start, self.label_of(*place))).collect()
    }
}

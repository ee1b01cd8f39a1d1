//! Values addressed by position: each dimension gives the number of a class, and the numbers together a place in a
//! dense array.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, UInt32Array, make_array};
use datafusion::arrow::compute::kernels::zip::zip;
use datafusion::arrow::compute::{concat, is_not_null, take};
use datafusion::arrow::datatypes::FieldRef;
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::execution::memory_pool::MemoryReservation;
use hyperslab_array::IndexRanges;

use super::CellValues;
use crate::aggregate::{Offsets, Run, Target, Walk, ordinals};
use crate::error::internal;
use crate::scan::{Unit, UnitColumn};

/// The place of a row that is left out.
pub(crate) const NO_PLACE: u32 = u32::MAX;

/// Cells side by side that are worth a copy of their own.
const LONG_RUN: usize = 64;

/// Values of some columns, dense over the classes of all dimensions, in C order.
#[derive(Debug)]
pub(crate) struct Lookup {
    along: Vec<Classes>,
    columns: Vec<ArrayRef>,
    _memory: MemoryReservation,
}

/// The classes of the positions along one dimension.
#[derive(Debug, Clone)]
pub(crate) struct Classes {
    /// The positions that have one.
    pub selected: IndexRanges,
    /// The class of each of them; `None` where there is one for all.
    pub ids: Option<Vec<u32>>,
    /// How many classes.
    pub count: usize,
}

impl Lookup {
    /// How many places there are; `None` where they are too many to number.
    pub fn places(along: &[Classes]) -> Option<usize> {
        along.iter().try_fold(1usize, |n, c| n.checked_mul(c.count)).filter(|n| *n < NO_PLACE as usize)
    }

    /// The rows of `parts`, each of which has a value for each of `fields`, put to their `places`; [`NO_PLACE`] for a row
    /// that is left out. A place without a row is NULL, or zero where a field is not nullable. `None` where two rows have
    /// the same place.
    ///
    /// # Errors
    /// When the pool has no memory for them, or there are fewer places than a row needs.
    pub fn try_new(
        along: Vec<Classes>,
        fields: &[FieldRef],
        parts: &[Vec<ArrayRef>],
        places: &[u32],
        memory: MemoryReservation,
    ) -> Result<Option<Self>> {
        let count = Self::places(&along).ok_or_else(|| internal("a lookup has too many places"))?;
        memory.try_grow(count.saturating_mul(size_of::<u32>()))?;
        let is_in_order = places.len() == count && places.iter().zip(0u32..).all(|(place, row)| *place == row);
        let rows = match is_in_order {
            true => None,
            false => match rows_of(places, count)? {
                Some(rows) => Some(rows),
                None => return Ok(None),
            },
        };
        let columns = fields.iter().enumerate().map(|(c, field)| {
            let own: Vec<&dyn Array> = parts.iter().filter_map(|p| p.get(c)).map(AsRef::as_ref).collect();
            let array = match own.as_slice() {
                [] => datafusion::arrow::array::new_empty_array(field.data_type()),
                own => concat(own)?,
            };
            let array = match &rows {
                None => array,
                Some(rows) => {
                    let rows = rows.iter().map(|row| (*row != NO_PLACE).then_some(*row));
                    let dense = take(&array, &rows.collect::<UInt32Array>(), None)?;
                    if field.is_nullable() { dense } else { without_nulls(&dense)? }
                }
            };
            memory.try_grow(array.get_array_memory_size())?;
            Ok(array)
        });
        let columns = columns.collect::<Result<_>>()?;
        Ok(Some(Self { along, columns, _memory: memory }))
    }

    /// `columns` that have a value for each place.
    pub fn of_dense(along: Vec<Classes>, columns: Vec<ArrayRef>, memory: MemoryReservation) -> Self {
        Self { along, columns, _memory: memory }
    }

    /// The values of `columns` for the cells of `unit`, whose positions have classes. Where many cells share a place, those
    /// that the unit needs are put side by side first.
    ///
    /// # Errors
    /// When there is no such column.
    pub fn cells(&self, unit: &Unit, columns: &[usize]) -> Result<Vec<UnitColumn>> {
        let along = self.along.iter().zip(&unit.selection.dimensions);
        let own = along.map(|(classes, selected)| Own::try_new(classes, selected)).collect::<Result<Vec<_>>>()?;
        let needed = own.iter().try_fold(1usize, |n, own| n.checked_mul(own.distinct.len())).unwrap_or(usize::MAX);
        let all = self.along.iter().map(|classes| classes.count).product::<usize>();
        let is_compact = needed < all && (needed as u64).saturating_mul(2) <= unit.rows();
        let places = is_compact.then(|| self.places_of(&own, needed));
        let mut step = 1usize;
        let mut offsets = Vec::with_capacity(self.along.len());
        for ((own, classes), selected) in own.into_iter().zip(&self.along).zip(&unit.selection.dimensions).rev() {
            let Own { ids, distinct } = own;
            let at = |id: u32| if is_compact { distinct.partition_point(|d| *d < id) } else { id as usize };
            offsets.push(match ids {
                None => Offsets::One { count: selected.len() as usize, offset: 0 },
                Some(ids) => Offsets::Table(ids.into_iter().map(|id| (at(id) * step) as u32).collect()),
            });
            step = step.saturating_mul(if is_compact { distinct.len() } else { classes.count });
        }
        offsets.reverse();
        let walk = Arc::new(Walk::new(offsets, &[]));
        let cells = |c: &usize| {
            let values = self.columns.get(*c).ok_or_else(|| internal("no such lookup"))?;
            let values = match &places {
                Some(places) => take(values, places, None)?,
                None => Arc::clone(values),
            };
            Ok(UnitColumn::Cells {
                cells: Arc::new(LookupCells { walk: Arc::clone(&walk), values, is_own: is_compact }),
            })
        };
        columns.iter().map(cells).collect()
    }

    /// The `needed` places of all combinations of classes, in C order.
    fn places_of(&self, own: &[Own], needed: usize) -> UInt32Array {
        let mut places = Vec::with_capacity(needed);
        places.push(0u32);
        for (own, classes) in own.iter().zip(&self.along) {
            let count = classes.count as u32;
            places = places.iter().flat_map(|p| own.distinct.iter().map(move |id| p * count + id)).collect();
        }
        places.into()
    }
}

/// The classes of the positions of a unit along one dimension.
struct Own {
    /// In the order of the positions; `None` where there is one for all.
    ids: Option<Vec<u32>>,
    /// Ascending, each once.
    distinct: Vec<u32>,
}

impl Own {
    fn try_new(classes: &Classes, selected: &IndexRanges) -> Result<Self> {
        let Some(ids) = &classes.ids else { return Ok(Self { ids: None, distinct: vec![0] }) };
        let own = ordinals(&classes.selected, selected);
        let own: Vec<u32> = own.iter().flat_map(|range| ids.get(range.clone()).unwrap_or_default()).copied().collect();
        if own.len() as u64 != selected.len() {
            return Err(internal("a position of a unit has no class"));
        }
        let mut distinct = own.clone();
        distinct.sort_unstable();
        distinct.dedup();
        Ok(Self { ids: Some(own), distinct })
    }
}

/// The values of a lookup for the cells of a unit, in C order.
#[derive(Debug, Clone)]
pub(super) struct LookupCells {
    walk: Arc<Walk>,
    values: ArrayRef,
    /// Whether the values are of this unit alone.
    is_own: bool,
}

impl CellValues for LookupCells {
    fn memory(&self) -> usize {
        if self.is_own { self.values.get_array_memory_size() } else { 0 }
    }

    fn slice(&self, cells: Range<usize>) -> Result<ArrayRef> {
        let mut runs = Vec::new();
        self.walk.runs(&cells, &mut runs);
        if let [Run { len, to: Target::Each(first), .. }] = runs.as_slice()
            && first + len <= self.values.len()
        {
            return Ok(self.values.slice(*first, *len));
        }
        let each = |run: &Run| match run.to {
            Target::Each(first) if first + run.len <= self.values.len() => Some(self.values.slice(first, run.len)),
            _ => None,
        };
        if runs.len() * LONG_RUN <= cells.len()
            && let Some(parts) = runs.iter().map(each).collect::<Option<Vec<_>>>()
        {
            return Ok(concat(&parts.iter().map(AsRef::as_ref).collect::<Vec<_>>())?);
        }
        let mut places: Vec<u32> = Vec::with_capacity(cells.len());
        for run in &runs {
            match run.to {
                Target::One(place) => places.extend(std::iter::repeat_n(place as u32, run.len)),
                Target::Each(first) => places.extend(first as u32..(first + run.len) as u32),
                Target::Map { base, from } => {
                    let own = self.walk.map().get(from..from + run.len).unwrap_or_default();
                    places.extend(own.iter().map(|offset| base as u32 + offset));
                }
            }
        }
        Ok(take(&self.values, &UInt32Array::from(places), None)?)
    }
}

/// The row of each place; `None` where one has two.
fn rows_of(places: &[u32], count: usize) -> Result<Option<Vec<u32>>> {
    let mut rows = vec![NO_PLACE; count];
    for (place, row) in places.iter().zip(0u32..).filter(|(place, _)| **place != NO_PLACE) {
        match rows.get_mut(*place as usize) {
            Some(slot) if *slot == NO_PLACE => *slot = row,
            Some(_) => return Ok(None),
            None => return Err(internal(format!("no place {place} among {count}"))),
        }
    }
    Ok(Some(rows))
}

/// Zeros in place of what is missing.
fn without_nulls(array: &ArrayRef) -> Result<ArrayRef> {
    let zero = ScalarValue::new_default(array.data_type())?.to_scalar()?;
    let filled = zip(&is_not_null(array)?, array, &zero)?;
    Ok(make_array(filled.to_data().into_builder().nulls(None).build()?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use datafusion::arrow::array::{AsArray, Int64Array};
    use datafusion::arrow::datatypes::{DataType, Field, Int64Type};
    use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, UnboundedMemoryPool};
    use hyperslab_array::Selection;

    use super::*;

    fn memory() -> MemoryReservation {
        let pool: Arc<dyn MemoryPool> = Arc::new(UnboundedMemoryPool::default());
        MemoryConsumer::new("test").register(&pool)
    }

    /// Classes of 6 × 4 positions: two along the first dimension, all along the second, and rows for all but one.
    fn lookup(nullable: bool) -> Lookup {
        let along = vec![
            Classes { selected: IndexRanges::all(6), ids: Some(vec![0, 0, 1, 1, 0, 1]), count: 2 },
            Classes { selected: IndexRanges::from_range(10..14), ids: Some(vec![0, 1, 2, 3]), count: 4 },
        ];
        let fields = [Arc::new(Field::new("v", DataType::Int64, nullable))];
        let values: ArrayRef = Arc::new(Int64Array::from(vec![17, 16, 15, 14, 13, 12, 10]));
        let parts = [vec![values.slice(0, 3)], vec![values.slice(3, 4)]];
        Lookup::try_new(along, &fields, &parts, &[7, 6, 5, 4, 3, 2, 0], memory()).unwrap().unwrap()
    }

    fn cells(lookup: &Lookup, first: Range<u64>, second: Range<u64>) -> Arc<dyn CellValues> {
        let dimensions = vec![IndexRanges::from_range(first), IndexRanges::from_range(second)];
        let unit = Unit { selection: Selection { dimensions } };
        match lookup.cells(&unit, &[0]).unwrap().remove(0) {
            UnitColumn::Cells { cells } => cells,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn cells_find_the_values_of_their_classes() {
        let lookup = lookup(true);
        let all = cells(&lookup, 1..6, 11..13).slice(0..10).unwrap();
        let expected: Int64Array =
            vec![None, Some(12), Some(15), Some(16), Some(15), Some(16), None, Some(12), Some(15), Some(16)].into();
        assert_eq!(all.as_primitive::<Int64Type>(), &expected);
        let part = cells(&lookup, 1..6, 11..13).slice(3..8).unwrap();
        assert_eq!(part.as_primitive::<Int64Type>(), &expected.slice(3, 5));
    }

    #[test]
    fn a_row_of_places_side_by_side_is_not_copied() {
        let lookup = lookup(true);
        let row = cells(&lookup, 2..3, 10..14).slice(0..4).unwrap();
        assert_eq!(row.as_primitive::<Int64Type>().values(), &[14, 15, 16, 17]);
        let (own, whole) = (row.to_data(), lookup.columns[0].to_data());
        let values = whole.buffers()[0].as_slice().as_ptr_range();
        assert!(values.contains(&own.buffers()[0].as_ptr()));
    }

    #[test]
    fn places_that_many_cells_share_are_put_side_by_side() {
        let along = || {
            let months =
                Classes { selected: IndexRanges::all(9), ids: Some(vec![0, 2, 2, 2, 2, 2, 2, 2, 1]), count: 3 };
            let positions = Classes { selected: IndexRanges::all(300), ids: Some((0..300).collect()), count: 300 };
            vec![months, positions]
        };
        let values: ArrayRef = Arc::new((0..900).collect::<Int64Array>());
        let places: Vec<u32> = (0..900).collect();
        let fields = [Arc::new(Field::new("v", DataType::Int64, true))];
        let lookup = Lookup::try_new(along(), &fields, &[vec![values]], &places, memory()).unwrap().unwrap();
        let own = cells(&lookup, 1..9, 100..200);
        assert_eq!(own.memory(), Int64Array::from(vec![0; 200]).get_array_memory_size());
        let expected: Int64Array =
            (1..9).flat_map(|t: i64| (100..200).map(move |x| if t == 8 { 300 + x } else { 600 + x })).collect();
        for part in [0..800, 0..100, 250..350, 690..710, 799..800] {
            let found = own.slice(part.clone()).unwrap();
            assert_eq!(found.as_primitive::<Int64Type>(), &expected.slice(part.start, part.len()), "{part:?}");
        }
        let few = cells(&lookup, 0..2, 100..200);
        assert_eq!(few.memory(), 0);
        assert_eq!(few.slice(99..101).unwrap().as_primitive::<Int64Type>(), &Int64Array::from(vec![199, 700]));
    }

    #[test]
    fn rows_are_left_out_and_two_at_one_place_are_refused() {
        let along = || vec![Classes { selected: IndexRanges::all(3), ids: Some(vec![0, 1, 2]), count: 3 }];
        let fields = [Arc::new(Field::new("v", DataType::Int64, true))];
        let parts = [vec![Arc::new(Int64Array::from(vec![5, 6, 7])) as ArrayRef]];
        let lookup = Lookup::try_new(along(), &fields, &parts, &[2, NO_PLACE, 0], memory()).unwrap().unwrap();
        assert_eq!(lookup.columns[0].as_primitive::<Int64Type>(), &Int64Array::from(vec![Some(7), None, Some(5)]));
        assert!(Lookup::try_new(along(), &fields, &parts, &[2, 1, 2], memory()).unwrap().is_none());
    }

    #[test]
    fn a_place_without_a_row_is_zero_where_it_must_not_be_null() {
        let lookup = lookup(false);
        let row = cells(&lookup, 0..1, 10..14).slice(0..4).unwrap();
        assert_eq!(row.as_primitive::<Int64Type>(), &Int64Array::from(vec![10, 0, 12, 13]));
    }
}

//! The labels of a scalar or 1-D coordinate, and the index that finds them: from a value or an interval to index ranges.
//!
//! ```text
//! Scalar ─→ Probe (comparable with the labels) ─→ binary search by rank ─→ indices of the dimension
//!           probe.rs                              Sorted order, sort.rs    IndexRanges, or one index
//! ```
//!
//! A *rank* is a label's place when labels ascend. Where labels ascend or descend along the dimension, ranks are
//! arithmetic; where they do neither, a permutation is sorted on first use. Labels are never copied.

mod probe;
mod sort;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::ops::{Bound, Range};
use std::sync::{Arc, OnceLock};

use crate::{ArrayError, Calendar, Decoded, IndexRanges, Result, Scalar, Variable};
use probe::{Probe, Tolerance};
use sort::Sorting;

/// How a label is found that need not be equal to the value asked for; xarray's `method`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// The label nearest to the value; of two at the same distance the larger, as pandas does.
    Nearest,
    /// The greatest label that is not greater than the value.
    Pad,
    /// The least label that is not less than the value.
    Backfill,
}

/// How labels are ordered along the dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// Each label is greater than or equal to the one before.
    Ascending,
    /// Each label is less than or equal to the one before, and one is less.
    Descending,
    /// Neither, or a label is missing.
    Unsorted,
}

/// A scalar or 1-D coordinate with its labels in memory.
#[derive(Debug)]
pub struct Coordinate {
    variable: Arc<Variable>,
    index: CoordinateIndex,
    bounds: Option<std::result::Result<Vec<f64>, String>>,
}

impl Coordinate {
    /// The coordinate `variable` with its decoded labels.
    pub fn new(variable: Arc<Variable>, labels: Decoded) -> Self {
        let index = CoordinateIndex::new(Arc::new(labels), variable.encoding.calendar());
        Self { variable, index, bounds: None }
    }

    /// The same with the bounds of its cells, two for each label, or why they cannot be read.
    #[must_use]
    pub fn with_bounds(mut self, bounds: std::result::Result<Vec<f64>, String>) -> Self {
        self.bounds = Some(bounds);
        self
    }

    /// The bounds of its cells, two for each label; `None` where the dataset has none. They are read of latitudes and
    /// longitudes alone.
    ///
    /// # Errors
    /// When there are bounds that cannot be read.
    pub fn bounds(&self) -> Result<Option<&[f64]>> {
        match &self.bounds {
            None => Ok(None),
            Some(Ok(bounds)) => Ok(Some(bounds)),
            Some(Err(reason)) => {
                Err(ArrayError::invalid(format!("the bounds of `{}` cannot be read: {reason}", self.variable.name)))
            }
        }
    }

    /// The variable.
    pub fn variable(&self) -> &Arc<Variable> {
        &self.variable
    }

    /// The labels, in the order of the dimension.
    pub fn labels(&self) -> &Decoded {
        self.index.labels()
    }

    /// The index over the labels.
    pub fn index(&self) -> &CoordinateIndex {
        &self.index
    }
}

/// From a value or an interval to index ranges.
///
/// Values compare by label: a `float32` label `0.1` equals the `float64` value `0.1`; integers and floats compare
/// exactly, whatever their size. Missing labels are never found, and no label equals NaN, which is greater than any.
/// Times compare with [`Scalar::Timestamp`] or with the text of a date; in the calendars whose labels are text, with
/// [`Scalar::String`].
///
/// ```
/// use std::ops::Bound;
/// use std::sync::Arc;
///
/// use hyperslab_array::{CoordinateIndex, Decoded, IndexRanges, Method, Scalar, Values};
///
/// let labels = Values::Float32(vec![90.0, 45.1, 0.0, -45.1, -90.0]);
/// let index = CoordinateIndex::new(Arc::new(Decoded::all_valid(labels)), None);
/// let (lower, upper) = (Scalar::Float64(-45.1), Scalar::Float64(45.1));
/// let found = index.range(Bound::Included(&lower), Bound::Excluded(&upper))?;
/// assert_eq!(found, IndexRanges::from_range(2..4));
/// assert_eq!(index.lookup(&Scalar::Float64(50.0), Method::Nearest, None)?, Some(1));
/// # Ok::<(), hyperslab_array::ArrayError>(())
/// ```
#[derive(Debug)]
pub struct CoordinateIndex {
    labels: Arc<Decoded>,
    /// Where labels are text that stands for times.
    calendar: Option<Calendar>,
    sorting: Sorting,
    /// The indices of labels that are there, by rank; only where labels are unsorted, and only once asked for.
    permutation: OnceLock<Vec<usize>>,
}

impl CoordinateIndex {
    /// Builds the index in one pass over the labels. `calendar` is given where the labels are text that stands for
    /// times.
    pub fn new(labels: Arc<Decoded>, calendar: Option<Calendar>) -> Self {
        let sorting = Sorting::of(&labels, calendar);
        Self { labels, calendar, sorting, permutation: OnceLock::new() }
    }

    /// The labels, in the order of the dimension.
    pub fn labels(&self) -> &Arc<Decoded> {
        &self.labels
    }

    /// The indices whose labels are within the bounds.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Argument`] when the values cannot be compared with the labels.
    pub fn range(&self, lower: Bound<&Scalar>, upper: Bound<&Scalar>) -> Result<IndexRanges> {
        let first = match lower {
            Bound::Unbounded => 0,
            Bound::Included(value) => self.rank(&self.probe(value)?, Ordering::Less),
            Bound::Excluded(value) => self.rank(&self.probe(value)?, Ordering::Equal),
        };
        let end = match upper {
            Bound::Unbounded => self.ranks(),
            Bound::Included(value) => self.rank(&self.probe(value)?, Ordering::Equal),
            Bound::Excluded(value) => self.rank(&self.probe(value)?, Ordering::Less),
        };
        Ok(self.indices(first..end))
    }

    /// The indices whose label equals `value`.
    ///
    /// # Errors
    /// As [`Self::range`].
    pub fn equal(&self, value: &Scalar) -> Result<IndexRanges> {
        self.range(Bound::Included(value), Bound::Included(value))
    }

    /// The index that `method` finds for `value`; `None` where there is none, or none within `tolerance`, which is
    /// inclusive. Where the label occurs several times, its first index.
    ///
    /// The tolerance has the unit of the labels; for times it is a [`Scalar::Duration`]. Methods go by value, so they
    /// find the same label however labels are ordered.
    ///
    /// # Errors
    /// As [`Self::range`]; also when labels are text or truth values, and `nearest` or a tolerance needs a distance,
    /// and when the tolerance is negative or not of the labels' unit.
    pub fn lookup(&self, value: &Scalar, method: Method, tolerance: Option<&Scalar>) -> Result<Option<u64>> {
        let probe = self.probe(value)?;
        let tolerance =
            tolerance.map(|t| Tolerance::of(t, self.labels.values.data_type(), self.calendar)).transpose()?;
        if method == Method::Nearest || tolerance.is_some() {
            probe.check_distance(self.calendar)?;
        }
        if probe.is_nan() {
            return Ok(None);
        }
        let next = self.rank(&probe, Ordering::Less);
        let is_equal = next < self.ranks() && self.compare(self.index_of(next), &probe) == Ordering::Equal;
        let above = (next < self.ranks()).then_some(next);
        let below = if is_equal { above } else { next.checked_sub(1) };
        let found = match method {
            Method::Pad => below,
            Method::Backfill => above,
            Method::Nearest => match (below, above) {
                (Some(below), Some(above)) if below != above => {
                    let (left, right) = (self.distance(below, &probe)?, self.distance(above, &probe)?);
                    Some(if left.is_less_than(&right) { below } else { above })
                }
                (below, above) => below.or(above),
            },
        };
        let Some(rank) = found else { return Ok(None) };
        if let Some(tolerance) = tolerance
            && !self.distance(rank, &probe)?.is_within(&tolerance)
        {
            return Ok(None);
        }
        Ok(Some(self.first_of_equals(rank) as u64))
    }

    /// How the labels are ordered.
    pub fn order(&self) -> Order {
        self.sorting.order
    }

    /// Whether no label occurs twice; missing labels do not count.
    pub fn is_unique(&self) -> bool {
        match self.sorting.order {
            Order::Unsorted => {
                let permutation = self.permutation();
                permutation
                    .windows(2)
                    .all(|w| sort::compare(&self.labels.values, self.calendar, w[0], w[1]) != Ordering::Equal)
            }
            _ => self.sorting.neighbours_differ,
        }
    }

    /// The difference between neighbours, where each label is exactly the first plus a multiple of it: for times a
    /// [`Scalar::Duration`], for integers a [`Scalar::Int`], for floats a [`Scalar::Float64`].
    pub fn step(&self) -> Option<Scalar> {
        self.sorting.step.clone()
    }

    /// The least label that is not missing.
    pub fn min(&self) -> Option<Scalar> {
        self.labels.get(self.sorting.least?)
    }

    /// The greatest label that is not missing.
    pub fn max(&self) -> Option<Scalar> {
        self.labels.get(self.sorting.greatest?)
    }

    fn probe(&self, value: &Scalar) -> Result<Probe> {
        Probe::of(value, self.labels.values.data_type(), self.calendar)
    }

    fn compare(&self, index: usize, probe: &Probe) -> Ordering {
        probe.compare_label(&self.labels.values, index)
    }

    fn distance(&self, rank: usize, probe: &Probe) -> Result<probe::Distance> {
        probe.distance(&self.labels.values, self.index_of(rank), self.calendar)
    }

    /// How many labels have a rank: those that are not missing.
    fn ranks(&self) -> usize {
        match self.sorting.order {
            Order::Unsorted => self.permutation().len(),
            _ => self.labels.values.len(),
        }
    }

    /// The index of the label of a rank.
    fn index_of(&self, rank: usize) -> usize {
        match self.sorting.order {
            Order::Ascending => rank,
            Order::Descending => self.labels.values.len() - 1 - rank,
            Order::Unsorted => self.permutation()[rank],
        }
    }

    fn permutation(&self) -> &[usize] {
        self.permutation.get_or_init(|| sort::permutation(&self.labels, self.calendar))
    }

    /// How many labels are less than the probe; with `up_to` of `Equal`, less than or equal to it.
    fn rank(&self, probe: &Probe, up_to: Ordering) -> usize {
        let is_before = |rank: usize| self.compare(self.index_of(rank), probe) <= up_to;
        let ranks = self.ranks();
        // Where labels have a step, its arithmetic is right to one label; the comparisons make sure.
        let guess = self.sorting.step.as_ref().and_then(|step| probe.guess(&self.labels.values, step, ranks));
        match guess {
            Some(guess) => {
                let (left, right) = (guess.saturating_sub(2).min(ranks), guess.saturating_add(2).min(ranks));
                if left > 0 && !is_before(left - 1) {
                    partition(0..left - 1, is_before)
                } else if right < ranks && is_before(right) {
                    partition(right + 1..ranks, is_before)
                } else {
                    partition(left..right, is_before)
                }
            }
            None => partition(0..ranks, is_before),
        }
    }

    /// The least index whose label is that of `rank`.
    fn first_of_equals(&self, rank: usize) -> usize {
        let index = self.index_of(rank);
        let compare = |rank: usize| sort::compare(&self.labels.values, self.calendar, self.index_of(rank), index);
        match self.sorting.order {
            Order::Descending => self.index_of(partition(rank..self.ranks(), |r| compare(r) == Ordering::Equal) - 1),
            _ => self.index_of(partition(0..rank, |r| compare(r) == Ordering::Less)),
        }
    }

    /// The indices of the labels of some ranks.
    fn indices(&self, ranks: Range<usize>) -> IndexRanges {
        if ranks.is_empty() {
            return IndexRanges::empty();
        }
        let range = |start: usize, end: usize| IndexRanges::from_range(start as u64..end as u64);
        let len = self.labels.values.len();
        match self.sorting.order {
            Order::Ascending => range(ranks.start, ranks.end),
            Order::Descending => range(len - ranks.end, len - ranks.start),
            Order::Unsorted => {
                let found = &self.permutation()[ranks];
                IndexRanges::from_ranges(found.iter().map(|i| *i as u64..*i as u64 + 1))
            }
        }
    }
}

/// The first of `ranks` for which `is_before` is false, where it is true for a first part of them and false after it.
fn partition(ranks: Range<usize>, is_before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (ranks.start, ranks.end);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_before(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

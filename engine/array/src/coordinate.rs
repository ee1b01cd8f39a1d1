//! The labels of a scalar or 1-D coordinate, and the index that finds them: from a value or an interval to index ranges.

use std::ops::Bound;
use std::sync::Arc;

use crate::{Decoded, IndexRanges, Result, Scalar, Variable};

/// How a label is found that need not be equal to the value asked for; xarray's `method`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// The label nearest to the value; of two at the same distance the larger, as pandas does.
    Nearest,
    /// The last label that is not greater than the value.
    Pad,
    /// The first label that is not less than the value.
    Backfill,
}

/// How labels are ordered along the dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// Each label is greater than or equal to the one before.
    Ascending,
    /// Each label is less than or equal to the one before.
    Descending,
    /// Neither, or a label is missing.
    Unsorted,
}

/// A scalar or 1-D coordinate with its labels in memory.
#[derive(Debug)]
pub struct Coordinate {
    variable: Arc<Variable>,
    labels: Decoded,
    index: CoordinateIndex,
}

impl Coordinate {
    /// The coordinate `variable` with its decoded labels.
    pub fn new(variable: Arc<Variable>, labels: Decoded) -> Self {
        let index = CoordinateIndex::new(&labels, variable.encoding.calendar());
        Self { variable, labels, index }
    }

    /// The variable.
    pub fn variable(&self) -> &Arc<Variable> {
        &self.variable
    }

    /// The labels, in the order of the dimension.
    pub fn labels(&self) -> &Decoded {
        &self.labels
    }

    /// The index over the labels.
    pub fn index(&self) -> &CoordinateIndex {
        &self.index
    }
}

/// From a value or an interval to index ranges.
///
/// Values compare by label: a `float32` label `0.1` equals the `float64` value `0.1`. Missing labels are never found.
/// Times compare with [`Scalar::Timestamp`]; in the calendars whose labels are text, with [`Scalar::String`].
#[derive(Debug)]
pub struct CoordinateIndex {
    len: u64,
}

impl CoordinateIndex {
    /// Builds the index. `calendar` is given where the labels are text that stands for times.
    pub fn new(labels: &Decoded, _calendar: Option<crate::Calendar>) -> Self {
        Self { len: labels.values.len() as u64 }
    }

    /// The indices whose labels are within the bounds.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Argument`] when the values cannot be compared with the labels.
    pub fn range(&self, _lower: Bound<&Scalar>, _upper: Bound<&Scalar>) -> Result<IndexRanges> {
        Ok(IndexRanges::all(self.len))
    }

    /// The indices whose label equals `value`.
    ///
    /// # Errors
    /// As [`Self::range`].
    pub fn equal(&self, value: &Scalar) -> Result<IndexRanges> {
        self.range(Bound::Included(value), Bound::Included(value))
    }

    /// The index that `method` finds for `value`; `None` where there is none, or none within `tolerance`.
    /// The tolerance has the unit of the labels; for times it is a [`Scalar::Duration`].
    ///
    /// # Errors
    /// As [`Self::range`]; for a method that needs an order, when labels are unsorted.
    pub fn lookup(&self, _value: &Scalar, _method: Method, _tolerance: Option<&Scalar>) -> Result<Option<u64>> {
        Ok(None)
    }

    /// How the labels are ordered.
    pub fn order(&self) -> Order {
        Order::Unsorted
    }

    /// Whether no label occurs twice.
    pub fn is_unique(&self) -> bool {
        false
    }

    /// The least label that is not missing.
    pub fn min(&self) -> Option<Scalar> {
        None
    }

    /// The greatest label that is not missing.
    pub fn max(&self) -> Option<Scalar> {
        None
    }
}

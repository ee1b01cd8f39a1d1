//! The order in which a window goes along a dimension: sequences of selected indices that do not see each other.
//!
//! The *ordinal* of an index counts the selected indices of its dimension. The *place* of an ordinal counts them
//! sequence by sequence, ascending within each, so that a frame is a range of places, whatever the direction.

use std::collections::HashMap;
use std::ops::Range;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::error::Result;

/// Sequences of ordinals.
#[derive(Debug)]
pub(crate) struct Line {
    len: u64,
    is_descending: bool,
    /// Where the sequences start; none is empty.
    starts: Vec<u64>,
    /// From places to ordinals and back, where they differ.
    order: Option<Order>,
}

#[derive(Debug)]
struct Order {
    ordinals: Vec<u64>,
    places: Vec<u64>,
}

impl Line {
    /// One sequence of `len` ordinals; a window goes along it from the last one where it `is_descending`.
    pub fn new(len: u64, is_descending: bool) -> Self {
        let starts = if len == 0 { Vec::new() } else { vec![0] };
        Self { len, is_descending, starts, order: None }
    }

    /// A sequence for each combination of `keys`, which have a value for each ordinal.
    ///
    /// # Errors
    /// When keys cannot be compared.
    pub fn try_new(len: u64, is_descending: bool, keys: &[ArrayRef]) -> Result<Self> {
        if keys.is_empty() {
            return Ok(Self::new(len, is_descending));
        }
        let fields = keys.iter().map(|k| SortField::new(k.data_type().clone())).collect();
        let rows = RowConverter::new(fields)?.convert_columns(keys)?;
        let mut numbers = HashMap::new();
        let mut members: Vec<Vec<u64>> = Vec::new();
        for (ordinal, row) in (0..len).zip(rows.iter()) {
            let number = *numbers.entry(row).or_insert(members.len());
            match members.get_mut(number) {
                Some(own) => own.push(ordinal),
                None => members.push(vec![ordinal]),
            }
        }
        let mut places = vec![0; len as usize];
        let (mut starts, mut ordinals) = (Vec::with_capacity(members.len()), Vec::with_capacity(len as usize));
        for own in members {
            starts.push(ordinals.len() as u64);
            for ordinal in own {
                if let Some(place) = places.get_mut(ordinal as usize) {
                    *place = ordinals.len() as u64;
                }
                ordinals.push(ordinal);
            }
        }
        Ok(Self { len, is_descending, starts, order: Some(Order { ordinals, places }) })
    }

    /// How many ordinals.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether the window goes from the last ordinal to the first.
    pub fn is_descending(&self) -> bool {
        self.is_descending
    }

    /// The places of each sequence.
    pub fn sequences(&self) -> impl Iterator<Item = Range<u64>> + '_ {
        let ends = self.starts.iter().skip(1).copied().chain([self.len]);
        self.starts.iter().zip(ends).map(|(start, end)| *start..end)
    }

    /// The number of the sequence of `place`, and its places.
    pub fn sequence(&self, place: u64) -> (usize, Range<u64>) {
        let number = self.starts.partition_point(|start| *start <= place).saturating_sub(1);
        let start = self.starts.get(number).copied().unwrap_or(0);
        (number, start..self.starts.get(number + 1).copied().unwrap_or(self.len))
    }

    /// The ordinal at `place`.
    pub fn ordinal(&self, place: u64) -> u64 {
        match &self.order {
            Some(order) => order.ordinals.get(place as usize).copied().unwrap_or(place),
            None => place,
        }
    }

    /// The place of `ordinal`.
    pub fn place(&self, ordinal: u64) -> u64 {
        match &self.order {
            Some(order) => order.places.get(ordinal as usize).copied().unwrap_or(ordinal),
            None => ordinal,
        }
    }
}

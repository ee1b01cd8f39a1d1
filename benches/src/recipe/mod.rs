//! What a dataset looks like and what its chunks hold, by arithmetic.

mod arco;
mod era;
mod pop;

pub use arco::Arco;
pub use era::Era;
pub use pop::Pop;

use hyperslab_array::{ArrayError, Attributes, Result, Values};
use hyperslab_zarr::writer::ArraySpec;

/// A dataset that is computed.
pub trait Recipe: std::fmt::Debug + Send + Sync {
    /// Attributes of the dataset.
    fn attributes(&self) -> Attributes;

    /// Its arrays.
    fn arrays(&self) -> Vec<ArraySpec>;

    /// The stored values of one chunk of the array of this index, padded to the chunk's full shape.
    ///
    /// # Errors
    /// When there is no such chunk.
    fn values(&self, array: usize, chunk: &[u64]) -> Result<Values>;

    /// Chunks with the same template hold the same values, so that they need to be encoded once only.
    fn template(&self, array: usize, chunk: &[u64]) -> (usize, u64);
}

/// Attributes from pairs.
pub(crate) fn attributes(pairs: &[(&str, &str)]) -> Attributes {
    let mut attributes = Attributes::new();
    pairs.iter().for_each(|(name, value)| attributes.insert(*name, *value));
    attributes
}

pub(crate) fn no_chunk(array: usize, chunk: &[u64]) -> ArrayError {
    ArrayError::not_found(format!("no chunk `{chunk:?}` of array {array}"))
}

/// The month, counted from 0, of a day counted from the start of a year of 365 days.
pub(crate) fn month_of_day(day: u64) -> u64 {
    const ENDS: [u64; 12] = [31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];
    let day = day % 365;
    ENDS.iter().filter(|end| **end <= day).count() as u64
}

/// `value` with its low bits gone, as in measured data, so that it compresses as such data does.
#[inline]
pub(crate) fn rounded(value: f32, steps: f32) -> f32 {
    // Adding and subtracting a large number rounds to a whole one, much faster than `round`.
    const LARGE: f32 = 12_582_912.0;
    ((value * steps + LARGE) - LARGE) / steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_of_a_year_without_leap_days() {
        let months: Vec<u64> = [0, 30, 31, 58, 59, 364, 365, 730 + 90].map(month_of_day).to_vec();
        assert_eq!(months, [0, 0, 1, 1, 2, 11, 0, 3]);
    }

    #[test]
    fn rounding_keeps_whole_steps() {
        assert_eq!(rounded(288.123_45, 1024.0), (288.123_45f32 * 1024.0).round() / 1024.0);
        assert_eq!(rounded(-7.3, 16.0), -7.3125);
    }
}

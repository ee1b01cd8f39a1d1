//! A box of indices: where each dimension starts, and how many indices it spans.

use crate::{ArrayError, Result};

/// A dense box in index space, one start and one length per dimension.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Region {
    /// The first index of each dimension.
    pub start: Vec<u64>,
    /// How many indices of each dimension.
    pub shape: Vec<u64>,
}

impl Region {
    /// The region that starts at `start` and spans `shape`.
    pub fn new(start: Vec<u64>, shape: Vec<u64>) -> Self {
        debug_assert_eq!(start.len(), shape.len());
        Self { start, shape }
    }

    /// All of an array of `shape`.
    pub fn full(shape: &[u64]) -> Self {
        Self { start: vec![0; shape.len()], shape: shape.to_vec() }
    }

    /// How many dimensions.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// How many cells; 1 for a region without dimensions.
    ///
    /// # Errors
    /// [`crate::ErrorKind::TooLarge`] when the number does not fit a `usize`.
    pub fn cells(&self) -> Result<usize> {
        if self.shape.contains(&0) {
            return Ok(0);
        }
        self.shape
            .iter()
            .try_fold(1u64, |n, s| n.checked_mul(*s))
            .and_then(|n| usize::try_from(n).ok())
            .ok_or_else(|| ArrayError::too_large(format!("a region of shape `{:?}` has too many cells", self.shape)))
    }

    /// The first index after the region, along `dimension`; saturates.
    pub fn end(&self, dimension: usize) -> u64 {
        self.start[dimension].saturating_add(self.shape[dimension])
    }

    /// The part that both regions share; `None` where there is none.
    pub fn intersect(&self, other: &Region) -> Option<Region> {
        let mut out = Region { start: Vec::with_capacity(self.rank()), shape: Vec::with_capacity(self.rank()) };
        for d in 0..self.rank() {
            let start = self.start[d].max(other.start[d]);
            let end = self.end(d).min(other.end(d));
            if start >= end {
                return None;
            }
            out.start.push(start);
            out.shape.push(end - start);
        }
        Some(out)
    }

    /// The same box, counted from `origin`, which is not behind its start.
    pub fn relative_to(&self, origin: &[u64]) -> Region {
        let start = self.start.iter().zip(origin).map(|(start, origin)| start.saturating_sub(*origin)).collect();
        Region { start, shape: self.shape.clone() }
    }

    /// Steps, in cells, of each dimension of an array of this shape in C order; saturates.
    pub fn strides(&self) -> Vec<usize> {
        let mut strides = vec![1usize; self.rank()];
        for d in (0..self.rank().saturating_sub(1)).rev() {
            strides[d] = strides[d + 1].saturating_mul(usize::try_from(self.shape[d + 1]).unwrap_or(usize::MAX));
        }
        strides
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{ErrorKind, Values};

    const HUGE: u64 = 1 << 60;

    #[test]
    fn hostile_shapes_are_errors_and_do_not_overflow() {
        let huge = Region::new(vec![u64::MAX, 1], vec![HUGE, HUGE]);
        assert_eq!(huge.cells().unwrap_err().kind(), ErrorKind::TooLarge);
        assert_eq!(huge.end(0), u64::MAX);
        assert_eq!(huge.strides(), [HUGE as usize, 1]);
        assert_eq!(Region::full(&[HUGE; 5]).strides()[0], usize::MAX);
        assert_eq!(huge.intersect(&Region::full(&[5, 5])), None);
        assert_eq!(huge.relative_to(&[0, 5]).start, [u64::MAX, 0]);
        let nothing = Region::full(&[HUGE, HUGE, 0]);
        assert_eq!(nothing.cells().unwrap(), 0);
        assert!(Values::Int8(vec![]).region(&[HUGE, HUGE, 0], &nothing).unwrap().is_empty());
        let half = Region::new(vec![HUGE / 2, HUGE / 2, 0], vec![1, 1, 0]);
        assert!(Values::Int8(vec![]).region(&[HUGE, HUGE, 0], &half).unwrap().is_empty());
    }

    #[test]
    fn a_region_without_dimensions_is_one_cell() {
        let scalar = Region::full(&[]);
        assert_eq!((scalar.cells().unwrap(), scalar.strides()), (1, vec![]));
        assert_eq!(scalar.intersect(&scalar), Some(scalar.clone()));
        assert_eq!(Values::Int8(vec![7]).region(&[], &scalar).unwrap(), Values::Int8(vec![7]));
    }

    #[test]
    fn a_region_outside_of_the_values_is_an_error() {
        let values = Values::Int8(vec![1, 2, 3, 4, 5, 6]);
        for (shape, start, length) in [
            (vec![2, 3], vec![1, 1], vec![1, 3]),
            (vec![2, 3], vec![0], vec![1]),
            (vec![2, 2], vec![0, 0], vec![1, 1]),
            (vec![2, 3], vec![u64::MAX, 0], vec![1, 1]),
        ] {
            let error = values.region(&shape, &Region::new(start, length)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Internal);
        }
    }

    fn shape_and_region() -> impl Strategy<Value = (Vec<u64>, Region)> {
        prop::collection::vec((0u64..6, 0u64..6, 0u64..6), 0..4).prop_map(|dimensions| {
            let (start, shape) = dimensions.iter().map(|(a, b, _)| (*a.min(b), a.max(b) - a.min(b))).unzip();
            let whole = dimensions.iter().map(|(a, b, rest)| a.max(b) + rest).collect();
            (whole, Region::new(start, shape))
        })
    }

    proptest! {
        #[test]
        fn a_region_of_values_holds_the_cells_inside((shape, region) in shape_and_region()) {
            let whole = Region::full(&shape);
            let values = Values::Int64((0..whole.cells().unwrap() as i64).collect());
            let strides = whole.strides();
            let is_inside = |cell: usize| {
                (0..shape.len()).all(|d| {
                    let index = (cell / strides[d]) as u64 % shape[d];
                    region.start[d] <= index && index < region.end(d)
                })
            };
            let expected = (0..values.len()).filter(|c| is_inside(*c)).map(|c| c as i64).collect();
            prop_assert_eq!(values.region(&shape, &region).unwrap(), Values::Int64(expected));
        }

        #[test]
        fn the_shared_part_of_two_regions_has_the_cells_of_both(
            a in prop::collection::vec((0u64..6, 0u64..6), 2),
            b in prop::collection::vec((0u64..6, 0u64..6), 2),
        ) {
            let of = |v: &[(u64, u64)]| {
                let (start, shape) = v.iter().copied().unzip();
                Region::new(start, shape)
            };
            let (a, b) = (of(&a), of(&b));
            let holds = |r: &Region, x: u64, y: u64| {
                (r.start[0]..r.end(0)).contains(&x) && (r.start[1]..r.end(1)).contains(&y)
            };
            let shared = a.intersect(&b);
            for (x, y) in (0..12).flat_map(|x| (0..12).map(move |y| (x, y))) {
                let expected = holds(&a, x, y) && holds(&b, x, y);
                prop_assert_eq!(shared.as_ref().is_some_and(|r| holds(r, x, y)), expected);
            }
        }
    }
}

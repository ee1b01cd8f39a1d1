//! Cells along one dimension, and how much of each target cell each source cell covers: the weights of `conservative`.
//!
//! On a sphere the area of a cell between two latitudes and two longitudes is proportional to the difference of the
//! longitudes and to that of the sines of the latitudes, so each dimension has weights of its own.

use super::weights::Weights;
use crate::{ArrayError, Result};

/// How far apart two labels are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    Plain,
    /// By the sine.
    Latitude,
    /// Modulo 360.
    Longitude,
}

/// The cells of a dimension: where each one starts and ends, in the unit of the labels.
#[derive(Debug, Clone)]
pub(crate) struct Cells {
    measure: Measure,
    cells: Vec<[f64; 2]>,
}

impl Cells {
    /// Cells that end half way to the next label; the first and the last are as long to both sides.
    ///
    /// # Errors
    /// When there are fewer than two labels, or they neither ascend nor descend.
    pub fn between(name: &str, labels: &[f64], measure: Measure) -> Result<Self> {
        if labels.len() < 2 {
            return Err(ArrayError::argument(format!(
                "dimension `{name}` has {} labels without bounds, expected two or more to tell where cells end",
                labels.len()
            )));
        }
        let is_in_order = |w: &[f64], descending: bool| if descending { w[0] > w[1] } else { w[0] < w[1] };
        let descending = labels.first() > labels.last();
        if !labels.windows(2).all(|w| is_in_order(w, descending)) {
            return Err(ArrayError::argument(format!(
                "labels of dimension `{name}` have no order, expected ones that ascend or descend to tell where cells end"
            )));
        }
        let mut edges: Vec<f64> = labels.windows(2).map(|w| w[0] + (w[1] - w[0]) / 2.0).collect();
        if let ([first, .., last], [start, .., end] | [start @ end]) = (labels, edges.as_slice()) {
            let (before, after) = (first - (start - first), last + (last - end));
            edges.insert(0, before);
            edges.push(after);
        }
        Ok(Self { measure, cells: edges.windows(2).map(|w| [w[0].min(w[1]), w[0].max(w[1])]).collect() })
    }

    /// As many cells as there are labels, from pairs of bounds.
    ///
    /// # Errors
    /// As [`Self::with_bounds`].
    pub fn of_bounds(name: &str, bounds: &[f64], count: usize, measure: Measure) -> Result<Self> {
        Self { measure, cells: vec![[0.0; 2]; count] }.with_bounds(name, bounds)
    }

    /// The same number of cells, from pairs of bounds.
    ///
    /// # Errors
    /// When a bound is missing, or there are not as many.
    pub fn with_bounds(&self, name: &str, bounds: &[f64]) -> Result<Self> {
        if bounds.len() != self.cells.len() * 2 || bounds.iter().any(|b| !b.is_finite()) {
            return Err(ArrayError::invalid(format!(
                "bounds `{name}` are not valid, expected two numbers for each of {} labels",
                self.cells.len()
            )));
        }
        let ascending = bounds.chunks_exact(2).filter(|pair| pair[0] <= pair[1]).count() * 2 >= self.cells.len();
        let cell = |pair: &[f64]| {
            let (low, high) = (pair[0].min(pair[1]), pair[0].max(pair[1]));
            // A cell across the meridian where longitudes start again runs against the others.
            let is_against = (pair[0] <= pair[1]) != ascending;
            let crosses = self.measure == Measure::Longitude && is_against && high - low > 180.0;
            if crosses { [high, low + 360.0] } else { [low, high] }
        };
        Ok(Self { measure: self.measure, cells: bounds.chunks_exact(2).map(cell).collect() })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// The cells in a measure in which lengths add up to areas.
    pub fn measured(&self) -> impl Iterator<Item = [f64; 2]> {
        self.cells.iter().map(|[low, high]| match self.measure {
            Measure::Plain => [*low, *high],
            Measure::Latitude => [low, high].map(|l| l.clamp(-90.0, 90.0).to_radians().sin()),
            Measure::Longitude => {
                let start = low.rem_euclid(360.0);
                [start, start + (high - low)]
            }
        })
    }
}

/// For each target cell the source cells that it overlaps, and the part of it that each covers.
pub(super) fn overlap(source: &Cells, target: &Cells) -> Weights {
    let mut from: Vec<(usize, [f64; 2])> = source.measured().enumerate().collect();
    from.sort_by(|(_, a), (_, b)| a[0].total_cmp(&b[0]));
    let longest = from.iter().map(|(_, [low, high])| high - low).fold(0.0, f64::max);
    let turns: &[f64] = if target.measure == Measure::Longitude { &[-360.0, 0.0, 360.0] } else { &[0.0] };
    let mut out = Weights::default();
    for [low, high] in target.measured() {
        let mut row = Vec::new();
        for turn in turns {
            let (low, high) = (low - turn, high - turn);
            let first = from.partition_point(|(_, cell)| cell[0] < low - longest);
            for (index, cell) in from.iter().skip(first).take_while(|(_, cell)| cell[0] < high) {
                let shared = cell[1].min(high) - cell[0].max(low);
                if shared > 0.0 {
                    row.push((*index, shared / (high - low)));
                }
            }
        }
        out.push(row);
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn between(labels: &[f64], measure: Measure) -> Cells {
        Cells::between("x", labels, measure).unwrap()
    }

    fn of_bounds(bounds: &[f64], measure: Measure) -> Cells {
        Cells { measure, cells: vec![[0.0; 2]; bounds.len() / 2] }.with_bounds("bounds", bounds).unwrap()
    }

    fn row(weights: &Weights, target: usize) -> Vec<(usize, f64)> {
        let (indices, factors) = weights.row(target);
        indices.iter().copied().zip(factors.iter().copied()).collect()
    }

    #[test]
    fn cells_end_half_way_between_labels() {
        assert_eq!(between(&[0.0, 1.0, 3.0], Measure::Plain).cells, [[-0.5, 0.5], [0.5, 2.0], [2.0, 4.0]]);
        assert_eq!(between(&[3.0, 1.0, 0.0], Measure::Plain).cells, [[2.0, 4.0], [0.5, 2.0], [-0.5, 0.5]]);
        assert_eq!(between(&[0.0, 1.0], Measure::Plain).cells, [[-0.5, 0.5], [0.5, 1.5]]);
        for labels in [&[][..], &[1.0], &[1.0, 1.0], &[0.0, 2.0, 1.0], &[0.0, f64::NAN]] {
            assert!(Cells::between("x", labels, Measure::Plain).is_err());
        }
    }

    #[test]
    fn lengths_are_shared() {
        let source = between(&[0.5, 1.5, 2.5], Measure::Plain);
        let target = between(&[0.75, 2.25], Measure::Plain);
        let weights = overlap(&source, &target);
        assert_eq!(row(&weights, 0), [(0, 1.0 / 1.5), (1, 0.5 / 1.5)]);
        assert_eq!(row(&weights, 1), [(1, 0.5 / 1.5), (2, 1.0 / 1.5)]);
    }

    #[test]
    fn latitudes_count_by_their_sine_and_end_at_the_poles() {
        let source = between(&[-90.0, -30.0, 30.0, 90.0], Measure::Latitude);
        let target = between(&[-45.0, 45.0], Measure::Latitude);
        let weights = overlap(&source, &target);
        let sixty = 60f64.to_radians().sin();
        let found = row(&weights, 0);
        assert!((found[0].1 - (1.0 - sixty)).abs() < 1e-15 && (found[1].1 - sixty).abs() < 1e-15, "{found:?}");
    }

    #[test]
    fn longitudes_are_shared_across_the_date_line() {
        let source = between(&[45.0, 135.0, 225.0, 315.0], Measure::Longitude);
        let target = between(&[-180.0, -90.0, 0.0, 90.0], Measure::Longitude);
        let weights = overlap(&source, &target);
        for (target, expected) in [[1, 2], [2, 3], [0, 3], [0, 1]].into_iter().enumerate() {
            let mut found = row(&weights, target);
            found.sort_by_key(|(index, _)| *index);
            assert_eq!(found, expected.map(|index| (index, 0.5)));
        }
        let bounds = of_bounds(&[300.0, 60.0, 60.0, 180.0, 180.0, 300.0], Measure::Longitude);
        assert_eq!(bounds.cells[0], [300.0, 420.0]);
    }

    fn some_labels(from: f64, to: f64) -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(0.1f64..1.0, 2..30).prop_map(move |steps| {
            let whole: f64 = steps.iter().sum();
            let edges = steps.iter().scan(from, |at, step| {
                let start = *at;
                *at += step / whole * (to - from);
                Some([start, *at])
            });
            edges.flatten().collect()
        })
    }

    proptest! {
        #[test]
        fn the_integral_over_the_globe_stays(
            (lat, other_lat) in (some_labels(-90.0, 90.0), some_labels(90.0, -90.0)),
            (lon, other_lon) in (some_labels(0.0, 360.0), some_labels(-180.0, 180.0)),
        ) {
            for (source, target, measure) in [(lat, other_lat, Measure::Latitude), (lon, other_lon, Measure::Longitude)] {
                let (source, target) = (of_bounds(&source, measure), of_bounds(&target, measure));
                let length = |cells: &Cells| cells.measured().map(|[a, b]| b - a).collect::<Vec<f64>>();
                let weights = overlap(&source, &target);
                let mut given = vec![0.0; source.cells.len()];
                for (t, size) in length(&target).iter().enumerate() {
                    let parts = row(&weights, t);
                    prop_assert!((parts.iter().map(|(_, w)| w).sum::<f64>() - 1.0).abs() < 1e-12);
                    parts.iter().for_each(|(index, part)| given[*index] += part * size);
                }
                let scale: f64 = length(&source).iter().sum();
                prop_assert!(given.iter().zip(length(&source)).all(|(a, b)| (a - b).abs() < 1e-12 * scale));
            }
        }
    }
}

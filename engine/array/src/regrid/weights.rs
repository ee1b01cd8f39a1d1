//! What a target label takes of the source's labels along one dimension, for `nearest` and `linear`.
//!
//! The rules are those of xarray's `interp`: outside of the labels nothing is known; half way between two labels the
//! lower one is nearest; a target on a label still looks at the label below it, so that a missing value there is seen.

use std::cmp::Ordering;
use std::ops::Range;

use crate::{ArrayError, Result};

/// For each target, the source indices it takes and their weights: a sparse matrix, row after row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weights {
    /// Where the row of each target starts, and where the last one ends.
    offsets: Vec<usize>,
    indices: Vec<usize>,
    weights: Vec<f64>,
}

impl Default for Weights {
    fn default() -> Self {
        Self { offsets: vec![0], indices: Vec::new(), weights: Vec::new() }
    }
}

impl Weights {
    /// Adds the row of the next target.
    pub fn push(&mut self, row: impl IntoIterator<Item = (usize, f64)>) {
        for (index, weight) in row {
            self.indices.push(index);
            self.weights.push(weight);
        }
        self.offsets.push(self.indices.len());
    }

    /// How many targets.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The indices and the weights of a target; empty where there is none.
    pub fn row(&self, target: usize) -> (&[usize], &[f64]) {
        let start = self.offsets.get(target).copied().unwrap_or_default();
        let range = start..self.offsets.get(target + 1).copied().unwrap_or(start);
        (self.indices.get(range.clone()).unwrap_or_default(), self.weights.get(range).unwrap_or_default())
    }

    /// The most indices that a target takes.
    pub fn widest(&self) -> usize {
        self.offsets.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(0)
    }

    /// The rows of some targets, with `place` in place of their indices.
    pub fn rows(&self, targets: Range<usize>, place: impl Fn(usize) -> usize) -> Self {
        let mut out = Self::default();
        for target in targets {
            let (indices, weights) = self.row(target);
            out.push(indices.iter().map(|i| place(*i)).zip(weights.iter().copied()));
        }
        out
    }

    /// The indices that some targets take, in the order they are met.
    pub fn taken(&self, targets: Range<usize>) -> &[usize] {
        let start = self.offsets.get(targets.start).copied().unwrap_or_default();
        self.indices.get(start..self.offsets.get(targets.end).copied().unwrap_or(start)).unwrap_or_default()
    }

    /// The same with every index that much further on.
    pub fn shifted(mut self, by: usize) -> Self {
        self.indices.iter_mut().for_each(|i| *i += by);
        self
    }
}

/// Labels of the source in ascending order, whichever way they run.
#[derive(Debug, Clone)]
pub(crate) struct Ascending {
    labels: Vec<f64>,
    is_descending: bool,
    /// Whether the first label follows the last one, 360 degrees further on.
    closes: bool,
    /// Whether targets are taken modulo 360.
    wraps: bool,
}

impl Ascending {
    /// `labels` of the dimension `name`; longitudes that go round the globe are closed.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Unsupported`] when labels neither ascend nor descend.
    pub fn try_new(name: &str, mut labels: Vec<f64>, is_longitude: bool) -> Result<Self> {
        let is_descending = labels.first() > labels.last();
        if is_descending {
            labels.reverse();
        }
        if let Some(pair) = labels.windows(2).find(|w| w[0].partial_cmp(&w[1]) != Some(Ordering::Less)) {
            let what = if pair[0] == pair[1] { "occurs twice" } else { "is out of order" };
            return Err(ArrayError::unsupported(format!(
                "label `{}` of dimension `{name}` {what}, expected labels that ascend or descend",
                pair[1]
            )));
        }
        if labels.iter().any(|l| !l.is_finite()) {
            return Err(ArrayError::unsupported(format!("a label of dimension `{name}` is missing, expected numbers")));
        }
        let mut out = Self { labels, is_descending, closes: false, wraps: false };
        if let ([first, .., last], true) = (out.labels.as_slice(), is_longitude) {
            let step = (last - first) / (out.labels.len() - 1) as f64;
            let gap = 360.0 - (last - first);
            out.closes = (gap - step).abs() <= step / 100.0;
            out.wraps = out.closes || gap.abs() <= step / 100.0;
            if out.closes {
                let again = first + 360.0;
                out.labels.push(again);
            }
        }
        Ok(out)
    }

    /// The index along the dimension of the label of this rank.
    fn index(&self, rank: usize) -> usize {
        let len = self.labels.len() - usize::from(self.closes);
        let rank = if rank == len { 0 } else { rank };
        if self.is_descending { len - 1 - rank } else { rank }
    }

    /// The target as a number within the labels; `None` outside.
    fn within(&self, target: f64) -> Option<f64> {
        let (first, last) = (*self.labels.first()?, *self.labels.last()?);
        let is_inside = |t: &f64| (first..=last).contains(t);
        // A whole turn on from the first label is the first label.
        if self.wraps && !is_inside(&target) || self.closes && target == last {
            return Some(first + (target - first).rem_euclid(360.0)).filter(is_inside);
        }
        Some(target).filter(is_inside)
    }

    /// Each target takes the label that is nearest.
    pub fn nearest(&self, targets: &[f64]) -> Weights {
        let mut out = Weights::default();
        let halfway: Vec<f64> = self.labels.windows(2).map(|w| w[0] / 2.0 + w[1] / 2.0).collect();
        for target in targets {
            let rank = self.within(*target).map(|t| halfway.partition_point(|h| *h < t));
            out.push(rank.map(|rank| (self.index(rank), 1.0)));
        }
        out
    }

    /// Each target lies between two labels. With `exact`, one that is a label takes that label alone, which is what
    /// xarray does for arrays of one dimension.
    pub fn linear(&self, targets: &[f64], exact: bool) -> Weights {
        let mut out = Weights::default();
        let label = |rank: usize| self.labels.get(rank).copied().unwrap_or(f64::NAN);
        for target in targets {
            let Some(t) = self.within(*target) else {
                out.push([]);
                continue;
            };
            let above = self.labels.partition_point(|l| *l < t);
            if self.labels.len() == 1 || (exact && label(above) == t) {
                out.push([(self.index(above), 1.0)]);
                continue;
            }
            let above = above.max(1);
            let (low, high) = (label(above - 1), label(above));
            let part = (t - low) / (high - low);
            out.push([(self.index(above - 1), 1.0 - part), (self.index(above), part)]);
        }
        out
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ascending(labels: &[f64], is_longitude: bool) -> Ascending {
        Ascending::try_new("x", labels.to_vec(), is_longitude).unwrap()
    }

    fn apply(weights: &Weights, values: &[f64]) -> Vec<f64> {
        (0..weights.len())
            .map(|t| {
                let (indices, factors) = weights.row(t);
                if indices.is_empty() {
                    f64::NAN
                } else {
                    indices.iter().zip(factors).map(|(i, w)| values[*i] * w).sum()
                }
            })
            .collect()
    }

    /// Compares, NaN with NaN too.
    fn same(found: &[f64], expected: &[f64]) {
        assert_eq!(format!("{found:?}"), format!("{expected:?}"));
    }

    const NAN: f64 = f64::NAN;

    #[test]
    fn linear_gives_what_xarray_gives() {
        let x = ascending(&[0.0, 1.0, 2.0, 3.0], false);
        let targets = [-0.1, 0.0, 0.5, 1.0, 1.5, 2.5, 3.0, 3.1];
        let found = apply(&x.linear(&targets, false), &[0.0, 10.0, 20.0, 30.0]);
        same(&found, &[NAN, 0.0, 5.0, 10.0, 15.0, 25.0, 30.0, NAN]);
        // A missing neighbour is seen by a target on the label above it, unless the array has one dimension.
        let targets = [0.0, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 2.5, 3.0];
        let found = apply(&x.linear(&targets, false), &[0.0, NAN, 20.0, 30.0]);
        same(&found, &[NAN, NAN, NAN, NAN, NAN, NAN, NAN, 25.0, 30.0]);
        let found = apply(&x.linear(&targets, true), &[0.0, NAN, 20.0, 30.0]);
        same(&found, &[0.0, NAN, NAN, NAN, NAN, NAN, 20.0, 25.0, 30.0]);
    }

    #[test]
    fn nearest_gives_what_xarray_gives() {
        let x = ascending(&[0.0, 1.0, 2.0, 3.0], false);
        let targets = [-0.1, 0.0, 0.5, 1.0, 1.5, 2.5, 3.0, 3.1];
        let found = apply(&x.nearest(&targets), &[0.0, 10.0, 20.0, 30.0]);
        same(&found, &[NAN, 0.0, 0.0, 10.0, 10.0, 20.0, 30.0, NAN]);
        let found = apply(&ascending(&[1.0, 0.0, -1.0], false).nearest(&[-0.5, 0.5]), &[2.0, 1.0, 0.0]);
        same(&found, &[0.0, 1.0]);
    }

    #[test]
    fn one_label_answers_for_itself_alone() {
        let x = ascending(&[2.0], false);
        for weights in [x.linear(&[2.0, 3.0], false), x.nearest(&[2.0, 3.0])] {
            same(&apply(&weights, &[5.0]), &[5.0, NAN]);
        }
    }

    #[test]
    fn longitudes_that_go_round_the_globe_are_closed() {
        let values = [0.0, 90.0, 180.0, 270.0];
        let x = ascending(&values, true);
        same(
            &apply(&x.linear(&[315.0, -45.0, -90.0, 360.0, 450.0], false), &values),
            &[135.0, 135.0, 270.0, 0.0, 90.0],
        );
        same(&apply(&x.nearest(&[315.1, -45.5, -135.5]), &values), &[0.0, 270.0, 180.0]);
        // The same place has the same neighbours, whichever way round it is named.
        assert_eq!(x.linear(&[360.0], false), x.linear(&[0.0], false));
        let west = ascending(&[90.0, 0.0, -90.0, -180.0], true);
        same(&apply(&west.linear(&[135.0, 225.0, 360.0], false), &[90.0, 0.0, -90.0, -180.0]), &[-45.0, -135.0, 0.0]);
        let both_ends = ascending(&[0.0, 180.0, 360.0], true);
        same(&apply(&both_ends.linear(&[-90.0], false), &[0.0, 180.0, 0.0]), &[90.0]);
        let part = ascending(&[0.0, 90.0, 180.0], true);
        same(&apply(&part.linear(&[-90.0, 270.0], false), &[0.0, 90.0, 180.0]), &[NAN, NAN]);
    }

    #[test]
    fn labels_without_an_order_are_refused() {
        for labels in
            [vec![0.0, 2.0, 1.0], vec![0.0, 1.0, 1.0], vec![0.0, NAN, 1.0], vec![NAN], vec![0.0, f64::INFINITY]]
        {
            assert!(Ascending::try_new("x", labels, false).is_err());
        }
        assert_eq!(ascending(&[], true).linear(&[1.0], false).row(0), (&[][..], &[][..]));
    }

    proptest! {
        #[test]
        fn descending_labels_give_the_same_values(
            steps in prop::collection::vec(0.1f64..5.0, 1..12),
            targets in prop::collection::vec(-5.0f64..40.0, 1..20),
            exact: bool,
        ) {
            let labels: Vec<f64> = steps.iter().scan(0.0, |at, s| { *at += s; Some(*at) }).collect();
            let values: Vec<f64> = labels.iter().map(|l| l * l).collect();
            let backwards = |v: &[f64]| v.iter().rev().copied().collect::<Vec<_>>();
            let (up, down) = (ascending(&labels, false), ascending(&backwards(&labels), false));
            same(&apply(&up.nearest(&targets), &values), &apply(&down.nearest(&targets), &backwards(&values)));
            same(&apply(&up.linear(&targets, exact), &values), &apply(&down.linear(&targets, exact), &backwards(&values)));
        }

        #[test]
        fn a_straight_line_stays_one(steps in prop::collection::vec(0.1f64..5.0, 2..12), part in 0.0f64..1.0) {
            let labels: Vec<f64> = steps.iter().scan(0.0, |at, s| { *at += s; Some(*at) }).collect();
            let target = labels[0] + part * (labels[labels.len() - 1] - labels[0]);
            let values: Vec<f64> = labels.iter().map(|l| 3.0 * l - 1.0).collect();
            let found = apply(&ascending(&labels, false).linear(&[target], false), &values);
            prop_assert!((found[0] - (3.0 * target - 1.0)).abs() < 1e-9);
        }
    }
}

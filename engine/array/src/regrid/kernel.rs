//! Applies the weights of each dimension to an array, one dimension after the other, in `float64`.
//!
//! ```text
//! input ─→ slabs (what is before the first regridded dimension is a loop) ─→ a pass per dimension ─→ output
//!          small enough for the cache                                        in an order that is always the same
//! ```
//!
//! A value has the same bits whatever region it is computed in: sums are made in the order of the weights, and
//! dimensions come in the order that the caller gives.

use std::cell::OnceCell;

use super::weights::Weights;

/// What the source gives, a missing value as NaN.
#[derive(Debug, Clone)]
pub(super) enum Input {
    F32(Vec<f32>),
    F64(Vec<f64>),
}

/// How missing values count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Rule {
    /// A missing value makes a missing result.
    Spreads,
    /// What is missing is left out of the mean; the result is missing where less than this part of its cell is there.
    LeftOut { min_coverage: f64 },
}

/// A part of a cell that is only missing because of rounding is there.
const ROUNDING: f64 = 1e-9;

trait Number: Copy {
    fn float(self) -> f64;
}

impl Number for f32 {
    fn float(self) -> f64 {
        self.into()
    }
}

impl Number for f64 {
    fn float(self) -> f64 {
        self
    }
}

/// What a value costs along the last dimension, where it is looked up, against one of a row that is added as a vector.
const LOOK_UP: f64 = 3.0;

/// The order of the dimensions that are regridded which costs least, from the number of targets of each, where it has
/// any, and of its indices.
pub(super) fn order(sizes: &[(Option<usize>, u64)]) -> Vec<usize> {
    // With growths g and h and costs c and d a value, one dimension before the other costs gc + ghd, else hd + ghc.
    let gain = |d: usize, targets: usize, size: u64| {
        let shrinks = size as f64 / (targets as f64).max(1.0);
        (shrinks - 1.0) / if d + 1 == sizes.len() { LOOK_UP } else { 1.0 }
    };
    let regridded = sizes.iter().enumerate().filter_map(|(d, (targets, size))| Some((d, gain(d, (*targets)?, *size))));
    let mut order: Vec<(usize, f64)> = regridded.collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    order.into_iter().map(|(d, _)| d).collect()
}

/// The array of `input`, which has `shape`, with the dimensions that have weights regridded, in this order.
pub(super) fn apply(
    input: &Input,
    shape: &[usize],
    weights: &[Option<Weights>],
    order: &[usize],
    rule: Rule,
) -> Vec<f64> {
    match input {
        Input::F32(values) => slabs(values, shape, weights, order, rule),
        Input::F64(values) => slabs(values, shape, weights, order, rule),
    }
}

fn slabs<T: Number>(
    input: &[T],
    shape: &[usize],
    weights: &[Option<Weights>],
    order: &[usize],
    rule: Rule,
) -> Vec<f64> {
    let first = weights.iter().position(Option::is_some).unwrap_or(0);
    let (around, shape) = shape.split_at(first);
    let count: usize = around.iter().product();
    let order = order.iter().map(|d| d - first);
    let plan = Plan::new(shape, weights.get(first..).unwrap_or_default(), order, rule);
    let size: usize = shape.iter().product();
    let out_size = plan.out_size();
    let mut out = vec![0.0; count * out_size];
    if out.is_empty() {
        return out;
    }
    let mut scratch = Scratch::default();
    for (slab, out) in out.chunks_mut(out_size).enumerate() {
        let values = input.get(slab * size..(slab + 1) * size).unwrap_or_default();
        match rule {
            Rule::Spreads => plan.run(values, out, &mut scratch),
            Rule::LeftOut { min_coverage } => plan.renormalised(values, out, min_coverage, &mut scratch),
        }
    }
    out
}

/// Buffers that are used again.
#[derive(Debug, Default)]
struct Scratch {
    buffers: [Vec<f64>; 2],
    /// Which values are there, the values with 0 where one is not, and how much of each cell is there.
    masks: [Vec<f64>; 3],
}

/// The passes over one slab, in order.
struct Plan<'a> {
    passes: Vec<Pass<'a>>,
    /// The shape of the output.
    shape: Vec<usize>,
    /// Cells of the input.
    size: usize,
    /// How much of each cell of the output the source covers, once somebody asks.
    coverage: OnceCell<Vec<f64>>,
}

/// One dimension: an array of `outer × before × inner` becomes one of `outer × weights.len() × inner`.
struct Pass<'a> {
    outer: usize,
    before: usize,
    inner: usize,
    weights: &'a Weights,
    form: Form,
    /// The value of a target that takes nothing.
    empty: f64,
}

/// The weights, laid out for the frequent cases.
enum Form {
    /// Every target takes one index as it is.
    Singles(Vec<usize>),
    /// Every target takes two indices, or none.
    Pairs(Vec<Pair>),
    Any,
}

struct Pair {
    indices: [usize; 2],
    weights: [f64; 2],
}

impl Form {
    fn of(weights: &Weights, empty: f64) -> Self {
        let single = |target| match weights.row(target) {
            ([index], [weight]) if *weight == 1.0 => Some(*index),
            _ => None,
        };
        let pair = |target| match weights.row(target) {
            ([low, high], [a, b]) => Some(Pair { indices: [*low, *high], weights: [*a, *b] }),
            ([], _) => Some(Pair { indices: [0, 0], weights: [empty, empty] }),
            _ => None,
        };
        let targets = 0..weights.len();
        let singles: Option<Vec<usize>> = targets.clone().map(single).collect();
        if let Some(singles) = singles {
            return Self::Singles(singles);
        }
        // Something must be there to be taken with a weight of `empty`.
        let pairs: Option<Vec<Pair>> = targets.map(pair).collect();
        match pairs {
            Some(pairs) if weights.widest() > 0 => Self::Pairs(pairs),
            _ => Self::Any,
        }
    }
}

impl<'a> Plan<'a> {
    fn new(shape: &[usize], weights: &'a [Option<Weights>], order: impl Iterator<Item = usize>, rule: Rule) -> Self {
        let empty = if rule == Rule::Spreads { f64::NAN } else { 0.0 };
        let before: usize = shape.iter().product();
        let mut shape = shape.to_vec();
        let mut passes = Vec::new();
        for dimension in order {
            let weights = weights.get(dimension).and_then(Option::as_ref);
            let (Some(weights), Some(size)) = (weights, shape.get_mut(dimension)) else { continue };
            let before = std::mem::replace(size, weights.len());
            let outer = shape.iter().take(dimension).product();
            let inner = shape.iter().skip(dimension + 1).product();
            passes.push(Pass { outer, before, inner, weights, form: Form::of(weights, empty), empty });
        }
        Self { passes, shape, size: before, coverage: OnceCell::new() }
    }

    fn out_size(&self) -> usize {
        self.shape.iter().product()
    }

    fn run<T: Number>(&self, input: &[T], out: &mut [f64], scratch: &mut Scratch) {
        let Some((first, rest)) = self.passes.split_first() else { return };
        let Some((last, between)) = rest.split_last() else {
            return first.run(input, out);
        };
        let [mut from, mut to] = std::mem::take(&mut scratch.buffers);
        from.resize(first.out_size(), 0.0);
        first.run(input, &mut from);
        for pass in between {
            to.resize(pass.out_size(), 0.0);
            pass.run(&from, &mut to);
            std::mem::swap(&mut from, &mut to);
        }
        last.run(&from, out);
        scratch.buffers = [from, to];
    }

    /// The mean of what is there. What is missing is not separable, so both sums go through all passes.
    fn renormalised<T: Number>(&self, input: &[T], out: &mut [f64], min_coverage: f64, scratch: &mut Scratch) {
        let least = min_coverage - ROUNDING;
        let settle = |sum: &mut f64, coverage: &f64| {
            *sum = if *coverage > 0.0 && *coverage >= least { *sum / coverage } else { f64::NAN };
        };
        if input.iter().all(|v| !v.float().is_nan()) {
            self.run(input, out, scratch);
            out.iter_mut().zip(self.coverage()).for_each(|(sum, coverage)| settle(sum, coverage));
            return;
        }
        let [mut there, mut filled, mut coverage] = std::mem::take(&mut scratch.masks);
        there.clear();
        there.extend(input.iter().map(|v| if v.float().is_nan() { 0.0 } else { 1.0 }));
        filled.clear();
        filled.extend(input.iter().map(|v| if v.float().is_nan() { 0.0 } else { v.float() }));
        coverage.resize(out.len(), 0.0);
        self.run(&filled, out, scratch);
        self.run(&there, &mut coverage, scratch);
        out.iter_mut().zip(&coverage).for_each(|(sum, coverage)| settle(sum, coverage));
        scratch.masks = [there, filled, coverage];
    }

    /// By the same sums as where something is missing, so that what is missing elsewhere changes no bit.
    fn coverage(&self) -> &[f64] {
        self.coverage.get_or_init(|| {
            let mut coverage = vec![0.0; self.out_size()];
            self.run(&vec![1.0; self.size], &mut coverage, &mut Scratch::default());
            coverage
        })
    }
}

impl Pass<'_> {
    fn out_size(&self) -> usize {
        self.outer * self.weights.len() * self.inner
    }

    fn run<T: Number>(&self, input: &[T], out: &mut [f64]) {
        let (size, out_size) = (self.before * self.inner, self.weights.len() * self.inner);
        if out_size == 0 {
            return;
        }
        for (outer, out) in out.chunks_mut(out_size).take(self.outer).enumerate() {
            let input = input.get(outer * size..(outer + 1) * size).unwrap_or_default();
            match &self.form {
                Form::Singles(indices) if self.inner == 1 => singles(input, indices, out),
                Form::Pairs(targets) if self.inner == 1 => pairs(input, targets, out),
                Form::Pairs(targets) => self.rows_of_pairs(input, targets, out),
                Form::Any if self.inner == 1 => sums(input, self.weights, self.empty, out),
                Form::Singles(_) | Form::Any => self.rows(input, out),
            }
        }
    }

    /// Rows of `inner` values are added as vectors.
    fn rows_of_pairs<T: Number>(&self, input: &[T], targets: &[Pair], out: &mut [f64]) {
        for (out, Pair { indices: [low, high], weights: [a, b] }) in out.chunks_mut(self.inner).zip(targets) {
            let (low, high) = (self.row_of(input, *low), self.row_of(input, *high));
            for ((out, low), high) in out.iter_mut().zip(low).zip(high) {
                *out = low.float() * a + high.float() * b;
            }
        }
    }

    fn rows<T: Number>(&self, input: &[T], out: &mut [f64]) {
        for (target, out) in out.chunks_mut(self.inner).enumerate() {
            let (indices, weights) = self.weights.row(target);
            let mut terms = indices.iter().zip(weights);
            match terms.next() {
                None => out.fill(self.empty),
                Some((index, weight)) => {
                    for (out, value) in out.iter_mut().zip(self.row_of(input, *index)) {
                        *out = value.float() * weight;
                    }
                }
            }
            for (index, weight) in terms {
                for (out, value) in out.iter_mut().zip(self.row_of(input, *index)) {
                    *out += value.float() * weight;
                }
            }
        }
    }

    fn row_of<'i, T>(&self, input: &'i [T], index: usize) -> &'i [T] {
        input.get(index * self.inner..(index + 1) * self.inner).unwrap_or_default()
    }
}

// A row of one value is a look-up.

fn at<T: Number>(input: &[T], index: usize) -> f64 {
    input.get(index).map_or(f64::NAN, |value| value.float())
}

fn singles<T: Number>(input: &[T], indices: &[usize], out: &mut [f64]) {
    for (out, index) in out.iter_mut().zip(indices) {
        *out = at(input, *index);
    }
}

fn sums<T: Number>(input: &[T], weights: &Weights, empty: f64, out: &mut [f64]) {
    for (target, out) in out.iter_mut().enumerate() {
        let (indices, weights) = weights.row(target);
        let terms = indices.iter().zip(weights).map(|(index, weight)| at(input, *index) * weight);
        *out = terms.reduce(|sum, term| sum + term).unwrap_or(empty);
    }
}

fn pairs<T: Number>(input: &[T], targets: &[Pair], out: &mut [f64]) {
    for (out, Pair { indices: [low, high], weights: [a, b] }) in out.iter_mut().zip(targets) {
        *out = at(input, *low) * a + at(input, *high) * b;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Weights of up to three of `size` indices for each target.
    fn some_weights(size: usize) -> impl Strategy<Value = Weights> {
        let row = prop::collection::btree_map(0..size, 0.1f64..1.0, 0..=3usize.min(size));
        prop::collection::vec(row, 1..6).prop_map(|rows| {
            let mut weights = Weights::default();
            rows.into_iter().for_each(|row| weights.push(row));
            weights
        })
    }

    fn some_array() -> impl Strategy<Value = (Vec<usize>, Vec<f64>, Vec<Option<Weights>>)> {
        prop::collection::vec(1usize..5, 1..5).prop_flat_map(|shape| {
            let cells = shape.iter().product::<usize>();
            let value = prop_oneof![4 => -9.0f64..9.0, 1 => Just(f64::NAN)];
            let weights: Vec<_> = shape.iter().map(|size| prop::option::of(some_weights(*size))).collect();
            (Just(shape), prop::collection::vec(value, cells), weights)
        })
    }

    fn dimensions(weights: &[Option<Weights>]) -> Vec<usize> {
        (0..weights.len()).rev().filter(|d| weights[*d].is_some()).collect()
    }

    /// One cell of the output straight from the definition: the sum of `of` each value, by the rows of each dimension.
    fn slow(shape: &[usize], values: &[f64], rows: &[Vec<(usize, f64)>], empty: f64, of: fn(f64) -> f64) -> f64 {
        let Some((row, rest)) = rows.split_first() else { return of(values[0]) };
        if row.is_empty() {
            return empty;
        }
        let size: usize = shape[1..].iter().product();
        row.iter().map(|(i, w)| w * slow(&shape[1..], &values[i * size..(i + 1) * size], rest, empty, of)).sum()
    }

    fn close(a: f64, b: f64) -> bool {
        (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-9
    }

    proptest! {
        #[test]
        fn passes_give_the_sum_over_all_dimensions_at_once((shape, values, weights) in some_array()) {
            prop_assume!(weights.iter().any(Option::is_some));
            let out_shape: Vec<usize> = shape.iter().zip(&weights).map(|(s, w)| w.as_ref().map_or(*s, Weights::len)).collect();
            let spread = apply(&Input::F64(values.clone()), &shape, &weights, &dimensions(&weights), Rule::Spreads);
            let left_out = apply(&Input::F64(values.clone()), &shape, &weights, &dimensions(&weights), Rule::LeftOut { min_coverage: 0.3 });
            prop_assert_eq!(spread.len(), out_shape.iter().product::<usize>());
            for cell in 0..spread.len() {
                let mut rest = cell;
                let mut at = vec![0; shape.len()];
                for d in (0..shape.len()).rev() {
                    at[d] = rest % out_shape[d];
                    rest /= out_shape[d];
                }
                let rows: Vec<Vec<(usize, f64)>> = weights.iter().zip(&at).map(|(w, i)| match w {
                    None => vec![(*i, 1.0)],
                    Some(w) => w.row(*i).0.iter().copied().zip(w.row(*i).1.iter().copied()).collect(),
                }).collect();
                prop_assert!(close(spread[cell], slow(&shape, &values, &rows, f64::NAN, |v| v)));
                let sum = slow(&shape, &values, &rows, 0.0, |v| if v.is_nan() { 0.0 } else { v });
                let there = slow(&shape, &values, &rows, 0.0, |v| if v.is_nan() { 0.0 } else { 1.0 });
                let expected = if there >= 0.3 - ROUNDING { sum / there } else { f64::NAN };
                prop_assert!(close(left_out[cell], expected), "{} {}", left_out[cell], expected);
            }
        }

        #[test]
        fn singles_are_read_as_doubles_are((shape, values, weights) in some_array()) {
            prop_assume!(weights.iter().any(Option::is_some));
            let single: Vec<f32> = values.iter().map(|v| *v as f32).collect();
            let double = single.iter().map(|v| f64::from(*v)).collect();
            let (a, b) = (Input::F32(single), Input::F64(double));
            let text = |input| format!("{:?}", apply(input, &shape, &weights, &dimensions(&weights), Rule::Spreads));
            prop_assert_eq!(text(&a), text(&b));
        }
    }

    #[test]
    fn rows_are_added_before_values_are_looked_up_unless_they_become_more() {
        assert_eq!(order(&[(None, 30), (Some(180), 361), (Some(355), 720)]), [1, 2]);
        assert_eq!(order(&[(None, 30), (Some(720), 361), (Some(1440), 720)]), [2, 1]);
        assert_eq!(order(&[(None, 30), (Some(720), 361), (Some(36), 720)]), [2, 1]);
        assert_eq!(order(&[(Some(10), 100), (Some(1), 5), (None, 720)]), [0, 1]);
    }

    #[test]
    fn nothing_gives_nothing() {
        let mut weights = Weights::default();
        weights.push([]);
        let found = apply(&Input::F64(vec![]), &[0, 3], &[Some(weights), None], &[0], Rule::Spreads);
        assert!(found.len() == 3 && found.iter().all(|v| v.is_nan()));
        let found = apply(&Input::F64(vec![]), &[0, 3], &[None, Some(Weights::default())], &[1], Rule::Spreads);
        assert!(found.is_empty());
    }
}

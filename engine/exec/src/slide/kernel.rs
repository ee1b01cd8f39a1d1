//! How rows of lanes are put together over frames. A row holds one value of each lane, so that all loops are along
//! memory, over lanes that have nothing to do with each other.

use std::ops::Range;

/// How two values are put together. It is associative but for rounding; the order of the rows is kept.
pub(super) trait Op {
    type T: Copy;
    /// What changes nothing.
    const NONE: Self::T;
    fn join(a: Self::T, b: Self::T) -> Self::T;
}

/// Sums of floating-point numbers.
pub(super) struct Sum;
/// Sums of whole numbers.
pub(super) struct WholeSum;
/// How many.
pub(super) struct Count;
/// The least.
pub(super) struct Least;
/// The greatest.
pub(super) struct Greatest;
/// Moments: how many, their mean, and the sum of the squares of what they differ from it. Two are put together as Chan,
/// Golub and LeVeque do it ("Updating formulae and a pairwise algorithm for computing sample variances", 1979).
pub(super) struct Moments;

impl Op for Sum {
    type T = f64;
    const NONE: f64 = 0.0;
    fn join(a: f64, b: f64) -> f64 {
        a + b
    }
}

impl Op for WholeSum {
    type T = i128;
    const NONE: i128 = 0;
    fn join(a: i128, b: i128) -> i128 {
        a + b
    }
}

impl Op for Count {
    type T = u32;
    const NONE: u32 = 0;
    fn join(a: u32, b: u32) -> u32 {
        a + b
    }
}

impl Op for Least {
    type T = i64;
    const NONE: i64 = i64::MAX;
    fn join(a: i64, b: i64) -> i64 {
        a.min(b)
    }
}

impl Op for Greatest {
    type T = i64;
    const NONE: i64 = i64::MIN;
    fn join(a: i64, b: i64) -> i64 {
        a.max(b)
    }
}

impl Op for Moments {
    type T = [f64; 3];
    const NONE: [f64; 3] = [0.0; 3];
    fn join(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
        let ([count_a, mean_a, squares_a], [count_b, mean_b, squares_b]) = (a, b);
        if count_a == 0.0 {
            return b;
        }
        if count_b == 0.0 {
            return a;
        }
        let (count, delta) = (count_a + count_b, mean_b - mean_a);
        let share = count_b / count;
        [count, mean_a + delta * share, squares_a + squares_b + delta * delta * count_a * share]
    }
}

/// Rows of lanes, for neighbouring places.
#[derive(Debug)]
pub(super) struct Rows<T> {
    /// The place of the first row.
    pub first: u64,
    pub lanes: usize,
    pub values: Vec<T>,
}

impl<T> Rows<T> {
    /// The row of `place`.
    fn row(&self, place: u64) -> &[T] {
        let start = (place - self.first) as usize * self.lanes;
        &self.values[start..start + self.lanes]
    }
}

fn join_row<O: Op>(to: &mut [O::T], row: &[O::T]) {
    for (to, value) in to.iter_mut().zip(row) {
        *to = O::join(*to, *value);
    }
}

/// The rows of `frame`, one after the other.
pub(super) fn short<O: Op>(rows: &Rows<O::T>, frame: &Range<u64>, out: &mut [O::T]) {
    out.fill(O::NONE);
    for place in frame.clone() {
        join_row::<O>(out, rows.row(place));
    }
}

/// Rows put together in blocks: level `j` holds those of 2^j places that start at a multiple of that.
#[derive(Debug)]
pub(super) struct Blocks<T> {
    levels: Vec<Rows<T>>,
}

impl<T: Copy> Blocks<T> {
    /// The blocks that frames of at most `longest` places need.
    pub fn new<O: Op<T = T>>(rows: Rows<T>, longest: u64) -> Self {
        let lanes = rows.lanes;
        let mut levels = vec![rows];
        for _ in 0..longest.checked_ilog2().unwrap_or(0) {
            let Some(below) = levels.last() else { break };
            let count = (below.values.len() / lanes.max(1)) as u64;
            let (first, end) = (below.first.div_ceil(2), (below.first + count) / 2);
            let mut values = Vec::with_capacity(end.saturating_sub(first) as usize * lanes);
            for block in first..end {
                let (left, right) = (below.row(2 * block), below.row(2 * block + 1));
                values.extend(left.iter().zip(right).map(|(a, b)| O::join(*a, *b)));
            }
            levels.push(Rows { first, lanes, values });
        }
        Self { levels }
    }

    /// The fewest blocks that `frame` is made of, from left to right.
    pub fn join<O: Op<T = T>>(&self, frame: &Range<u64>, out: &mut [T]) {
        out.fill(O::NONE);
        let mut at = frame.start;
        while at < frame.end {
            let fits = (frame.end - at).ilog2();
            let level = at.trailing_zeros().min(fits);
            if let Some(rows) = self.levels.get(level as usize) {
                join_row::<O>(out, rows.row(at >> level));
            }
            at += 1 << level;
        }
    }
}

/// Takes in the rows up to `end`, or down to `end`, from `at` on.
pub(super) fn roll<O: Op>(rows: &Rows<O::T>, at: u64, end: u64, state: &mut [O::T]) {
    if at <= end {
        for place in at..end {
            join_row::<O>(state, rows.row(place));
        }
    } else {
        for place in (end..at).rev() {
            join_row::<O>(state, rows.row(place));
        }
    }
}

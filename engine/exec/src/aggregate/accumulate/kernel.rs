//! Loops over cells side by side that a compiler turns into vector instructions: sums, extremes, missing values.
//!
//! A sum adds in lanes, so that its order depends on how many cells there are and on nothing else.

use std::cell::Cell;
use std::hint::black_box;

/// How many cells are looked at before they are taken in: few enough that the second look finds them in the cache.
pub(super) const BLOCK: usize = 2048;

/// Sums added side by side; enough that an addition need not wait for the one before.
const LANES: usize = 16;

/// Zeros, each of them written: of memory that is read before it is written to, a system gives a page of zeros that all
/// share, and takes it back at the first value.
pub(super) fn zeros<T: Copy + Default>(count: usize) -> Vec<T> {
    let mut zeros = Vec::with_capacity(count);
    zeros.resize(count, black_box(T::default()));
    zeros
}

/// A number that becomes a 64-bit floating-point number, as a cast to `DOUBLE` does it.
pub(super) trait Widen: Copy + Default {
    /// The number as a 64-bit floating-point number.
    fn widen(self) -> f64;
}

macro_rules! widen {
    ($($type:ty),*) => {
        $(impl Widen for $type {
            fn widen(self) -> f64 {
                self as f64
            }
        })*
    };
}

widen!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);

/// A whole number that becomes a 128-bit one.
pub(super) trait Whole: Copy + Default {
    /// The number as a 128-bit one.
    fn whole(self) -> i128;

    /// The sum in 128-bit numbers.
    fn total(values: &[Self]) -> i128;
}

macro_rules! whole {
    ($through:ty: $($type:ty),*) => {
        $(impl Whole for $type {
            fn whole(self) -> i128 {
                i128::from(self)
            }

            fn total(values: &[Self]) -> i128 {
                let total = |block: &[Self]| block.iter().fold(<$through>::default(), |sum, value| sum + <$through>::from(*value));
                values.chunks(BLOCK).map(|block| i128::from(total(block))).sum()
            }
        })*
    };
}

// The sum of a block of 32-bit numbers fits 64 bits.
whole!(i64: i8, i16, i32, u8, u16, u32);
whole!(i128: i64, u64);

/// The sum in 64-bit floating-point numbers.
pub(super) fn sum<T: Widen>(values: &[T]) -> f64 {
    sum_of(values, |value| value)
}

/// The sum of what `of` makes of each value.
pub(super) fn sum_of<T: Widen>(values: &[T], of: impl Fn(f64) -> f64) -> f64 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    // Runs are often short: the lanes cost more than they save there.
    let (fours, rest) = rest.as_chunks::<4>();
    let rest = rest.iter().fold(add_lanes(fours, &of), |sum, value| sum + of(value.widen()));
    if chunks.is_empty() { rest } else { add_lanes(chunks, &of) + rest }
}

fn add_lanes<T: Widen, const N: usize>(chunks: &[[T; N]], of: impl Fn(f64) -> f64) -> f64 {
    let mut lanes = [0.0f64; N];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += of(value.widen());
        }
    }
    add_up(lanes)
}

/// The sum of the products of two slices of one length.
pub(super) fn dot(left: &[f64], right: &[f64]) -> f64 {
    let mut lanes = [0.0f64; LANES];
    let (lefts, left_rest) = left.as_chunks::<LANES>();
    let (rights, right_rest) = right.as_chunks::<LANES>();
    for (left, right) in lefts.iter().zip(rights) {
        for ((lane, left), right) in lanes.iter_mut().zip(left).zip(right) {
            *lane += left * right;
        }
    }
    add_up(lanes) + left_rest.iter().zip(right_rest).fold(0.0, |sum, (left, right)| sum + left * right)
}

/// The sum of lanes, of which there are a power of two.
fn add_up<const N: usize>(mut lanes: [f64; N]) -> f64 {
    let mut width = N / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
        width /= 2;
    }
    lanes[0]
}

/// Adds each value to the sum beside it.
pub(super) fn add_each<T: Widen>(sums: &mut [f64], values: &[T]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += value.widen();
    }
}

/// A number that may be NaN.
pub(super) trait MaybeNan: Copy + Send + std::fmt::Debug + 'static {
    /// NaN with or without a sign, if there is one.
    fn nan(negative: bool) -> Option<Self>;

    /// Whether it is NaN.
    fn is_nan(self) -> bool;

    /// Whether the sign is set.
    fn is_negative(self) -> bool;
}

macro_rules! maybe_nan_float {
    ($($type:ty),*) => {
        $(impl MaybeNan for $type {
            fn nan(negative: bool) -> Option<Self> {
                Some(<$type>::NAN.copysign(if negative { -1.0 } else { 1.0 }))
            }

            fn is_nan(self) -> bool {
                self.is_nan()
            }

            fn is_negative(self) -> bool {
                self.is_sign_negative()
            }
        })*
    };
}

macro_rules! maybe_nan_integer {
    ($($type:ty),*) => {
        $(impl MaybeNan for $type {
            fn nan(_: bool) -> Option<Self> {
                None
            }

            fn is_nan(self) -> bool {
                false
            }

            fn is_negative(self) -> bool {
                self < <$type>::default()
            }
        })*
    };
}

maybe_nan_float!(f32, f64);
maybe_nan_integer!(i8, i16, i32, i64, u8, u16, u32, u64);

/// Whether a value is NaN.
pub(super) fn any_nan<T: MaybeNan>(values: &[T]) -> bool {
    let (chunks, rest) = values.as_chunks::<LANES>();
    if chunks.is_empty() {
        return rest.iter().any(|value| value.is_nan());
    }
    let mut found = [false; LANES];
    for chunk in chunks {
        for (found, value) in found.iter_mut().zip(chunk) {
            *found |= value.is_nan();
        }
    }
    found.contains(&true) || rest.iter().any(|value| value.is_nan())
}

/// The values, `instead` where one is NaN.
pub(super) fn without_nan<T: MaybeNan>(values: &[T], instead: T, into: &mut Vec<T>) {
    into.clear();
    into.extend(values.iter().map(|value| if value.is_nan() { instead } else { *value }));
}

/// A value that has a least and a greatest.
pub(super) trait Ordered: MaybeNan + PartialOrd {
    /// No value is less, but for NaN.
    const LEAST: Self;
    /// No value is greater, but for NaN.
    const GREATEST: Self;

    /// Of two values that compare as equal the one that comes first in the order of all values, or last. Such values
    /// are alike but for the two zeros of floating-point numbers.
    fn of_equals<const MAX: bool>(self, other: Self) -> Self;

    /// Whether another value compares as equal.
    fn has_equals(self) -> bool;
}

macro_rules! ordered_integer {
    ($($type:ty),*) => {
        $(impl Ordered for $type {
            const LEAST: Self = <$type>::MIN;
            const GREATEST: Self = <$type>::MAX;

            fn of_equals<const MAX: bool>(self, _: Self) -> Self {
                self
            }

            fn has_equals(self) -> bool {
                false
            }
        })*
    };
}

macro_rules! ordered_float {
    ($($type:ty),*) => {
        $(impl Ordered for $type {
            const LEAST: Self = <$type>::NEG_INFINITY;
            const GREATEST: Self = <$type>::INFINITY;

            fn of_equals<const MAX: bool>(self, other: Self) -> Self {
                let (bits, others) = (self.to_bits(), other.to_bits());
                <$type>::from_bits(if MAX { bits & others } else { bits | others })
            }

            fn has_equals(self) -> bool {
                self == 0.0
            }
        })*
    };
}

ordered_integer!(i8, i16, i32, i64, u8, u16, u32, u64);
ordered_float!(f32, f64);

/// What changes no extreme.
pub(super) const fn neutral<T: Ordered, const MAX: bool>() -> T {
    if MAX { T::LEAST } else { T::GREATEST }
}

/// The lesser or the greater of two values that are not NaN.
pub(super) fn pick<T: Ordered, const MAX: bool>(state: T, value: T) -> T {
    let same = state.of_equals::<MAX>(value);
    let better = if MAX { value > state } else { value < state };
    let other = if value == state { same } else { state };
    if better { value } else { other }
}

/// The least or the greatest of values that are not NaN.
pub(super) fn extreme<T: Ordered, const MAX: bool>(values: &[T]) -> T {
    let is_better = |state: T, value: T| if MAX { value > state } else { value < state };
    let better = |state: T, value: T| if is_better(state, value) { value } else { state };
    let found = fold_lanes(values, neutral::<T, MAX>(), better);
    if found.has_equals() { fold_lanes(values, found, pick::<T, MAX>) } else { found }
}

fn fold_lanes<T: Copy>(values: &[T], from: T, fold: impl Fn(T, T) -> T) -> T {
    let mut lanes = [from; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = fold(*lane, *value);
        }
    }
    lanes.into_iter().chain(rest.iter().copied()).fold(from, fold)
}

/// Takes each value into the extreme beside it.
pub(super) fn extreme_each<T: Ordered, const MAX: bool>(states: &mut [T], values: &[T]) {
    for (state, value) in states.iter_mut().zip(values) {
        *state = pick::<T, MAX>(*state, *value);
    }
}

/// Hands out the values whose offsets are all the same to `alike`, and the others to `mixed`, in their order.
pub(super) fn by_offset<T>(
    offsets: &[u32],
    values: &[T],
    mut alike: impl FnMut(usize, &[T]),
    mut mixed: impl FnMut(&[u32], &[T]),
) {
    for (offsets, values) in offsets.chunks(LANES).zip(values.chunks(LANES)) {
        let first = offsets[0];
        // No branch for each cell: a group often holds many cells side by side.
        if offsets.iter().fold(0, |unlike, offset| unlike | (offset ^ first)) == 0 {
            alike(first as usize, values);
        } else {
            mixed(offsets, values);
        }
    }
}

/// How far the bins of cells side by side are from the first, where each holds four cells.
const BINS_OF_FOUR: [u32; LANES] = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3];

/// Adds each value to the sum at its offset.
pub(super) fn add_map<T: Widen>(sums: &mut [f64], offsets: &[u32], values: &[T]) {
    let sums = Cell::from_mut(sums).as_slice_of_cells();
    let add = |offset: usize, value: f64| sums[offset].set(sums[offset].get() + value);
    by_offset(
        offsets,
        values,
        |offset, values| add(offset, sum(values)),
        |offsets, values| {
            let first = offsets[0];
            let unlike =
                offsets.iter().zip(BINS_OF_FOUR).fold(0, |unlike, (o, bin)| unlike | (o.wrapping_sub(first) ^ bin));
            let bins = sums.get(first as usize..).and_then(|sums| sums.get(..LANES / 4));
            if let Some(bins) = bins.filter(|_| unlike == 0 && offsets.len() == LANES) {
                for (bin, values) in bins.iter().zip(values.as_chunks::<4>().0) {
                    bin.set(bin.get() + add_up(values.map(T::widen)));
                }
                return;
            }
            let (mut current, mut so_far) = (first, 0.0);
            let mut take = |offset: u32, value: f64| {
                if offset != current {
                    add(current as usize, so_far);
                    (current, so_far) = (offset, 0.0);
                }
                so_far += value;
            };
            // Bins of four cells and more are common, and four are compared and added at once.
            let ((four_offsets, offsets), (four_values, values)) = (offsets.as_chunks::<4>(), values.as_chunks::<4>());
            for (offsets, values) in four_offsets.iter().zip(four_values) {
                let [first, ..] = *offsets;
                if *offsets == [first; 4] {
                    take(first, add_up(values.map(T::widen)));
                } else {
                    offsets.iter().zip(values).for_each(|(offset, value)| take(*offset, value.widen()));
                }
            }
            offsets.iter().zip(values).for_each(|(offset, value)| take(*offset, value.widen()));
            add(current as usize, so_far);
        },
    );
}

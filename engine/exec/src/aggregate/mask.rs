//! A bit for each cell: where a comparison of a column with a number is true.

use datafusion::arrow::array::AsArray;
use datafusion::arrow::buffer::{BooleanBuffer, Buffer};
use datafusion::arrow::datatypes::{Float32Type, Float64Type};
use datafusion::logical_expr::Operator;

use super::columns::Cells;
use super::expressions::Comparison;

/// A bit for each value.
pub(crate) fn bits<T: Copy>(values: &[T], is_true: impl Fn(T) -> bool) -> BooleanBuffer {
    const LANES: usize = 64;
    // Comparing to bytes is vectorised; a multiplication then gathers the lowest bits of eight of them.
    let word = |block: &[T; LANES]| -> u64 {
        let mut bytes = [0u8; LANES];
        for (byte, value) in bytes.iter_mut().zip(block) {
            *byte = u8::from(is_true(*value));
        }
        let (eights, _) = bytes.as_chunks::<8>();
        let gathered = eights.iter().map(|eight| u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56);
        gathered.enumerate().fold(0, |word, (i, byte)| word | byte << (8 * i))
    };
    let (blocks, rest) = values.as_chunks::<LANES>();
    let mut words: Vec<u64> = blocks.iter().map(|block| word(block).to_le()).collect();
    if !rest.is_empty() {
        let last = rest.iter().enumerate().fold(0, |word, (i, value)| word | u64::from(is_true(*value)) << i);
        words.push(last.to_le());
    }
    BooleanBuffer::new(Buffer::from_vec(words), 0, values.len())
}

/// Where the comparison is true.
pub(super) fn compare(comparison: &Comparison, cells: &Cells) -> Option<BooleanBuffer> {
    fn of<T: Copy + Into<f64>>(comparison: &Comparison, values: &[T]) -> Option<BooleanBuffer> {
        let n = comparison.number;
        Some(match comparison.operator {
            Operator::Lt => bits(values, |v| v.into() < n),
            Operator::LtEq => bits(values, |v| v.into() <= n),
            Operator::Gt => bits(values, |v| v.into() > n),
            Operator::GtEq => bits(values, |v| v.into() >= n),
            Operator::Eq => bits(values, |v| v.into() == n),
            _ => return None,
        })
    }
    match cells {
        Cells::Float32(array) => of(comparison, array.values()),
        Cells::Float64(array) => of(comparison, array.values()),
        Cells::Array(array) => {
            let mask = match (array.as_primitive_opt::<Float32Type>(), array.as_primitive_opt::<Float64Type>()) {
                (Some(array), _) => of(comparison, array.values()),
                (_, Some(array)) => of(comparison, array.values()),
                _ => None,
            }?;
            // A value that is NULL may be any number.
            Some(array.nulls().map_or(mask.clone(), |nulls| &mask & nulls.inner()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_bit_for_each_value() {
        for len in [0, 1, 63, 64, 65, 200] {
            let values: Vec<f32> = (0..len).map(|i| (i * 7919 % 31) as f32).collect();
            let expected = BooleanBuffer::collect_bool(len, |i| values[i] > 12.0);
            assert_eq!(bits(&values, |v| v > 12.0), expected);
        }
    }
}

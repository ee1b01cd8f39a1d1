//! Noise that costs a few instructions a cell and is the same on every machine.

/// A hash of two numbers.
pub(crate) fn hash(seed: u64, n: u64) -> u64 {
    let mut x = seed ^ n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    x ^ (x >> 32)
}

/// Noise in -1 to 1 at position `n` of the row that `row` (a [`hash`]) stands for.
#[inline]
pub(crate) fn at(row: u32, n: u32) -> f32 {
    let mut x = row ^ n.wrapping_mul(0x9E37_79B1);
    x = (x ^ (x >> 16)).wrapping_mul(0x85EB_CA6B);
    x ^= x >> 13;
    (x as i32) as f32 * (1.0 / 2_147_483_648.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_spread_and_repeats_itself() {
        let row = hash(7, 11) as u32;
        let values: Vec<f32> = (0..10_000).map(|n| at(row, n)).collect();
        let mean = values.iter().sum::<f32>() / 10_000.0;
        let spread = values.iter().map(|v| v * v).sum::<f32>() / 10_000.0;
        assert!(mean.abs() < 0.03 && (spread - 1.0 / 3.0).abs() < 0.03, "{mean} {spread}");
        assert!(values.iter().all(|v| (-1.0..=1.0).contains(v)));
        assert_eq!(values, (0..10_000).map(|n| at(row, n)).collect::<Vec<_>>());
    }
}

//! What the sample is computed with: nothing but `+ - * /` and square roots of `f64`, whose results IEEE 754 fixes, and
//! whole numbers. A `sin` of the system's library may differ in its last bit from one machine to the next.

/// 1 at `centre`, 0 from `reach` on, smooth between.
pub(super) fn bump(at: f64, centre: f64, reach: f64) -> f64 {
    let d = (at - centre) / reach;
    if d * d >= 1.0 { 0.0 } else { (1.0 - d * d) * (1.0 - d * d) }
}

/// The sine of a number of turns, by its series; good to 1e-6.
pub(super) fn sin(turns: f64) -> f64 {
    let turns = turns - (turns + 0.5).floor();
    // The series is short where the angle is small: fold to a quarter turn.
    let folded = if turns > 0.25 {
        0.5 - turns
    } else if turns < -0.25 {
        -0.5 - turns
    } else {
        turns
    };
    let a = folded * std::f64::consts::TAU;
    let b = a * a;
    a * (1.0 - b / 6.0 * (1.0 - b / 20.0 * (1.0 - b / 42.0 * (1.0 - b / 72.0 * (1.0 - b / 110.0)))))
}

/// The cosine of a number of turns.
pub(super) fn cos(turns: f64) -> f64 {
    sin(turns + 0.25)
}

/// The angle of a point in turns, from -0.5 to 0.5; good to 1e-9.
pub(super) fn angle(y: f64, x: f64) -> f64 {
    let length = (x * x + y * y).sqrt();
    if length == 0.0 {
        return 0.0;
    }
    // Half of the angle, twice: its tangent is below 0.42, where the series is short.
    let (c, s) = (x / length, y / length);
    if c < 0.0 {
        let rest = angle(s, -c);
        return if s >= 0.0 { 0.5 - rest } else { -0.5 - rest };
    }
    let half = s / (1.0 + c);
    let t = half / (1.0 + (1.0 + half * half).sqrt());
    let b = t * t;
    let series = (0..12).rev().fold(0.0, |sum, k| 1.0 / f64::from(2 * k + 1) - b * sum);
    4.0 * t * series / std::f64::consts::TAU
}

/// A number from -1 to 1 that looks like chance.
pub(super) fn noise(place: usize, stream: usize) -> f64 {
    let mut z = (place as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ (stream as u64 + 1).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 30)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z = (z ^ (z >> 27)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    z ^= z >> 31;
    // 53 bits fit a float64 exactly.
    (z >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

/// Noise that changes smoothly: chance every `step` places, and between them a curve.
pub(super) fn smooth_noise(place: usize, step: usize, stream: usize) -> f64 {
    let (before, f) = (place / step, (place % step) as f64 / step as f64);
    let weight = f * f * (3.0 - 2.0 * f);
    noise(before, stream) * (1.0 - weight) + noise(before + 1, stream) * weight
}

/// To the nearest multiple of `step`. With a power of two the result is exact in `float32` and compresses well.
pub(super) fn stepped(value: f64, step: f64) -> f32 {
    ((value / step + 0.5).floor() * step) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_and_sines_belong_together() {
        for i in -50..=50 {
            let turns = f64::from(i) / 101.0;
            assert!((sin(turns) - (turns * std::f64::consts::TAU).sin()).abs() < 1e-6);
            assert!((angle(sin(turns), cos(turns)) - turns).abs() < 1e-6, "{turns}");
        }
        assert_eq!((angle(0.0, 0.0), angle(0.0, -1.0)), (0.0, 0.5));
    }

    #[test]
    fn noise_stays_within_its_bounds_and_is_centred() {
        let values: Vec<f64> = (0..1000).map(|i| noise(i, 3)).collect();
        assert!(values.iter().all(|v| v.abs() <= 1.0));
        assert!((values.iter().sum::<f64>() / 1000.0).abs() < 0.1);
        assert_eq!(smooth_noise(20, 10, 3), noise(2, 3));
    }
}

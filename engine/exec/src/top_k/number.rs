//! Numbers as keys that are ordered as SQL orders the numbers.

/// A number of an array.
pub(super) trait Number: Copy + PartialOrd {
    /// A key that is smaller where the number comes before.
    fn to_key(self) -> u64;

    /// The number of a key.
    fn from_key(key: u64) -> Self;
}

const SIGN: u64 = 1 << 63;

macro_rules! signed {
    ($($t:ty),*) => {$(
        impl Number for $t {
            fn to_key(self) -> u64 {
                i64::from(self) as u64 ^ SIGN
            }

            fn from_key(key: u64) -> Self {
                (key ^ SIGN) as i64 as Self
            }
        }
    )*};
}

macro_rules! unsigned {
    ($($t:ty),*) => {$(
        impl Number for $t {
            fn to_key(self) -> u64 {
                u64::from(self)
            }

            fn from_key(key: u64) -> Self {
                key as Self
            }
        }
    )*};
}

signed!(i8, i16, i32, i64);
unsigned!(u8, u16, u32, u64);

// The bits of a float in its total order: those of negative numbers count down.
macro_rules! float {
    ($t:ty, $bits:ty) => {
        impl Number for $t {
            fn to_key(self) -> u64 {
                const SIGN: $bits = 1 << (<$bits>::BITS - 1);
                let bits = self.to_bits();
                u64::from(if bits & SIGN == 0 { bits | SIGN } else { !bits })
            }

            fn from_key(key: u64) -> Self {
                const SIGN: $bits = 1 << (<$bits>::BITS - 1);
                let bits = key as $bits;
                Self::from_bits(if bits & SIGN == 0 { !bits } else { bits ^ SIGN })
            }
        }
    };
}

float!(f32, u32);
float!(f64, u64);

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Number + std::fmt::Debug>(ascending: &[T]) {
        for pair in ascending.windows(2) {
            assert!(pair[0].to_key() < pair[1].to_key(), "{pair:?}");
        }
        for number in ascending {
            assert_eq!(T::from_key(number.to_key()).to_key(), number.to_key());
        }
    }

    #[test]
    fn keys_are_in_the_order_of_the_numbers() {
        check(&[i8::MIN, -1, 0, 1, i8::MAX]);
        check(&[i64::MIN, -1, 0, 1, i64::MAX]);
        check(&[0u16, 1, u16::MAX]);
        check(&[0u64, 1, u64::MAX]);
        check(&[f32::NEG_INFINITY, f32::MIN, -1.5, -0.0, 0.0, f32::MIN_POSITIVE, 2.0, f32::INFINITY, f32::NAN]);
        check(&[f64::NEG_INFINITY, f64::MIN, -1.5, -0.0, 0.0, f64::MIN_POSITIVE, 2.0, f64::INFINITY, f64::NAN]);
    }
}

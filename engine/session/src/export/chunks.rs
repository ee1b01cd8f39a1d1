//! How long chunks and shards are, and which is which.

use hyperslab_array::DataType;

use super::options::Lengths;

/// Bytes of a chunk, before it is compressed, where nobody says how long chunks are.
const CHUNK_BYTES: u64 = 4 << 20;

/// Chunks of the lengths that `lengths` says; else the last dimensions whole, as many of them as a chunk may hold.
pub(super) fn chunk_shape(dimensions: &[String], shape: &[u64], data_type: DataType, lengths: &Lengths) -> Vec<u64> {
    let mut left = (CHUNK_BYTES / data_type.size().max(1) as u64).max(1);
    let mut chunk = vec![1; shape.len()];
    for ((length, size), name) in chunk.iter_mut().zip(shape).zip(dimensions).rev() {
        *length = match lengths.get(name) {
            Some(wanted) => (*wanted).min((*size).max(1)),
            None => {
                let parts = size.div_ceil(left).max(1);
                size.div_ceil(parts).max(1)
            }
        };
        left = (left / *length).max(1);
    }
    chunk
}

/// Shards of the lengths that `lengths` says, rounded up to whole chunks; where it says nothing, the whole dimension.
pub(super) fn shard_shape(dimensions: &[String], shape: &[u64], chunk: &[u64], lengths: &Lengths) -> Vec<u64> {
    let one = |((name, size), chunk): ((&String, &u64), &u64)| {
        lengths.get(name).copied().unwrap_or(*size).max(1).div_ceil(*chunk) * chunk
    };
    dimensions.iter().zip(shape).zip(chunk).map(one).collect()
}

/// The indices of the `number`th chunk in C order, where there are `counts` along each dimension.
pub(super) fn nth_chunk(mut number: u64, counts: &[u64]) -> Vec<u64> {
    let mut chunk = vec![0; counts.len()];
    for (i, count) in chunk.iter_mut().zip(counts).rev() {
        *i = number % (*count).max(1);
        number /= (*count).max(1);
    }
    chunk
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_dimensions_are_whole_as_far_as_they_fit() {
        let names = ["time", "lat", "lon"].map(String::from);
        let none = Lengths::new();
        assert_eq!(chunk_shape(&names, &[684, 89, 180], DataType::Float32, &none), [63, 89, 180]);
        assert_eq!(chunk_shape(&names, &[10, 2400, 3600], DataType::Float32, &none), [1, 267, 3600]);
        assert_eq!(chunk_shape(&names, &[0, 1, 3], DataType::Float64, &none), [1, 1, 3]);
        let said = Lengths::from([("time".to_string(), 12), ("lon".to_string(), 999)]);
        assert_eq!(chunk_shape(&names, &[684, 89, 180], DataType::Float32, &said), [12, 89, 180]);
        assert_eq!(shard_shape(&names, &[684, 89, 180], &[12, 89, 180], &said), [12, 89, 1080]);
    }
}

//! What the writer writes, the connector reads: every type, every compression, shards, edges.

use hyperslab_array::{Attributes, DataType, Region, Values};
use serde_json::{Value, json};

use super::store::{chunks, open, part, read, written};
use crate::writer::{ArraySpec, ChunkEncoder, Compression};

const COMPRESSIONS: [Compression; 4] = [
    Compression::None,
    Compression::Zstd(3),
    Compression::BloscZstd { level: 5, shuffle: true },
    Compression::BloscZstd { level: 1, shuffle: false },
];

/// An array `v` of 5 × 7 cells in chunks of 2 × 3.
pub(crate) fn spec(data_type: DataType, fill_value: Value) -> ArraySpec {
    ArraySpec {
        name: "v".into(),
        dimensions: vec!["y".into(), "x".into()],
        shape: vec![5, 7],
        chunk_shape: vec![2, 3],
        shard_shape: None,
        data_type,
        fill_value,
        codecs: Compression::Zstd(1),
        attributes: Attributes::new(),
    }
}

fn every_type() -> Vec<(Values, Value)> {
    let n = 35;
    vec![
        (Values::Bool((0..n).map(|i| i % 3 == 0).collect()), json!(false)),
        (Values::Int8((0..n).map(|i| i as i8 - 17).collect()), json!(-1)),
        (Values::Int16((0..n).map(|i| i * 900 - 17).collect()), json!(0)),
        (Values::Int32((0..n as i32).map(|i| i * 90_000).collect()), json!(7)),
        (Values::Int64((0..n as i64).map(|i| i << 40).collect()), json!(0)),
        (Values::UInt8((0..n as u8).collect()), json!(255)),
        (Values::UInt16((0..n as u16).map(|i| i * 1800).collect()), json!(0)),
        (Values::UInt32((0..n as u32).map(|i| i << 26).collect()), json!(0)),
        (Values::UInt64((0..n as u64).map(|i| i << 58).collect()), json!(u64::MAX)),
        (Values::Float32((0..n).map(|i| f32::from(i) * 0.1).collect()), json!("Infinity")),
        (Values::Float64((0..n).map(|i| f64::from(i) * -0.1).collect()), json!(1e300)),
        (Values::String((0..n).map(|i| "å".repeat(i as usize % 5)).collect()), json!("")),
        (Values::Timestamp((0..n as i64).map(|i| i * 86_400_000_000 - 1).collect()), json!("NaT")),
        (Values::Duration((0..n as i64).map(|i| -i).collect()), json!(0)),
    ]
}

#[tokio::test]
async fn every_type_comes_back_with_every_compression_with_and_without_shards() {
    for (values, fill_value) in every_type() {
        for codecs in COMPRESSIONS {
            for shard_shape in [None, Some(vec![4, 6])] {
                let mut spec = spec(values.data_type(), fill_value.clone());
                spec.codecs = codecs;
                spec.shard_shape = shard_shape;
                let store = written(&spec, &values).await;
                let dataset = open(&store).await.unwrap();
                assert!(dataset.skipped.is_empty(), "{:?}", dataset.skipped);
                let grid = dataset.variable("v").unwrap().source.chunk_grid().clone();
                assert_eq!(grid.counts(), [3, 3]);
                for chunk in chunks(&grid.counts()) {
                    let region = grid.region(&chunk);
                    let (got, _) = read(&dataset, "v", &chunk, &Region::full(&region.shape)).await.unwrap();
                    assert_eq!(got, part(&values, &[5, 7], &region), "{spec:?} {chunk:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn every_region_of_a_chunk_comes_back() {
    let values = Values::Int32((0..35).collect());
    for codecs in COMPRESSIONS {
        for shard_shape in [None, Some(vec![2, 6])] {
            let mut spec = spec(DataType::Int32, json!(0));
            (spec.codecs, spec.shard_shape) = (codecs, shard_shape);
            let store = written(&spec, &values).await;
            let dataset = open(&store).await.unwrap();
            for (y, x) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                for (height, width) in [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)] {
                    if y + height > 2 || x + width > 3 {
                        continue;
                    }
                    let region = Region::new(vec![y, x], vec![height, width]);
                    let (got, _) = read(&dataset, "v", &[1, 1], &region).await.unwrap();
                    let absolute = Region::new(vec![2 + y, 3 + x], vec![height, width]);
                    assert_eq!(got, part(&values, &[5, 7], &absolute), "{codecs:?} {region:?}");
                }
            }
        }
    }
}

#[test]
fn specifications_that_make_no_sense_are_refused() {
    let broken = |change: fn(&mut ArraySpec)| {
        let mut spec = spec(DataType::Int32, json!(0));
        change(&mut spec);
        ChunkEncoder::try_new(&spec).unwrap_err().to_string()
    };
    assert!(broken(|s| s.chunk_shape = vec![0, 1]).contains("length of 0"));
    assert!(broken(|s| s.chunk_shape = vec![1]).contains("rank"));
    assert!(broken(|s| s.dimensions = vec![]).contains("rank"));
    assert!(broken(|s| s.shard_shape = Some(vec![3, 3])).contains("multiple"));
    assert!(broken(|s| s.chunk_shape = vec![1 << 40, 1 << 40]).contains("bytes"));
    assert!(broken(|s| s.fill_value = json!("cold")).contains("fill value"));
    assert!(broken(|s| s.codecs = Compression::BloscZstd { level: 10, shuffle: true }).contains("level"));
    let encoder = ChunkEncoder::try_new(&spec(DataType::Int32, json!(0))).unwrap();
    assert!(encoder.encode(Values::Int32(vec![1])).unwrap_err().to_string().contains("expected 6"));
    assert!(encoder.encode(Values::Int8(vec![1; 6])).unwrap_err().to_string().contains("of type int32"));
}

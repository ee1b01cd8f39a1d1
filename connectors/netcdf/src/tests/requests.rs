//! How many requests it takes to open a file and to read from it, and which bytes they ask for.

use hyperslab_array::{Attributes, DataType, Region, Values};

use super::store::{File, all, open, read, spec, written};
use crate::writer::{VariableSpec, Version};

/// 16 maps of 100 × 200 numbers, and where the first begins.
fn maps(version: Version, first: &str) -> (Vec<u8>, u64) {
    let values = Values::Float32((0..320_000u32).map(|i| i as f32).collect());
    let bytes = written(
        version,
        &[(first, 16), ("lat", 100), ("lon", 200)],
        &[(spec("v", &[first, "lat", "lon"], DataType::Float32), values)],
    );
    let begin = bytes.len() as u64 - 4 * 320_000;
    (bytes, begin)
}

#[tokio::test]
async fn opening_takes_one_request_and_a_map_only_its_bytes() {
    for (version, first) in [(Version::Offset64, "time"), (Version::Data64, "t")] {
        let (bytes, begin) = maps(version, first);
        let file = File::of(bytes).await;
        let dataset = open(&file).await.unwrap();
        assert_eq!(file.take(), ["0-65536"]);
        let region = Region::new(vec![3, 0, 0], vec![1, 100, 200]);
        let (values, requests) = read(&dataset, "v", &[0, 0, 0], &region).await.unwrap();
        assert_eq!(values, Values::Float32((60_000..80_000u32).map(|i| i as f32).collect()));
        let (start, end) = (begin + 4 * 60_000, begin + 4 * 80_000);
        assert_eq!((requests, file.take()), (1, vec![format!("{start}-{end}")]));
    }
}

#[tokio::test]
async fn a_point_of_each_map_is_a_few_bytes_of_each() {
    let (bytes, begin) = maps(Version::Offset64, "time");
    let file = File::of(bytes).await;
    let dataset = open(&file).await.unwrap();
    file.take();
    let region = Region::new(vec![2, 50, 7], vec![3, 1, 2]);
    let (values, _) = read(&dataset, "v", &[0, 0, 0], &region).await.unwrap();
    let expected: Vec<u32> = vec![50_007, 50_008, 70_007, 70_008, 90_007, 90_008];
    assert_eq!(values, Values::Float32(expected.iter().map(|i| *i as f32).collect()));
    let ranges: Vec<_> = [50_007, 70_007, 90_007].map(|i| (begin + 4 * i, begin + 4 * i + 8)).to_vec();
    assert_eq!(file.take(), ranges.iter().map(|(start, end)| format!("{start}-{end}")).collect::<Vec<_>>());
    // Rows that are near each other come in one piece.
    let region = Region::new(vec![0, 10, 0], vec![1, 3, 2]);
    read(&dataset, "v", &[0, 0, 0], &region).await.unwrap();
    assert_eq!(file.take(), [format!("{}-{}", begin + 8000, begin + 9608)]);
}

#[tokio::test]
async fn records_between_those_of_a_large_variable_are_read_without_it() {
    let bytes = written(
        Version::Offset64,
        &[("t", 3), ("x", 10_000)],
        &[
            (spec("t", &["t"], DataType::Int32), Values::Int32(vec![1, 2, 3])),
            (spec("v", &["t", "x"], DataType::Float64), Values::Float64(vec![0.5; 30_000])),
        ],
    );
    let begin = bytes.len() as u64 - 3 * 80_004;
    let file = File::of(bytes).await;
    let dataset = open(&file).await.unwrap();
    let ranges: Vec<String> = (0..3).map(|i| begin + i * 80_004).map(|at| format!("{at}-{}", at + 4)).collect();
    assert_eq!(file.take(), [vec!["0-65536".to_string()], ranges].concat());
    assert_eq!(all(&dataset, "t").await, Values::Int32(vec![1, 2, 3]));
}

#[tokio::test]
async fn an_array_is_cut_along_its_slowest_dimensions() {
    let (bytes, _) = maps(Version::Offset64, "time");
    let dataset = open(&File::of(bytes).await).await.unwrap();
    let grid = dataset.variable("v").unwrap().source.chunk_grid();
    // A map has 80 000 bytes, so that all fit into a chunk of 4 MiB.
    assert_eq!(grid.chunk_shape(), [16, 100, 200]);
    let values = Values::Float64(vec![0.0; 3 * 1200 * 500]);
    let bytes = written(
        Version::Offset64,
        &[("z", 3), ("y", 1200), ("x", 500)],
        &[(spec("v", &["z", "y", "x"], DataType::Float64), values)],
    );
    let dataset = open(&File::of(bytes).await).await.unwrap();
    assert_eq!(dataset.variable("v").unwrap().source.chunk_grid().chunk_shape(), [1, 1048, 500]);
}

#[tokio::test]
async fn a_long_header_is_read_in_a_few_requests() {
    let attributes = Attributes::from_iter([("history", "x".repeat(300_000))]);
    let variables: Vec<_> = (0..3)
        .map(|i| VariableSpec { attributes: attributes.clone(), ..spec(&format!("v{i}"), &["x"], DataType::Int32) })
        .collect();
    let variables: Vec<_> = variables.into_iter().map(|spec| (spec, Values::Int32(vec![4, 5]))).collect();
    let file = File::of(written(Version::Data64, &[("x", 2)], &variables)).await;
    let dataset = open(&file).await.unwrap();
    let requests = file.take();
    assert_eq!((requests.len(), requests[0].as_str()), (4, "0-65536"), "{requests:?}");
    assert_eq!(all(&dataset, "v2").await, Values::Int32(vec![4, 5]));
}

#[tokio::test]
async fn an_empty_region_takes_no_request() {
    let (bytes, _) = maps(Version::Offset64, "time");
    let file = File::of(bytes).await;
    let dataset = open(&file).await.unwrap();
    file.take();
    let region = Region::new(vec![0, 0, 0], vec![0, 100, 200]);
    assert!(read(&dataset, "v", &[0, 0, 0], &region).await.unwrap().0.is_empty());
    assert_eq!(file.take(), Vec::<String>::new());
}

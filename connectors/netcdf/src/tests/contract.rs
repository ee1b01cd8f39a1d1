//! The contract of connectors, on the files that are checked in and on files of the writer.

use std::sync::Arc;

use hyperslab_array::{DataType, Values, contract};
use object_store::ObjectStore;
use object_store::memory::InMemory;

use super::store::{File, checked_in, spec, written};
use crate::NetcdfConnector;
use crate::writer::Version;

async fn keeps(bytes: Vec<u8>) -> Result<(), String> {
    let empty: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    contract::connector(&NetcdfConnector, empty, File::of(bytes).await).await
}

#[tokio::test]
async fn every_file_that_is_checked_in_keeps_the_contract() {
    let files = checked_in();
    assert!(files.len() > 4);
    for (name, bytes) in files {
        assert_eq!(keeps(bytes).await, Ok(()), "{name}");
    }
}

#[tokio::test]
async fn many_virtual_chunks_and_records_keep_the_contract() {
    let n = 300 * 50 * 100;
    let large = Values::Float64((0..n).map(f64::from).collect());
    let fixed = written(
        Version::Offset64,
        &[("z", 300), ("y", 50), ("x", 100)],
        &[(spec("v", &["z", "y", "x"], DataType::Float64), large.clone())],
    );
    assert_eq!(keeps(fixed).await, Ok(()));
    let records = written(
        Version::Data64,
        &[("t", 300), ("y", 50), ("x", 100)],
        &[
            (spec("v", &["t", "y", "x"], DataType::Float64), large),
            (spec("odd", &["t", "y"], DataType::Int8), Values::Int8((0..15_000).map(|i| i as i8).collect())),
            (spec("name", &["t"], DataType::String), Values::String((0..300).map(|i| format!("n{i}")).collect())),
        ],
    );
    assert_eq!(keeps(records).await, Ok(()));
}

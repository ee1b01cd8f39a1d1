//! Registering formats and stores, opening what is there, and what is said where nothing is.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use async_trait::async_trait;
use hyperslab_array::DatasetBuilder;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutPayload};

use super::*;

/// A format whose datasets are one file.
#[derive(Debug)]
struct OneFile {
    format: &'static str,
    file: &'static str,
}

#[async_trait]
impl Connector for OneFile {
    type Store = Arc<dyn ObjectStore>;

    fn format(&self) -> &'static str {
        self.format
    }

    fn recognizes(&self, location: &str) -> bool {
        location.ends_with(&format!(".{}", self.format.to_lowercase()))
    }

    async fn open(&self, name: &str, location: &str, store: Self::Store) -> Result<Dataset> {
        let file = store.get(&Path::from(self.file)).await;
        let bytes = file.map_err(|e| ArrayError::not_found("nothing here").with_source(e))?;
        match bytes.bytes().await.map_err(|e| ArrayError::io("cannot be read").with_source(e))?.as_ref() {
            b"broken" => Err(ArrayError::invalid("metadata is not valid")),
            _ => DatasetBuilder::new(name, location, self.format).build().await,
        }
    }
}

async fn registry(files: &[(&str, &'static str)]) -> Registry {
    let store = InMemory::new();
    for (key, text) in files {
        store.put(&Path::from(*key), PutPayload::from_static(text.as_bytes())).await.unwrap();
    }
    Registry::empty()
        .with_connector(Arc::new(OneFile { format: "AAA", file: "a.json" }))
        .with_connector(Arc::new(OneFile { format: "BBB", file: "b.json" }))
        .with_store("memory://", Arc::new(store))
}

async fn open(registry: &Registry, location: &str, format: Option<&str>) -> Result<Dataset, String> {
    registry.open("x", location, format, &OpenOptions::new()).await.map_err(|e| e.to_string())
}

#[tokio::test]
async fn the_name_of_a_location_tells_its_format() {
    let registry = registry(&[("x.aaa/a.json", ""), ("x.aaa/b.json", "")]).await;
    assert_eq!(open(&registry, "memory://x.aaa/", None).await.unwrap().format, "AAA");
    assert_eq!(open(&registry, "memory://x.aaa", Some("bbb")).await.unwrap().format, "BBB");
    assert!(registry.recognizes("memory://x.aaa/") && registry.recognizes("x.aaa.zip"));
    assert!(!registry.recognizes("x.parquet") && !registry.recognizes("x.zip") && !registry.recognizes(""));
}

#[tokio::test]
async fn each_format_is_tried_where_the_name_does_not_tell() {
    let registry = registry(&[("data/b.json", ""), ("bad/a.json", "broken"), ("bad/b.json", "")]).await;
    assert_eq!(open(&registry, "memory://data", None).await.unwrap().format, "BBB");
    let error = open(&registry, "memory://empty", None).await.unwrap_err();
    assert!(
        error.starts_with("location `memory://empty` holds no dataset, expected one of format AAA, BBB: nothing here"),
        "{error}"
    );
    // What is broken is said, not passed over.
    assert_eq!(open(&registry, "memory://bad", None).await.unwrap_err(), "metadata is not valid");
}

#[tokio::test]
async fn an_unknown_format_lists_the_known_ones() {
    let error = open(&registry(&[]).await, "memory://x", Some("AAB")).await.unwrap_err();
    assert_eq!(error, "unknown format `AAB`; hint: did you mean `AAA`? valid: `AAA`, `BBB`");
}

#[tokio::test]
async fn a_local_path_that_does_not_exist_is_no_question_of_format() {
    let error = open(&registry(&[]).await, "/no/such/x.aaa", None).await.unwrap_err();
    assert_eq!(error, "location `/no/such/x.aaa` does not exist");
}

#[tokio::test]
async fn clones_share_what_is_in_memory() {
    let registry = Registry::empty().with_connector(Arc::new(OneFile { format: "AAA", file: "a.json" }));
    let store = registry.clone().store("memory://y/x.aaa", &OpenOptions::new()).await.unwrap();
    store.put(&Path::from("a.json"), PutPayload::from_static(b"")).await.unwrap();
    assert_eq!(open(&registry, "memory://y/x.aaa", None).await.unwrap().location, "memory://y/x.aaa");
}

/// A zip archive of a directory, its files below `root`.
fn packed(directory: &std::path::Path, root: &str, method: zip::CompressionMethod) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(method);
    let mut directories = vec![directory.to_path_buf()];
    while let Some(next) = directories.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            let name = path.strip_prefix(directory).unwrap().to_str().unwrap();
            writer.start_file(format!("{root}{name}"), options).unwrap();
            std::io::Write::write_all(&mut writer, &std::fs::read(&path).unwrap()).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

#[tokio::test]
async fn a_real_dataset_is_the_same_in_a_directory_and_in_archives() {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data");
    let parent = tempfile::tempdir().unwrap();
    for (name, root, method) in [
        ("ostia.zarr", "", zip::CompressionMethod::Stored),
        ("ostia_v2.zarr", "ostia_v2.zarr/", zip::CompressionMethod::Deflated),
        ("ostia_sharded.zarr", "", zip::CompressionMethod::Stored),
    ] {
        let archive = parent.path().join(format!("{name}.zip"));
        std::fs::write(&archive, packed(&data.join(name), root, method)).unwrap();
        let mut answers = Vec::new();
        for location in [data.join(name), archive] {
            let registry = Registry::default();
            assert!(registry.recognizes(location.to_str().unwrap()));
            let dataset = registry.open("x", location.to_str().unwrap(), None, &OpenOptions::new()).await.unwrap();
            let variable = dataset.variable("surface_temperature").unwrap();
            let chunk = vec![0; variable.dimensions.len()];
            let region = variable.source.chunk_grid().region(&chunk);
            answers.push(variable.read_chunk(&chunk, &region).await.unwrap().values);
        }
        assert!(!answers[0].is_empty());
        // Not `==`: land is NaN.
        assert_eq!(format!("{:?}", answers[0]), format!("{:?}", answers[1]), "{name}");
    }
}

/// The smallest file: CDF-2 without anything in it.
const SMALLEST: &[u8] = b"CDF\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

#[tokio::test]
async fn a_file_is_opened_by_a_format_of_files_and_a_folder_by_one_of_folders() {
    let parent = tempfile::tempdir().unwrap();
    let at = |name: &str| parent.path().join(name).to_str().unwrap().to_string();
    std::fs::write(at("x.nc"), SMALLEST).unwrap();
    std::fs::write(at("x.dat"), SMALLEST).unwrap();
    std::fs::write(at("x.txt"), b"some text").unwrap();
    let archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new())).finish().unwrap().into_inner();
    std::fs::write(at("x.nc.zip"), archive).unwrap();
    std::fs::create_dir(at("y.nc")).unwrap();
    std::fs::create_dir(at("y")).unwrap();
    let registry = Registry::default();
    for (location, format) in [("x.nc", None), ("x.dat", None), ("x.dat", Some("NETCDF"))] {
        assert_eq!(open(&registry, &at(location), format).await.unwrap().format, "NETCDF", "{location}");
    }
    for (location, format, expected) in [
        ("x.nc", Some("ZARR"), "x.nc` is a file, expected a directory or a zip archive; hint: `zip://PATH` opens"),
        ("y.nc", Some("NETCDF"), "y.nc` is a directory, expected a file of format NETCDF"),
        ("y.nc", None, "y.nc` holds no dataset, expected one of format ZARR: "),
        (
            "x.nc.zip",
            Some("netcdf"),
            "x.nc.zip` is an archive, expected a file of format NETCDF; hint: unpack the archive",
        ),
        ("y", None, "y` holds no dataset, expected one of format ZARR: "),
        (
            "x.txt",
            None,
            "x.txt` holds no dataset, expected one of format NETCDF: the file is no netCDF classic file: \
                         it starts with `some tex`, expected `CDF`",
        ),
    ] {
        let error = open(&registry, &at(location), format).await.unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_file_in_a_store_is_opened_by_its_name_or_because_nothing_is_below_it() {
    let store = InMemory::new();
    for key in ["a/x.nc", "a/x"] {
        store.put(&Path::from(key), PutPayload::from_static(SMALLEST)).await.unwrap();
    }
    let registry = Registry::default().with_store("s3://bucket", Arc::new(store));
    for location in ["s3://bucket/a/x.nc", "s3://bucket/a/x"] {
        assert_eq!(open(&registry, location, None).await.unwrap().format, "NETCDF", "{location}");
    }
    let error = open(&registry, "s3://bucket/a/y.nc", None).await.unwrap_err();
    assert!(
        error.starts_with("location `s3://bucket/a/y.nc` holds no dataset, expected one of format NETCDF"),
        "{error}"
    );
}

#[tokio::test]
async fn a_real_dataset_is_the_same_in_zarr_and_in_netcdf() {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data");
    let mut answers = Vec::new();
    for name in ["ostia.zarr", "ostia.nc"] {
        let location = data.join(name);
        let registry = Registry::default();
        let dataset = registry.open("x", location.to_str().unwrap(), None, &OpenOptions::new()).await.unwrap();
        let variable = dataset.variable("surface_temperature").unwrap();
        let region = hyperslab_array::Region::full(&[12, 9, 144]);
        let values = variable.source.fetch(&[0, 0, 0], &region).await.unwrap().decode().unwrap();
        let times = dataset.coordinates["time"].labels().get(53);
        answers.push(format!("{:?} {times:?} {values:?}", variable.shape()));
    }
    assert!(answers[0].len() > 10_000);
    assert_eq!(answers[0], answers[1]);
}

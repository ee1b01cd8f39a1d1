//! A store in memory that is one file and keeps a list of the requests it gets, and files to put into it.

use std::fmt;
use std::io::Cursor;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use hyperslab_array::{Attributes, Connector, DataType, Dataset, Region, Result, Values};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetRange, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutMultipartOptions, PutOptions, PutPayload, PutResult,
};

use crate::NetcdfConnector;
use crate::writer::{VariableSpec, Version, Writer};

/// A file in memory.
#[derive(Debug, Default)]
pub(crate) struct File {
    inner: InMemory,
    requests: Mutex<Vec<String>>,
}

impl File {
    pub(crate) async fn of(bytes: impl Into<Bytes>) -> Arc<Self> {
        let file = Self::default();
        file.inner.put(&Path::default(), PutPayload::from_bytes(bytes.into())).await.unwrap();
        Arc::new(file)
    }

    /// The requests since the last call.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }

    fn note(&self, request: String) {
        self.requests.lock().unwrap().push(request);
    }
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("file")
    }
}

#[async_trait]
impl ObjectStore for File {
    async fn put_opts(&self, path: &Path, payload: PutPayload, o: PutOptions) -> object_store::Result<PutResult> {
        self.inner.put_opts(path, payload, o).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        o: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(path, o).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        self.note(match &options.range {
            Some(GetRange::Bounded(r)) => format!("{}-{}", r.start, r.end),
            other => format!("{}{other:?}", if options.head { "head " } else { "" }),
        });
        self.inner.get_opts(path, options).await
    }

    async fn get_ranges(&self, path: &Path, ranges: &[Range<u64>]) -> object_store::Result<Vec<Bytes>> {
        for r in ranges {
            self.note(format!("{}-{}", r.start, r.end));
        }
        self.inner.get_ranges(path, ranges).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, o: CopyOptions) -> object_store::Result<()> {
        self.inner.copy_opts(from, to, o).await
    }
}

/// Opens the dataset in `file`.
pub(crate) async fn open(file: &Arc<File>) -> Result<Dataset> {
    NetcdfConnector.open("test", "memory:///test.nc", Arc::clone(file) as Arc<dyn ObjectStore>).await
}

/// What opening `bytes` says.
pub(crate) async fn error_of(bytes: &[u8]) -> String {
    open(&File::of(bytes.to_vec()).await).await.unwrap_err().to_string()
}

/// The files of `tests/data`, by name.
pub(crate) fn checked_in() -> Vec<(String, Vec<u8>)> {
    let folder = std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data"));
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "nc"))
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_string(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

/// Those of them that are quickly read many times over.
pub(crate) fn small() -> Vec<(String, Vec<u8>)> {
    checked_in().into_iter().filter(|(_, bytes)| bytes.len() < 10_000).collect()
}

/// One of the files of `tests/data`.
pub(crate) fn data(name: &str) -> Vec<u8> {
    checked_in().into_iter().find(|(n, _)| n == name).unwrap().1
}

/// A variable without attributes; texts have up to 5 bytes.
pub(crate) fn spec(name: &str, dimensions: &[&str], data_type: DataType) -> VariableSpec {
    VariableSpec {
        name: name.into(),
        dimensions: dimensions.iter().map(|d| d.to_string()).collect(),
        data_type,
        attributes: Attributes::new(),
        text_length: (data_type == DataType::String).then_some(5),
    }
}

/// `specs` with all of their values in one file, `t` as its unlimited dimension where it has one of that name.
pub(crate) fn written(version: Version, dimensions: &[(&str, u64)], variables: &[(VariableSpec, Values)]) -> Vec<u8> {
    let dimensions: Vec<_> = dimensions.iter().map(|(name, size)| (name.to_string(), *size)).collect();
    let specs: Vec<_> = variables.iter().map(|(spec, _)| spec.clone()).collect();
    let (out, none) = (Cursor::new(Vec::new()), Attributes::new());
    let mut writer = match dimensions.iter().any(|(name, _)| name == "t") {
        true => Writer::try_new_unlimited(out, version, "t", &dimensions, &none, &specs).unwrap(),
        false => Writer::try_new(out, version, &dimensions, &none, &specs).unwrap(),
    };
    for (spec, values) in variables {
        let size = |d: &String| dimensions.iter().find(|(name, _)| name == d).unwrap().1;
        let shape: Vec<u64> = spec.dimensions.iter().map(size).collect();
        writer.write(&spec.name, &Region::full(&shape), values).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The values of `region` of `chunk` of a variable, and the requests it took.
pub(crate) async fn read(dataset: &Dataset, variable: &str, chunk: &[u64], region: &Region) -> Result<(Values, u64)> {
    let encoded = dataset.variable(variable)?.source.fetch(chunk, region).await?;
    let requests = encoded.requests();
    Ok((encoded.decode()?, requests))
}

/// All values of a variable of one chunk.
pub(crate) async fn all(dataset: &Dataset, variable: &str) -> Values {
    let grid = dataset.variable(variable).unwrap().source.chunk_grid().clone();
    assert!(grid.chunk_count() <= 1);
    let chunk = vec![0; grid.rank()];
    read(dataset, variable, &chunk, &Region::full(&grid.shape())).await.unwrap().0
}

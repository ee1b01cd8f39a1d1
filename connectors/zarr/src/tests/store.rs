//! A store in memory that keeps a list of the requests it gets.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures::TryStreamExt;
use futures::stream::BoxStream;
use hyperslab_array::{Connector, Dataset, Region, Result, Values};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetRange, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutMultipartOptions, PutOptions, PutPayload, PutResult,
};

use crate::ZarrConnector;
use crate::writer::{ArraySpec, ChunkEncoder, group_metadata};

/// A store in memory.
#[derive(Debug, Default)]
pub(crate) struct Recorded {
    pub(crate) inner: InMemory,
    pub(crate) requests: Mutex<Vec<String>>,
    /// Requests that are under way, and the most there ever were.
    pub(crate) under_way: Mutex<(usize, usize)>,
    /// Whether listing fails, as over HTTP.
    pub(crate) unlisted: bool,
    /// Whether what is not there is said to be forbidden, as by a bucket that may not be listed.
    pub(crate) denies: bool,
    /// Whether ranges from the end fail, as on Azure.
    pub(crate) no_suffix: bool,
}

impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("recorded")
    }
}

impl Recorded {
    /// All objects of a folder.
    pub(crate) async fn of_folder(folder: &std::path::Path) -> Self {
        let files = LocalFileSystem::new_with_prefix(folder).unwrap();
        let store = Self::default();
        let paths: Vec<_> = files.list(None).try_collect().await.unwrap();
        for meta in paths {
            let bytes = files.get(&meta.location).await.unwrap().bytes().await.unwrap();
            store.put_bytes(meta.location.as_ref(), bytes).await;
        }
        store
    }

    /// The keys of all objects.
    pub(crate) async fn keys(&self) -> Vec<String> {
        let objects: Vec<_> = self.inner.list(None).try_collect().await.unwrap();
        objects.into_iter().map(|o| o.location.to_string()).collect()
    }

    /// Stores `bytes` under `key`.
    pub(crate) async fn put_bytes(&self, key: &str, bytes: impl Into<Bytes>) {
        self.inner.put(&Path::parse(key).unwrap(), PutPayload::from_bytes(bytes.into())).await.unwrap();
    }

    /// The requests since the last call.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }

    /// The most requests that were under way at once.
    pub(crate) fn most_at_once(&self) -> usize {
        self.under_way.lock().unwrap().1
    }

    /// Takes an object out.
    pub(crate) async fn delete_key(&self, key: &str) {
        self.inner.delete(&Path::parse(key).unwrap()).await.unwrap();
    }

    /// The bytes of an object.
    pub(crate) async fn bytes_of(&self, key: &str) -> Bytes {
        self.inner.get(&Path::parse(key).unwrap()).await.unwrap().bytes().await.unwrap()
    }

    fn note(&self, request: String) {
        self.requests.lock().unwrap().push(request);
    }
}

#[async_trait]
impl ObjectStore for Recorded {
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
        let range = match &options.range {
            None => String::new(),
            Some(GetRange::Bounded(r)) => format!(" {}-{}", r.start, r.end),
            Some(GetRange::Offset(n)) => format!(" {n}-"),
            Some(GetRange::Suffix(n)) => format!(" -{n}"),
        };
        self.note(format!("{} {path}{range}", if options.head { "HEAD" } else { "GET" }));
        {
            let mut under_way = self.under_way.lock().unwrap();
            under_way.0 += 1;
            under_way.1 = under_way.1.max(under_way.0);
        }
        tokio::task::yield_now().await;
        self.under_way.lock().unwrap().0 -= 1;
        if self.no_suffix && matches!(options.range, Some(GetRange::Suffix(_))) {
            return Err(object_store::Error::NotSupported { source: "suffix".into() });
        }
        self.inner.get_opts(path, options).await.map_err(|e| match e {
            object_store::Error::NotFound { path, source } if self.denies => {
                object_store::Error::PermissionDenied { path, source }
            }
            e => e,
        })
    }

    async fn get_ranges(&self, path: &Path, ranges: &[Range<u64>]) -> object_store::Result<Vec<Bytes>> {
        for r in ranges {
            self.note(format!("GET {path} {}-{}", r.start, r.end));
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
        self.note(format!("LIST {}", prefix.map_or("", AsRef::as_ref)));
        if self.unlisted {
            return Err(object_store::Error::NotSupported { source: "no listing over HTTP".into() });
        }
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, o: CopyOptions) -> object_store::Result<()> {
        self.inner.copy_opts(from, to, o).await
    }
}

/// Opens the dataset in `store`.
pub(crate) async fn open(store: &Arc<Recorded>) -> Result<Dataset> {
    ZarrConnector.open("test", "memory:///test.zarr", Arc::clone(store) as Arc<dyn ObjectStore>).await
}

/// A store with one array, all of its chunks written with `values` of the array.
pub(crate) async fn written(spec: &ArraySpec, values: &Values) -> Arc<Recorded> {
    let store = Arc::new(Recorded::default());
    for (key, bytes) in group_metadata(&Default::default(), std::slice::from_ref(spec)) {
        store.put_bytes(&key, bytes).await;
    }
    let encoder = ChunkEncoder::try_new(spec).unwrap();
    for chunk in chunks(&encoder.grid().counts()) {
        let part = part(values, &spec.shape, &encoder.grid().region(&chunk));
        store.put_bytes(&encoder.key(&chunk), encoder.encode_chunk(&chunk, part).unwrap()).await;
    }
    store
}

/// All chunks of a grid of `counts`.
pub(crate) fn chunks(counts: &[u64]) -> Vec<Vec<u64>> {
    counts.iter().fold(vec![vec![]], |all, &n| {
        all.into_iter().flat_map(|c| (0..n).map(move |i| [c.as_slice(), &[i]].concat())).collect()
    })
}

/// The values of `region` of an array of `shape`, cell by cell.
pub(crate) fn part(values: &Values, shape: &[u64], region: &Region) -> Values {
    if *region == Region::full(shape) {
        return values.clone();
    }
    let strides = Region::full(shape).strides();
    let mut out = Values::with_capacity(values.data_type(), 0);
    for cell in chunks(&region.shape) {
        let at: usize =
            cell.iter().zip(&region.start).zip(&strides).map(|((c, s), stride)| (c + s) as usize * stride).sum();
        out.extend_from(values, at, 1).unwrap();
    }
    out
}

/// The decoded values of `region` of `chunk` of a variable, and the requests it took.
pub(crate) async fn read(dataset: &Dataset, variable: &str, chunk: &[u64], region: &Region) -> Result<(Values, u64)> {
    let encoded = dataset.variable(variable)?.source.fetch(chunk, region).await?;
    let requests = encoded.requests();
    Ok((encoded.decode()?, requests))
}

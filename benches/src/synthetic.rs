//! A store that is nowhere: it serves the metadata of a recipe and encodes chunks when they are asked for.
//!
//! A chunk that holds the same values as another is encoded once, so that a scan measures the reader and not this
//! store.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use hyperslab_array::{ArrayError, ChunkGrid, ErrorKind};
use hyperslab_zarr::writer::{ArraySpec, ChunkEncoder, group_metadata};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use crate::Recipe;

type Encoded = Arc<OnceLock<std::result::Result<Bytes, String>>>;

/// Serves a recipe as a Zarr v3 store, read-only.
pub struct SyntheticStore {
    recipe: Arc<dyn Recipe>,
    metadata: BTreeMap<String, Bytes>,
    arrays: HashMap<String, (usize, ArraySpec)>,
    templates: Mutex<HashMap<(usize, u64), Encoded>>,
    requests: AtomicU64,
    chunks: AtomicU64,
}

impl SyntheticStore {
    /// Serves `recipe`.
    ///
    /// # Errors
    /// When its arrays cannot be described.
    pub fn try_new(recipe: impl Recipe + 'static) -> hyperslab_array::Result<Self> {
        let arrays = recipe.arrays();
        let metadata = group_metadata(&recipe.attributes(), &arrays).into_iter().collect();
        let arrays = arrays.into_iter().enumerate().map(|(i, a)| (a.name.clone(), (i, a))).collect();
        Ok(Self {
            recipe: Arc::new(recipe),
            metadata,
            arrays,
            templates: Mutex::default(),
            requests: AtomicU64::new(0),
            chunks: AtomicU64::new(0),
        })
    }

    /// Requests so far.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Requests for chunks so far.
    pub fn chunk_requests(&self) -> u64 {
        self.chunks.load(Ordering::Relaxed)
    }

    fn object(&self, location: &Path) -> Result<Bytes> {
        if let Some(bytes) = self.metadata.get(location.as_ref()) {
            return Ok(bytes.clone());
        }
        let (array, chunk) = self.chunk_of(location).ok_or_else(|| not_found(location))?;
        self.chunks.fetch_add(1, Ordering::Relaxed);
        self.encoded(array, &chunk).map_err(|e| Error::Generic { store: "synthetic", source: e.into() })
    }

    /// The array and the chunk that a key names.
    fn chunk_of(&self, location: &Path) -> Option<(&(usize, ArraySpec), Vec<u64>)> {
        let (name, indices) = location.as_ref().split_once("/c/")?;
        let array = self.arrays.get(name)?;
        let chunk = indices.split('/').map(|i| i.parse().ok()).collect::<Option<Vec<u64>>>()?;
        let counts = ChunkGrid::regular(&array.1.shape, &array.1.chunk_shape).ok()?.counts();
        let exists = chunk.len() == counts.len() && chunk.iter().zip(&counts).all(|(c, n)| c < n);
        exists.then_some((array, chunk))
    }

    fn encoded(&self, (index, spec): &(usize, ArraySpec), chunk: &[u64]) -> std::result::Result<Bytes, String> {
        let key = self.recipe.template(*index, chunk);
        let cell = {
            let mut templates = self.templates.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(templates.entry(key).or_default())
        };
        let encode = || -> hyperslab_array::Result<Bytes> {
            ChunkEncoder::try_new(spec)?.encode(self.recipe.values(*index, chunk)?)
        };
        cell.get_or_init(|| encode().map_err(|e: ArrayError| e.to_string())).clone()
    }
}

fn not_found(location: &Path) -> Error {
    let source = ArrayError::new(ErrorKind::NotFound, "no such object");
    Error::NotFound { path: location.to_string(), source: Box::new(source) }
}

fn read_only(operation: &str) -> Error {
    Error::NotImplemented { operation: operation.into(), implementer: "SyntheticStore".into() }
}

impl fmt::Debug for SyntheticStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SyntheticStore({:?})", self.recipe)
    }
}

impl fmt::Display for SyntheticStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SyntheticStore")
    }
}

#[async_trait]
impl ObjectStore for SyntheticStore {
    async fn put_opts(&self, _: &Path, _: PutPayload, _: PutOptions) -> Result<PutResult> {
        Err(read_only("put"))
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        Err(read_only("put_multipart"))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let bytes = self.object(location)?;
        let size = bytes.len() as u64;
        let range = match &options.range {
            None => 0..size,
            Some(range) => {
                range.as_range(size).map_err(|e| Error::Generic { store: "synthetic", source: Box::new(e) })?
            }
        };
        let part = if options.head { Bytes::new() } else { bytes.slice(range.start as usize..range.end as usize) };
        let meta = ObjectMeta {
            location: location.clone(),
            last_modified: Default::default(),
            size,
            e_tag: None,
            version: None,
        };
        let payload = GetResultPayload::Stream(futures::stream::once(async move { Ok(part) }).boxed());
        Ok(GetResult { payload, meta, range, attributes: Default::default() })
    }

    fn delete_stream(&self, _: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        futures::stream::once(async { Err(read_only("delete")) }).boxed()
    }

    /// Refused, as a plain web server refuses it: the list would have hundreds of millions of chunks.
    fn list(&self, _: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        futures::stream::once(async { Err(read_only("list")) }).boxed()
    }

    async fn list_with_delimiter(&self, _: Option<&Path>) -> Result<ListResult> {
        Err(read_only("list"))
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(read_only("copy"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests;

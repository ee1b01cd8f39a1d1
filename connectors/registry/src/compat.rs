//! Evens out what servers cannot do, so that a connector may ask for any byte range of any store.
//!
//! - Azure refuses ranges from the end: the size is asked for first.
//! - Simple web servers ignore ranges and send the whole object: it is cut here, up to a size.
//! - Errors of a URL with a signature repeat it: it is taken out.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetRange, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// A server without ranges sends the whole object for each of them; larger objects are refused.
const MOST_WHOLE: u64 = 256 << 20;

/// A store whose gaps are filled.
#[derive(Debug)]
pub(crate) struct CompatStore<S> {
    inner: S,
    kind: &'static str,
    suffix: bool,
    secret: Option<Secret>,
}

struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<S: ObjectStore> CompatStore<S> {
    /// For a store that knows no ranges from the end.
    pub(crate) fn without_suffix(inner: S) -> Self {
        Self { inner, kind: "Azure", suffix: false, secret: None }
    }

    /// For a web server; `query` is never shown.
    pub(crate) fn web(inner: S, query: Option<&str>) -> Self {
        Self { inner, kind: "HTTP", suffix: true, secret: query.map(|q| Secret(q.to_string())) }
    }

    fn shown(&self, error: Error) -> Error {
        let Some(Secret(secret)) = &self.secret else { return error };
        let clean = |source: Box<dyn std::error::Error + Send + Sync>| source.to_string().replace(secret, "***").into();
        match error {
            Error::NotFound { path, source } => Error::NotFound { path, source: clean(source) },
            Error::PermissionDenied { path, source } => Error::PermissionDenied { path, source: clean(source) },
            Error::Unauthenticated { path, source } => Error::Unauthenticated { path, source: clean(source) },
            other => Error::Generic { store: self.kind, source: clean(Box::new(other)) },
        }
    }

    /// The whole object, of which `range` is cut.
    async fn cut(&self, location: &Path, range: &GetRange) -> Result<GetResult> {
        let whole = self.inner.get_opts(location, GetOptions::default()).await?;
        if whole.meta.size > MOST_WHOLE {
            let message = format!(
                "the server does not answer range requests and the object has {} bytes, expected at most {MOST_WHOLE}",
                whole.meta.size
            );
            return Err(Error::Generic { store: self.kind, source: message.into() });
        }
        let meta = whole.meta.clone();
        let attributes = whole.attributes.clone();
        let bytes = whole.bytes().await?;
        let range =
            range.as_range(bytes.len() as u64).map_err(|e| Error::Generic { store: self.kind, source: Box::new(e) })?;
        let part = bytes.slice(range.start as usize..range.end as usize);
        let stream = futures::stream::once(async move { Ok::<Bytes, Error>(part) }).boxed();
        Ok(GetResult { payload: GetResultPayload::Stream(stream), meta, range, attributes })
    }

    async fn get_any(&self, location: &Path, mut options: GetOptions) -> Result<GetResult> {
        if let (false, false, Some(GetRange::Suffix(n))) = (self.suffix, options.head, &options.range) {
            let size = self.inner.head(location).await?.size;
            options.range = Some(GetRange::Bounded(size.saturating_sub(*n)..size));
        }
        let range = options.range.clone();
        match (self.inner.get_opts(location, options).await, range) {
            (Err(error), Some(range)) if ignores_ranges(&error) => self.cut(location, &range).await,
            (result, _) => result,
        }
    }
}

/// What object_store makes of an answer with the whole object.
fn ignores_ranges(error: &Error) -> bool {
    matches!(error, Error::NotSupported { .. })
}

impl<S: fmt::Display> fmt::Display for CompatStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
impl<S: ObjectStore> ObjectStore for CompatStore<S> {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        self.inner.put_opts(location, payload, opts).await.map_err(|e| self.shown(e))
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, opts).await.map_err(|e| self.shown(e))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.get_any(location, options).await.map_err(|e| self.shown(e))
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match &self.secret {
            None => self.inner.list(prefix),
            Some(_) => {
                // A listing of a signed URL is never answered; its error would repeat the signature.
                let error = Error::NotImplemented { operation: "list".into(), implementer: self.kind.into() };
                futures::stream::once(async move { Err(error) }).boxed()
            }
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await.map_err(|e| self.shown(e))
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await.map_err(|e| self.shown(e))
    }

    async fn get_ranges(&self, location: &Path, ranges: &[std::ops::Range<u64>]) -> Result<Vec<Bytes>> {
        // Not the inner store's own: it would not cut what a server sends whole.
        object_store::coalesce_ranges(
            ranges,
            |range| async move { self.get_range(location, range).await },
            object_store::OBJECT_STORE_COALESCE_DEFAULT,
        )
        .await
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;
    use crate::RecordingStore;

    async fn recorded() -> (RecordingStore, Path) {
        let key = Path::from("x");
        let inner = InMemory::new();
        inner.put(&key, PutPayload::from_static(b"0123456789")).await.unwrap();
        (RecordingStore::new(std::sync::Arc::new(inner)), key)
    }

    #[tokio::test]
    async fn a_range_from_the_end_is_asked_for_by_its_place() {
        let (inner, key) = recorded().await;
        let store = CompatStore::without_suffix(inner.clone());
        let last = GetOptions { range: Some(GetRange::Suffix(4)), ..Default::default() };
        assert_eq!(store.get_opts(&key, last).await.unwrap().bytes().await.unwrap(), "6789");
        assert_eq!(inner.take(), ["HEAD x", "GET x 6-10"]);
    }

    #[tokio::test]
    async fn what_a_server_sends_whole_is_cut() {
        let (inner, key) = recorded().await;
        let store = CompatStore::web(inner, None);
        let part = store.cut(&key, &GetRange::Bounded(3..6)).await.unwrap();
        assert_eq!((part.range.clone(), part.meta.size), (3..6, 10));
        assert_eq!(part.bytes().await.unwrap(), "345");
        assert!(store.cut(&key, &GetRange::Offset(10)).await.is_err());
    }

    #[tokio::test]
    async fn a_signature_is_taken_out_of_errors() {
        let store = CompatStore::web(InMemory::new(), Some("sig=SECRET"));
        let error = store.shown(Error::NotFound { path: "x".into(), source: "GET h/x?sig=SECRET failed".into() });
        assert!(matches!(error, Error::NotFound { .. }));
        assert!(error.to_string().contains("x?***") && !error.to_string().contains("SECRET"), "{error}");
    }
}

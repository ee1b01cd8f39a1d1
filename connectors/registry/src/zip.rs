//! A zip archive as a read-only store: the central directory is read once, entries are read by ranges of the archive.
//!
//! ```text
//! GET key 10-20, stored   ─→ GET archive (start of the data + 10)-(… + 20)
//! GET key, stored/deflate ─→ GET archive (local header … end of the data) ─→ unpacked and checked
//! ```
//!
//! Sizes in the directory are checked before anything is allocated for them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use ::zip::read::{OwnedZipFileEntry, ZipReadOptions};
use ::zip::{CompressionMethod, ZipArchive};
use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use hyperslab_array::{ArrayError, ErrorKind};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// The directory of an archive of a million chunks takes about 100 MB.
const MOST_DIRECTORY: u64 = 512 << 20;

/// The largest entry that is unpacked: a chunk or a metadata document.
const MOST_UNPACKED: u64 = 4 << 30;

/// Deflate cannot make anything smaller than by this factor.
const MOST_RATIO: u64 = 1032;

/// What is read first: the end record with the longest comment, and the directory of a small archive with it.
const TAIL: u64 = 128 << 10;

const LOCAL_HEADER: u64 = 30;

/// A zip archive in another store, read-only.
#[derive(Debug)]
pub struct ZipStore {
    inner: Arc<dyn ObjectStore>,
    archive: Path,
    meta: ObjectMeta,
    entries: BTreeMap<Path, Entry>,
}

#[derive(Debug)]
struct Entry {
    header: u64,
    /// The end of what may belong to the entry: the next entry or the directory.
    end: u64,
    size: u64,
    described: OwnedZipFileEntry,
    /// Where the data starts, once the local header was read.
    data: Mutex<Option<u64>>,
}

impl ZipStore {
    /// Reads the directory of `archive` in `inner`.
    ///
    /// A directory that holds everything else (`x.zarr/…`) becomes the root.
    ///
    /// # Errors
    /// When the archive cannot be read or is not valid.
    pub async fn open(inner: Arc<dyn ObjectStore>, archive: Path) -> hyperslab_array::Result<Self> {
        let failed = |e: Error| {
            let kind = if matches!(e, Error::NotFound { .. }) { ErrorKind::NotFound } else { ErrorKind::Io };
            ArrayError::new(kind, "the zip archive cannot be read").with_source(e)
        };
        let meta = inner.head(&archive).await.map_err(failed)?;
        let archive_stem = archive.filename().map(|n| n.split('.').next().unwrap_or(n).to_string()).unwrap_or_default();
        let entries = read_directory(&inner, &archive, meta.size).await?;
        Ok(Self { inner, archive, meta, entries: rooted(entries, &archive_stem) })
    }

    fn entry(&self, location: &Path) -> Result<&Entry> {
        self.entries.get(location).ok_or_else(|| Error::NotFound {
            path: location.to_string(),
            source: format!("no such entry in `{}`", self.archive).into(),
        })
    }

    fn meta_of(&self, location: &Path, entry: &Entry) -> ObjectMeta {
        ObjectMeta {
            location: location.clone(),
            last_modified: self.meta.last_modified,
            size: entry.size,
            e_tag: self.meta.e_tag.clone(),
            version: None,
        }
    }

    /// The whole entry, unpacked and checked.
    async fn unpack(&self, location: &Path, entry: &Entry) -> Result<Bytes> {
        let (packed, size) = (entry.described.compressed_size(), entry.size);
        if size > MOST_UNPACKED {
            return Err(invalid(location, format!("it unpacks to {size} bytes, expected at most {MOST_UNPACKED}")));
        }
        if size / MOST_RATIO > packed.saturating_add(1) {
            return Err(invalid(location, format!("{packed} bytes cannot unpack to {size}")));
        }
        let bytes = self.inner.get_range(&self.archive, entry.header..entry.end).await?;
        let mut reader = Sparse::new(self.meta.size, entry.header, bytes);
        let mut read = || -> std::io::Result<Vec<u8>> {
            let mut unpacked = Vec::with_capacity(size as usize);
            entry
                .described
                .as_ref()
                .with_reader(&mut reader, ZipReadOptions::new())?
                .take(size.saturating_add(1))
                .read_to_end(&mut unpacked)?;
            Ok(unpacked)
        };
        let unpacked = read().map_err(|e| invalid(location, e.to_string()))?;
        if unpacked.len() as u64 != size {
            return Err(invalid(location, format!("it has {} bytes, expected {size}", unpacked.len())));
        }
        Ok(unpacked.into())
    }

    /// A range of an entry that is stored as it is.
    async fn stored_range(&self, location: &Path, entry: &Entry, range: Range<u64>) -> Result<Bytes> {
        let known = *entry.data.lock().unwrap_or_else(PoisonError::into_inner);
        let data = match known {
            Some(data) => data,
            None => {
                let end = entry.header.saturating_add(LOCAL_HEADER).min(self.meta.size);
                let header = self.inner.get_range(&self.archive, entry.header..end).await?;
                let field = |at: usize| header.get(at..at + 2).map(|b| u64::from(b[0]) | u64::from(b[1]) << 8);
                let (Some(name), Some(extra), true) = (field(26), field(28), header.starts_with(b"PK\x03\x04")) else {
                    return Err(invalid(location, "its local header is not valid"));
                };
                let data = entry.header + LOCAL_HEADER + name + extra;
                *entry.data.lock().unwrap_or_else(PoisonError::into_inner) = Some(data);
                data
            }
        };
        let (start, end) = (data.saturating_add(range.start), data.saturating_add(range.end));
        if end > entry.end {
            return Err(invalid(location, "it runs into the next entry"));
        }
        self.inner.get_range(&self.archive, start..end).await
    }

    fn list_below(&self, prefix: Option<&Path>) -> Vec<ObjectMeta> {
        let below = |path: &Path| match prefix {
            None => true,
            Some(prefix) => path != prefix && path.prefix_matches(prefix),
        };
        self.entries.iter().filter(|(path, _)| below(path)).map(|(path, e)| self.meta_of(path, e)).collect()
    }
}

fn invalid(location: &Path, what: impl fmt::Display) -> Error {
    Error::Generic { store: "zip", source: format!("entry `{location}` is not valid: {what}").into() }
}

/// The directory stands at the end of the archive; more of the end is read until all of it is there.
async fn read_directory(
    inner: &Arc<dyn ObjectStore>,
    archive: &Path,
    len: u64,
) -> hyperslab_array::Result<BTreeMap<Path, Entry>> {
    let mut start = len.saturating_sub(TAIL);
    let mut part = Bytes::new();
    loop {
        let have = len - part.len() as u64;
        if start < have {
            let more = inner
                .get_range(archive, start..have)
                .await
                .map_err(|e| ArrayError::io("the directory of the zip archive cannot be read").with_source(e))?;
            part = if part.is_empty() { more } else { [more, part].concat().into() };
        }
        let mut reader = Sparse::new(len, start, part.clone());
        let error = match ZipArchive::new(&mut reader) {
            Ok(directory) => return entries_of(&directory, len),
            Err(error) => error,
        };
        let Some(missed) = reader.missed.filter(|m| *m < start) else {
            return Err(ArrayError::invalid("the zip archive is not valid").with_source(error));
        };
        // At least twice as much each time, so that this ends soon.
        start = missed.min(len.saturating_sub((len - start).saturating_mul(2)));
        if len - start > MOST_DIRECTORY {
            return Err(ArrayError::too_large(format!(
                "the directory of the zip archive has {} bytes, expected at most {MOST_DIRECTORY}",
                len - start
            )));
        }
    }
}

/// The files of an archive. Names that are no plain relative path (`/x`, `a/../b`) are left out: nothing can ask for
/// them.
fn entries_of<R: Read + Seek>(directory: &ZipArchive<R>, len: u64) -> hyperslab_array::Result<BTreeMap<Path, Entry>> {
    let broken = |e| ArrayError::invalid("the zip archive is not valid").with_source(e);
    let all = (0..directory.len())
        .map(|i| directory.by_index_data(i).map(OwnedZipFileEntry::from).map_err(broken))
        .collect::<hyperslab_array::Result<Vec<_>>>()?;
    let starts: BTreeSet<u64> = all.iter().map(OwnedZipFileEntry::header_start).collect();
    let limit = directory.central_directory_start().min(len);
    let mut entries = BTreeMap::new();
    for described in all {
        let name = described.name().map_err(broken)?;
        let Ok(path) = Path::parse(name.as_ref()) else { continue };
        if !described.is_file() || path.as_ref() != name {
            continue;
        }
        let (header, size, packed) = (described.header_start(), described.size(), described.compressed_size());
        let next = starts.range(header.saturating_add(1)..).next().copied().unwrap_or(limit).min(limit);
        // Names and extra fields of a local header have at most 65,535 bytes each.
        let longest = header.saturating_add(LOCAL_HEADER + 2 * 65_535 + 24).saturating_add(packed);
        let end = next.min(longest);
        if end.saturating_sub(header) < LOCAL_HEADER.saturating_add(packed) {
            return Err(ArrayError::invalid(format!(
                "the zip archive is not valid: entry `{path}` has {packed} bytes at {header}, expected it to end before {end}"
            )));
        }
        drop(name);
        entries.insert(path, Entry { header, end, size, described, data: Mutex::new(None) });
    }
    Ok(entries)
}

/// People pack a directory with its name: `x.zarr.zip` holds `x.zarr/…`. Then that directory is the root.
fn rooted(entries: BTreeMap<Path, Entry>, stem: &str) -> BTreeMap<Path, Entry> {
    let Some(top) = entries.keys().next().and_then(|p| p.parts().next()).map(|p| p.as_ref().to_string()) else {
        return entries;
    };
    let root = Path::from(top.as_str());
    let holds_all = entries.keys().all(|p| *p != root && p.prefix_matches(&root));
    if !holds_all || !(top.contains('.') || top == stem) || top.starts_with('.') {
        return entries;
    }
    entries.into_iter().filter_map(|(p, e)| Some((p.prefix_match(&root)?.collect(), e))).collect()
}

/// A reader of an archive that has only a part of it, and remembers where it was asked for more.
#[derive(Debug)]
struct Sparse {
    len: u64,
    start: u64,
    part: Bytes,
    position: u64,
    missed: Option<u64>,
}

impl Sparse {
    fn new(len: u64, start: u64, part: Bytes) -> Self {
        Self { len, start, part, position: 0, missed: None }
    }
}

impl Read for Sparse {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.position >= self.len || buffer.is_empty() {
            return Ok(0);
        }
        let from = self.position.checked_sub(self.start).and_then(|n| usize::try_from(n).ok());
        let Some(rest) = from.and_then(|n| self.part.get(n..)).filter(|rest| !rest.is_empty()) else {
            self.missed = Some(self.missed.map_or(self.position, |m| m.min(self.position)));
            return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the archive is cut short"));
        };
        let n = rest.len().min(buffer.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        self.position += n as u64;
        Ok(n)
    }
}

impl Seek for Sparse {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let position = match to {
            SeekFrom::Start(n) => Some(n),
            SeekFrom::End(n) => self.len.checked_add_signed(n),
            SeekFrom::Current(n) => self.position.checked_add_signed(n),
        };
        self.position = position.ok_or_else(|| std::io::Error::from(std::io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

impl fmt::Display for ZipStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ZipStore({} in {})", self.archive, self.inner)
    }
}

fn read_only(operation: &str) -> Error {
    Error::NotImplemented { operation: operation.into(), implementer: "ZipStore".into() }
}

#[async_trait]
impl ObjectStore for ZipStore {
    async fn put_opts(&self, _: &Path, _: PutPayload, _: PutOptions) -> Result<PutResult> {
        Err(read_only("put"))
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        Err(read_only("put_multipart"))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let entry = self.entry(location)?;
        let meta = self.meta_of(location, entry);
        options.check_preconditions(&meta)?;
        let range = match &options.range {
            None => 0..entry.size,
            Some(range) => range.as_range(entry.size).map_err(|e| invalid(location, e))?,
        };
        let bytes = if options.head || range.is_empty() {
            Bytes::new()
        } else if entry.described.compression() == CompressionMethod::Stored
            && !entry.described.encrypted()
            && entry.size == entry.described.compressed_size()
            && range != (0..entry.size)
        {
            self.stored_range(location, entry, range.clone()).await?
        } else {
            // The whole entry has at most `MOST_UNPACKED` bytes, so the range fits as well.
            self.unpack(location, entry).await?.slice(range.start as usize..range.end as usize)
        };
        let payload = GetResultPayload::Stream(futures::stream::once(async move { Ok(bytes) }).boxed());
        Ok(GetResult { payload, meta, range, attributes: Default::default() })
    }

    fn delete_stream(&self, _: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        futures::stream::once(async { Err(read_only("delete")) }).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        futures::stream::iter(self.list_below(prefix).into_iter().map(Ok)).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let root = Path::default();
        let prefix = prefix.unwrap_or(&root);
        let mut common_prefixes = BTreeSet::new();
        let mut objects = Vec::new();
        for meta in self.list_below(Some(prefix)) {
            let directory = meta.location.prefix_match(prefix).and_then(|mut rest| {
                let first = rest.next()?;
                rest.next().map(|_| prefix.clone().join(first))
            });
            match directory {
                Some(directory) => {
                    common_prefixes.insert(directory);
                }
                None => objects.push(meta),
            }
        }
        Ok(ListResult { common_prefixes: common_prefixes.into_iter().collect(), objects })
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(read_only("copy"))
    }
}

#[cfg(test)]
mod tests;

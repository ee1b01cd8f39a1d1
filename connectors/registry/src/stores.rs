//! From a location to the store that holds it. Connections are kept: two datasets of one bucket share them.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use hyperslab_array::{ArrayError, ErrorKind, Result, nearest_names};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::http::HttpBuilder;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ClientConfigKey, ClientOptions, HeaderMap, ObjectStore};
use url::Position;

use crate::compat::CompatStore;
use crate::{Location, OpenOptions, Scheme, ZipStore};

const SCHEMES: [&str; 12] =
    ["file", "http", "https", "s3", "s3a", "gs", "gcs", "az", "azure", "abfs", "abfss", "memory"];

type Key = (String, OpenOptions);

/// The stores in use, and those that were injected.
#[derive(Clone, Default)]
pub(crate) struct Stores {
    injected: Vec<(String, Arc<dyn ObjectStore>)>,
    open: Arc<Mutex<HashMap<Key, Arc<dyn ObjectStore>>>>,
}

impl Stores {
    /// Answers every location at or below `prefix` from `store`, whose root is `prefix`.
    pub(crate) fn inject(&mut self, prefix: &str, store: Arc<dyn ObjectStore>) {
        let prefix = prefix.trim_end_matches('/').to_string();
        self.injected.retain(|(known, _)| *known != prefix);
        self.injected.push((prefix, store));
    }

    /// The store of `location`, rooted there; a zip archive is opened. A location that is one file is the object of
    /// the empty path.
    pub(crate) async fn rooted(&self, location: &Location, options: &OpenOptions) -> Result<Rooted> {
        let place = self.place(location, options)?;
        if place.found == Found::Archive {
            let zip = ZipStore::open(place.store, place.path).await.map_err(|e| at(e, location))?;
            return Ok(Rooted { store: Arc::new(zip), found: place.found });
        }
        let store = if place.path.as_ref().is_empty() {
            place.store
        } else {
            Arc::new(PrefixStore::new(place.store, place.path))
        };
        Ok(Rooted { store, found: place.found })
    }

    fn place(&self, location: &Location, options: &OpenOptions) -> Result<Place> {
        let key = location.key();
        let injected = self
            .injected
            .iter()
            .filter_map(|(prefix, store)| {
                let rest = key.strip_prefix(prefix.as_str())?;
                (rest.is_empty() || rest.starts_with('/')).then_some((prefix.len(), rest, store))
            })
            .max_by_key(|(len, _, _)| *len);
        if let Some((_, rest, store)) = injected {
            let path = match location.path() {
                Some(_) => Path::parse(rest.trim_matches('/')),
                None => Path::from_url_path(rest.trim_matches('/')),
            };
            let path = path.map_err(|e| bad_path(location, e))?;
            return Ok(Place { store: Arc::clone(store), path, found: Found::of_name(location) });
        }
        let Some(url) = location.url() else { return local(location) };
        let path = Path::from_url_path(url.path()).map_err(|e| bad_path(location, e))?;
        // A signature is part of each request, so it belongs to the key; the key is never printed.
        let root = format!("{}?{}", &url[..Position::BeforePath], url.query().unwrap_or_default());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let store = match open.get(&(root.clone(), options.clone())) {
            Some(store) => Arc::clone(store),
            None => {
                let store = connect(location, options)?;
                open.insert((root, options.clone()), Arc::clone(&store));
                store
            }
        };
        Ok(Place { store, path, found: Found::of_name(location) })
    }
}

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.injected.iter().map(|(prefix, _)| prefix)).finish()
    }
}

/// A store whose root is a location.
#[derive(Debug)]
pub(crate) struct Rooted {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) found: Found,
}

/// What is at a location, as far as is known before anything is asked of its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    Directory,
    File,
    Archive,
    /// A name in a store, of which there may be objects below it or one of just that name.
    Unknown,
}

impl Found {
    fn of_name(location: &Location) -> Self {
        if location.is_archive() { Self::Archive } else { Self::Unknown }
    }
}

struct Place {
    store: Arc<dyn ObjectStore>,
    path: Path,
    found: Found,
}

fn bad_path(location: &Location, source: object_store::path::Error) -> ArrayError {
    ArrayError::argument(format!("location `{location}` is no valid path")).with_source(source)
}

fn at(error: ArrayError, location: &Location) -> ArrayError {
    match error.kind() {
        ErrorKind::NotFound => ArrayError::not_found(format!("location `{location}` does not exist")),
        _ => error.context("location", location.to_string()),
    }
}

/// Looks before it opens, so that a wrong path is called a wrong path.
fn local(location: &Location) -> Result<Place> {
    let path = location.path().unwrap_or(std::path::Path::new(""));
    let unreadable = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => ArrayError::not_found(format!("location `{location}` does not exist")),
        _ => ArrayError::io(format!("location `{location}` cannot be read")).with_source(e),
    };
    let is_directory = std::fs::metadata(path).map_err(unreadable)?.is_dir();
    let path = path.canonicalize().map_err(unreadable)?;
    let found = match is_directory {
        true => Found::Directory,
        false if location.is_archive() => Found::Archive,
        false => Found::File,
    };
    let root = if is_directory { Some(path.as_path()) } else { path.parent() };
    let store = LocalFileSystem::new_with_prefix(root.unwrap_or(&path))
        .map_err(|e| ArrayError::io(format!("location `{location}` cannot be read")).with_source(e))?;
    let path = match (is_directory, path.file_name()) {
        (false, Some(name)) => Path::parse(name.to_string_lossy()).map_err(|e| bad_path(location, e))?,
        _ => Path::default(),
    };
    Ok(Place { store: Arc::new(store), path, found })
}

/// A client for the bucket or host of `location`.
fn connect(location: &Location, options: &OpenOptions) -> Result<Arc<dyn ObjectStore>> {
    let url = location.url().ok_or_else(|| ArrayError::internal("a path has no bucket"))?;
    let root = &url[..Position::BeforePath];
    let store: object_store::Result<Arc<dyn ObjectStore>> = match location.scheme() {
        Scheme::Local => return Err(ArrayError::internal("a path has no bucket")),
        Scheme::Memory => return Ok(Arc::new(InMemory::new())),
        Scheme::Other(scheme) => {
            return Err(ArrayError::unsupported(format!("no store for `{scheme}://` in location `{location}`"))
                .hint(nearest_names(scheme, SCHEMES)));
        }
        Scheme::S3 => s3(root, options).build().map(|s| Arc::new(s) as _),
        Scheme::Gcs => gcs(root, options).build().map(|s| Arc::new(s) as _),
        Scheme::Azure => azure(root, options).build().map(|s| Arc::new(CompatStore::without_suffix(s)) as _),
        Scheme::Http => {
            let query = url.query();
            let root = query.map_or(root.to_string(), |q| format!("{root}/?{q}"));
            HttpBuilder::new()
                .with_url(root)
                .with_client_options(client(options)?)
                .with_retry(options.retry())
                .build()
                .map(|s| Arc::new(CompatStore::web(s, query)) as _)
        }
    };
    store.map_err(|e| {
        let cause = options.redact(&e.to_string());
        ArrayError::argument(format!("the store of location `{location}` cannot be set up")).with_source(cause)
    })
}

fn s3(root: &str, options: &OpenOptions) -> AmazonS3Builder {
    // `s3a` is another name for `s3`.
    let root = root.replacen("s3a://", "s3://", 1);
    let mut builder = AmazonS3Builder::from_env().with_url(root).with_retry(options.retry());
    if let Some(anonymous) = options.anonymous() {
        builder = builder.with_skip_signature(anonymous);
    }
    for (key, value) in options.below("aws") {
        if let Ok(key) = AmazonS3ConfigKey::from_str(key) {
            // Who writes `http://` as the endpoint has decided.
            if matches!(key, AmazonS3ConfigKey::Endpoint) && value.starts_with("http://") {
                builder = builder.with_allow_http(true);
            }
            builder = builder.with_config(key, value);
        }
    }
    builder
}

fn gcs(root: &str, options: &OpenOptions) -> GoogleCloudStorageBuilder {
    let root = root.replacen("gcs://", "gs://", 1);
    let mut builder = GoogleCloudStorageBuilder::from_env().with_url(root).with_retry(options.retry());
    if let Some(anonymous) = options.anonymous() {
        builder = builder.with_config(GoogleConfigKey::SkipSignature, anonymous.to_string());
    }
    for (key, value) in options.below("google") {
        if let Ok(key) = GoogleConfigKey::from_str(key) {
            builder = builder.with_config(key, value);
        }
    }
    builder
}

fn azure(root: &str, options: &OpenOptions) -> MicrosoftAzureBuilder {
    let mut builder = MicrosoftAzureBuilder::from_env().with_url(root).with_retry(options.retry());
    if let Some(anonymous) = options.anonymous() {
        builder = builder.with_config(AzureConfigKey::SkipSignature, anonymous.to_string());
    }
    for (key, value) in options.below("azure") {
        if let Ok(key) = AzureConfigKey::from_str(key) {
            builder = builder.with_config(key, value);
        }
    }
    builder
}

/// How a web server is talked to. The location says `http` or `https`, so both are allowed.
fn client(options: &OpenOptions) -> Result<ClientOptions> {
    let mut client = ClientOptions::new().with_allow_http(true);
    for (key, value) in options.below("http") {
        if let Ok(key) = ClientConfigKey::from_str(key) {
            client = client.with_config(key, value);
        }
    }
    let headers = options.headers();
    if !headers.is_empty() {
        // The cause would repeat the value.
        let headers = HeaderMap::try_from(&headers)
            .map_err(|_| ArrayError::argument("an `http.header` option is no valid name and value of a header"))?;
        client = client.with_default_headers(headers);
    }
    Ok(client)
}

#[cfg(test)]
mod tests;

//! Which formats this build has, and how a location becomes a dataset.

use std::sync::Arc;

use hyperslab_array::{ArrayError, Connector, Dataset, ErrorKind, Result, nearest_names};
use hyperslab_netcdf::NetcdfConnector;
use hyperslab_zarr::ZarrConnector;
use object_store::ObjectStore;

use crate::stores::{Found, Stores};
use crate::{ChunkCache, Location, OpenOptions, Scheme};

/// A connector that reads from an object store.
pub type DynConnector = dyn Connector<Store = Arc<dyn ObjectStore>>;

/// The formats of this build and the stores in use. Clones share connections.
///
/// ```
/// let registry = hyperslab_connectors::Registry::default();
/// assert_eq!(registry.formats(), ["ZARR", "NETCDF"]);
/// assert!(registry.recognizes("s3://bucket/ersst.zarr"));
/// assert!(registry.recognizes("https://host/ersst.nc"));
/// assert!(!registry.recognizes("ersst.parquet"));
/// ```
#[derive(Debug, Clone)]
pub struct Registry {
    connectors: Vec<Arc<DynConnector>>,
    stores: Stores,
    cache: Option<ChunkCache>,
}

impl Default for Registry {
    /// Every format that this build has.
    fn default() -> Self {
        Self::empty().with_connector(Arc::new(ZarrConnector)).with_connector(Arc::new(NetcdfConnector))
    }
}

impl Registry {
    /// No format at all.
    pub fn empty() -> Self {
        Self { connectors: Vec::new(), stores: Stores::default(), cache: None }
    }

    /// Adds a format; it takes the place of one of the same name.
    #[must_use]
    pub fn with_connector(mut self, connector: Arc<DynConnector>) -> Self {
        self.connectors.retain(|c| !c.format().eq_ignore_ascii_case(connector.format()));
        self.connectors.push(connector);
        self
    }

    /// Answers every location at or below `prefix` (`synthetic://arco`, `s3://bucket`, `memory://`) from `store`,
    /// whose root stands for `prefix`. The longest prefix wins.
    #[must_use]
    pub fn with_store(mut self, prefix: &str, store: Arc<dyn ObjectStore>) -> Self {
        self.stores.inject(prefix, store);
        self
    }

    /// Keeps stored bytes of the datasets that are opened from now on, but for those on local disks.
    #[must_use]
    pub fn with_cache(mut self, cache: ChunkCache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// What [`Self::with_cache`] has set.
    pub fn cache(&self) -> Option<&ChunkCache> {
        self.cache.as_ref()
    }

    /// The names of the formats, as in `STORED AS`.
    pub fn formats(&self) -> Vec<&'static str> {
        self.connectors.iter().map(|c| c.format()).collect()
    }

    /// Whether `format` is one of [`Self::formats`], in any case.
    pub fn has_format(&self, format: &str) -> bool {
        self.connectors.iter().any(|c| c.format().eq_ignore_ascii_case(format))
    }

    /// Whether a location looks like a dataset of one of the formats, from its name alone.
    pub fn recognizes(&self, location: &str) -> bool {
        Location::parse(location).is_ok_and(|l| self.connectors.iter().any(|c| c.recognizes(l.inner())))
    }

    /// The store of a location, rooted there.
    ///
    /// # Errors
    /// When the location or an option is not valid, or a local path does not exist.
    pub async fn store(&self, location: &str, options: &OpenOptions) -> Result<Arc<dyn ObjectStore>> {
        Ok(self.stores.rooted(&Location::parse(location)?, options).await?.store)
    }

    /// Opens the dataset at `location` and calls it `name`. Without a `format`, the name of the location tells, or
    /// else each format is tried.
    ///
    /// # Errors
    /// When the format is unknown, the location does not exist or holds no dataset, or the dataset is not valid.
    pub async fn open(
        &self,
        name: &str,
        location: &str,
        format: Option<&str>,
        options: &OpenOptions,
    ) -> Result<Dataset> {
        let location = Location::parse(location)?;
        let known = format.map(|format| self.connector(format)).transpose()?;
        let rooted = self.stores.rooted(&location, options).await?;
        let candidates = match known {
            Some(connector) => vec![fitting(connector, rooted.found, &location)?],
            None => self.candidates(&location, rooted.found)?,
        };
        let text = location.to_string();
        let store = match &self.cache {
            Some(cache) if *location.scheme() != Scheme::Local => cache.over(rooted.store),
            _ => rooted.store,
        };
        let mut nothing_there = None;
        for connector in &candidates {
            match connector.open(name, &text, Arc::clone(&store)).await {
                Ok(dataset) => return Ok(dataset),
                // Another format may find something.
                Err(e) if e.kind() == ErrorKind::NotFound => nothing_there = nothing_there.or(Some(e)),
                // A bucket that may not be listed refuses what is not there; the format before found nothing either.
                Err(e) if nothing_there.is_some() && e.kind() == ErrorKind::Io && !e.is_retryable() => {}
                Err(e) => return Err(hinted(e, &location, options)),
            }
        }
        let formats: Vec<_> = candidates.iter().map(|c| c.format()).collect();
        let error = ArrayError::not_found(format!(
            "location `{location}` holds no dataset, expected one of format {}",
            formats.join(", ")
        ));
        Err(match nothing_there {
            Some(cause) => error.with_source(cause),
            None => error,
        })
    }

    fn connector(&self, format: &str) -> Result<Arc<DynConnector>> {
        self.connectors.iter().find(|c| c.format().eq_ignore_ascii_case(format)).cloned().ok_or_else(|| {
            ArrayError::unsupported(format!("unknown format `{format}`")).hint(nearest_names(format, self.formats()))
        })
    }

    /// The connectors that may open what was found: the one that knows the name, or else all.
    fn candidates(&self, location: &Location, found: Found) -> Result<Vec<Arc<DynConnector>>> {
        let fitting: Vec<_> = self.connectors.iter().filter(|c| fits(c, found)).cloned().collect();
        match fitting.iter().find(|c| c.recognizes(location.inner())) {
            Some(connector) => Ok(vec![Arc::clone(connector)]),
            None if fitting.is_empty() && found == Found::File => Err(is_a_file(location)),
            None => Ok(fitting),
        }
    }
}

/// Whether a connector reads from what was found.
fn fits(connector: &Arc<DynConnector>, found: Found) -> bool {
    found == Found::Unknown || connector.is_one_file() == (found == Found::File)
}

/// The connector that was asked for, where it reads from what was found.
fn fitting(connector: Arc<DynConnector>, found: Found, location: &Location) -> Result<Arc<DynConnector>> {
    if fits(&connector, found) {
        return Ok(connector);
    }
    let expected = format!("expected a file of format {}", connector.format());
    Err(match found {
        Found::File => is_a_file(location),
        Found::Archive => ArrayError::unsupported(format!("location `{location}` is an archive, {expected}"))
            .hint("unpack the archive"),
        Found::Directory | Found::Unknown => {
            ArrayError::unsupported(format!("location `{location}` is a directory, {expected}"))
        }
    })
}

fn is_a_file(location: &Location) -> ArrayError {
    ArrayError::unsupported(format!("location `{location}` is a file, expected a directory or a zip archive"))
        .hint("`zip://PATH` opens an archive whose name does not end in `.zip`")
}

/// A bucket that refuses is most often a public one that was asked with no or the wrong credentials.
fn hinted(error: ArrayError, location: &Location, options: &OpenOptions) -> ArrayError {
    let store = match location.scheme() {
        Scheme::S3 => "aws",
        Scheme::Gcs => "google",
        Scheme::Azure => "azure",
        _ => return error,
    };
    let said = options.anonymous().is_some() || options.below(store).any(|(key, _)| key == "skip_signature");
    if error.kind() != ErrorKind::Io || said {
        return error;
    }
    error.hint(format!("a public bucket is read with the option `{store}.skip_signature` set to `true`"))
}

#[cfg(test)]
mod tests;

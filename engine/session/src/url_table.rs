//! A quoted path or URL in `FROM`: a dataset where one of our formats recognises it, else a file that DataFusion
//! reads. Datasets that were opened stay open for the session.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::catalog::{TableProvider, UrlTableFactory};
use datafusion::datasource::dynamic_file::DynamicListTableFactory;
use datafusion::error::Result;
use hyperslab_array::{ArrayError, Dataset, ErrorKind};
use hyperslab_connectors::{Location, OpenOptions, Registry};
use hyperslab_exec::datafusion_error;
use tokio::sync::OnceCell;

use crate::access::Access;
use crate::datasets::Registered;

/// The extensions of DataFusion's own formats, and what `STORED AS` calls these.
const FILE_FORMATS: [(&str, &str); 5] =
    [("parquet", "PARQUET"), ("csv", "CSV"), ("json", "JSON"), ("ndjson", "JSON"), ("arrow", "ARROW")];

/// DataFusion's format of a location, from its extension.
pub(crate) fn file_format(location: &str) -> Option<&'static str> {
    let path = location.split(['?', '#']).next().unwrap_or(location).to_ascii_lowercase();
    let (_, extension) = path.rsplit_once('.')?;
    FILE_FORMATS.iter().find(|(e, _)| *e == extension).map(|(_, format)| *format)
}

/// A location as it may be shown: without a signature.
pub(crate) fn shown(location: &str) -> String {
    Location::parse(location).map_or_else(|_| location.to_string(), |l| l.to_string())
}

type Opened = HashMap<String, Arc<OnceCell<Arc<Registered>>>>;

/// The tables behind quoted paths and URLs.
#[derive(Debug)]
pub(crate) struct UrlTables {
    pub registry: Registry,
    /// The options of opening a location that is given without any.
    pub options: OpenOptions,
    /// Whether a quoted name in `FROM` may be a path or URL at all.
    pub enabled: bool,
    /// DataFusion's own files: Parquet, CSV, JSON, Arrow.
    pub files: DynamicListTableFactory,
    pub opened: Mutex<Opened>,
}

impl UrlTables {
    pub(crate) fn new(registry: Registry, options: OpenOptions, enabled: bool) -> Self {
        Self { registry, options, enabled, files: DynamicListTableFactory::default(), opened: Mutex::default() }
    }

    /// The table behind a quoted name; `None` where it is no location.
    ///
    /// # Errors
    /// When there is something at the location that cannot be opened, or `access` refuses it.
    pub(crate) async fn table(&self, name: &str, access: &dyn Access) -> Result<Option<Arc<dyn TableProvider>>> {
        // A plain name is never looked up in the file system.
        if !name.contains(['/', '\\', '.', ':']) {
            return Ok(None);
        }
        if !self.enabled {
            return Err(datafusion_error(
                ArrayError::unsupported(format!("`{}` is no table, and this session reads no paths", shown(name)))
                    .hint("a location has to be registered under a name"),
            ));
        }
        access.read(name)?;
        if self.registry.recognizes(name) {
            return self.registered(name).await?.full().map(Some);
        }
        if let Some(table) = self.files.try_new(name).await? {
            return Ok(Some(table));
        }
        if let Some(format) = file_format(name) {
            return Err(datafusion_error(ArrayError::not_found(format!(
                "location `{}` does not exist, or holds no {format}",
                shown(name)
            ))));
        }
        match self.registered(name).await {
            Ok(registered) => registered.full().map(Some),
            Err(e) => match e.find_root() {
                datafusion::error::DataFusionError::External(cause)
                    if cause.downcast_ref::<ArrayError>().is_some_and(|e| e.kind() == ErrorKind::NotFound)
                        && !Self::is_location(name) =>
                {
                    Ok(None)
                }
                _ => Err(e),
            },
        }
    }

    /// Whether a name can only be meant as a path or URL.
    fn is_location(name: &str) -> bool {
        name.contains('/') || name.contains("://")
    }

    /// The dataset at `location`, opened the first time it is asked for.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(crate) async fn dataset(&self, location: &str) -> Result<Arc<Dataset>> {
        Ok(Arc::clone(&self.registered(location).await?.dataset))
    }

    /// Forgets an opened location; false where it was not open.
    pub(crate) fn close(&self, location: &str) -> bool {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).remove(location).is_some()
    }

    async fn registered(&self, location: &str) -> Result<Arc<Registered>> {
        let cell = {
            let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(opened.entry(location.to_string()).or_default())
        };
        let open = || async {
            let name = Location::parse(location).map_err(datafusion_error)?.name();
            let dataset = self.registry.open(&name, location, None, &self.options).await.map_err(datafusion_error)?;
            Ok(Arc::new(Registered::try_new(&name, Arc::new(dataset))?))
        };
        cell.get_or_try_init(open).await.cloned()
    }
}

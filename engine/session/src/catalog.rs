//! Puts the datasets of a session into DataFusion's catalog, beside whatever is there already.
//!
//! ```text
//! SessionState ─→ Catalogs ─→ the catalogs that were there
//!                    └ default catalog ─→ schemas of datasets (`ersst.time_lat_lon`)
//!                          └ default schema ─→ full grids (`ersst`) ─→ quoted paths and URLs
//! ```

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, CatalogProviderList, SchemaProvider, TableProvider};
use datafusion::error::Result;
use hyperslab_array::ArrayError;
use hyperslab_exec::datafusion_error;

use crate::access::Access;
use crate::datasets::Datasets;
use crate::information_schema::{self, InformationSchema};
use crate::url_table::UrlTables;

/// What the layers of the catalog share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub datasets: Arc<Datasets>,
    pub urls: UrlTables,
    pub access: Arc<dyn Access>,
    /// The catalogs without ours.
    pub inner: Arc<dyn CatalogProviderList>,
    pub default_catalog: String,
    pub default_schema: String,
}

/// The list of catalogs with ours in the default one.
#[derive(Debug)]
pub(crate) struct Catalogs {
    pub inner: Arc<dyn CatalogProviderList>,
    pub shared: Arc<Shared>,
}

impl CatalogProviderList for Catalogs {
    fn register_catalog(&self, name: String, catalog: Arc<dyn CatalogProvider>) -> Option<Arc<dyn CatalogProvider>> {
        self.inner.register_catalog(name, catalog)
    }

    fn catalog_names(&self) -> Vec<String> {
        self.inner.catalog_names()
    }

    fn catalog(&self, name: &str) -> Option<Arc<dyn CatalogProvider>> {
        Some(Arc::new(Catalog {
            inner: self.inner.catalog(name)?,
            is_default: name == self.shared.default_catalog,
            list: Arc::clone(&self.inner),
            shared: Arc::clone(&self.shared),
        }))
    }
}

/// A catalog: the default one has the datasets, each has an information schema.
#[derive(Debug)]
struct Catalog {
    inner: Arc<dyn CatalogProvider>,
    is_default: bool,
    list: Arc<dyn CatalogProviderList>,
    shared: Arc<Shared>,
}

impl CatalogProvider for Catalog {
    fn schema_names(&self) -> Vec<String> {
        let mut names = self.inner.schema_names();
        if self.is_default {
            names.extend(self.shared.datasets.schema_names());
        }
        names
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        if name == information_schema::NAME {
            let (inner, shared) = (Arc::clone(&self.list), Arc::clone(&self.shared));
            let catalogs = Arc::new(Catalogs { inner, shared: Arc::clone(&shared) });
            return Some(Arc::new(InformationSchema { catalogs, shared }));
        }
        if self.is_default
            && let Some(schema) = self.shared.datasets.schema(name)
        {
            return Some(schema);
        }
        let inner = self.inner.schema(name)?;
        if !self.is_default || name != self.shared.default_schema {
            return Some(inner);
        }
        Some(Arc::new(Schema { inner, shared: Arc::clone(&self.shared) }))
    }

    fn register_schema(&self, name: &str, schema: Arc<dyn SchemaProvider>) -> Result<Option<Arc<dyn SchemaProvider>>> {
        self.refuse_dataset(name)?;
        self.inner.register_schema(name, schema)
    }

    fn deregister_schema(&self, name: &str, cascade: bool) -> Result<Option<Arc<dyn SchemaProvider>>> {
        self.refuse_dataset(name)?;
        self.inner.deregister_schema(name, cascade)
    }
}

impl Catalog {
    fn refuse_dataset(&self, name: &str) -> Result<()> {
        match self.shared.datasets.schema(name).filter(|_| self.is_default) {
            Some(_) => Err(datafusion_error(
                ArrayError::argument(format!("schema `{name}` belongs to a dataset"))
                    .hint("`DROP TABLE` takes a dataset away, with its schema"),
            )),
            None => Ok(()),
        }
    }
}

/// The default schema.
#[derive(Debug)]
struct Schema {
    inner: Arc<dyn SchemaProvider>,
    shared: Arc<Shared>,
}

#[async_trait]
impl SchemaProvider for Schema {
    fn owner_name(&self) -> Option<&str> {
        self.inner.owner_name()
    }

    fn table_names(&self) -> Vec<String> {
        let mut names = self.inner.table_names();
        names.extend(self.shared.datasets.table_names());
        names
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        if let Some(table) = self.inner.table(name).await? {
            return Ok(Some(table));
        }
        if let Some(registered) = self.shared.datasets.get(name) {
            return registered.full().map(Some);
        }
        if let Some(table) = self.shared.urls.table(name, self.shared.access.as_ref()).await? {
            return Ok(Some(table));
        }
        // Only a dataset without a full grid comes here under a name in another case: the error is about its grids.
        match self.shared.datasets.find(name) {
            Some(registered) => registered.full().map(|_| None),
            None => Ok(None),
        }
    }

    fn register_table(&self, name: String, table: Arc<dyn TableProvider>) -> Result<Option<Arc<dyn TableProvider>>> {
        if self.shared.datasets.get(&name).is_some() {
            return Err(datafusion_error(
                ArrayError::argument(format!("`{name}` is a dataset already"))
                    .hint("take another name, or `DROP TABLE` it first"),
            ));
        }
        self.inner.register_table(name, table)
    }

    fn deregister_table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        if self.inner.table_exist(name) {
            return self.inner.deregister_table(name);
        }
        match self.shared.datasets.remove(name) {
            Some(registered) => Ok(registered.full().ok()),
            None => self.inner.deregister_table(name),
        }
    }

    fn table_exist(&self, name: &str) -> bool {
        self.inner.table_exist(name) || self.shared.datasets.get(name).is_some_and(|r| r.full().is_ok())
    }
}

//! [`Context::new_session`]: sessions that share a catalog and limits, and keep to themselves what they make and set.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList, MemorySchemaProvider,
    SchemaProvider, TableProvider,
};
use datafusion::error::Result;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement as SqlStatement;

use super::Context;
use crate::access::Access;
use crate::catalog::{Catalogs, Shared};
use crate::datasets::Datasets;
use crate::progress::Progress;
use crate::url_table::UrlTables;

impl Context {
    /// A session beside this one, for a user of a server. It sees the tables and datasets of this one, and shares its
    /// memory limit and its stores. Options that it sets and tables that it makes are its own; the options that this
    /// one has now are those it begins with. `access` says which locations it may name.
    ///
    /// With `memory`, its queries take their memory from there, and no longer from the pool of this one.
    ///
    /// Keep this session as long as those made from it.
    ///
    /// # Errors
    /// When the default catalog cannot be made.
    pub fn new_session(&self, access: Arc<dyn Access>, memory: Option<Arc<dyn MemoryPool>>) -> Result<Self> {
        let (catalog, schema) = (&self.shared.default_catalog, &self.shared.default_schema);
        let inner = Arc::new(MemoryCatalogProviderList::new());
        for name in self.shared.inner.catalog_names() {
            let Some(below) = self.shared.inner.catalog(&name) else { continue };
            if name != *catalog {
                inner.register_catalog(name, below);
                continue;
            }
            let own = MemoryCatalogProvider::new();
            for name in below.schema_names() {
                let Some(below) = below.schema(&name) else { continue };
                let provider: Arc<dyn SchemaProvider> = match name == *schema {
                    true => Arc::new(Above { own: MemorySchemaProvider::new(), below }),
                    false => below,
                };
                own.register_schema(&name, provider)?;
            }
            inner.register_catalog(name, Arc::new(own));
        }
        let inner: Arc<dyn CatalogProviderList> = inner;
        let mut runtime = self.session.runtime_env();
        if let Some(memory) = memory {
            runtime = RuntimeEnvBuilder::from_runtime_env(&runtime).with_memory_pool(memory).build_arc()?;
        }
        let state = SessionStateBuilder::new_from_existing(self.session.state())
            .with_session_id(SessionContext::new().session_id())
            .with_runtime_env(runtime)
            .with_catalog_list(Arc::clone(&inner))
            .build();
        let urls = &self.shared.urls;
        let shared = Arc::new(Shared {
            datasets: Arc::new(Datasets::above(Arc::clone(&self.shared.datasets))),
            urls: UrlTables::new(urls.registry.clone(), urls.options.clone(), urls.enabled),
            access,
            inner: Arc::clone(&inner),
            default_catalog: catalog.clone(),
            default_schema: schema.clone(),
        });
        let session = SessionContext::new_with_state(state);
        session.register_catalog_list(Arc::new(Catalogs { inner, shared: Arc::clone(&shared) }));
        shared.urls.files.session_store().with_state(session.state_weak_ref());
        Ok(Self::new(session, shared))
    }

    /// This session for one statement, whose reads are counted in `progress` while it is executed: those of a `COPY`.
    /// Options that the statement sets are lost.
    #[must_use]
    pub fn counted(&self, progress: &Progress) -> Self {
        let mut state = self.session.state();
        progress.count(state.config_mut());
        Self::new(SessionContext::new_with_state(state), Arc::clone(&self.shared))
    }

    /// Refuses a statement that names a location which the session may not read or write.
    pub(super) fn check_access(&self, statement: &SqlStatement) -> Result<()> {
        let access = &self.shared.access;
        match statement {
            SqlStatement::CopyTo(copy) => access.write(&copy.target),
            SqlStatement::CreateExternalTable(create) => {
                create.locations.iter().try_for_each(|location| access.read(location))
            }
            SqlStatement::Explain(explain) => self.check_access(&explain.statement),
            _ => Ok(()),
        }
    }
}

/// A schema of a session above that of the session it was made from, whose tables it never changes.
#[derive(Debug)]
struct Above {
    own: MemorySchemaProvider,
    below: Arc<dyn SchemaProvider>,
}

#[async_trait]
impl SchemaProvider for Above {
    fn owner_name(&self) -> Option<&str> {
        self.below.owner_name()
    }

    fn table_names(&self) -> Vec<String> {
        let mut names = self.below.table_names();
        names.retain(|name| !self.own.table_exist(name));
        names.extend(self.own.table_names());
        names
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        match self.own.table(name).await? {
            Some(table) => Ok(Some(table)),
            None => self.below.table(name).await,
        }
    }

    fn register_table(&self, name: String, table: Arc<dyn TableProvider>) -> Result<Option<Arc<dyn TableProvider>>> {
        self.own.register_table(name, table)
    }

    fn deregister_table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        self.own.deregister_table(name)
    }

    fn table_exist(&self, name: &str) -> bool {
        self.own.table_exist(name) || self.below.table_exist(name)
    }
}

//! Builds a [`Context`]: options by hand and by environment, limits, stores.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::memory_pool::{
    FairSpillPool, MemoryConsumer, MemoryPool, MemoryReservation, TrackConsumersPool,
};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use hyperslab_array::{ArrayError, nearest_names};
use hyperslab_connectors::{CacheMemory, ChunkCache, OpenOptions, Registry};
use hyperslab_exec::datafusion_error;
use object_store::ObjectStore;

use crate::Context;
use crate::access::AnyLocation;
use crate::catalog::{Catalogs, Shared};
use crate::url_table::UrlTables;

/// How many of the largest users of memory an error about memory names.
const NAMED_CONSUMERS: usize = 5;

/// Builds a [`Context`]. Building does no I/O.
///
/// ```
/// let context = hyperslab::Context::builder()
///     .memory_limit(512 << 20)
///     .target_partitions(2)
///     .option("hyperslab.scan.prefetch_chunks", "8")
///     .build()?;
/// # Ok::<(), hyperslab::datafusion::error::DataFusionError>(())
/// ```
#[derive(Debug)]
pub struct ContextBuilder {
    options: Vec<(String, String)>,
    environment: Option<Vec<(String, String)>>,
    memory_limit: Option<usize>,
    target_partitions: Option<usize>,
    registry: Registry,
    chunk_cache: Option<usize>,
    open_options: OpenOptions,
    url_tables: bool,
}

impl Default for ContextBuilder {
    fn default() -> Self {
        Self {
            options: Vec::new(),
            environment: None,
            memory_limit: None,
            target_partitions: None,
            registry: Registry::default(),
            chunk_cache: None,
            open_options: OpenOptions::default(),
            url_tables: true,
        }
    }
}

impl ContextBuilder {
    /// Sets an option of ours or of DataFusion, as `SET name = value` would. It goes before the environment.
    #[must_use]
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.push((name.into(), value.into()));
        self
    }

    /// Reads options from `variables` and not from the environment of the process. `HYPERSLAB_SCAN_CACHE_BYTES` is
    /// the option `hyperslab.scan.cache_bytes`; other names are passed over.
    #[must_use]
    pub fn environment<K: Into<String>, V: Into<String>>(
        mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.environment = Some(variables.into_iter().map(|(k, v)| (k.into(), v.into())).collect());
        self
    }

    /// Bytes that queries may hold, all together. Sorts and aggregates spill to disk before they fail.
    #[must_use]
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        self.memory_limit = Some(bytes);
        self
    }

    /// How many threads work on one query; all processors where it is not set.
    #[must_use]
    pub fn target_partitions(mut self, partitions: usize) -> Self {
        self.target_partitions = Some(partitions);
        self
    }

    /// The formats and stores that locations are opened with.
    #[must_use]
    pub fn registry(mut self, registry: Registry) -> Self {
        self.registry = registry;
        self
    }

    /// Keeps stored bytes of chunks for later queries, but for those of files on local disks: at most so many, out of
    /// the memory limit, and no more than the queries leave when a chunk comes.
    #[must_use]
    pub fn chunk_cache(mut self, bytes: usize) -> Self {
        self.chunk_cache = Some(bytes);
        self
    }

    /// Answers every location at or below `prefix` from `store`, such as `memory://tests`.
    #[must_use]
    pub fn store(mut self, prefix: &str, store: Arc<dyn ObjectStore>) -> Self {
        self.registry = self.registry.with_store(prefix, store);
        self
    }

    /// The options of opening a location that is given without any.
    #[must_use]
    pub fn open_options(mut self, options: OpenOptions) -> Self {
        self.open_options = options;
        self
    }

    /// Whether a quoted path or URL in `FROM` is a table. Switch it off where the SQL is not your own: it reads any
    /// file that the process can.
    #[must_use]
    pub fn url_tables(mut self, enabled: bool) -> Self {
        self.url_tables = enabled;
        self
    }

    /// A session of its own.
    ///
    /// # Errors
    /// When an option is unknown or its value does not fit.
    pub fn build(self) -> Result<Context> {
        let mut runtime = RuntimeEnvBuilder::new();
        if let Some(bytes) = self.memory_limit {
            let most = std::num::NonZeroUsize::new(NAMED_CONSUMERS).unwrap_or(std::num::NonZeroUsize::MIN);
            runtime = runtime.with_memory_pool(Arc::new(TrackConsumersPool::new(FairSpillPool::new(bytes), most)));
        }
        let state = SessionStateBuilder::new()
            .with_config(SessionConfig::new())
            .with_runtime_env(runtime.build_arc()?)
            .with_default_features();
        self.finish(state)
    }

    /// Puts Hyperslab onto an existing session: its tables, functions, rules and limits stay as they are. The context
    /// is a session of its own that shares the catalog; an option that is set in one is not seen in the other.
    ///
    /// # Errors
    /// As [`Self::build`].
    pub fn build_on(self, session: SessionContext) -> Result<Context> {
        if self.memory_limit.is_some() {
            return Err(datafusion_error(ArrayError::argument(
                "the memory limit of an existing session cannot be set, expected its own",
            )));
        }
        let id = session.session_id();
        self.finish(session.into_state_builder().with_session_id(id))
    }

    fn finish(self, state: SessionStateBuilder) -> Result<Context> {
        let mut state = hyperslab_planner::configure(state);
        let config = state.config().get_or_insert_default();
        if let Some(partitions) = self.target_partitions {
            if partitions == 0 {
                return Err(datafusion_error(ArrayError::argument("`0` partitions, expected 1 or more")));
            }
            *config = config.clone().with_target_partitions(partitions);
        }
        let environment = self.environment.unwrap_or_else(|| std::env::vars().collect());
        set_from_environment(config.options_mut(), &environment)?;
        for (name, value) in &self.options {
            config.options_mut().set(name, value)?;
        }
        // Ours takes the place of DataFusion's, which would be found first.
        config.options_mut().catalog.information_schema = false;
        let catalog = config.options().catalog.clone();
        // Builds the default catalog, where there is none yet.
        let state = state.build();
        let registry = match self.chunk_cache {
            Some(bytes) => self.registry.with_cache(chunk_cache(bytes, &state.runtime_env().memory_pool)),
            None => self.registry,
        };
        let inner = Arc::clone(state.catalog_list());
        let shared = Arc::new(Shared {
            datasets: Arc::default(),
            access: Arc::new(AnyLocation),
            inner: Arc::clone(&inner),
            urls: UrlTables::new(registry, self.open_options, self.url_tables),
            default_catalog: catalog.default_catalog,
            default_schema: catalog.default_schema,
        });
        let session = SessionContext::new_with_state(state);
        session.register_catalog_list(Arc::new(Catalogs { inner, shared: Arc::clone(&shared) }));
        shared.urls.files.session_store().with_state(session.state_weak_ref());
        Ok(Context::new(session, shared))
    }
}

fn chunk_cache(bytes: usize, pool: &Arc<dyn MemoryPool>) -> ChunkCache {
    ChunkCache::within(bytes, PoolMemory(MemoryConsumer::new("chunk cache").register(pool)))
}

/// The part of a session's memory that a cache holds.
#[derive(Debug)]
struct PoolMemory(MemoryReservation);

impl CacheMemory for PoolMemory {
    fn try_grow(&self, bytes: usize) -> bool {
        self.0.try_grow(bytes).is_ok()
    }

    fn shrink(&self, bytes: usize) {
        self.0.shrink(bytes);
    }
}

/// The prefixes under which every name must be an option: a slip of the pen is not passed over.
const PREFIXES: [&str; 3] = ["HYPERSLAB_SCAN_", "HYPERSLAB_PLANNER_", "HYPERSLAB_CACHE_"];

fn set_from_environment(options: &mut ConfigOptions, environment: &[(String, String)]) -> Result<()> {
    let variable = |option: &str| option.to_ascii_uppercase().replace('.', "_");
    let known: Vec<String> =
        options.entries().into_iter().map(|e| e.key).filter(|k| k.starts_with("hyperslab.")).collect();
    for (name, value) in environment {
        if let Some(option) = known.iter().find(|o| variable(o) == *name) {
            options.set(option, value)?;
        } else if PREFIXES.iter().any(|p| name.starts_with(p)) {
            let names: Vec<String> = known.iter().map(|o| variable(o)).collect();
            return Err(datafusion_error(
                ArrayError::argument(format!("environment variable `{name}` is no option"))
                    .hint(nearest_names(name, names.iter().map(String::as_str))),
            ));
        }
    }
    Ok(())
}

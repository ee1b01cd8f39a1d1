//! What is measured: time, peak memory, and the limit that no engine reading the same store can pass.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, stream};
use hyperslab::datafusion::error::Result as QueryOutcome;
use hyperslab::{Context, Registry};
use hyperslab_array::{ArrayError, Dataset, Region, Result, Role, Variable};
use object_store::ObjectStore;

use crate::SyntheticStore;
use crate::recipe::{Arco, Pop};

/// The most memory that this process had in use so far, in bytes; `None` where the system does not tell.
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// What [`decode_all`] went through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Decoded {
    /// Chunks.
    pub chunks: u64,
    /// Bytes as stored.
    pub stored: u64,
    /// Bytes after decoding.
    pub decoded: u64,
    /// The time it took.
    pub time: Duration,
}

/// Fetches and decodes every chunk of the data variables (of `only`, where given) on all cores and throws it away.
///
/// # Errors
/// When there is no such variable, or a chunk cannot be read.
pub async fn decode_all(dataset: &Dataset, only: Option<&str>) -> Result<Decoded> {
    let variables: Vec<Arc<Variable>> = match only {
        Some(name) => vec![Arc::clone(dataset.variable(name)?)],
        None => dataset.with_role(Role::Data).cloned().collect(),
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let start = Instant::now();
    let mut total = Decoded::default();
    for variable in variables {
        let grid = variable.source.chunk_grid();
        let counts = grid.counts();
        let chunks = (0..grid.chunk_count()).map(|number| {
            let chunk = crate::generate::position(number, &counts);
            let variable = Arc::clone(&variable);
            tokio::spawn(async move { decode_one(&variable, &chunk).await })
        });
        // Twice the cores, so that one chunk is fetched while another is decoded.
        let mut done = stream::iter(chunks).buffer_unordered(2 * cores).map(|joined| match joined {
            Ok(result) => result,
            Err(e) => Err(ArrayError::internal("a task ended early").with_source(e)),
        });
        while let Some((stored, decoded)) = done.try_next().await? {
            total.chunks += 1;
            total.stored += stored;
            total.decoded += decoded;
        }
    }
    total.time = start.elapsed();
    Ok(total)
}

/// What [`query`] took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ran {
    /// From the text to the physical plan.
    pub planned: Duration,
    /// From the plan to the last row.
    pub ran: Duration,
    /// Rows of the answer.
    pub rows: u64,
}

/// The formats of this build, with `pop` and `arco` as `synthetic://pop.zarr` and `synthetic://arco.zarr`.
///
/// # Errors
/// When a synthetic store cannot be described.
pub fn registry() -> Result<Registry> {
    let pop: Arc<dyn ObjectStore> = Arc::new(SyntheticStore::try_new(Pop::default())?);
    let arco: Arc<dyn ObjectStore> = Arc::new(SyntheticStore::try_new(Arco)?);
    Ok(Registry::default().with_store("synthetic://pop.zarr", pop).with_store("synthetic://arco.zarr", arco))
}

/// Registers the dataset at `location`, and says how long that took.
///
/// # Errors
/// When it cannot be opened.
pub async fn open(context: &Context, name: &str, location: &str) -> QueryOutcome<Duration> {
    let start = Instant::now();
    context.register(name, location).await?;
    Ok(start.elapsed())
}

/// Runs a query to its end and throws its rows away.
///
/// # Errors
/// When it fails.
pub async fn query(context: &Context, sql: &str) -> QueryOutcome<Ran> {
    let start = Instant::now();
    let mut stream = context.sql(sql).await?.stream().await?;
    let mut ran = Ran { planned: start.elapsed(), ..Ran::default() };
    while let Some(batch) = stream.try_next().await? {
        ran.rows += batch.num_rows() as u64;
    }
    ran.ran = start.elapsed().saturating_sub(ran.planned);
    Ok(ran)
}

async fn decode_one(variable: &Variable, chunk: &[u64]) -> Result<(u64, u64)> {
    let region = Region::full(&variable.source.chunk_grid().region(chunk).shape);
    let encoded = variable.source.fetch(chunk, &region).await?;
    let stored = encoded.stored_bytes();
    let values = encoded.decode()?;
    Ok((stored, (values.len() * values.data_type().size()) as u64))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use hyperslab::OpenOptions;

    use super::*;
    use crate::recipe::Era;

    #[tokio::test]
    async fn a_point_of_arco_is_planned_without_reading_and_reads_one_chunk() {
        let store = Arc::new(SyntheticStore::try_new(Arco).unwrap());
        let registry = Registry::default().with_store("synthetic://arco.zarr", Arc::clone(&store) as _);
        let context = Context::builder().registry(registry).build().unwrap();
        open(&context, "arco", "synthetic://arco.zarr").await.unwrap();
        let opened = store.chunk_requests();
        let sql = "SELECT \"2m_temperature\" FROM arco.time_latitude_longitude
                   WHERE time = '1990-06-01T05:00:00' AND latitude = 10.5 AND longitude = 20.25";
        context.sql(sql).await.unwrap();
        assert_eq!(store.chunk_requests(), opened);
        assert_eq!(query(&context, sql).await.unwrap().rows, 1);
        assert_eq!(store.chunk_requests(), opened + 1);
    }

    #[tokio::test]
    async fn every_chunk_is_decoded_once() {
        let era = Era::default().with_shape([40, 37, 72]).with_chunks([30, 20, 50]);
        let store = Arc::new(SyntheticStore::try_new(era).unwrap());
        let registry = Registry::default().with_store("synthetic://era.zarr", Arc::clone(&store) as _);
        let dataset = registry.open("era", "synthetic://era.zarr", None, &OpenOptions::new()).await.unwrap();
        let before = store.chunk_requests();
        let total = decode_all(&dataset, None).await.unwrap();
        assert_eq!((total.chunks, total.decoded), (16, 2 * 4 * 40 * 37 * 72));
        assert_eq!(store.chunk_requests() - before, 16);
        assert_eq!(decode_all(&dataset, Some("t2m")).await.unwrap().chunks, 8);
        assert!(decode_all(&dataset, Some("t3m")).await.is_err());
    }

    #[test]
    fn memory_in_use_is_told() {
        assert!(peak_memory().is_none_or(|bytes| bytes > 1 << 20));
    }
}

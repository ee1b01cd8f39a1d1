//! The rules, end to end: SQL over datasets in memory, each rule on and off.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod calendars;
mod cell_area;
mod chunk_aggregate;
mod chunk_gather;
mod chunk_join;
mod chunk_regions;
mod chunk_window_slide;
mod dim_index;
mod floats;
mod functions;
mod grouping_sets;
mod lookups;
mod pruning;
mod random_joins;
mod reasons;
mod times;

use std::sync::Arc;

use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::Result;
use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use hyperslab_array::{
    Attributes, Calendar, ChunkGrid, Dataset, DatasetBuilder, DateTime, MemorySource, RawVariable, Values,
};
use hyperslab_exec::ArrayTable;

/// A session with our rules and no tables.
fn session() -> SessionContext {
    let config = SessionConfig::new().with_information_schema(true).with_target_partitions(2);
    let builder = SessionStateBuilder::new().with_config(config).with_default_features();
    SessionContext::new_with_state(crate::configure(builder).build())
}

/// A variable of a dataset: name, dimensions, values, attributes.
struct Made<'a>(&'a str, &'a [&'a str], Values, &'a [(&'a str, &'a str)]);

/// Registers the widest grid of these variables as `name`.
async fn register(ctx: &SessionContext, name: &str, variables: Vec<Made<'_>>) {
    register_in_chunks(ctx, name, variables, 2).await;
}

/// As [`register`], with chunks of at most `most` along each dimension.
async fn register_in_chunks(ctx: &SessionContext, name: &str, variables: Vec<Made<'_>>, most: u64) {
    let sizes: Vec<(&str, u64)> =
        variables.iter().filter(|v| v.1.len() == 1).map(|v| (v.1[0], v.2.len() as u64)).collect();
    let size = |d: &str| sizes.iter().find(|(n, _)| *n == d).map_or(1, |(_, s)| *s);
    let mut builder = DatasetBuilder::new(name, "memory", "MEMORY");
    for Made(name, dimensions, values, attributes) in variables {
        let shape: Vec<u64> = dimensions.iter().map(|d| size(d)).collect();
        let chunks: Vec<u64> = shape.iter().map(|s| (*s).clamp(1, most)).collect();
        let grid = ChunkGrid::regular(&shape, &chunks).unwrap();
        builder = builder.variable(RawVariable {
            name: name.into(),
            dimensions: dimensions.iter().map(|d| d.to_string()).collect(),
            attributes: attributes.iter().copied().collect::<Attributes>(),
            source: Arc::new(MemorySource::try_new(values, grid).unwrap()),
        });
    }
    let dataset: Arc<Dataset> = Arc::new(builder.build().await.unwrap());
    let grid = dataset.full_grid().unwrap();
    ctx.register_table(name, Arc::new(ArrayTable::try_new(dataset, grid).unwrap())).unwrap();
}

fn micros(text: &str) -> i64 {
    Calendar::ProlepticGregorian.micros(&DateTime::parse(text).unwrap()).unwrap()
}

/// `ersst`: 12 months of 1982, latitudes in `float32` that descend, and a value for each: 100 × month + latitude index.
async fn ersst(ctx: &SessionContext) {
    let times = (1..=12).map(|m| micros(&format!("1982-{m:02}"))).collect();
    let lat = vec![23.4, 0.2, 0.1, -0.1, -23.5];
    let sst = (1..=12).flat_map(|m| (0..5).map(move |i| (100 * m + i) as f32)).collect();
    let flag = (0..60).map(|i| if i % 2 == 0 { 0.1 } else { 0.2 }).collect();
    let variables = vec![
        Made("time", &["time"], Values::Timestamp(times), &[]),
        Made("lat", &["lat"], Values::Float32(lat), &[]),
        Made("sst", &["time", "lat"], Values::Float32(sst), &[]),
        Made("flag", &["time", "lat"], Values::Float32(flag), &[]),
    ];
    register(ctx, "ersst", variables).await;
}

/// `name`: a value for each day of `days` after 2000-01-01 in a calendar.
async fn days(ctx: &SessionContext, name: &str, calendar: &str, days: &[f64]) {
    let values = (0..days.len() as i32).collect();
    let units = [("units", "days since 2000-01-01"), ("calendar", calendar)];
    let variables = vec![
        Made("time", &["time"], Values::Float64(days.to_vec()), &units),
        Made("v", &["time"], Values::Int32(values), &[]),
    ];
    register(ctx, name, variables).await;
}

/// The rows of a query as text.
async fn rows(ctx: &SessionContext, sql: &str) -> Vec<String> {
    try_rows(ctx, sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"))
}

async fn try_rows(ctx: &SessionContext, sql: &str) -> Result<Vec<String>> {
    let batches = ctx.sql(sql).await?.collect().await?;
    let options = FormatOptions::default().with_null("NULL");
    let mut out = Vec::new();
    for batch in &batches {
        let columns: Vec<_> = batch.columns().iter().map(|c| ArrayFormatter::try_new(c, &options).unwrap()).collect();
        for i in 0..batch.num_rows() {
            out.push(columns.iter().map(|c| c.value(i).to_string()).collect::<Vec<_>>().join("|"));
        }
    }
    Ok(out)
}

/// The line that a query fails with.
async fn error(ctx: &SessionContext, sql: &str) -> String {
    match try_rows(ctx, sql).await {
        Ok(rows) => panic!("{sql} gives {rows:?}"),
        Err(e) => e.find_root().to_string(),
    }
}

/// The optimized logical plan and the physical plan.
async fn explain(ctx: &SessionContext, sql: &str) -> String {
    rows(ctx, &format!("EXPLAIN {sql}")).await.join("\n")
}

/// Turns a rule off.
async fn switch_off(ctx: &SessionContext, rule: &str) {
    ctx.sql(&format!("SET hyperslab.planner.{rule} = false")).await.unwrap().collect().await.unwrap();
}

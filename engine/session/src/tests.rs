//! What a program sees of a session, on datasets in memory and small stores in a temporary folder.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod arrays;
mod errors;
mod functions;
mod listing;
mod names;
mod options;
mod results;
mod service;
mod session;
mod statements;
mod stores;

use std::sync::Arc;

use datafusion::arrow::util::pretty::pretty_format_batches;
use hyperslab_array::{Attributes, ChunkGrid, Dataset, DatasetBuilder, MemorySource, RawVariable, Values};

use crate::Context;

pub(crate) fn variable(
    name: &str,
    dimensions: &[(&str, u64)],
    values: Values,
    attributes: &[(&str, &str)],
) -> RawVariable {
    let shape: Vec<u64> = dimensions.iter().map(|(_, size)| *size).collect();
    let chunks: Vec<u64> = shape.iter().map(|s| (*s).clamp(1, 2)).collect();
    let source = MemorySource::try_new(values, ChunkGrid::regular(&shape, &chunks).unwrap()).unwrap();
    RawVariable {
        name: name.into(),
        dimensions: dimensions.iter().map(|(name, _)| name.to_string()).collect(),
        attributes: attributes.iter().copied().collect::<Attributes>(),
        source: Arc::new(source),
    }
}

/// `sst(time 2, lat 3, lon 2)`, `mask(lat, lon)`, labels for all three; one value of `sst` is missing.
pub(crate) async fn ersst() -> Dataset {
    let sst: Vec<f32> = (0..12).map(|i| if i == 5 { f32::NAN } else { i as f32 }).collect();
    DatasetBuilder::new("ersst", "memory://ersst.zarr", "MEMORY")
        .attributes([("title", "Sea surface temperature")].into_iter().collect())
        .variable(variable("time", &[("time", 2)], Values::Int64(vec![0, 1]), &[("units", "days since 2000-01-01")]))
        .variable(variable(
            "lat",
            &[("lat", 3)],
            Values::Float32(vec![10.0, 0.0, -10.0]),
            &[("units", "degrees_north"), ("long_name", "latitude")],
        ))
        .variable(variable("lon", &[("lon", 2)], Values::Float32(vec![0.0, 180.0]), &[("units", "degrees_east")]))
        .variable(variable(
            "sst",
            &[("time", 2), ("lat", 3), ("lon", 2)],
            Values::Float32(sst),
            &[("units", "degree_C"), ("standard_name", "sea_surface_temperature")],
        ))
        .variable(variable("mask", &[("lat", 3), ("lon", 2)], Values::Int8(vec![1, 0, 1, 1, 0, 1]), &[]))
        .build()
        .await
        .unwrap()
}

/// A curvilinear ocean: `SST(nlat, nlon)` on `TLAT`, `TLONG`, and `DEPTH(z)`: no grid holds all others.
pub(crate) async fn pop() -> Dataset {
    let at = &[("nlat", 2), ("nlon", 2)];
    let coordinates = [("coordinates", "TLONG TLAT"), ("units", "degC")];
    DatasetBuilder::new("pop", "memory://pop.zarr", "MEMORY")
        .variable(variable("TLAT", at, Values::Float64(vec![1.0, 2.0, 3.0, 4.0]), &[("units", "degrees_north")]))
        .variable(variable("TLONG", at, Values::Float64(vec![5.0, 6.0, 7.0, 8.0]), &[("units", "degrees_east")]))
        .variable(variable("SST", at, Values::Float32(vec![10.0, 20.0, 30.0, 40.0]), &coordinates))
        .variable(variable("DEPTH", &[("z", 2)], Values::Float32(vec![5.0, 15.0]), &[]))
        .build()
        .await
        .unwrap()
}

/// `pop` without `DEPTH`, and a group `deep` with the group `deep/sub` below it.
pub(crate) async fn tree() -> Dataset {
    let leaf = |name: &'static str| async move {
        DatasetBuilder::new(name, "memory://tree.zarr", "MEMORY")
            .variable(variable("x", &[("x", 2)], Values::Int32(vec![1, 2]), &[]))
            .variable(variable("v", &[("x", 2)], Values::Float64(vec![0.5, 1.5]), &[]))
    };
    let sub = leaf("sub").await.build().await.unwrap();
    let deep = leaf("deep")
        .await
        .variable(variable("w", &[("y", 3)], Values::Float64(vec![1.0, 2.0, 3.0]), &[]))
        .group("sub", Arc::new(sub))
        .build()
        .await
        .unwrap();
    leaf("tree").await.group("deep", Arc::new(deep)).build().await.unwrap()
}

/// A session with `ersst`, `pop` and `tree`, and nothing of the environment.
pub(crate) async fn context() -> Context {
    let context = Context::builder().environment(Vec::<(String, String)>::new()).target_partitions(2).build().unwrap();
    context.register_dataset("ersst", ersst().await).unwrap();
    context.register_dataset("pop", pop().await).unwrap();
    context.register_dataset("tree", tree().await).unwrap();
    context
}

/// The rows of an answer, values separated by `|`, `NULL` where there is none.
pub(crate) async fn rows(context: &Context, sql: &str) -> Vec<String> {
    let result = context.sql(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    let batches = result.collect().await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    let options = datafusion::arrow::util::display::FormatOptions::default().with_null("NULL");
    let mut rows = Vec::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            let value = |c: &datafusion::arrow::array::ArrayRef| {
                datafusion::arrow::util::display::ArrayFormatter::try_new(c, &options).unwrap().value(row).to_string()
            };
            rows.push(batch.columns().iter().map(value).collect::<Vec<_>>().join("|"));
        }
    }
    rows
}

/// The one line of the error of a statement, wherever it comes up.
pub(crate) async fn error(context: &Context, sql: &str) -> String {
    let error = match context.sql(sql).await {
        Err(error) => error,
        Ok(result) => match result.collect().await {
            Err(error) => error,
            Ok(batches) => panic!("{sql} has an answer:\n{}", pretty_format_batches(&batches).unwrap()),
        },
    };
    let line = crate::error::one_line(&error);
    assert!(!line.contains('\n'), "{line}");
    line
}

//! Answers as NetCDF files.

use std::path::Path;

use hyperslab_array::DataType;

use super::stored;
use crate::tests::{context, error, rows};

fn copy(query: &str, folder: &Path, name: &str, options: &str) -> String {
    let options = if options.is_empty() { String::new() } else { format!(" OPTIONS ({options})") };
    format!("COPY {query} TO '{}' STORED AS NETCDF{options}", folder.join(name).display())
}

#[tokio::test]
async fn a_table_comes_back_the_same_in_both_versions() {
    let context = context().await;
    let folder = tempfile::tempdir().unwrap();
    let expected = rows(&context, "SELECT * FROM ersst ORDER BY 1, 2, 3").await;
    for (name, options) in [("a.nc", ""), ("b.nc", "'netcdf_version' '64bit_data'")] {
        assert_eq!(rows(&context, &copy("ersst", folder.path(), name, options)).await, ["12"]);
        assert_eq!(stored(&context, folder.path(), name).await, expected, "{options}");
        let dataset = context.open(folder.path().join(name).to_str().unwrap()).await.unwrap();
        assert_eq!(dataset.variable("mask").unwrap().dimensions, ["lat", "lon"]);
        assert_eq!(dataset.variable("sst").unwrap().attributes.text("units"), Some("degree_C"));
        assert_eq!(dataset.attributes.text("title"), Some("Sea surface temperature"));
    }
    let dataset = context.open(folder.path().join("a.nc").to_str().unwrap()).await.unwrap();
    assert_eq!(dataset.variable("time").unwrap().encoding.stored_type(), DataType::Int32, "CDF-2 has no other");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left behind");
}

#[tokio::test]
async fn texts_counts_and_absent_cells_come_back() {
    let context = context().await;
    let folder = tempfile::tempdir().unwrap();
    let full = "(SELECT season(time) AS season, lat, count(*) AS n, max(CAST(lat AS TEXT)) AS label \
                FROM ersst GROUP BY 1, 2)";
    rows(&context, &copy(full, folder.path(), "full.nc", "'dimensions' 'season,lat'")).await;
    assert_eq!(
        stored(&context, folder.path(), "full.nc").await,
        ["DJF|-10.0|4|-10.0", "DJF|0.0|4|0.0", "DJF|10.0|4|10.0"]
    );
    let dataset = context.open(folder.path().join("full.nc").to_str().unwrap()).await.unwrap();
    assert!(dataset.variable("n").unwrap().attributes.get("_FillValue").is_none(), "no count is missing");
    let gaps = "(SELECT day(time) AS day, lat, count(*) AS n FROM ersst WHERE NOT (lat = 0 AND sst > 3) GROUP BY 1, 2)";
    rows(&context, &copy(gaps, folder.path(), "gaps.nc", "")).await;
    assert_eq!(stored(&context, folder.path(), "gaps.nc").await[4], "2|0.0|NULL");
}

#[tokio::test]
async fn what_is_there_is_replaced_only_where_that_is_asked_for() {
    let context = context().await;
    let folder = tempfile::tempdir().unwrap();
    rows(&context, &copy("ersst", folder.path(), "e.nc", "")).await;
    let message = error(&context, &copy("ersst", folder.path(), "e.nc", "")).await;
    assert!(message.contains("exists already"), "{message}");
    let one = "(SELECT time, lat, lon, sst FROM ersst WHERE lat = 0)";
    rows(&context, &copy(one, folder.path(), "e.nc", "'overwrite' 'true'")).await;
    assert_eq!(stored(&context, folder.path(), "e.nc").await.len(), 4);
    let message = error(&context, &copy(one, folder.path(), "f.nc", "'append' 'time'")).await;
    assert!(message.contains("unknown option `append` of `STORED AS NETCDF`"), "{message}");
    let many = "(SELECT time, lat, lon, 10000000000 + mask AS n FROM ersst)";
    let message = error(&context, &copy(many, folder.path(), "f.nc", "")).await;
    assert!(message.contains("does not fit int32") && message.contains("in variable `n`"), "{message}");
    assert!(!folder.path().join("f.nc").exists());
    rows(&context, &copy(many, folder.path(), "f.nc", "'netcdf_version' '64bit_data'")).await;
    assert_eq!(stored(&context, folder.path(), "f.nc").await.len(), 12);
}

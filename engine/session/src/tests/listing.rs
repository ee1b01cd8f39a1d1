//! Which tables a dataset is, and what describes it.

use super::{context, error, rows};

#[tokio::test]
async fn a_dataset_is_a_table_of_its_full_grid_and_a_schema_of_its_grids() {
    let context = context().await;
    assert_eq!(rows(&context, "select count(*) from ersst").await, ["12"]);
    assert_eq!(rows(&context, "select count(*), sum(mask) from ersst.lat_lon").await, ["6|4"]);
    assert_eq!(rows(&context, "select sum(sst), count(sst) from ersst.time_lat_lon").await, ["61.0|11"]);
    assert_eq!(rows(&context, "select sum(mask) from ersst where time = '2000-01-01'").await, ["4"]);
}

#[tokio::test]
async fn a_dataset_without_a_full_grid_lists_its_grids() {
    let context = context().await;
    let expected = "dataset `pop` has no grid that holds all others; hint: take one of `pop.nlat_nlon`, `pop.z`";
    assert_eq!(error(&context, "select * from pop").await, expected);
    assert_eq!(error(&context, "select * from POP p where p.sst > 1").await, expected);
    assert_eq!(error(&context, "describe pop").await, expected);
    assert_eq!(rows(&context, "select count(*) from pop.nlat_nlon").await, ["4"]);
}

#[tokio::test]
async fn a_group_is_a_table_of_the_dataset_and_a_schema_of_its_own() {
    let context = context().await;
    assert_eq!(rows(&context, "select sum(v) from tree").await, ["2.0"]);
    assert_eq!(rows(&context, "select sum(v) from tree.\"deep/sub\"").await, ["2.0"]);
    assert_eq!(rows(&context, "select sum(w) from \"tree/deep\".y").await, ["6.0"]);
    assert_eq!(rows(&context, "select name from \"tree/deep/sub\".dimensions").await, ["x"]);
    let error = error(&context, "select * from tree.deep").await;
    assert_eq!(
        error,
        "dataset `tree/deep` has no grid that holds all others; hint: take one of `\"tree/deep\".x`, `\"tree/deep\".y`"
    );
}

#[tokio::test]
async fn metadata_tables_tell_dimensions_variables_and_attributes() {
    let context = context().await;
    assert_eq!(rows(&context, "select * from ersst.dimensions").await, ["time|2|time", "lat|3|lat", "lon|2|lon"]);
    assert_eq!(
        rows(&context, "select * from pop.dimensions order by name").await,
        ["nlat|2|NULL", "nlon|2|NULL", "z|2|NULL"]
    );
    assert_eq!(
        rows(
            &context,
            "select name, role, type, dimensions, shape, chunk_shape, units, standard_name, logical_bytes \
             from ersst.variables where name in ('sst', 'mask')"
        )
        .await,
        [
            "sst|variable|float32|time, lat, lon|2, 3, 2|2, 2, 2|degree_C|sea_surface_temperature|48",
            "mask|variable|int8|lat, lon|3, 2|2, 2|NULL|NULL|6"
        ]
    );
    assert_eq!(
        rows(&context, "select * from ersst.attributes where variable is null or variable = 'lat'").await,
        ["NULL|title|Sea surface temperature", "lat|units|degrees_north", "lat|long_name|latitude"]
    );
}

#[tokio::test]
async fn a_chunk_is_a_row_with_its_place() {
    let context = context().await;
    assert_eq!(
        rows(&context, "select chunk, start, shape from ersst.chunks where variable = 'sst'").await,
        ["0/0/0|[0, 0, 0]|[2, 2, 2]", "0/1/0|[0, 2, 0]|[2, 1, 2]"]
    );
    assert_eq!(rows(&context, "select count(*) from pop.chunks where variable = 'TLAT'").await, ["1"]);
    assert_eq!(rows(&context, "select count(*) from \"tree/deep/sub\".chunks").await, ["2"]);
}

#[tokio::test]
async fn describe_tells_the_role_and_dimensions_of_a_column() {
    let context = context().await;
    let expected = [
        "time|Timestamp(µs)|NO|dimension|time|NULL|NULL",
        "lat|Float32|NO|dimension|lat|degrees_north|latitude",
        "lon|Float32|NO|dimension|lon|degrees_east|NULL",
        "sst|Float32|YES|variable|time,lat,lon|degree_C|NULL",
        "mask|Int8|NO|variable|lat,lon|NULL|NULL",
    ];
    assert_eq!(rows(&context, "describe ersst").await, expected);
    assert_eq!(rows(&context, "DESC Ersst;").await, expected);
    let of_pop = rows(&context, "describe pop.NLAT_nlon").await;
    assert!(of_pop.contains(&"TLAT|Float64|YES|coordinate|nlat,nlon|degrees_north|NULL".to_string()), "{of_pop:?}");
}

#[tokio::test]
async fn describe_works_for_any_table() {
    let context = context().await;
    context.sql("create table t (a int not null, b varchar)").await.unwrap();
    assert_eq!(
        rows(&context, "describe t").await,
        ["a|Int32|NO|NULL|NULL|NULL|NULL", "b|Utf8View|YES|NULL|NULL|NULL|NULL"]
    );
}

#[tokio::test]
async fn show_datasets_lists_what_is_registered() {
    let context = context().await;
    assert_eq!(
        rows(&context, "show datasets").await,
        [
            "ersst|MEMORY|memory://ersst.zarr|time_lat_lon, lat_lon|54",
            "pop|MEMORY|memory://pop.zarr|nlat_nlon, z|24",
            "tree|MEMORY|memory://tree.zarr|x|16"
        ]
    );
}

#[tokio::test]
async fn describe_dataset_is_one_line_a_row() {
    let context = context().await;
    let lines = rows(&context, "describe dataset ersst").await;
    assert!(lines.len() > 5, "{lines:?}");
    for word in ["sst", "lat", "lon", "time", "mask"] {
        assert!(lines.iter().any(|l| l.contains(word)), "{word} in {lines:?}");
    }
    let lines = rows(&context, "describe dataset tree.\"deep/sub\"").await;
    assert!(!lines.iter().any(|l| l.contains('w')), "{lines:?}");
}

#[tokio::test]
async fn the_information_schema_knows_the_grids() {
    let context = context().await;
    let tables = rows(
        &context,
        "select table_schema, table_name from information_schema.tables \
         where table_schema <> 'information_schema' order by 1, 2",
    )
    .await;
    for expected in ["public|ersst", "public|tree", "ersst|time_lat_lon", "pop|z", "tree|deep/sub", "tree/deep|x"] {
        assert!(tables.contains(&expected.to_string()), "{expected} in {tables:?}");
    }
    assert!(!tables.contains(&"public|pop".to_string()));
    assert_eq!(
        rows(
            &context,
            "select column_name, data_type from information_schema.columns \
             where table_schema = 'public' and table_name = 'ersst' order by ordinal_position limit 2"
        )
        .await,
        ["time|Timestamp(µs)", "lat|Float32"]
    );
    assert_eq!(
        rows(
            &context,
            "select column_name, is_nullable, role, dimensions, units from information_schema.columns \
             where table_schema = 'pop' and table_name = 'nlat_nlon' and column_name in ('nlat', 'TLAT', 'SST')"
        )
        .await,
        [
            "nlat|NO|dimension|nlat|NULL",
            "TLAT|YES|coordinate|nlat,nlon|degrees_north",
            "SST|YES|variable|nlat,nlon|degC"
        ]
    );
    assert!(rows(&context, "show columns from ersst").await.iter().any(|c| c.contains("mask")));
    assert!(rows(&context, "show functions like 'sqrt'").await.iter().any(|f| f.starts_with("sqrt")));
    assert!(!rows(&context, "select * from datafusion.information_schema.schemata").await.is_empty());
    assert!(rows(&context, "show tables").await.iter().any(|t| t.contains("time_lat_lon")));
}

//! `append` and `region`.

use super::{copy, stored};
use crate::tests::{context, error, rows};

const FIRST: &str = "(SELECT time, lat, lon, sst, mask FROM ersst WHERE time < '2000-01-02')";
const SECOND: &str = "(SELECT time, lat, lon, sst, mask FROM ersst WHERE time >= '2000-01-02')";

#[tokio::test]
async fn a_store_grows_along_a_dimension_whether_or_not_its_last_chunk_is_full() {
    let context = context().await;
    let folder = tempfile::tempdir().unwrap();
    let expected = rows(&context, "SELECT * FROM ersst ORDER BY 1, 2, 3").await;
    for (i, options) in [
        "'chunks' 'time=1'",
        "'chunks' 'time=1', 'zarr_format' '2'",
        "'chunks' 'time=2,lat=2'",
        "'chunks' 'time=2,lat=2,lon=1', 'shards' 'time=4,lat=4,lon=2'",
    ]
    .iter()
    .enumerate()
    {
        let name = format!("{i}.zarr");
        rows(&context, &copy(FIRST, folder.path(), &name, options)).await;
        rows(&context, &copy(SECOND, folder.path(), &name, "'append' 'time'")).await;
        assert_eq!(stored(&context, folder.path(), &name).await, expected, "{options}");
        let message = error(&context, &copy(SECOND, folder.path(), &name, "'append' 'time'")).await;
        assert!(message.contains("label `2000-01-02T00:00:00` of `time` is in the store already"), "{message}");
    }
}

#[tokio::test]
async fn an_append_that_does_not_fit_the_store_is_refused() {
    let context = context().await;
    let folder = tempfile::tempdir().unwrap();
    rows(&context, &copy(FIRST, folder.path(), "e.zarr", "")).await;
    for (query, expected) in [
        (
            "(SELECT time, lat + 1 AS lat, lon, sst FROM ersst WHERE time >= '2000-01-02')",
            "label `-9` of `lat` is not in the store",
        ),
        (
            "(SELECT time, lat, lon, mask FROM ersst WHERE time >= '2000-01-02')",
            "variable `sst` of the store has dimension `time`",
        ),
        ("(SELECT time, lat, lon, sst, sst AS more FROM ersst WHERE time >= '2000-01-02')", "no variable `more`"),
        ("(SELECT lat, lon, avg(sst) AS sst FROM ersst GROUP BY 1, 2)", "`time` is no dimension of the answer"),
    ] {
        let message = error(&context, &copy(query, folder.path(), "e.zarr", "'append' 'time'")).await;
        assert!(message.contains(expected), "{query}: {message}");
    }
    assert_eq!(stored(&context, folder.path(), "e.zarr").await.len(), 6);
    let message = error(&context, &copy(FIRST, folder.path(), "none.zarr", "'append' 'time'")).await;
    assert!(message.contains("does not exist"), "{message}");
}

#[tokio::test]
async fn whole_chunks_are_replaced_and_no_chunk_is_torn() {
    let context = context().await;
    let folder = tempfile::tempdir().unwrap();
    rows(&context, &copy("ersst", folder.path(), "e.zarr", "'chunks' 'time=1,lat=2,lon=2'")).await;
    let warmer = |condition: &str| format!("(SELECT time, lat, lon, sst + 100 AS sst FROM ersst WHERE {condition})");
    let torn = warmer("lat = 0");
    let message = error(&context, &copy(&torn, folder.path(), "e.zarr", "'region' 'true'")).await;
    assert!(
        message.contains("some cells of a chunk, and not all") && message.contains("lat from 10 to 0"),
        "{message}"
    );
    let whole = warmer("lat >= 0 AND time = '2000-01-02'");
    rows(&context, &copy(&whole, folder.path(), "e.zarr", "'region' 'true'")).await;
    let expected = rows(
        &context,
        "SELECT time, lat, lon, CASE WHEN lat >= 0 AND time = TIMESTAMP '2000-01-02' THEN sst + 100 ELSE sst END AS sst, mask \
         FROM ersst ORDER BY 1, 2, 3",
    )
    .await;
    let path = folder.path().join("e.zarr");
    let sql = format!("SELECT time, lat, lon, sst, mask FROM '{}' ORDER BY 1, 2, 3", path.display());
    assert_eq!(rows(&context, &sql).await, expected);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
    let outside = "(SELECT time, lat + 1 AS lat, lon, sst FROM ersst)";
    let message = error(&context, &copy(outside, folder.path(), "e.zarr", "'region' 'true'")).await;
    assert!(message.contains("is not in the store"), "{message}");
}

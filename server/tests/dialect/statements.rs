//! The statements that clients send about data, each with the names of the columns that they are answered with.

use std::sync::Arc;

use hyperslab::Context;
use hyperslab::array::{Attributes, ChunkGrid, DatasetBuilder, MemorySource, RawVariable, Values};
use hyperslab::datafusion::arrow::util::pretty::pretty_format_batches;
use hyperslab_server::dialect::shown;

use crate::{ask, context};

const DAYS: u64 = 60;

fn variable(name: &str, dimensions: &[(&str, u64, u64)], values: Values, units: &str) -> RawVariable {
    let shape: Vec<u64> = dimensions.iter().map(|(_, size, _)| *size).collect();
    let chunks: Vec<u64> = dimensions.iter().map(|(_, _, chunk)| *chunk).collect();
    let source = MemorySource::try_new(values, ChunkGrid::regular(&shape, &chunks).unwrap()).unwrap();
    RawVariable {
        name: name.into(),
        dimensions: dimensions.iter().map(|(name, ..)| name.to_string()).collect(),
        attributes: [("units", units)].into_iter().collect::<Attributes>(),
        source: Arc::new(source),
    }
}

/// `air(time 60, lat 3, lon 2)` from 2019-12-15 on, ten days a chunk.
async fn air() -> Context {
    let (time, lat, lon) = (("time", DAYS, 10), ("lat", 3, 3), ("lon", 2, 2));
    let days: Vec<i64> = (0..DAYS as i64).collect();
    let air: Vec<f64> = (0..DAYS * 6).map(|i| i as f64).collect();
    let dataset = DatasetBuilder::new("air", "memory://air.zarr", "MEMORY")
        .variable(variable("time", &[time], Values::Int64(days), "days since 2019-12-15"))
        .variable(variable("lat", &[lat], Values::Float64(vec![10.0, 12.5, 15.0]), "degrees_north"))
        .variable(variable("lon", &[lon], Values::Float64(vec![20.0, 22.5]), "degrees_east"))
        .variable(variable("air", &[time, lat, lon], Values::Float64(air), "K"))
        .build()
        .await
        .unwrap();
    let context = context();
    context.register_dataset("air", dataset).unwrap();
    context
}

const SUPERSET: &str = "SELECT DATE_TRUNC('DAY', time) AS time, AVG(air) AS avg_air FROM public.air WHERE lat >= 11 \
     AND time >= TO_TIMESTAMP('2020-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') \
     AND time < TO_TIMESTAMP('2020-01-11 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') \
     GROUP BY DATE_TRUNC('DAY', time) ORDER BY avg_air DESC LIMIT 1000";

#[tokio::test]
async fn statements_of_clients_are_answered_under_the_names_of_postgresql() {
    let context = air().await;
    let all = &["time", "lat", "lon", "air"][..];
    let statements: &[(&str, &[&str], usize)] = &[
        ("select * from air limit 10", all, 10),
        (
            r#"SELECT "lat", "air" FROM "public"."air" WHERE ctid BETWEEN '(0,0)'::tid AND '(4294967295,0)'::tid"#,
            &["lat", "air"],
            360,
        ),
        ("select lat, avg(air) a from air group by lat", &["lat", "a"], 3),
        ("SELECT * FROM air WHERE 1 = 0", all, 0),
        (r#"SELECT MIN("air"), MAX("air") FROM air"#, &["min", "max"], 1),
        (
            r#"SELECT CEIL(CAST("air" AS DOUBLE PRECISION) / 0.24489795918367346 - 0.5) * 0.24489795918367346 AS bin, COUNT(*) AS count FROM air WHERE NOT "air" IS NULL GROUP BY bin ORDER BY bin NULLS FIRST"#,
            &["bin", "count"],
            360,
        ),
        (r#"SELECT "t0"."lat", AVG("t0"."air") AS "m" FROM "air" AS "t0" GROUP BY 1"#, &["lat", "m"], 3),
        ("select lat,count(*) from air where lat >= 11 group by lat order by 1", &["lat", "count"], 2),
        (
            "select lat, count(*) n from air where lat >= '11'::float8 and lon < 25 group by lat order by 1",
            &["lat", "n"],
            2,
        ),
        (r#"SELECT * FROM "air""#, all, 360),
        ("SELECT air.time, air.lat, air.lon, air.air \nFROM air", all, 360),
        (
            "SELECT\n  lat AS lat,\n  lon AS lon,\n  COUNT(*) AS count\nFROM public.air\nGROUP BY\n  lat,\n  lon\nLIMIT 100",
            &["lat", "lon", "count"],
            6,
        ),
        (
            "SELECT lat AS lat, PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY air) AS median FROM public.air GROUP BY lat LIMIT 100",
            &["lat", "median"],
            3,
        ),
        (SUPERSET, &["time", "avg_air"], 10),
        // As Tableau, Power BI, Metabase, Grafana and DBeaver write them.
        (
            r#"SELECT "air"."lat" AS "lat", SUM("air"."air") AS "sum:air:ok" FROM "public"."air" "air" GROUP BY 1"#,
            &["lat", "sum:air:ok"],
            3,
        ),
        (r#"select "_"."lat", "_"."air" from "arrays"."public"."air" "_" limit 1000 offset 0"#, &["lat", "air"], 360),
        (
            r#"SELECT CAST("public"."air"."time" AS date) AS "time", count(*) AS "count" FROM "public"."air" GROUP BY CAST("public"."air"."time" AS date) ORDER BY CAST("public"."air"."time" AS date) ASC"#,
            &["time", "count"],
            60,
        ),
        (
            "SELECT floor(extract(epoch from time)/86400)*86400 AS \"time\", avg(air) AS value FROM air WHERE time BETWEEN '2020-01-01T00:00:00Z' AND '2020-01-02T00:00:00Z' GROUP BY 1 ORDER BY 1",
            &["time", "value"],
            2,
        ),
        ("SELECT x.* FROM public.air x ORDER BY x.time FETCH FIRST 5 ROWS ONLY", all, 5),
        ("SELECT count(*), count(*), avg(air) FROM air", &["count", "count", "avg"], 1),
        (
            "SELECT current_user, current_database(), current_schema(), version()",
            &["current_user", "current_database", "current_schema", "version"],
            1,
        ),
        ("SELECT lat::int, lat::text, lat FROM air GROUP BY lat ORDER BY lat + 1 DESC", &["lat", "lat", "lat"], 3),
        ("SELECT to_char(time, 'YYYY-MM') AS month, count(*) FROM air GROUP BY 1 ORDER BY 1", &["month", "count"], 3),
    ];
    for (sql, names, rows) in statements {
        let result = ask(&context, sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        let found: Vec<String> = result.schema().fields().iter().map(|f| shown(f.name()).to_string()).collect();
        assert_eq!(found, *names, "{sql}");
        let batches = result.collect().await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        assert_eq!(batches.iter().map(|b| b.num_rows()).sum::<usize>(), *rows, "{sql}");
    }
}

#[tokio::test]
async fn a_filter_of_a_client_prunes_chunks_and_its_mean_is_made_of_them() {
    let context = air().await;
    let plan = ask(&context, &format!("EXPLAIN {SUPERSET}")).await.unwrap().collect().await.unwrap();
    let plan = pretty_format_batches(&plan).unwrap().to_string();
    assert!(plan.contains("ArrayAggregateExec"), "{plan}");
    assert!(plan.contains("chunks=2 of 6"), "{plan}");
}

#[tokio::test]
async fn a_range_of_rows_by_their_place_is_refused() {
    let context = air().await;
    for sql in [
        "SELECT lat FROM air WHERE ctid BETWEEN '(0,0)'::tid AND '(1000,0)'::tid",
        "SELECT ctid FROM air",
        "SELECT lat FROM air WHERE ctid = '(0,1)'::tid",
    ] {
        assert_eq!(ask(&context, sql).await.unwrap_err().code, "0A000", "{sql}");
    }
}

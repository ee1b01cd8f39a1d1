//! Every way to name a location asks for the grant, and what lies outside is neither read nor written.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use hyperslab_server::config::Rights;
use hyperslab_server::core::Session;
use hyperslab_server::error::code;

use super::{ersst, hub, run, session};

/// `grant` and `secret`, each with a dataset and files of rows.
struct Folders {
    root: tempfile::TempDir,
}

impl Folders {
    async fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for name in ["grant", "secret"] {
            let folder = root.path().join(name);
            fs::create_dir(&folder).unwrap();
            std::os::unix::fs::symlink(ersst(), folder.join("linked.zarr")).unwrap();
            fs::write(folder.join("x.csv"), "a,b\n1,2\n3,4\n").unwrap();
            fs::write(folder.join("x.json"), "{\"a\": 1}\n").unwrap();
            let context = hyperslab::Context::builder().build().unwrap();
            context.register("ersst", ersst().to_str().unwrap()).await.unwrap();
            let part = "SELECT time, lat, lon, sst FROM ersst WHERE time >= '2016' AND lat BETWEEN -5 AND 5";
            for (target, format) in
                [("x.zarr", "ZARR"), ("x.nc", "NETCDF"), ("x.parquet", "PARQUET"), ("x.arrow", "ARROW")]
            {
                let target = folder.join(target);
                context.sql(&format!("COPY ({part}) TO '{}' STORED AS {format}", target.display())).await.unwrap();
            }
        }
        Self { root }
    }

    fn path(&self, name: &str) -> String {
        self.root.path().canonicalize().unwrap().join(name).display().to_string()
    }

    fn rights(&self) -> Rights {
        Rights { read: vec![self.path("grant")], write: vec![self.path("grant")], ..Rights::default() }
    }
}

async fn refused(session: &Arc<Session>, sql: &str) {
    let error = run(session, sql).await.expect_err(sql);
    assert_eq!(error.code, code::INSUFFICIENT_PRIVILEGE, "{sql}: {error}");
}

/// Statements that read `{}` in each way there is.
const READS: &[&str] = &[
    "SELECT count(*) FROM '{}'",
    "SELECT count(*) FROM '{}' AS x JOIN '{}' AS y ON true WHERE 1 = 0",
    "SELECT 1 FROM ersst WHERE 1 = 0 AND EXISTS (SELECT 1 FROM '{}')",
    "SELECT (SELECT count(*) FROM '{}')",
    "SELECT * FROM (SELECT count(*) FROM '{}') AS x",
    "SELECT * FROM ersst, LATERAL (SELECT count(*) FROM '{}') AS x LIMIT 1",
    "WITH x AS (SELECT * FROM '{}') SELECT count(*) FROM x",
    "WITH RECURSIVE x AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM x WHERE n < (SELECT count(*) FROM '{}') AND n < 2) SELECT count(*) FROM x",
    "SELECT 1 UNION ALL SELECT count(*) FROM '{}'",
    "SELECT 1 IN (SELECT count(*) FROM '{}')",
    "EXPLAIN SELECT * FROM '{}'",
    "EXPLAIN ANALYZE SELECT count(*) FROM '{}'",
    "EXPLAIN VERBOSE SELECT * FROM '{}'",
    "DESCRIBE '{}'",
    "SELECT count(*) FROM \"{}\"",
];

/// The same of datasets alone.
const DATASETS: &[&str] = &[
    "DESCRIBE DATASET '{}'",
    "SELECT count(*) FROM regrid('{}', lat => [0.0])",
    "SELECT count(*) FROM regrid(ersst, like => '{}') WHERE time > '2016-11'",
    "SELECT count(*) FROM regrid((SELECT * FROM '{}'), lat => [0.0])",
    "CREATE EXTERNAL TABLE x LOCATION '{}'",
    "CREATE OR REPLACE EXTERNAL TABLE x STORED AS ZARR LOCATION '{}'",
];

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_read_a_location_asks_for_the_grant() {
    let (folders, hub) = (Folders::new().await, hub().await);
    for sql in READS.iter().chain(DATASETS) {
        let (granted, nobody) = (session(&hub, "ann", folders.rights()), session(&hub, "bob", Rights::default()));
        let names: &[&str] = match DATASETS.contains(sql) {
            true => &["x.zarr"],
            false => &["x.zarr", "x.nc", "x.csv", "x.parquet", "x.json", "x.arrow"],
        };
        for name in names {
            let (inside, outside) = (
                sql.replace("{}", &folders.path(&format!("grant/{name}"))),
                sql.replace("{}", &folders.path(&format!("secret/{name}"))),
            );
            refused(&granted, &outside).await;
            refused(&granted, &outside.replace("'/", "'file:///")).await;
            refused(&granted, &inside.replace("/grant/", "/grant/../secret/")).await;
            refused(
                &granted,
                &inside.replace("/grant/x.zarr", "/grant/linked.zarr").replace("/grant/x.", "/grant/linked.zarr/x."),
            )
            .await;
            refused(&nobody, &inside).await;
        }
        // What may be read can be: the refusals above are not for another reason.
        let inside = sql.replace("{}", &folders.path("grant/x.zarr"));
        if let Err(error) = run(&granted, &inside).await {
            assert_ne!(error.code, code::INSUFFICIENT_PRIVILEGE, "{inside}: {error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_rows_as_external_tables_ask_for_the_grant() {
    let (folders, hub) = (Folders::new().await, hub().await);
    let granted = session(&hub, "ann", folders.rights());
    for (i, (format, name)) in
        [("CSV", "x.csv"), ("PARQUET", "x.parquet"), ("JSON", "x.json"), ("ARROW", "x.arrow"), ("NETCDF", "x.nc")]
            .iter()
            .enumerate()
    {
        let create = |folder: &str| {
            format!(
                "CREATE EXTERNAL TABLE t{i} STORED AS {format} LOCATION '{}'",
                folders.path(&format!("{folder}/{name}"))
            )
        };
        refused(&granted, &create("secret")).await;
        refused(&granted, &format!("EXPLAIN {}", create("secret"))).await;
        run(&granted, &create("grant")).await.unwrap();
        assert!(run(&granted, &format!("SELECT * FROM t{i}")).await.unwrap() > 0);
        // A table that is read is not one that is written.
        let error = run(&granted, &format!("INSERT INTO t{i} SELECT * FROM t{i}")).await.unwrap_err();
        assert_eq!(error.code, code::READ_ONLY, "{error}");
    }
    let wild = format!("CREATE EXTERNAL TABLE w STORED AS CSV LOCATION '{}'", folders.path("*/x.csv"));
    refused(&granted, &wild).await;
    // Another session does not see them.
    let error = run(&session(&hub, "ann", folders.rights()), "SELECT * FROM t0").await.unwrap_err();
    assert_eq!(error.code, code::UNDEFINED_TABLE, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_write_asks_for_the_grant() {
    let (folders, hub) = (Folders::new().await, hub().await);
    let (granted, reader) = (
        session(&hub, "ann", folders.rights()),
        session(&hub, "bob", Rights { write: Vec::new(), ..folders.rights() }),
    );
    let part = "SELECT lat, lon, sst FROM ersst WHERE time = '2016-06-15'";
    for (format, name) in [
        ("ZARR", "new.zarr"),
        ("NETCDF", "new.nc"),
        ("PNG", "new.png"),
        ("PARQUET", "new.parquet"),
        ("CSV", "new.csv"),
        ("JSON", "new.json"),
        ("ARROW", "new.arrow"),
    ] {
        for source in [format!("({part})"), "ersst".to_string()] {
            let copy = |folder: &str| {
                format!("COPY {source} TO '{}' STORED AS {format}", folders.path(&format!("{folder}/{name}")))
            };
            for sql in
                [copy("secret"), format!("EXPLAIN {}", copy("secret")), format!("EXPLAIN ANALYZE {}", copy("secret"))]
            {
                refused(&granted, &sql).await;
                refused(&reader, &sql).await;
            }
            refused(&reader, &copy("grant")).await;
        }
        run(&granted, &format!("COPY ({part}) TO '{}' STORED AS {format}", folders.path(&format!("grant/{name}"))))
            .await
            .unwrap();
        assert!(Path::new(&folders.path(&format!("grant/{name}"))).exists(), "{name}");
        assert!(!Path::new(&folders.path(&format!("secret/{name}"))).exists(), "{name}");
    }
    // What is copied asks for its own grant.
    let sql =
        format!("COPY (SELECT * FROM '{}') TO '{}'", folders.path("secret/x.csv"), folders.path("grant/stolen.csv"));
    refused(&granted, &sql).await;
    // Values of a partition make no way out.
    let sql = format!(
        "COPY (SELECT 1 AS a, '../../secret' AS b) TO '{}' STORED AS CSV PARTITIONED BY (b)",
        folders.path("grant/parts/")
    );
    let _ = run(&granted, &sql).await;
    assert_eq!(fs::read_dir(folders.path("secret")).unwrap().count(), 7);
    for sql in [
        format!("COPY ({part}) TO '{}' STORED AS ZARR", folders.path("grant/../secret/new.zarr")),
        format!("COPY ({part}) TO '{}' STORED AS ZARR OPTIONS ('region' 'true')", folders.path("secret/x.zarr")),
        format!("COPY ({part}) TO '{}' STORED AS ZARR OPTIONS ('overwrite' 'true')", folders.path("secret/x.zarr")),
        format!("COPY ({part}) TO '{}' STORED AS ZARR", folders.path("grant/linked.zarr")),
        format!("COPY ({part}) TO '{}' STORED AS ZARR", folders.path("grant/linked.zarr/below")),
    ] {
        refused(&granted, &sql).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn options_of_a_store_do_not_lead_out_of_the_grant() {
    let hub = hub().await;
    let rights = Rights { read: vec!["s3://bucket".into(), "https://host/data".into()], ..Rights::default() };
    let ann = session(&hub, "ann", rights);
    for option in [
        "'aws.endpoint' 'http://127.0.0.1:1'",
        "'s3.endpoint' 'http://127.0.0.1:1'",
        "'AWS.Endpoint' 'http://127.0.0.1:1'",
        "'aws.region' 'x@127.0.0.1:1/'",
        "'aws.access_key_id' 'x'",
        "'http.proxy_url' 'http://127.0.0.1:1'",
        "'http.header.host' 'x'",
        "'azure.endpoint' 'http://127.0.0.1:1'",
        "'google.service_account' '/etc/passwd'",
    ] {
        for location in ["s3://bucket/x.zarr", "https://host/data/x.zarr"] {
            refused(&ann, &format!("CREATE EXTERNAL TABLE x STORED AS ZARR LOCATION '{location}' OPTIONS ({option})"))
                .await;
        }
    }
    for location in ["s3://bucket-evil/x.zarr", "https://host/data/../x.zarr", "https://host.evil/data/x.zarr"] {
        refused(&ann, &format!("SELECT * FROM '{location}'")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_what_is_granted_and_shows_no_signature() {
    let (folders, hub) = (Folders::new().await, hub().await);
    let ann = session(&hub, "ann", folders.rights());
    let error = run(&ann, "SELECT * FROM 'https://host/x.zarr?sig=SECRET'").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("this user may not read `https://host/x.zarr`; hint: granted to read: {}", folders.path("grant"))
    );
    let error =
        run(&session(&hub, "bob", Rights { write: Vec::new(), ..folders.rights() }), "COPY (SELECT 1 AS a) TO 'x.csv'")
            .await;
    assert_eq!(
        error.unwrap_err().to_string(),
        "`COPY TO` is not granted to this user; hint: the configuration of the server grants locations to users"
    );
}

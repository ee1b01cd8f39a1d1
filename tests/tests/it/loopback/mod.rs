//! One dataset, read from a disk, an archive, a web server and an S3-compatible server: the answers are the same.

mod servers;

use std::path::{Path, PathBuf};

use hyperslab::datafusion::arrow::util::pretty::pretty_format_batches;
use hyperslab::{Context, OpenOptions, error};

use self::servers::{Fault, Server};

const QUERIES: [&str; 5] = [
    "SELECT count(*) AS n, min(time) AS first, max(latitude) AS north FROM d",
    "SELECT latitude, round(avg(surface_temperature), 3) AS mean FROM d GROUP BY latitude ORDER BY latitude",
    "SELECT longitude, surface_temperature FROM d WHERE time = nearest(time, TIMESTAMP '2008-06-15')
     AND latitude = nearest(latitude, 0.1) AND longitude BETWEEN 100 AND 102 ORDER BY longitude",
    "SELECT date_part('year', time) AS year, count(surface_temperature) AS n FROM d GROUP BY 1 ORDER BY 1",
    "SELECT count(*) AS n FROM d WHERE surface_temperature > 300",
];

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").canonicalize().unwrap()
}

fn options(pairs: &[(&str, &str)]) -> OpenOptions {
    OpenOptions::try_from_pairs(pairs.iter().copied()).unwrap()
}

/// The answers to [`QUERIES`], or the line that a person sees.
async fn answers(location: &str, options: &OpenOptions) -> Result<String, String> {
    let context = Context::builder().build().unwrap();
    context.register_with("d", location, None, options).await.map_err(|e| error::one_line(&e))?;
    let mut text = String::new();
    for query in QUERIES {
        let result = context.sql(query).await.map_err(|e| error::one_line(&e))?;
        let batches = result.collect().await.map_err(|e| error::one_line(&e))?;
        text.push_str(&pretty_format_batches(&batches).unwrap().to_string());
        text.push('\n');
    }
    Ok(text)
}

async fn expected(name: &str) -> String {
    let text = answers(data().join(name).to_str().unwrap(), &OpenOptions::new()).await.unwrap();
    assert!(text.lines().count() > 30, "{text}");
    text
}

const STORES: [&str; 3] = ["ostia.zarr", "ostia_v2.zarr", "ostia_sharded.zarr"];

const FILE: &str = "ostia.nc";

#[tokio::test(flavor = "multi_thread")]
async fn a_web_server_gives_the_answers_of_the_disk() {
    let server = Server::http(data(), Fault::None).await;
    for name in STORES.into_iter().chain([FILE]) {
        let found = answers(&format!("{}/{name}", server.url()), &OpenOptions::new()).await.unwrap();
        assert_eq!(found, expected(name).await, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_server_without_ranges_gives_the_answers_of_the_disk() {
    let server = Server::http(data(), Fault::NoRanges).await;
    for name in ["ostia_sharded.zarr", FILE] {
        let found = answers(&format!("{}/{name}", server.url()), &OpenOptions::new()).await.unwrap();
        assert_eq!(found, expected(name).await, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_busy_is_asked_again() {
    let server = Server::http(data(), Fault::Busy(2)).await;
    let found = answers(&format!("{}/ostia.zarr", server.url()), &OpenOptions::new()).await.unwrap();
    assert_eq!(found, expected("ostia.zarr").await);

    let server = Server::http(data(), Fault::Busy(usize::MAX)).await;
    let few = options(&[("retry.max_retries", "1")]);
    let error = answers(&format!("{}/ostia.zarr", server.url()), &few).await.unwrap_err();
    assert!(error.contains("503") && !error.contains('\n'), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_are_sent_to_a_web_server() {
    let server = Server::http(data(), Fault::Closed("Bearer letmein")).await;
    let location = format!("{}/ostia.zarr", server.url());
    let error = answers(&location, &OpenOptions::new()).await.unwrap_err();
    assert!(error.contains(&location), "{error}");
    let found = answers(&location, &options(&[("http.header.authorization", "Bearer letmein")])).await.unwrap();
    assert_eq!(found, expected("ostia.zarr").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_server_with_nothing_there_is_one_line() {
    let server = Server::http(data(), Fault::None).await;
    let location = format!("{}/nothing.zarr", server.url());
    let error = answers(&location, &OpenOptions::new()).await.unwrap_err();
    assert!(error.starts_with(&format!("location `{location}` holds no dataset")) && !error.contains('\n'), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_gives_the_answers_of_the_disk() {
    let server = Server::s3(&data(), None).await;
    let anonymous = options(&[("aws.endpoint", &server.url()), ("aws.skip_signature", "true")]);
    for name in STORES.into_iter().chain([FILE]) {
        let found = answers(&format!("s3://bucket/{name}"), &anonymous).await.unwrap();
        assert_eq!(found, expected(name).await, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_bucket_wants_keys() {
    let server = Server::s3(&data(), Some(("KEY", "SECRETKEY"))).await;
    let endpoint = server.url();
    let with = |more: &[(&str, &str)]| {
        let mut options = options(&[("aws.endpoint", &endpoint), ("retry.max_retries", "1")]);
        more.iter().for_each(|(name, value)| options.insert(name, *value).unwrap());
        options
    };
    let keys = with(&[("aws.access_key_id", "KEY"), ("aws.secret_access_key", "SECRETKEY")]);
    assert_eq!(answers("s3://bucket/ostia.zarr", &keys).await.unwrap(), expected("ostia.zarr").await);

    let wrong = with(&[("aws.access_key_id", "KEY"), ("aws.secret_access_key", "WRONGKEY")]);
    for refused in [wrong, with(&[("anonymous", "true")])] {
        let error = answers("s3://bucket/ostia.zarr", &refused).await.unwrap_err();
        assert!(!error.contains('\n') && !error.contains("WRONGKEY"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_gives_the_answers_of_the_disk() {
    let parent = tempfile::tempdir().unwrap();
    for (name, method) in
        STORES.into_iter().zip([zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated].into_iter().cycle())
    {
        servers::pack(&data().join(name), &parent.path().join(format!("{name}.zip")), method);
    }
    let server = Server::http(parent.path().to_path_buf(), Fault::None).await;
    for name in STORES {
        let expected = expected(name).await;
        let local = parent.path().join(format!("{name}.zip"));
        assert_eq!(answers(local.to_str().unwrap(), &OpenOptions::new()).await.unwrap(), expected, "{name}");
        let remote = format!("{}/{name}.zip?download=1", server.url());
        assert_eq!(answers(&remote, &OpenOptions::new()).await.unwrap(), expected, "{name} over HTTP");
    }
}

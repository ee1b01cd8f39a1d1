//! `kill -9` in the middle of a `COPY`: what is there afterwards is what was there before, the new store, or none.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::{hyperslab, sample, text};

/// How often each statement is killed.
const KILLS: u32 = 8;

/// The months that are there first, and those that are written while it is killed.
const OLD: &str = "time >= '2000' AND time < '2008'";
const NEW: &str = "time >= '2008'";

/// What a store says of itself; `None` where it is none.
fn summary(target: &Path) -> Option<String> {
    let target = format!("x={}", target.display());
    let sql = "SELECT count(*), count(sst), sum(sst), min(time), max(time) FROM x";
    let output = hyperslab(&["-q", "--format", "csv", &target, "-c", sql]).output().unwrap();
    output.status.success().then(|| text(&output.stdout))
}

fn copy(condition: &str, target: &Path, format: &str, options: &str) -> Vec<String> {
    let select = format!("SELECT time, lat, lon, sst FROM ersst WHERE {condition}");
    let sql = format!("COPY ({select}) TO '{}' STORED AS {format} OPTIONS ({options})", target.display());
    vec!["-q".into(), sample().join("ersst.zarr").display().to_string(), "-c".into(), sql]
}

fn run(arguments: &[String]) {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = hyperslab(&arguments).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
}

/// Kills `statement` at random moments of its run. Before each, `prepare` puts in its place what was there.
fn killed(name: &str, target: &Path, prepare: impl Fn(), statement: &[String]) {
    prepare();
    let before = summary(target);
    let start = Instant::now();
    run(statement);
    let whole = start.elapsed();
    let after = summary(target).unwrap();
    assert_ne!(before.as_ref(), Some(&after));
    for kill in 0..KILLS {
        prepare();
        let random = RandomState::new().build_hasher().finish() % 1000;
        let moment = whole * (kill * 1000 + random as u32) / (KILLS * 1000);
        let arguments: Vec<&str> = statement.iter().map(String::as_str).collect();
        let mut child = hyperslab(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // No executor runs here.
        #[allow(clippy::disallowed_methods)]
        std::thread::sleep(moment.max(Duration::from_millis(1)));
        child.kill().unwrap();
        child.wait().unwrap();
        let found = summary(target);
        assert!(
            found.is_none() || found == before || found.as_ref() == Some(&after),
            "{name}, killed after {moment:?} of {whole:?}: {found:?}, before {before:?}, after {after:?}"
        );
    }
}

/// Takes away what is there, and what a killed run has left beside it.
fn clear(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) }.unwrap();
    }
}

#[test]
fn a_store_that_is_written_when_the_process_is_killed_is_whole_or_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let (zarr, netcdf) = (folder.path().join("x.zarr"), folder.path().join("x.nc"));
    let chunks = "'chunks' 'time=10'";
    killed("a new store", &zarr, || clear(folder.path()), &copy(NEW, &zarr, "ZARR", chunks));
    let prepare = |target: &Path, format: &str, options: &str| {
        clear(folder.path());
        run(&copy(OLD, target, format, options));
    };
    let overwrite = copy(NEW, &zarr, "ZARR", "'overwrite' 'true'");
    killed("a store in place of another", &zarr, || prepare(&zarr, "ZARR", chunks), &overwrite);
    let append = copy(NEW, &zarr, "ZARR", "'append' 'time'");
    killed("more labels", &zarr, || prepare(&zarr, "ZARR", chunks), &append);
    let overwrite = copy(NEW, &netcdf, "NETCDF", "'overwrite' 'true'");
    killed("a file in place of another", &netcdf, || prepare(&netcdf, "NETCDF", "'overwrite' 'false'"), &overwrite);
}

//! The command as a person runs it: it writes a dataset, and measures it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::Command;

fn run(arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_hyperslab-bench")).args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.success(), text.concat())
}

/// The value of a line of a report.
fn value(report: &str, what: &str) -> String {
    let line = report.lines().find_map(|l| l.strip_prefix(what));
    line.unwrap_or_else(|| panic!("no `{what}` in {report}")).trim().to_string()
}

#[test]
fn a_dataset_is_written_decoded_and_queried() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().to_str().unwrap();
    let (ok, report) = run(&["generate", "era", folder, "--shape", "2,361,720", "--chunks", "1,361,720"]);
    assert!(ok, "{report}");
    assert_eq!(value(&report, "chunks"), "7");
    assert!(["points", "regions"].iter().all(|table| parent.path().join(format!("{table}.parquet")).is_file()));

    let location = format!("{folder}/era.zarr");
    let (ok, report) = run(&["decode", &location, "--variable", "u10"]);
    assert!(ok, "{report}");
    assert_eq!((value(&report, "chunks"), value(&report, "decoded MB")), ("2".into(), "1".into()));

    let (ok, report) = run(&["query", &location, "SELECT t2m FROM era WHERE lat > 80"]);
    assert!(ok, "{report}");
    assert_eq!(value(&report, "rows"), (2 * 20 * 720).to_string());
}

#[test]
fn what_cannot_be_done_is_said_in_one_line() {
    let (ok, report) = run(&["decode", "/no/such.zarr"]);
    assert!(!ok);
    assert_eq!(report, "error: location `/no/such.zarr` does not exist\n");
}

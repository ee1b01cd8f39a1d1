//! The binary as a person or a script meets it: answers on standard output, all else on standard error, exit codes.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::{answer_of, hyperslab, root, sample, text};

fn run(arguments: &[&str]) -> Output {
    hyperslab(arguments).output().unwrap()
}

fn answer(arguments: &[&str]) -> String {
    answer_of(&run(arguments))
}

/// The message of a run that must fail with `code` and without an answer.
fn failure(arguments: &[&str], code: i32) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "");
    text(&output.stderr)
}

fn piped(arguments: &[&str], statements: &str) -> Output {
    let mut child =
        hyperslab(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(statements.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn commands_and_files_run_in_the_order_given() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("two.sql");
    std::fs::write(&file, "-- two statements\nselect 2 as b; select 3 as c").unwrap();
    let file = file.to_str().unwrap();
    let text = answer(&["-q", "--format", "csv", "-c", "select 1 as a", "-f", file, "-c", "select 4 as d"]);
    assert_eq!(text, "a\n1\nb\n2\nc\n3\nd\n4\n");
}

#[test]
fn a_later_statement_sees_what_an_earlier_one_made() {
    let text = answer(&["-q", "--format", "csv", "-c", "create view v as select 7 as x; select x from v"]);
    assert_eq!(text, "x\n7\n");
}

#[test]
fn notices_go_to_standard_error_and_quiet_silences_them() {
    let output = run(&["-c", "select 1 as a"]);
    assert_eq!(text(&output.stdout), " a\n---\n 1\n");
    assert!(text(&output.stderr).starts_with("1 row in "), "{}", text(&output.stderr));
    assert_eq!(text(&run(&["-q", "-c", "select 1 as a"]).stderr), "");
}

#[test]
fn an_error_is_one_line_and_ends_the_run() {
    let message = failure(&["-c", "select nothing_of_this_name", "-c", "select 1"], 1);
    assert!(message.starts_with("error: ") && message.contains("nothing_of_this_name"), "{message}");
    assert_eq!(message.lines().count(), 1);
}

#[test]
fn an_error_in_a_file_names_the_file_and_the_statement() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broken.sql");
    std::fs::write(&file, "set datafusion.execution.batch_size = 10; selec 1;").unwrap();
    let message = failure(&["-q", "-f", file.to_str().unwrap()], 1);
    assert!(message.contains("broken.sql, statement 2: "), "{message}");
}

#[test]
fn a_file_that_is_not_there_is_found_before_anything_runs() {
    let message = failure(&["-c", "select 1", "-f", "not-there.sql"], 1);
    assert!(message.contains("cannot read `not-there.sql`"), "{message}");
}

#[test]
fn a_wrong_command_line_is_refused_with_2() {
    assert!(failure(&["--format", "xml", "-c", "select 1"], 2).contains("xml"));
    assert!(failure(&["a/x.zarr", "b/x.zarr"], 2).contains("both called `x`"));
    assert!(failure(&["-o", "x.zarr", "-c", "select 1"], 2).contains("x.zarr"));
    assert!(failure(&["=x"], 2).contains("NAME=LOCATION"));
    assert!(failure(&["s3://", "-c", "select 1"], 2).contains("names no bucket"));
}

#[test]
fn help_goes_to_standard_output() {
    assert!(answer(&["--help"]).contains("Usage: hyperslab"));
    assert!(answer(&["--version"]).starts_with("hyperslab "));
}

#[test]
fn a_reader_that_leaves_early_ends_the_run_quietly() {
    let sql = "select value from generate_series(1, 3000000)";
    let mut child =
        hyperslab(&["--format", "csv", "-c", sql]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 8];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{:?}", output.status);
    assert!(!text(&output.stderr).contains("error"), "{}", text(&output.stderr));
}

#[test]
fn an_output_file_takes_its_format_from_its_ending() {
    let folder = tempfile::tempdir().unwrap();
    for (name, expected) in [("a.csv", "x\n1\n"), ("a.json", "[{\"x\":1}]\n"), ("a.ndjson", "{\"x\":1}\n")] {
        let file = folder.path().join(name);
        assert_eq!(answer(&["-q", "-o", file.to_str().unwrap(), "-c", "select 1 as x"]), "");
        assert_eq!(std::fs::read_to_string(file).unwrap(), expected);
    }
}

#[cfg(unix)]
#[test]
fn an_output_that_is_no_file_is_written_to_and_stays_what_it_is() {
    use std::os::unix::fs::FileTypeExt;
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read_to_string(pipe).unwrap()
    });
    assert_eq!(answer(&["-q", "--format", "csv", "-o", pipe.to_str().unwrap(), "-c", "select 1 as x"]), "");
    assert_eq!(reader.join().unwrap(), "x\n1\n");
    assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
    assert_eq!(names(folder.path()), ["pipe"]);
}

#[test]
fn a_failed_query_leaves_no_output_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.csv");
    // Fails after rows were written.
    let sql = "select 100 / (value - 90000) as x from generate_series(1, 100000)";
    let message = failure(&["-o", file.to_str().unwrap(), "-c", sql], 1);
    assert!(message.starts_with("error: "), "{message}");
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_parquet_answer_can_be_asked_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.parquet");
    let file = file.to_str().unwrap();
    answer(&["-q", "-o", file, "-c", "select value as x from generate_series(1, 10)"]);
    let create = format!("create external table a stored as parquet location '{file}'");
    assert_eq!(answer(&["-q", "--format", "csv", "-c", &create, "-c", "select sum(x) as s from a"]), "s\n55\n");
}

#[test]
fn a_second_answer_in_a_file_of_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.parquet");
    let message = failure(&["-q", "-o", file.to_str().unwrap(), "-c", "select 1", "-c", "select 2"], 1);
    assert!(message.contains("`parquet` holds one answer"), "{message}");
    assert!(names(folder.path()).is_empty());
}

#[test]
fn statements_are_read_from_standard_input() {
    let output =
        piped(&["-q", "--format", "csv"], "select 1\n as a; select ';' as b; -- the last has none\nselect 3 as c");
    assert!(output.status.success());
    assert_eq!(text(&output.stdout), "a\n1\nb\n;\nc\n3\n");
}

#[test]
fn a_failure_on_standard_input_ends_the_script() {
    let output = piped(&["-q", "--format", "csv"], "select 1 as a; selec; select 2;");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "a\n1\n");
    assert_eq!(text(&output.stderr).lines().count(), 1);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_query_and_removes_its_partial_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.csv");
    let sql = "select count(*) from generate_series(1, 100000000) a, generate_series(1, 100000000) b where a.value % 7 = b.value % 5";
    let mut child = hyperslab(&["-o", file.to_str().unwrap(), "-c", sql]).stderr(Stdio::piped()).spawn().unwrap();
    // The partial file is there as soon as the query is about to run.
    while names(folder.path()).is_empty() {
        std::thread::yield_now();
    }
    let id = child.id().to_string();
    Command::new("kill").args(["-INT", &id]).status().unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(130));
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_dataset_is_registered_under_its_stem_or_its_name() {
    let location = sample().join("ersst.zarr");
    let location = location.to_str().unwrap();
    let cells = 684 * 89 * 180;
    assert_eq!(
        answer(&["-q", "--format", "csv", location, "-c", "select count(*) as n from ersst"]),
        format!("n\n{cells}\n")
    );
    let named = format!("monthly={location}");
    assert_eq!(answer(&["-q", "--format", "csv", &named, "-c", "select max(lat) as n from monthly"]), "n\n88.0\n");
}

#[test]
fn a_location_that_is_not_there_is_one_line() {
    let message = failure(&["not-there.zarr", "-c", "select 1"], 1);
    assert!(message.starts_with("error: ") && message.contains("not-there.zarr"), "{message}");
    assert_eq!(message.lines().count(), 1);
}

#[test]
fn an_unknown_column_names_the_valid_ones() {
    let location = sample().join("ersst.zarr");
    let message = failure(&[location.to_str().unwrap(), "-c", "select latt from ersst"], 1);
    assert!(message.contains("latt") && message.contains("lat"), "{message}");
    assert_eq!(message.lines().count(), 1);
}

#[test]
fn the_sample_is_told_file_by_file() {
    let output = hyperslab(&["sample"]).arg(sample()).output().unwrap();
    let told = text(&output.stderr);
    for name in names(&sample()) {
        assert!(told.contains(&format!("{name}`\n")), "{name} is not in {told}");
    }
    assert_eq!((told.lines().count(), text(&output.stdout)), (10, String::new()));
}

#[test]
fn what_is_in_the_place_of_the_sample_is_refused_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ersst.zarr"), "mine").unwrap();
    let message = failure(&["sample", folder.path().to_str().unwrap()], 1);
    assert!(message.contains("is not the sample dataset"), "{message}");
    assert_eq!(names(folder.path()), ["ersst.zarr"]);
}

#[test]
fn a_password_in_a_location_is_refused_and_not_repeated() {
    let message = failure(&["https://user:secret@host/x.zarr", "-c", "select 1"], 2);
    assert!(message.contains("password") && !message.contains("secret"), "{message}");
    assert_eq!(message.lines().count(), 1);
}

#[test]
fn a_real_file_answers_the_same_in_every_form_of_zarr() {
    let sql = "select latitude, round(avg(surface_temperature), 6) as t from ostia group by latitude order by latitude";
    let mut answers = ["ostia.zarr", "ostia_v2.zarr", "ostia_sharded.zarr"].map(|name| {
        let location = format!("ostia={}", root().join("tests/data").join(name).display());
        answer(&["-q", "--format", "csv", &location, "-c", sql])
    });
    // xarray's means in float64.
    let expected = "latitude,t\n-4.9999924,300.705178\n-4.4444427,300.705134\n-3.8888855,300.622166";
    assert_eq!(answers[0].lines().take(4).collect::<Vec<_>>().join("\n"), expected);
    assert_eq!(answers[0].lines().count(), 19);
    answers.sort();
    assert_eq!(answers[0], answers[2]);
}

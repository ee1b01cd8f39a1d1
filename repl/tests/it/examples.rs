//! Every `sql-examples/NN_topic.sql` answers what `NN_topic.out` says. `UPDATE_EXAMPLES=1` writes the answers anew.

use std::fs;
use std::path::PathBuf;

use crate::{answer_of, hyperslab, root, sample};

/// The files of `sql-examples` with an ending, in order.
pub fn files(ending: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(root().join("sql-examples")).unwrap().map(|e| e.unwrap().path());
    let mut files: Vec<_> = all.filter(|p| p.extension().is_some_and(|e| e == ending)).collect();
    files.sort();
    files
}

#[test]
fn every_example_gives_its_answer() {
    let location = sample().join("ersst.zarr");
    let mut wrong = Vec::new();
    for file in files("sql") {
        // An example may write files.
        let folder = tempfile::tempdir().unwrap();
        let run = hyperslab(&["-q", "-f"]).arg(&file).arg(&location).current_dir(&folder).output().unwrap();
        let answer = answer_of(&run).replace(location.to_str().unwrap(), "ersst.zarr");
        let out = file.with_extension("out");
        if std::env::var_os("UPDATE_EXAMPLES").is_some() {
            fs::write(&out, &answer).unwrap();
        }
        let expected = fs::read_to_string(&out).unwrap_or_default();
        if answer != expected {
            wrong.push(format!("{}\nanswer:\n{answer}expected:\n{expected}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_example_says_what_it_shows_and_has_an_answer() {
    let (queries, answers) = (files("sql"), files("out"));
    assert!(queries.len() >= 10);
    assert_eq!(queries.len(), answers.len());
    for file in queries {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("-- ") && text.contains("-- xarray: "), "{}", file.display());
    }
}

//! The README's first command shows the examples with their answers, and cleans up.

use std::fs;

use crate::{answer_of, examples, hyperslab};

#[test]
fn the_demonstration_shows_five_questions_and_their_answers() {
    let scratch = tempfile::tempdir().unwrap();
    let output = hyperslab(&["demo"]).env("TMPDIR", scratch.path()).output().unwrap();
    let shown = answer_of(&output);
    // Columns are as wide as the rows that are shown.
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = shown.lines().map(words).collect();
    for file in &examples::files("sql")[..5] {
        let query = fs::read_to_string(file).unwrap();
        assert!(shown.contains(query.trim()), "{}", file.display());
        let answer = fs::read_to_string(file.with_extension("out")).unwrap();
        // The dataset is somewhere else.
        for line in answer.lines().filter(|l| !l.contains("ersst.zarr") && !l.starts_with('-')).take(10) {
            assert!(lines.contains(&words(line)), "{}: {line}", file.display());
        }
    }
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0, "the sample is still there");
}

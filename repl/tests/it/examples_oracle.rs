//! The numbers of every example are those of xarray: `tests/examples/NN_topic.csv`, which `oracle.py` beside them writes.

use std::fs;

use crate::examples::{files, query};
use crate::{answer_of, folder, root};

/// What is not about numbers.
const METADATA: &[&str] = &["01_summary", "10_metadata"];
/// Numbers of `float32` (a cosine of latitudes, a speed of winds, the least of a map), which the answers of xarray have in
/// `float64`.
const IN_FLOAT32: &[&str] =
    &["06_box_series", "14_weighted_global_mean", "17_wind_speed", "32_warm_pool", "37_august_map"];

#[test]
fn every_example_has_the_numbers_of_xarray() {
    let mut wrong = Vec::new();
    for file in files("sql") {
        let name = file.file_stem().unwrap().to_str().unwrap();
        let oracle = root().join("tests/examples").join(name).with_extension("csv");
        if METADATA.contains(&name) {
            assert!(!oracle.exists(), "{name} has an answer of xarray");
            continue;
        }
        let expected = fs::read_to_string(&oracle).unwrap_or_else(|_| panic!("{name} has no answer of xarray"));
        let folder = folder();
        fs::write(folder.path().join("unrounded.sql"), unrounded(&fs::read_to_string(&file).unwrap())).unwrap();
        let run = query(&folder).args(["--format", "csv", "-f", "unrounded.sql"]).output().unwrap();
        let answer = answer_of(&run);
        let tolerance = if IN_FLOAT32.contains(&name) { 1e-6 } else { 1e-9 };
        if let Some(line) = first_difference(&answer, &expected, tolerance) {
            wrong.push(format!("{name}: {line}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rounding_is_taken_out_and_nothing_else() {
    assert_eq!(
        unrounded("select round(sum(a * (b + 1)) / f(c, 2), 2) as x, round(y / 2), 2 * round(round(z, 1) , 3)"),
        "select (sum(a * (b + 1)) / f(c, 2)) as x, round(y / 2), 2 * ((z))"
    );
}

/// A query that gives all digits: without `round(…, digits)`. `round` with one argument, to find a cell, stays.
fn unrounded(sql: &str) -> String {
    let Some(start) = sql.find("round(") else { return sql.to_string() };
    let (before, inside) = (&sql[..start], &sql[start + "round(".len()..]);
    let (mut depth, mut comma) = (0, None);
    for (at, c) in inside.char_indices() {
        match c {
            ',' if depth == 0 => comma = Some(at),
            ')' if depth == 0 => {
                let after = unrounded(&inside[at + 1..]);
                return match comma {
                    Some(comma) => format!("{before}({}){after}", unrounded(inside[..comma].trim())),
                    None => format!("{before}round({}){after}", unrounded(&inside[..at])),
                };
            }
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
    }
    panic!("a bracket is open: {sql}")
}

/// Where the last lines of `answer` are not those of `expected`. What an example prints before, such as a plan, is not of
/// xarray.
fn first_difference(answer: &str, expected: &str, tolerance: f64) -> Option<String> {
    let (answer, expected): (Vec<&str>, Vec<&str>) = (answer.lines().collect(), expected.lines().collect());
    let Some(skipped) = answer.len().checked_sub(expected.len()) else {
        return Some(format!("{} lines, expected {}", answer.len(), expected.len()));
    };
    answer
        .iter()
        .skip(skipped)
        .zip(&expected)
        .find(|(a, e)| !same_line(a, e, tolerance))
        .map(|(a, e)| format!("`{a}`, expected `{e}`"))
}

fn same_line(answer: &str, expected: &str, tolerance: f64) -> bool {
    let (answer, expected): (Vec<&str>, Vec<&str>) = (answer.split(',').collect(), expected.split(',').collect());
    answer.len() == expected.len() && answer.iter().zip(&expected).all(|(a, e)| same(a, e, tolerance))
}

fn same(answer: &str, expected: &str, tolerance: f64) -> bool {
    match (answer.parse::<f64>(), expected.parse::<f64>()) {
        (Ok(a), Ok(e)) => (a - e).abs() <= tolerance * e.abs().max(1.0),
        _ => answer == expected,
    }
}

//! Every `sql-examples/NN_topic.sql` answers what `NN_topic.out` says, and `README.md` lists them.
//! `UPDATE_EXAMPLES=1` writes the answers and the list anew.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{pictures, root};

/// The files of `sql-examples` with an ending, in order.
pub fn files(ending: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(root().join("sql-examples")).unwrap().map(|e| e.unwrap().path());
    let mut files: Vec<_> = all.filter(|p| p.extension().is_some_and(|e| e == ending)).collect();
    files.sort();
    files
}

/// What a file should hold. Says what is wrong with it where it does not, after writing it when that is asked for.
fn difference(file: &Path, wanted: &str) -> Option<String> {
    if std::env::var_os("UPDATE_EXAMPLES").is_some() {
        fs::write(file, wanted).unwrap();
    }
    let found = fs::read_to_string(file).unwrap_or_default();
    (found != wanted).then(|| format!("{}\nis:\n{found}should be:\n{wanted}", file.display()))
}

/// The comment that an example starts with.
struct Header {
    title: String,
    /// What it shows, in a sentence or several.
    shows: String,
    /// The lines of xarray that it stands for.
    xarray: Vec<String>,
}

fn header(file: &Path) -> Header {
    let text = fs::read_to_string(file).unwrap();
    let mut lines = text.lines().map_while(|line| line.strip_prefix("-- "));
    let title = lines.next().unwrap_or_default().to_string();
    let lines: Vec<&str> = lines.collect();
    let first = lines.iter().position(|line| line.starts_with("xarray: ")).unwrap_or(lines.len());
    let xarray = lines[first..].iter().map(|line| line.get(8..).unwrap_or_default().to_string()).collect();
    Header { title, shows: lines[..first].join(" "), xarray }
}

#[cfg(unix)]
#[test]
fn every_example_gives_its_answer() {
    let run = |file: &PathBuf| {
        // An example may write files.
        let folder = crate::folder();
        let answer = without_bytes(&crate::answer_of(&query(&folder).args(["-f"]).arg(file).output().unwrap()));
        let answer = difference(&file.with_extension("out"), &answer);
        answer.into_iter().chain(pictures::difference(file, folder.path())).collect::<Vec<_>>()
    };
    let wrong: Vec<String> = files("sql").iter().flat_map(run).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An answer without the bytes of a picture, which are not the same with every library of compression.
fn without_bytes(answer: &str) -> String {
    let lines: Vec<&str> = answer.lines().collect();
    let is_count = |at: usize| at >= 2 && lines.get(at - 2).is_some_and(|head| head.trim() == "bytes");
    let kept = lines.iter().enumerate().map(|(at, line)| if is_count(at) { " …" } else { line });
    kept.map(|line| format!("{line}\n")).collect()
}

/// The binary with all datasets of the sample, in a folder that has them as `data`.
#[cfg(unix)]
pub fn query(folder: &tempfile::TempDir) -> std::process::Command {
    let names = fs::read_dir(crate::sample()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut locations: Vec<_> =
        names.filter(|name| name.ends_with(".zarr")).map(|name| format!("data/{name}")).collect();
    locations.sort();
    let mut command = crate::hyperslab(&["-q"]);
    command.args(locations).current_dir(folder);
    command
}

#[test]
fn every_example_says_what_it_shows_and_has_an_answer() {
    let (queries, answers) = (files("sql"), files("out"));
    assert!(queries.len() >= 45);
    assert_eq!(queries.len(), answers.len());
    for (number, file) in queries.iter().enumerate() {
        let header = header(file);
        let whole = !header.title.is_empty() && header.shows.ends_with('.') && !header.xarray.is_empty();
        assert!(whole, "{}", file.display());
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with(&format!("{:02}_", number + 1)), "{name} is not number {}", number + 1);
        let lines = fs::read_to_string(file.with_extension("out")).unwrap().lines().count();
        assert!(lines <= 100, "{name} answers {lines} lines");
    }
}

#[test]
fn the_list_of_examples_is_the_one_of_their_headers() {
    let mut list = String::from(INTRODUCTION);
    for file in files("sql") {
        let Header { title, shows, xarray } = header(&file);
        let name = file.file_stem().unwrap().to_str().unwrap();
        let xarray = xarray.join("\n");
        list += &format!("\n## [{title}]({name}.sql)\n\n{shows} [Answer]({name}.out).\n\n```text\n{xarray}\n```\n");
        if let Some(picture) = pictures::of(&file) {
            list += &format!("\n![{title}]({})\n", picture.file_name().unwrap().to_str().unwrap());
        }
    }
    assert_eq!(difference(&root().join("sql-examples/README.md"), &list), None);
}

const INTRODUCTION: &str = "\
# Examples

Questions to the sample data, with what one would write in xarray, where `ds` is the dataset that is asked, and `buoys`,
`forecast` and others are those of that name. Each runs as it stands:

```text
hyperslab sample data
hyperslab data/*.zarr -f sql-examples/02_zonal_mean.sql
```

A test runs all of them, and compares their numbers with those of xarray. This page is made from their first lines.
";

//! Every command and query of README and `docs` runs: ```` ```sh ```` blocks in order in a folder of their own, and
//! ```` ```sql ```` blocks against the sample. ```` ```text ```` is for what a test cannot run, such as a bucket.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{answer_of, hyperslab, root};
#[cfg(unix)]
use crate::{folder, pictures, serve};

/// Of a picture on a page.
#[cfg(unix)]
const MOST_BYTES: u64 = 40_000;

fn pages() -> Vec<PathBuf> {
    let folders = [root().join("docs"), root().join("docs/clients")];
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()));
    let mut pages: Vec<_> = files.filter(|p| p.extension().is_some_and(|e| e == "md")).collect();
    pages.push(root().join("README.md"));
    pages.sort();
    pages
}

/// The blocks of a page: language, first line, text.
fn blocks(page: &Path) -> Vec<(String, usize, String)> {
    let (mut blocks, mut open): (Vec<_>, Option<(String, usize, String)>) = (Vec::new(), None);
    for (number, line) in fs::read_to_string(page).unwrap().lines().enumerate() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(language), None) => open = Some((language.trim().to_string(), number + 2, String::new())),
            (Some(_), Some(block)) => blocks.push(block),
            (None, Some((language, first, text))) => open = Some((language, first, format!("{text}{line}\n"))),
            (None, None) => {}
        }
    }
    blocks
}

/// The pictures that a page shows and its own queries draw, under the same name.
#[cfg(unix)]
fn pictures_of(page: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(page).unwrap();
    let links = text.split("](pictures/").skip(1).filter_map(|rest| rest.split(')').next());
    links.map(|name| root().join("docs/pictures").join(name)).collect()
}

#[cfg(unix)]
#[test]
fn every_query_of_the_documentation_runs() {
    let mut queries = 0;
    for page in pages() {
        let folder = folder();
        for (_, line, sql) in blocks(&page).into_iter().filter(|(language, ..)| language == "sql") {
            let run = hyperslab(&["-q", "data/ersst.zarr", "-c", &sql]).current_dir(&folder).output().unwrap();
            assert!(run.status.success(), "{}:{line}: {}", page.display(), String::from_utf8_lossy(&run.stderr));
            queries += 1;
        }
        for picture in pictures_of(&page) {
            let name = picture.file_name().unwrap();
            let wrong = pictures::compare(&folder.path().join(name), &picture, MOST_BYTES);
            assert_eq!(wrong, None, "UPDATE_EXAMPLES=1 draws it again");
        }
    }
    assert!(queries > 10, "{queries} queries");
}

#[cfg(unix)]
#[test]
fn every_command_of_the_documentation_runs() {
    let binary = Path::new(env!("CARGO_BIN_EXE_hyperslab"));
    let path = format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap_or_default());
    let mut commands = 0;
    for page in pages() {
        let folder = folder();
        for (_, line, text) in blocks(&page).into_iter().filter(|(language, ..)| language == "sh") {
            // This is what is running.
            if text.trim() == "cargo test --workspace" {
                assert!(
                    fs::read_to_string(root().join(".ci/run")).unwrap().contains("cargo test --locked --workspace")
                );
                continue;
            }
            let text = text.replace("cargo run -- ", "hyperslab ");
            // A server runs until it is told to stop, on ports of its own.
            let (servers, script): (Vec<&str>, Vec<&str>) =
                text.lines().partition(|line| line.starts_with("hyperslab serve "));
            let text = script.join("\n");
            let run = Command::new("sh").args(["-e", "-c", &text]).env("PATH", &path).current_dir(&folder).output();
            let run = run.unwrap();
            let told = String::from_utf8_lossy(&run.stderr);
            assert!(run.status.success() && !told.contains("error: "), "{}:{line}: {told}", page.display());
            commands += 1;
            for server in servers {
                let arguments: Vec<&str> = server.split_whitespace().skip(2).collect();
                let ended = serve::Server::start(folder.path(), &arguments).stop();
                assert!(
                    ended.status.success(),
                    "{}:{line}: {}",
                    page.display(),
                    String::from_utf8_lossy(&ended.stderr)
                );
            }
        }
    }
    assert!(commands >= 5, "{commands} commands");
}

#[test]
fn every_language_of_a_block_is_one_that_is_checked_or_plain_text() {
    for page in pages() {
        for (language, line, _) in blocks(&page) {
            assert!(
                ["sh", "sql", "text", "rust"].contains(&language.as_str()),
                "{}:{line}: {language}",
                page.display()
            );
        }
    }
}

#[test]
fn the_table_of_contents_has_every_page_once() {
    let text = fs::read_to_string(root().join("docs/SUMMARY.md")).unwrap();
    let mut listed: Vec<&str> = text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    listed.sort_unstable();
    let (pages, docs) = (pages(), root().join("docs"));
    let mut names: Vec<_> = pages.iter().filter_map(|page| page.strip_prefix(&docs).ok()?.to_str()).collect();
    names.sort_unstable();
    names.retain(|name| *name != "SUMMARY.md");
    assert_eq!(listed, names);
}

#[test]
fn every_link_to_a_file_leads_somewhere() {
    for page in pages().into_iter().chain([root().join("CONTRIBUTING.md")]) {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = page.parent().unwrap().join(link.split('#').next().unwrap());
            assert!(link.contains("://") || target.exists(), "{}: {link}", page.display());
        }
    }
}

#[test]
fn the_demonstration_is_what_the_readme_says() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains("cargo run -- demo"));
    answer_of(&hyperslab(&["--help"]).output().unwrap());
}

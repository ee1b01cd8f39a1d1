//! The house's shape, held by a test: which crate may import which, how long a file may be, how it opens, one
//! version of each dependency whose types cross crates, and no path of somebody's machine in any file.
//!
//! The same table stands in CONTRIBUTING.md, where it says what each crate is for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Each crate, and what it may import of the others. Dependencies that only tests use are free.
const LAYERS: &[(&str, &[&str])] = &[
    ("hyperslab-array", &[]),
    ("hyperslab-zarr", &["hyperslab-array"]),
    ("hyperslab-netcdf", &["hyperslab-array"]),
    ("hyperslab-connectors", &["hyperslab-array", "hyperslab-netcdf", "hyperslab-zarr"]),
    ("hyperslab-exec", &["hyperslab-array"]),
    ("hyperslab-planner", &["hyperslab-array", "hyperslab-exec"]),
    ("hyperslab-plot", &[]),
    ("hyperslab-pg-catalog", &[]),
    (
        "hyperslab",
        &[
            "hyperslab-array",
            "hyperslab-netcdf",
            "hyperslab-zarr",
            "hyperslab-connectors",
            "hyperslab-exec",
            "hyperslab-planner",
            "hyperslab-plot",
        ],
    ),
    ("hyperslab-server", &["hyperslab"]),
    ("hyperslab-cli", &["hyperslab", "hyperslab-server"]),
    ("hyperslab-benches", &["hyperslab", "hyperslab-array", "hyperslab-zarr", "hyperslab-connectors"]),
    ("hyperslab-tests", &[]),
];

/// Foreign crates that would drag a layer's knowledge to where it does not belong: the name, or how it begins.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("hyperslab-array", &["datafusion", "arrow", "object_store", "zarrs", "tokio"]),
    ("hyperslab-zarr", &["datafusion", "arrow"]),
    ("hyperslab-netcdf", &["datafusion", "arrow", "zarrs"]),
    ("hyperslab-connectors", &["datafusion", "arrow", "zarrs"]),
    ("hyperslab-exec", &["object_store", "zarrs", "arrow"]),
    ("hyperslab-planner", &["object_store", "zarrs", "arrow"]),
    ("hyperslab-plot", &["datafusion", "arrow", "object_store", "zarrs", "tokio"]),
    ("hyperslab-pg-catalog", &["datafusion", "arrow", "object_store", "zarrs", "tokio"]),
    ("hyperslab", &["zarrs", "arrow"]),
    ("hyperslab-server", &["datafusion", "object_store", "zarrs"]),
    ("hyperslab-cli", &["datafusion", "arrow", "object_store", "zarrs"]),
];

/// Their types cross crates, so two versions in one build would not fit together.
const ONE_VERSION: &[&str] =
    &["arrow", "arrow-array", "arrow-schema", "datafusion", "object_store", "parquet", "sqlparser", "zarrs"];

/// Lines of a file that is not a test.
const MOST_LINES: usize = 800;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_path_buf()
}

/// Every file of the project, without build output and hidden folders other than `.ci`.
fn files() -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder of the project") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !path.is_dir() {
                // In a second work tree `.git` is a file.
                if name != ".git" {
                    found.push(path);
                }
            } else if (!name.starts_with('.') || name == ".ci")
                && name != "target"
                && !path.join("CACHEDIR.TAG").exists()
            {
                walk(&path, found);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root(), &mut found);
    found.sort();
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn cargo(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()))
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// What each crate of the workspace imports outside of its tests.
fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let output = cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"]);
    let metadata: Value = serde_json::from_slice(&output).expect("metadata is JSON");
    let text = |v: &Value| v.as_str().unwrap_or_default().to_string();
    let list = |v: &Value| v.as_array().cloned().unwrap_or_default();
    list(&metadata["packages"])
        .iter()
        .map(|package| {
            let imports = list(&package["dependencies"])
                .iter()
                .filter(|d| d["kind"].as_str() != Some("dev"))
                .map(|d| text(&d["name"]))
                .collect();
            (text(&package["name"]), imports)
        })
        .collect()
}

#[test]
fn each_crate_imports_only_what_stands_below_it() {
    let imports = imports();
    let layers: BTreeMap<_, _> = LAYERS.iter().copied().collect();
    let mut faults = Vec::new();
    for (name, imported) in &imports {
        let Some(allowed) = layers.get(name.as_str()) else {
            faults.push(format!("`{name}` has no layer"));
            continue;
        };
        for import in imported.iter().filter(|i| imports.contains_key(*i)) {
            if !allowed.contains(&import.as_str()) {
                faults.push(format!("`{name}` imports `{import}`, expected only {allowed:?}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(imports.len(), LAYERS.len(), "a layer without its crate");
}

#[test]
fn no_crate_imports_a_library_of_another_layer() {
    let imports = imports();
    let mut faults = Vec::new();
    for (name, forbidden) in FORBIDDEN {
        for import in &imports[*name] {
            if forbidden.iter().any(|f| import == f || import.starts_with(&format!("{f}-"))) {
                faults.push(format!("`{name}` imports `{import}`"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn shared_dependencies_have_one_version() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).expect("a lock file");
    for name in ONE_VERSION {
        let found = lock.lines().filter(|l| *l == format!("name = \"{name}\"")).count();
        assert_eq!(found, 1, "versions of `{name}` in Cargo.lock");
    }
}

#[test]
fn the_tests_need_not_build_again_what_the_binary_was_built_with() {
    // Each dependency with its features; other features are another build, of all that stands on it.
    let built = |arguments: &[&str]| -> BTreeSet<String> {
        let output = cargo(&[&["tree", "--offline", "--prefix", "none", "--format", "{p} {f}"], arguments].concat());
        let text = String::from_utf8(output).expect("text");
        // Only the binary itself stands on clap.
        let lines = text.lines().map(|l| l.trim_end_matches(" (*)").trim_end().to_string());
        lines.filter(|l| !l.starts_with("hyperslab") && !l.starts_with("clap")).collect()
    };
    let run = built(&["--package", "hyperslab-cli", "--edges", "no-dev"]);
    let test = built(&["--workspace"]);
    let again: Vec<_> = run.difference(&test).collect();
    assert!(again.is_empty(), "other features in tests, to be given to `repl` as well: {again:?}");
}

#[test]
fn each_source_file_says_what_it_is_for_and_stays_short() {
    let mut faults = Vec::new();
    for path in files().iter().filter(|p| p.extension().is_some_and(|e| e == "rs")) {
        let text = std::fs::read_to_string(path).expect("source text");
        if !text.starts_with("//!") {
            faults.push(format!("{} does not open with `//!`", shown(path)));
        }
        let is_test = path.ends_with("tests.rs") || path.components().any(|c| c.as_os_str() == "tests");
        let lines = text.lines().count();
        if !is_test && lines > MOST_LINES {
            faults.push(format!("{} has {lines} lines, expected at most {MOST_LINES}", shown(path)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_file_names_a_path_of_a_machine() {
    // Put together here, so that this file does not name one.
    let homes = ["work", "root", "home", "Users"].map(|h| format!("/{h}/"));
    let mut faults = Vec::new();
    for path in files() {
        // Chunks are not text.
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for (number, line) in text.lines().enumerate() {
            for home in &homes {
                let starts_a_path = |at: usize| {
                    let before = line[..at].chars().next_back();
                    before.is_none_or(|c| !c.is_alphanumeric() && !"._-}>".contains(c))
                };
                if line.match_indices(home.as_str()).any(|(at, _)| starts_a_path(at)) {
                    faults.push(format!("{}:{}: {home}", shown(&path), number + 1));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

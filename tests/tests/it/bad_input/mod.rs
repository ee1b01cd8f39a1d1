//! Stores that are cut short, lie or do not exist: one line that says what and where, no panic, no partial answer.

mod fuzz;
mod metadata;
mod names;
mod stores;

use std::path::{Path, PathBuf};

use hyperslab::Context;
use hyperslab::error::one_line as one_line_of;
use hyperslab_tests::data_dir;
use tempfile::TempDir;

/// A copy of a checked-in store, to be spoiled.
struct Spoiled {
    dir: TempDir,
}

impl Spoiled {
    fn copy_of(store: &str) -> Self {
        let dir = TempDir::new().unwrap();
        copy(&data_dir().join(store), &dir.path().join("d.zarr"));
        Self { dir }
    }

    /// A Zarr v3 group without consolidated metadata, of arrays whose `zarr.json` are given.
    fn of_arrays<'a>(arrays: impl IntoIterator<Item = (&'a str, serde_json::Value)>) -> Self {
        let spoiled = Self { dir: TempDir::new().unwrap() };
        spoiled.write("zarr.json", br#"{"zarr_format": 3, "node_type": "group", "attributes": {}}"#);
        for (name, metadata) in arrays {
            spoiled.write(&format!("{name}/zarr.json"), metadata.to_string().as_bytes());
        }
        spoiled
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("d.zarr")
    }

    fn write(&self, key: &str, bytes: &[u8]) {
        let path = self.path().join(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn read(&self, key: &str) -> Vec<u8> {
        std::fs::read(self.path().join(key)).unwrap()
    }

    /// Keeps the first part of a file.
    fn cut(&self, key: &str) {
        let bytes = self.read(key);
        self.write(key, &bytes[..bytes.len() / 2]);
    }

    /// The answer, as the number of its rows.
    async fn ask(&self, sql: &str) -> Result<usize, String> {
        let context = Context::builder().build().unwrap();
        let location = self.path();
        let create = format!("CREATE EXTERNAL TABLE d STORED AS ZARR LOCATION '{}'", location.display());
        ask(&context, &create).await?;
        ask(&context, sql).await
    }

    /// The error, which must be one line that holds each of `words`.
    async fn error(&self, sql: &str, words: &[&str]) -> String {
        one_line(sql, self.ask(sql).await, words)
    }
}

async fn ask(context: &Context, sql: &str) -> Result<usize, String> {
    let result = context.sql(sql).await.map_err(|e| one_line_of(&e))?;
    let batches = result.collect().await.map_err(|e| one_line_of(&e))?;
    Ok(batches.iter().map(|b| b.num_rows()).sum())
}

fn one_line(sql: &str, answer: Result<usize, String>, words: &[&str]) -> String {
    let message = match answer {
        Ok(rows) => panic!("`{sql}` gave {rows} rows, expected an error with {words:?}"),
        Err(message) => message,
    };
    assert!(!message.contains('\n'), "more than one line: {message}");
    for word in words {
        assert!(message.contains(word), "`{word}` is not in the message of `{sql}`: {message}");
    }
    message
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

//! Starts the measurement against the others: `peers/compare.py`, which gets all it needs to know as JSON.
//!
//! The measurement is a script because a process that has ended tells its peak memory to the one that waited for it, and
//! Rust has no safe call for that.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hyperslab_array::{ArrayError, Result};
use serde_json::{Value, json};

use crate::queries::{self, QUERIES, Query};

/// What is compared, and how often.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder that `generate` wrote the datasets into; their rows are written beside them as Parquet.
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
    /// How often each is measured.
    #[arg(long, default_value_t = 5)]
    pub runs: u32,
    /// Only these questions.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub queries: Vec<String>,
    /// Only these of xarray-dask, xarray, xarray-sql, duckdb.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub peers: Vec<String>,
    /// A Python that has what `peers/requirements.txt` lists.
    #[arg(long, value_name = "FILE", default_value = "python3")]
    pub python: PathBuf,
    /// The binary `hyperslab`; the one beside this program unless given.
    #[arg(long, value_name = "FILE")]
    pub binary: Option<PathBuf>,
    /// Writes the table here instead of to standard output.
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    /// Writes every single measurement here, as JSON.
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Seconds after which a process is given up.
    #[arg(long, default_value_t = 600)]
    pub timeout: u32,
    /// Seconds that the runs of one contender may take for one question, after its first.
    #[arg(long)]
    pub patience: Option<u32>,
}

/// Measures, and writes the table.
///
/// # Errors
/// When a question is unknown, the script cannot be started, or it fails.
pub fn run(arguments: &Arguments) -> Result<()> {
    let job = job(arguments)?;
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let cannot = |e| ArrayError::io(format!("`{}` cannot be run", arguments.python.display())).with_source(e);
    let mut script = Command::new(&arguments.python)
        .arg(scripts.join("compare.py"))
        .stdin(Stdio::piped())
        .spawn()
        .map_err(cannot)?;
    if let Some(mut input) = script.stdin.take() {
        input.write_all(job.to_string().as_bytes()).map_err(cannot)?;
    }
    match script.wait().map_err(cannot)? {
        status if status.success() => Ok(()),
        status => Err(ArrayError::io(format!("the measurement ended with {status}"))),
    }
}

fn job(arguments: &Arguments) -> Result<Value> {
    let asked: Vec<&Query> = match arguments.queries.as_slice() {
        [] => QUERIES.iter().collect(),
        ids => ids.iter().map(|id| queries::find(id)).collect::<Result<_>>()?,
    };
    let bench = std::env::current_exe()
        .map_err(|e| ArrayError::io("the path of this program cannot be read").with_source(e))?;
    let binary = arguments.binary.clone().unwrap_or_else(|| bench.with_file_name("hyperslab"));
    Ok(json!({
        "directory": arguments.directory,
        "runs": arguments.runs,
        "queries": asked.into_iter().map(described).collect::<Vec<_>>(),
        "peers": arguments.peers,
        "python": arguments.python,
        "binary": binary,
        "bench": bench,
        "markdown": arguments.markdown,
        "record": arguments.record,
        "timeout": arguments.timeout,
        "patience": arguments.patience,
        "command": command(arguments),
    }))
}

/// The command that repeats the measurement, for the foot of the table; paths are this machine's and stay out.
fn command(arguments: &Arguments) -> String {
    let mut command = format!("hyperslab-bench compare DIR --runs {}", arguments.runs);
    for (option, names) in [("--queries", &arguments.queries), ("--peers", &arguments.peers)] {
        if !names.is_empty() {
            command.push_str(&format!(" {option} {}", names.join(",")));
        }
    }
    if let Some(seconds) = arguments.patience {
        command.push_str(&format!(" --patience {seconds}"));
    }
    command
}

fn described(query: &Query) -> Value {
    json!({
        "id": query.id,
        "question": query.question,
        "dataset": query.dataset,
        "hyperslab": query.hyperslab,
        "plain": query.plain,
        "keys": query.keys,
        "top": query.top,
        "around_zero": query.around_zero,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn parse(line: &str) -> Arguments {
        Line::parse_from(format!("compare {line}").split(' ')).arguments
    }

    #[test]
    fn the_script_is_told_the_questions_that_are_asked() {
        let all = job(&parse("data")).unwrap();
        assert_eq!(all["queries"].as_array().unwrap().len(), QUERIES.len());
        assert_eq!(all["command"], "hyperslab-bench compare DIR --runs 5");
        let one = job(&parse("data --queries W18 --runs 3 --binary b/hyperslab")).unwrap();
        assert_eq!(one["queries"][0]["top"], "t2m");
        assert_eq!(one["command"], "hyperslab-bench compare DIR --runs 3 --queries W18");
        assert_eq!((&one["runs"], &one["binary"]), (&json!(3), &json!("b/hyperslab")));
        let error = job(&parse("data --queries W1,W77")).unwrap_err().to_string();
        assert!(error.contains("`W77`") && error.contains("W10, W11, W12"), "{error}");
    }
}

//! `hyperslab-bench`: writes the datasets of the benchmarks and measures what is done with them.
//!
//! Each measurement is one process, so that its peak memory is its own.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::PathBuf;
use std::time::Instant;

use clap::{Parser, Subcommand, ValueEnum};
use hyperslab::{Context, OpenOptions};
use hyperslab_array::ArrayError;
use hyperslab_benches::measure::Decoded;
use hyperslab_benches::recipe::Era;
use hyperslab_benches::serving::{load, stop, throughput};
use hyperslab_benches::{compare, generate, limit, measure, queries, tables};
use hyperslab_connectors::Location;
use hyperslab_zarr::writer::Compression;

type Failure = Box<dyn std::error::Error>;

/// Writes the datasets of the benchmarks, and measures.
#[derive(Parser)]
#[command(name = "hyperslab-bench", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Writes a dataset into the directory DIR, as `era.zarr` (with the tables that it is joined to) or `ersst.zarr`.
    Generate {
        /// Which dataset.
        name: Generated,
        /// Where to.
        directory: PathBuf,
        /// The shape of the chunks of `era`: time,lat,lon.
        #[arg(long, value_delimiter = ',', default_values_t = [30, 181, 360])]
        chunks: Vec<u64>,
        /// The shape of `era`: time,lat,lon; days, and labels that span the globe.
        #[arg(long, value_delimiter = ',', default_values_t = [1460, 361, 720])]
        shape: Vec<u64>,
        /// How the chunks of `era` are compressed.
        #[arg(long, value_enum, default_value_t = Codec::Blosc)]
        codec: Codec,
    },
    /// Opens a dataset, plans a query and runs it, and throws its rows away.
    Query {
        /// A dataset; `synthetic://pop.zarr` and `synthetic://arco.zarr` are served from nowhere.
        location: String,
        /// The query. The dataset is registered under the stem of its location.
        sql: String,
        /// Opens the dataset once before it is measured, so that a synthetic store has its bytes ready.
        #[arg(long)]
        warm: bool,
    },
    /// Fetches and decodes every chunk with Hyperslab's reader on all cores and throws it away.
    Decode {
        /// A dataset.
        location: String,
        /// Only this variable.
        #[arg(long)]
        variable: Option<String>,
    },
    /// Fetches and decodes with zarrs alone the chunks that a question needs: the limit of any engine.
    Limit {
        /// The number of the question: W1 to W21.
        #[arg(long, value_name = "ID")]
        query: String,
        /// The folder of the dataset that the question asks.
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    /// Serves `ersst` to many connections that ask W2 and W5 at once, and tells errors, latency and memory.
    ServeLoad(load::Arguments),
    /// Serves `pop`, and tells how soon its reads stop after a cancel, a kill of the client, and a timeout.
    ServeStop,
    /// Asks one query in process, over Flight SQL and over PostgreSQL's protocol in turn, all on this machine.
    ServeThroughput(throughput::Arguments),
    /// Asks Hyperslab and the others the questions in turn, checks the answers and writes a table of ratios.
    Compare(compare::Arguments),
}

#[derive(Clone, Copy, ValueEnum)]
enum Generated {
    /// A daily reanalysis, 3 GB decoded.
    Era,
    /// Monthly sea surface temperatures: the sample dataset of Hyperslab.
    Ersst,
}

#[derive(Clone, Copy, ValueEnum)]
enum Codec {
    /// Blosc with Zstandard inside and shuffled bytes.
    Blosc,
    /// Zstandard.
    Zstd,
    /// None at all.
    None,
}

impl From<Codec> for Compression {
    fn from(codec: Codec) -> Self {
        match codec {
            Codec::Blosc => Self::BloscZstd { level: 3, shuffle: true },
            Codec::Zstd => Self::Zstd(3),
            Codec::None => Self::None,
        }
    }
}

fn main() -> std::process::ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Generate { name: Generated::Era, directory, chunks, shape, codec } => {
            let (shape, chunks) = (sizes("--shape", shape)?, sizes("--chunks", chunks)?);
            let era = Era::default().with_shape(shape).with_chunks(chunks).with_compression(codec.into());
            let (start, target) = (Instant::now(), directory.join("era.zarr"));
            let written = generate::write(&era, &target)?;
            tables::write(shape, &directory)?;
            line("written", target.display());
            line("chunks", written.chunks);
            line("decoded MB", written.decoded >> 20);
            line("stored MB", written.stored >> 20);
            line("ratio", format!("{:.2}", written.decoded as f64 / written.stored.max(1) as f64));
            line("seconds", format!("{:.2}", start.elapsed().as_secs_f64()));
        }
        Command::Generate { name: Generated::Ersst, directory, .. } => {
            line("written", hyperslab::sample::write(directory)?.display());
        }
        Command::Query { location, sql, warm } => {
            let name = Location::parse(&location)?.name();
            let context = Context::builder().registry(measure::registry()?).build()?;
            let ran = runtime()?.block_on(async {
                if warm {
                    measure::open(&context, &name, &location).await?;
                }
                let opened = measure::open(&context, &name, &location).await?;
                line("open seconds", format!("{:.3}", opened.as_secs_f64()));
                line("peak MB", measure::peak_memory().unwrap_or_default() >> 20);
                measure::query(&context, &sql).await
            });
            let ran = ran.map_err(|e| hyperslab::error::one_line(&e))?;
            line("plan seconds", format!("{:.3}", ran.planned.as_secs_f64()));
            line("run seconds", format!("{:.3}", ran.ran.as_secs_f64()));
            line("rows", ran.rows);
        }
        Command::Decode { location, variable } => {
            let name = Location::parse(&location)?.name();
            let (registry, options) = (measure::registry()?, OpenOptions::new());
            let runtime = runtime()?;
            let dataset = runtime.block_on(registry.open(&name, &location, None, &options))?;
            let total = runtime.block_on(measure::decode_all(&dataset, variable.as_deref()))?;
            tell_decoded(&total);
        }
        Command::Limit { query, directory } => tell_decoded(&limit::decode(&directory, queries::find(&query)?)?),
        Command::ServeLoad(arguments) => {
            let outcome = runtime()?.block_on(load::run(&arguments)).map_err(|e| e.to_string())?;
            line("answers", outcome.answers);
            line("median ms", outcome.latency[0].as_millis());
            line("95 of 100 ms", outcome.latency[1].as_millis());
            line("reserved MB", format!("{} of {}", outcome.most_reserved >> 20, outcome.memory >> 20));
            line("errors", outcome.errors.len());
            if let Some(first) = outcome.errors.first() {
                return Err(first.clone().into());
            }
        }
        Command::ServeStop => {
            for outcome in runtime()?.block_on(stop::run()).map_err(|e| e.to_string())? {
                let what = format!("{} {:?}", outcome.question, outcome.end);
                let last = outcome.last_read.as_millis();
                line(&what, format!("{} chunks before, {} after, last {last} ms after", outcome.before, outcome.after));
            }
        }
        Command::Compare(arguments) => return Ok(compare::run(&arguments)?),
        Command::ServeThroughput(arguments) => {
            for took in runtime()?.block_on(throughput::run(&arguments)).map_err(|e| e as Failure)? {
                println!(
                    "{:<28} {:>10} rows  best {:.3} s  median {:.3} s  {:.2} ×",
                    took.way,
                    took.rows,
                    took.best.as_secs_f64(),
                    took.median.as_secs_f64(),
                    took.ratio
                );
            }
        }
    }
    if let Some(bytes) = measure::peak_memory() {
        line("peak MB", bytes >> 20);
    }
    Ok(())
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// The value of an option that has a size for each dimension.
fn sizes(option: &str, given: Vec<u64>) -> hyperslab_array::Result<[u64; 3]> {
    given.try_into().map_err(|given: Vec<u64>| {
        ArrayError::argument(format!("`{option}` has {} sizes, expected time,lat,lon", given.len()))
    })
}

fn tell_decoded(total: &Decoded) {
    let seconds = total.time.as_secs_f64();
    line("chunks", total.chunks);
    line("stored MB", total.stored >> 20);
    line("decoded MB", total.decoded >> 20);
    line("seconds", format!("{seconds:.3}"));
    line("decoded MB/s", format!("{:.0}", total.decoded as f64 / seconds.max(1e-9) / f64::from(1 << 20)));
}

fn line(what: &str, value: impl std::fmt::Display) {
    println!("{what:<14} {value}");
}

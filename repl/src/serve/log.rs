//! The log of a server: where its lines go, and how they look.

use std::fs::OpenOptions;
use std::io::Write;
use std::sync::Mutex;

use hyperslab_server::config::{Log, LogTarget};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, fmt, registry};

use super::json::Json;
use crate::failure::Failure;

/// Sends what the server tells to its log, for the whole process.
pub fn install(log: &Log) -> Result<(), Failure> {
    let writer: Box<dyn Write + Send> = match &log.target {
        LogTarget::Off => return Ok(()),
        LogTarget::Stderr => Box::new(std::io::stderr()),
        LogTarget::File(path) => {
            let file = OpenOptions::new().create(true).append(true).open(path);
            Box::new(file.map_err(|e| {
                Failure::Usage(format!("`log.target` is `{}`, which cannot be written: {e}", path.display()))
            })?)
        }
    };
    // Libraries tell what they do too; only what went wrong there is of interest.
    let ours = Targets::new().with_default(LevelFilter::WARN).with_target("hyperslab", LevelFilter::INFO);
    let layer = fmt::layer().with_ansi(false).with_writer(Mutex::new(writer));
    let layer = match log.json {
        true => layer.event_format(Json).boxed(),
        false => layer.boxed(),
    };
    tracing::subscriber::set_global_default(registry().with(layer.with_filter(ours)))
        .map_err(|e| Failure::of("cannot start the log", e))
}

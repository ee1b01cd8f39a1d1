//! `hyperslab demo`: five questions to the sample data, with the SQL that asks them.

use std::path::Path;

use crate::args::Source;
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::output::{Format, Sink};
use crate::run::Runner;
use crate::scratch::Scratch;
use crate::split::split;

/// The questions, as they stand in `sql-examples`.
const QUERIES: &[&str] = &[
    include_str!("../../sql-examples/01_summary.sql"),
    include_str!("../../sql-examples/02_zonal_mean.sql"),
    include_str!("../../sql-examples/03_nearest_map.sql"),
    include_str!("../../sql-examples/04_climatology.sql"),
    include_str!("../../sql-examples/05_nino34.sql"),
];

/// Rows of an answer that are shown.
const MOST_ROWS: usize = 20;

/// Writes the sample data, asks, and removes the data.
pub async fn run(interrupts: Interrupts) -> Result<(), Failure> {
    let scratch = Scratch::new("demo");
    let dataset = hyperslab::sample::write(scratch.path()).map_err(Failure::run)?;
    ask(Sink::stdout(), interrupts, &dataset).await
}

async fn ask(sink: Sink, interrupts: Interrupts, dataset: &Path) -> Result<(), Failure> {
    let mut runner = Runner::new(sink, Format::Table, true, interrupts)?;
    runner.show_at_most(MOST_ROWS);
    let location = dataset.to_string_lossy().into_owned();
    runner.register(&[Source { name: "ersst".into(), location }]).await?;
    for query in QUERIES {
        runner.remark(query.trim())?;
        for statement in split(query).0 {
            runner.statement(statement).await?;
        }
    }
    runner.remark("Ask your own: hyperslab sample DIR, then hyperslab DIR/ersst.zarr")?;
    runner.finish()
}

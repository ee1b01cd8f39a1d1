//! Runs statements one after the other: each is planned when those before it are done, and its answer is written
//! batch by batch.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use futures::StreamExt;
use hyperslab::{Context, QueryResult, plot};

use crate::args::{Cli, Script, Source};
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::output::{Format, Sink};
use crate::split::split;

/// A context, and where answers go.
pub struct Runner {
    context: Context,
    sink: Sink,
    format: Format,
    picture: Option<(PathBuf, plot::Format)>,
    interrupts: Interrupts,
    quiet: bool,
    answers: usize,
    most_rows: usize,
}

impl Runner {
    /// Refuses what the command line cannot mean, then opens the context without datasets.
    pub fn try_new(cli: &Cli, interrupts: Interrupts) -> Result<Self, Failure> {
        let format = cli.format()?;
        if format.is_binary() && cli.output.is_none() && std::io::stdout().is_terminal() {
            return Err(Failure::Usage(format!(
                "format `{}` is not for a terminal; hint: -o FILE, or another --format",
                format.name()
            )));
        }
        let sink = match &cli.output {
            Some(file) => Sink::file(file)?,
            None => Sink::stdout(),
        };
        Ok(Self { picture: cli.picture()?, ..Self::new(sink, format, cli.quiet, interrupts)? })
    }

    /// A runner that writes to `sink`.
    pub fn new(sink: Sink, format: Format, quiet: bool, interrupts: Interrupts) -> Result<Self, Failure> {
        let context = Context::builder().build().map_err(Failure::query)?;
        Ok(Self { context, sink, format, picture: None, interrupts, quiet, answers: 0, most_rows: usize::MAX })
    }

    /// Opens `sources` and gives them their names.
    pub async fn register(&self, sources: &[Source]) -> Result<(), Failure> {
        for Source { name, location } in sources {
            let opened = async { self.context.register(name, location).await.map_err(Failure::query) };
            self.interrupts.guard(opened).await?;
        }
        Ok(())
    }

    /// Runs the scripts in order, until one fails.
    pub async fn scripts(&mut self, scripts: &[Script]) -> Result<(), Failure> {
        // A file that cannot be read is found before anything runs.
        let texts = scripts.iter().map(|script| match script {
            Script::Text(text) => Ok((None, text.clone())),
            Script::File(file) => read(file).map(|text| (Some(file), text)),
        });
        for (file, text) in texts.collect::<Result<Vec<_>, _>>()? {
            let (mut statements, rest) = split(&text);
            statements.extend((!rest.is_empty()).then_some(rest));
            for (i, statement) in statements.iter().enumerate() {
                self.statement(statement).await.map_err(|failure| match (file, failure) {
                    (Some(file), Failure::Run(message)) => {
                        Failure::Run(format!("{}, statement {}: {message}", file.display(), i + 1))
                    }
                    (_, failure) => failure,
                })?;
            }
        }
        Ok(())
    }

    /// Runs one statement. That the reader of the answer has left is no failure.
    pub async fn statement(&mut self, sql: &str) -> Result<(), Failure> {
        if self.sink.is_closed() {
            return Ok(());
        }
        let interrupts = self.interrupts.clone();
        let result = interrupts.guard(self.answer(sql)).await;
        if self.sink.is_closed() { Ok(()) } else { result }
    }

    async fn answer(&mut self, sql: &str) -> Result<(), Failure> {
        let start = Instant::now();
        let result = self.context.sql(sql).await.map_err(Failure::query)?;
        let schema = result.schema();
        if let Some((file, format)) = self.picture.clone().filter(|_| !schema.fields().is_empty()) {
            return self.draw(result, &file, format, start).await;
        }
        let mut batches = result.stream().await.map_err(Failure::query)?;
        if schema.fields().is_empty() {
            // A statement such as SET or CREATE: done when its stream is.
            while let Some(batch) = batches.next().await {
                batch.map_err(Failure::query)?;
            }
            self.notice(&format!("done in {}", seconds(start)));
            return Ok(());
        }
        self.begin_answer()?;
        // A query that fails before its first row leaves no header behind.
        let mut next = batches.next().await.transpose().map_err(Failure::query)?;
        let mut rows = 0usize;
        let mut answer = self.format.begin(schema, &mut self.sink)?;
        while let Some(batch) = next {
            answer.write(&batch.slice(0, batch.num_rows().min(self.most_rows.saturating_sub(rows))))?;
            rows += batch.num_rows();
            next = batches.next().await.transpose().map_err(Failure::query)?;
        }
        answer.finish()?;
        if rows > self.most_rows {
            self.say(&format!(" … and {} more rows", rows - self.most_rows))?;
        }
        self.notice(&format!("{rows} {} in {}", if rows == 1 { "row" } else { "rows" }, seconds(start)));
        Ok(())
    }

    async fn draw(
        &mut self,
        answer: QueryResult,
        file: &Path,
        format: plot::Format,
        start: Instant,
    ) -> Result<(), Failure> {
        self.answers += 1;
        if self.answers > 1 {
            return Err(Failure::Run(
                "--plot draws one answer, and this is another; hint: run hyperslab once for each".into(),
            ));
        }
        let bytes = answer.to_picture(format, &[]).await.map_err(Failure::query)?;
        let mut sink = Sink::file(file)?;
        sink.write_all(&bytes).map_err(Failure::run)?;
        sink.finish()?;
        self.notice(&format!("drew `{}` in {}", file.display(), seconds(start)));
        Ok(())
    }

    /// Keeps two answers apart, and refuses a second where a reader could not.
    fn begin_answer(&mut self) -> Result<(), Failure> {
        self.answers += 1;
        if self.answers == 1 {
            return Ok(());
        }
        if !self.format.holds_several() && (self.sink.is_file() || self.format.is_binary()) {
            return Err(Failure::Run(format!(
                "format `{}` holds one answer, and this is another; hint: run hyperslab once for each",
                self.format.name()
            )));
        }
        if self.format == Format::Table {
            self.sink.write_all(b"\n").map_err(Failure::run)?;
        }
        Ok(())
    }

    /// Shows only the first rows of each answer, and says how many more there are.
    pub fn show_at_most(&mut self, rows: usize) {
        self.most_rows = rows;
    }

    /// Puts a paragraph between the answers.
    pub fn remark(&mut self, text: &str) -> Result<(), Failure> {
        let before = if self.answers > 0 { "\n" } else { "" };
        self.answers = 0;
        self.say(&format!("{before}{text}\n"))
    }

    /// Writes a line where answers go.
    fn say(&mut self, line: &str) -> Result<(), Failure> {
        let written = writeln!(self.sink, "{line}");
        if self.sink.is_closed() { Ok(()) } else { written.map_err(Failure::run) }
    }

    /// Tells a person who watches.
    pub fn notice(&self, text: &str) {
        if !self.quiet {
            tell(text);
        }
    }

    /// Hands the answers over.
    pub fn finish(self) -> Result<(), Failure> {
        self.sink.finish()
    }
}

/// A line on standard error. It has no reader to lose: a failure to write it is nobody's loss.
pub fn tell(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|e| Failure::of(format!("cannot read `{}`", file.display()), e))
}

fn seconds(start: Instant) -> String {
    format!("{:.3} s", start.elapsed().as_secs_f64())
}

//! Many connections that ask two questions in turn, for a while.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use hyperslab::Context;

use super::{Failure, Served};

/// The zonal mean (W2) and the mean of a box as a series (W5), on `ersst`.
const QUESTIONS: [&str; 2] = [
    "SELECT lat, avg(sst) AS sst FROM ersst GROUP BY lat",
    "SELECT time, avg(sst) AS sst FROM ersst WHERE lat BETWEEN -5 AND 5 AND lon BETWEEN 190 AND 240 GROUP BY time",
];

/// How often the memory pool is looked at.
const LOOKS: Duration = Duration::from_millis(5);

/// How many connections, and for how long.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// The folder of `ersst.zarr`.
    pub directory: PathBuf,
    /// Connections at a time.
    #[arg(long, default_value_t = 100)]
    pub connections: usize,
    /// How long they ask.
    #[arg(long, default_value_t = 60)]
    pub seconds: u64,
    /// The memory that all statements share, in MB.
    #[arg(long, default_value_t = 512)]
    pub memory: usize,
}

/// What was seen.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Answers that were complete and right.
    pub answers: usize,
    /// The messages of those that were not.
    pub errors: Vec<String>,
    /// How long answers took: the half of them, and 95 of a hundred.
    pub latency: [Duration; 2],
    /// The most that statements held of the memory pool, in bytes.
    pub most_reserved: usize,
    /// The limit of that pool.
    pub memory: usize,
}

/// Asks from all connections at once; each answer is held against the first one.
///
/// # Errors
/// When the server does not start. A question that fails is told in the outcome.
pub async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let memory = arguments.memory << 20;
    let context = Context::builder().memory_limit(memory).build()?;
    context.register("ersst", &arguments.directory.join("ersst.zarr").display().to_string()).await?;
    let served = Arc::new(Served::start(context).await?);
    let expected = Arc::new(answers(&served).await?);

    let pool = Arc::clone(&served.hub.context().session().runtime_env().memory_pool);
    let (most, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let looking = tokio::spawn({
        let (most, done) = (Arc::clone(&most), Arc::clone(&done));
        async move {
            while !done.load(Ordering::Relaxed) {
                most.fetch_max(pool.reserved(), Ordering::Relaxed);
                tokio::time::sleep(LOOKS).await;
            }
        }
    });
    let end = Instant::now() + Duration::from_secs(arguments.seconds);
    let asking: Vec<_> = (0..arguments.connections)
        .map(|number| tokio::spawn(ask(Arc::clone(&served), Arc::clone(&expected), number, end)))
        .collect();
    let (mut took, mut errors) = (Vec::new(), Vec::new());
    for task in asking {
        match task.await? {
            Ok(own) => took.extend(own),
            Err(e) => errors.push(e.to_string()),
        }
    }
    done.store(true, Ordering::Relaxed);
    looking.await?;
    took.sort_unstable();
    let at = |share: f64| took.get((took.len() as f64 * share) as usize).copied().unwrap_or_default();
    Ok(Outcome {
        answers: took.len(),
        errors,
        latency: [at(0.5), at(0.95)],
        most_reserved: most.load(Ordering::Relaxed),
        memory,
    })
}

async fn answers(served: &Served) -> Result<Vec<Vec<String>>, Failure> {
    let (client, _moved) = served.connect().await?;
    let mut answers = Vec::new();
    for question in QUESTIONS {
        answers.push(rows(&client, question).await?);
    }
    Ok(answers)
}

async fn rows(client: &tokio_postgres::Client, question: &str) -> Result<Vec<String>, Failure> {
    let messages = client.simple_query(question).await?;
    let mut rows: Vec<String> = messages
        .iter()
        .filter_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => Some(format!("{:?}|{:?}", row.get(0), row.get(1))),
            _ => None,
        })
        .collect();
    rows.sort();
    Ok(rows)
}

/// How long each answer of one connection took.
async fn ask(
    served: Arc<Served>,
    expected: Arc<Vec<Vec<String>>>,
    number: usize,
    end: Instant,
) -> Result<Vec<Duration>, Failure> {
    let (client, _moved) = served.connect().await?;
    let mut took = Vec::new();
    while Instant::now() < end {
        let which = (number + took.len()) % QUESTIONS.len();
        let start = Instant::now();
        let question = QUESTIONS.get(which).copied().unwrap_or_default();
        if expected.get(which) != Some(&rows(&client, question).await?) {
            return Err(format!("connection {number} got another answer to `{question}`").into());
        }
        took.push(start.elapsed());
    }
    Ok(took)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn connections_that_ask_together_get_the_same_answers_within_the_memory() {
        let folder = tempfile::tempdir().unwrap();
        hyperslab::sample::write(folder.path()).unwrap();
        let arguments = Arguments { directory: folder.path().into(), connections: 3, seconds: 1, memory: 256 };
        let outcome = run(&arguments).await.unwrap();
        assert!(outcome.answers >= 3 && outcome.errors.is_empty(), "{outcome:?}");
        assert!(outcome.most_reserved > 0 && outcome.most_reserved <= outcome.memory, "{outcome:?}");
    }
}

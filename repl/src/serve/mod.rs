//! `hyperslab serve`: a server from the command line, what it prints at its start, and its end.

mod greeting;
mod json;
mod log;
mod signals;

use std::io::Write;

use hyperslab_server::config::Config;
use hyperslab_server::serve::Server;
use tokio::runtime::Builder;

use crate::args::Serve;
use crate::failure::Failure;
use crate::run::tell;
use crate::scratch::Scratch;
use signals::Signals;

/// Serves until Ctrl-C or a signal to end; a second one ends the process at once.
pub fn run(arguments: &Serve) -> Result<(), Failure> {
    let scratch = arguments.sample.then(|| Scratch::new("serve"));
    let mut sources: Vec<(String, String)> = Vec::new();
    if let Some(scratch) = &scratch {
        for path in hyperslab::sample::write_all(scratch.path()).map_err(Failure::run)? {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            sources.push((name, path.to_string_lossy().into_owned()));
        }
    }
    sources.extend(arguments.sources()?.into_iter().map(|source| (source.name, source.location)));
    let flags = arguments.flags()?;
    let config = Config::load(arguments.config.as_deref(), &flags, &sources)
        .map_err(|error| Failure::Usage(error.to_string()))?;
    log::install(&config.log)?;
    let mut builder = Builder::new_multi_thread();
    if let Some(threads) = config.threads {
        builder.worker_threads(threads);
    }
    let runtime = builder.enable_all().build().map_err(|e| Failure::of("cannot start the runtime", e))?;
    let result = runtime.block_on(serve(&config));
    // What still decodes is waited for by nobody.
    runtime.shutdown_background();
    drop(scratch);
    result
}

async fn serve(config: &Config) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let server = tokio::select! {
        server = Server::start(config) => server.map_err(Failure::run)?,
        () = signals.next() => return Ok(()),
    };
    let text = greeting::text(config, &server);
    // A greeting that nobody reads is no reason not to serve.
    let _ = std::io::stdout().write_all(text.as_bytes()).and_then(|()| std::io::stdout().flush());
    if config.datasets.is_empty() {
        tell("no dataset is served; hint: `hyperslab serve LOCATION`, or `--sample`");
    }
    let stop = async {
        signals.next().await;
        tracing::info!(target: "hyperslab::server", "stopping");
        tokio::spawn(async move {
            signals.next().await;
            // Whoever asks twice does not want to wait.
            #[allow(clippy::disallowed_methods)]
            std::process::exit(130);
        });
    };
    server.run(stop).await.map_err(Failure::run)
}

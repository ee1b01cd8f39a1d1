//! The binary `hyperslab`: reads the command line, runs what it asks for, and turns the end into an exit code.

mod args;
mod demo;
mod failure;
mod interrupt;
mod output;
mod passwd;
mod run;
mod scratch;
mod serve;
mod shell;
mod split;

use std::panic::PanicHookInfo;
use std::path::Path;
use std::process::ExitCode;

use tokio::runtime::Runtime;

use crate::args::{Cli, Command};
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::run::{Runner, tell};

fn main() -> ExitCode {
    let cli = match Cli::parse_from(std::env::args_os()) {
        Ok(cli) => cli,
        Err(e) => {
            // Help and the version come as errors too; clap knows where each belongs.
            let _ = e.print();
            return ExitCode::from(u8::try_from(e.exit_code()).unwrap_or(2));
        }
    };
    std::panic::set_hook(Box::new(tell_fault));
    match std::panic::catch_unwind(|| run(&cli)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => {
            tell(&format!("error: {failure}"));
            failure.code()
        }
        // The hook has told it.
        Err(_) => ExitCode::from(1),
    }
}

/// A fault of ours is told in one line like any other error, with what a report needs.
fn tell_fault(fault: &PanicHookInfo) {
    let message = fault.payload_as_str().unwrap_or("unknown").split_whitespace().collect::<Vec<_>>().join(" ");
    let place = fault.location().map(|l| format!(" at {}:{}", l.file(), l.line())).unwrap_or_default();
    tell(&format!("error: {message}{place}; this is a fault of Hyperslab, please report it"));
}

fn run(cli: &Cli) -> Result<(), Failure> {
    // These take Ctrl-C in their own way, or not at all.
    match &cli.command {
        Some(Command::Serve(arguments)) => return serve::run(arguments),
        Some(Command::Passwd { user, token }) => return passwd::run(user, *token),
        _ => {}
    }
    let interrupts = Interrupts::install()?;
    let runtime = Runtime::new().map_err(|e| Failure::of("cannot start the runtime", e))?;
    let result = match &cli.command {
        Some(Command::Sample { folder }) => sample(folder),
        Some(Command::Demo) => runtime.block_on(demo::run(interrupts)),
        _ => answer(cli, interrupts, &runtime),
    };
    // After Ctrl-C a chunk may still be decoding; nobody waits for it.
    runtime.shutdown_background();
    result
}

fn answer(cli: &Cli, interrupts: Interrupts, runtime: &Runtime) -> Result<(), Failure> {
    let sources = cli.sources()?;
    let mut runner = Runner::try_new(cli, interrupts)?;
    runtime.block_on(runner.register(&sources))?;
    if cli.scripts.is_empty() {
        shell::run(&mut runner, runtime)?;
    } else {
        runtime.block_on(runner.scripts(&cli.scripts))?;
    }
    runner.finish()
}

fn sample(folder: &Path) -> Result<(), Failure> {
    for written in hyperslab::sample::write_all(folder).map_err(Failure::run)? {
        tell(&format!("wrote `{}`", written.display()));
    }
    Ok(())
}

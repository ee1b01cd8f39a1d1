//! Statements as they are typed or piped in: each runs when its `;` is there.

use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;

use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;
use tokio::runtime::Runtime;

use crate::failure::Failure;
use crate::run::{Runner, tell};
use crate::split::split;

/// Reads standard input to its end: a shell on a terminal, a script elsewhere.
pub fn run(runner: &mut Runner, runtime: &Runtime) -> Result<(), Failure> {
    if std::io::stdin().is_terminal() { interactive(runner, runtime) } else { piped(runner, runtime) }
}

/// As a script: the first failure ends it.
fn piped(runner: &mut Runner, runtime: &Runtime) -> Result<(), Failure> {
    let mut text = String::new();
    for line in std::io::stdin().lock().lines() {
        text.push_str(&line.map_err(|e| Failure::of("cannot read standard input", e))?);
        text.push('\n');
        let (statements, rest) = split(&text);
        for statement in statements {
            runtime.block_on(runner.statement(statement))?;
        }
        text = rest.to_string();
    }
    let (_, rest) = split(&text);
    if rest.is_empty() { Ok(()) } else { runtime.block_on(runner.statement(rest)) }
}

/// For a person: a failure is told, and the next statement is awaited.
fn interactive(runner: &mut Runner, runtime: &Runtime) -> Result<(), Failure> {
    let cannot = |e| Failure::of("cannot open the terminal", e);
    let mut editor = DefaultEditor::new().map_err(cannot)?;
    let history = history_file();
    if let Some(file) = &history {
        // There is none the first time.
        let _ = editor.load_history(file);
    }
    runner.notice("Statements end with `;`. Leave with `quit` or Ctrl-D.");
    let mut text = String::new();
    loop {
        match editor.readline(if text.is_empty() { "hyperslab> " } else { "      ...> " }) {
            Ok(line) if text.is_empty() && is_quit(&line) => break,
            Ok(line) => {
                text.push_str(&line);
                text.push('\n');
                let (statements, rest) = split(&text);
                if !statements.is_empty() {
                    let _ = editor.add_history_entry(text.trim_end());
                }
                for statement in statements {
                    if let Err(failure) = runtime.block_on(runner.statement(statement)) {
                        tell(&format!("error: {failure}"));
                        break;
                    }
                }
                text = rest.to_string();
            }
            Err(ReadlineError::Interrupted) => text.clear(),
            Err(ReadlineError::Eof) => break,
            Err(e) => return Err(cannot(e)),
        }
    }
    if let Some(file) = &history {
        // A shell without a history is still a shell.
        let _ = file.parent().map(std::fs::create_dir_all);
        let _ = editor.save_history(file);
    }
    Ok(())
}

fn is_quit(line: &str) -> bool {
    let word = line.trim().trim_end_matches(';').trim_end();
    ["quit", "exit", "\\q"].iter().any(|quit| word.eq_ignore_ascii_case(quit))
}

/// Where the system keeps what a program remembers of its user.
fn history_file() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let folder = set("XDG_STATE_HOME")
        .or_else(|| set("LOCALAPPDATA"))
        .or_else(|| set("HOME").map(|home| home.join(".local").join("state")))?;
    Some(folder.join("hyperslab").join("history"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quit_is_understood_with_and_without_a_semicolon() {
        for line in ["quit", " EXIT; ", "\\q", "quit ;"] {
            assert!(is_quit(line), "{line}");
        }
        assert!(!is_quit("select quit"));
    }
}

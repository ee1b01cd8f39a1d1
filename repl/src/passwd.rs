//! `hyperslab passwd`: a password on standard input becomes a line of the file of users, which does not hold it.

use std::io::{IsTerminal, Read, Write};

use hyperslab_server::auth::{password_line, token_line};

use crate::failure::Failure;
use crate::run::tell;

/// Longer than any password, so that a wrong file is not read to its end.
const MOST_BYTES: u64 = 64 << 10;

/// Reads, and prints the line.
pub fn run(user: &str, token: bool) -> Result<(), Failure> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        let what = if token { "token" } else { "password" };
        tell(&format!("type the {what}, which is shown, then Enter and Ctrl-D"));
    }
    let mut secret = String::new();
    let read = stdin.lock().take(MOST_BYTES).read_to_string(&mut secret);
    read.map_err(|e| Failure::of("cannot read standard input", e))?;
    // The end of the line is not of the password.
    let secret = secret.strip_suffix('\n').unwrap_or(&secret);
    let secret = secret.strip_suffix('\r').unwrap_or(secret);
    if secret.contains('\n') {
        return Err(Failure::Run("standard input has several lines, expected a password on one".into()));
    }
    let line = if token { token_line(user, secret) } else { password_line(user, secret) };
    writeln!(std::io::stdout(), "{}", line.map_err(Failure::run)?).map_err(Failure::run)
}

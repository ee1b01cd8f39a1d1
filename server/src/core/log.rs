//! What each statement leaves behind at its end: a line of the log, and its part of the metrics.

use std::time::Duration;

use hyperslab::Reads;

use super::session::Session;
use crate::error::ServerError;

/// Characters of a statement that the log shows.
const MOST_TEXT: usize = 1000;

/// Writes the line of a statement that has ended, and counts it.
pub(super) fn statement(
    session: &Session,
    text: &str,
    took: Duration,
    rows: u64,
    reads: Reads,
    error: Option<&ServerError>,
) {
    session.hub().metrics().ended(session.user(), session.protocol(), took, rows, reads, error);
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let error = error.map(|e| format!("{} {e}", e.code));
    tracing::info!(
        target: "hyperslab::statement",
        session = session.id(),
        user = session.user(),
        protocol = session.protocol().name(),
        text = one_line(text),
        rows,
        chunks = reads.chunks,
        bytes = reads.bytes_stored,
        ms,
        error = error.as_deref(),
    );
}

/// The text on one line, and cut where it is long. Blanks inside of quotes stay, so that a literal is what it was.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    let mut quote: Option<char> = None;
    let mut length = 0usize;
    for c in text.trim().chars() {
        if length >= MOST_TEXT {
            line.push('…');
            break;
        }
        match quote {
            Some(open) if open == c => quote = None,
            None if matches!(c, '\'' | '"' | '`') => quote = Some(c),
            _ => {}
        }
        if quote.is_none() && c.is_whitespace() {
            if !line.ends_with(' ') {
                line.push(' ');
                length = length.saturating_add(1);
            }
        } else {
            // A line break or an escape code inside of a literal would make another line, or paint the terminal.
            match c.is_control() {
                true => line.extend(c.escape_default()),
                false => line.push(c),
            }
            length = length.saturating_add(1);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_one_line_and_keeps_its_literals() {
        assert_eq!(one_line("SELECT  a,\n\tb FROM t\r\n WHERE c = 'x  y'\n"), "SELECT a, b FROM t WHERE c = 'x  y'");
        assert_eq!(one_line("SELECT 'a\nb', \"c\u{1b}[31m\""), "SELECT 'a\\nb', \"c\\u{1b}[31m\"");
    }

    #[test]
    fn a_long_statement_is_cut() {
        let line = one_line(&"é".repeat(5000));
        assert_eq!(line.chars().count(), MOST_TEXT + 1);
        assert!(line.ends_with('…'));
    }
}

//! What a statement fails with: PostgreSQL's five-letter code, a message, and where in the text.

use std::fmt;

/// An error as PostgreSQL reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PgError {
    /// SQLSTATE, for example `42703` for an unknown column.
    pub code: &'static str,
    /// One line for a person.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The character of the statement it is about, counted from 1.
    pub position: Option<usize>,
}

impl PgError {
    /// An error without hint and position.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, position: None }
    }

    /// The same error with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same error with a position, unless it has one.
    #[must_use]
    pub fn at(mut self, position: Option<usize>) -> Self {
        self.position = self.position.or(position);
        self
    }
}

impl fmt::Display for PgError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for PgError {}

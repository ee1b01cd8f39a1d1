//! One error type for pictures: a message and a hint, in one line.

use std::fmt;

/// The result of anything that draws.
pub type Result<T, E = PlotError> = std::result::Result<T, E>;

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlotError {
    message: String,
    hint: Option<String>,
}

impl PlotError {
    /// An error; `message` is lower case, with the offending value in backticks.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn encoder(error: &dyn fmt::Display) -> Self {
        Self::new(format!("cannot encode the picture: {error}"))
    }
}

impl fmt::Display for PlotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; hint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for PlotError {}

/// Helps with an unknown name: the nearest of the valid names, and the valid names.
pub(crate) fn nearest_names(name: &str, valid: &[&str]) -> String {
    let lower = name.to_lowercase();
    let nearest = valid
        .iter()
        .map(|v| (distance(&lower, &v.to_lowercase()), *v))
        .filter(|(d, v)| *d * 2 <= v.chars().count().max(2))
        .min();
    let list = valid.iter().map(|v| format!("`{v}`")).collect::<Vec<_>>().join(", ");
    match nearest {
        Some((_, v)) => format!("did you mean `{v}`? valid: {list}"),
        None => format!("valid: {list}"),
    }
}

/// How many characters to insert, drop or replace to get from one word to the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut row = vec![i + 1];
        for (j, to) in b.iter().enumerate() {
            let replaced = above[j] + usize::from(from != *to);
            row.push(replaced.min(above[j + 1] + 1).min(row[j] + 1));
        }
        above = row;
    }
    above[b.len()]
}

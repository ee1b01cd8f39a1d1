//! One error type for arrays: kind, message, context, hint, source, and whether trying again may help.
//!
//! A person sees one line: what went wrong, where, what was expected, a hint.

use std::fmt;

/// The result of anything that reads or describes an array.
pub type Result<T, E = ArrayError> = std::result::Result<T, E>;

/// What sort of fault an [`ArrayError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The location, dataset, variable or chunk does not exist.
    NotFound,
    /// Metadata or bytes that break their format.
    Invalid,
    /// Well formed, but nothing this build can read.
    Unsupported,
    /// Metadata that asks for more than is reasonable to allocate.
    TooLarge,
    /// The store did not answer, or refused.
    Io,
    /// The caller asked for something that makes no sense for this array.
    Argument,
    /// A broken invariant of Hyperslab itself.
    Internal,
}

/// A fault, with the place it happened in.
#[derive(Debug)]
pub struct ArrayError {
    kind: ErrorKind,
    message: String,
    context: Vec<(&'static str, String)>,
    hint: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
    retryable: bool,
}

impl ArrayError {
    /// An error of `kind`; `message` is lower case, with the offending value in backticks.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), context: Vec::new(), hint: None, source: None, retryable: false }
    }

    /// [`ErrorKind::NotFound`].
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// [`ErrorKind::Invalid`].
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// [`ErrorKind::Unsupported`].
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    /// [`ErrorKind::TooLarge`].
    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::TooLarge, message)
    }

    /// [`ErrorKind::Io`].
    pub fn io(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Io, message)
    }

    /// [`ErrorKind::Argument`].
    pub fn argument(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Argument, message)
    }

    /// [`ErrorKind::Internal`].
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// Says where: `context("variable", "sst")` is printed as ``variable `sst` ``. What is said already is not said
    /// again.
    #[must_use]
    pub fn context(mut self, what: &'static str, value: impl Into<String>) -> Self {
        let place = (what, value.into());
        if !self.context.contains(&place) {
            self.context.push(place);
        }
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Keeps the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Marks a fault that may go away by itself.
    #[must_use]
    pub fn with_retryable(mut self, retryable: bool) -> Self {
        self.retryable = retryable;
        self
    }

    /// What sort of fault this is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether trying again may help.
    pub fn is_retryable(&self) -> bool {
        self.retryable
    }
}

impl fmt::Display for ArrayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for (i, (what, value)) in self.context.iter().enumerate() {
            write!(f, "{} {what} `{value}`", if i == 0 { " in" } else { "," })?;
        }
        if let Some(source) = &self.source {
            // A cause of several lines would break the promise of one line.
            let source = source.to_string();
            write!(f, ": {}", source.split_whitespace().collect::<Vec<_>>().join(" "))?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "; hint: {hint}")?;
        }
        if self.kind == ErrorKind::Internal {
            f.write_str("; this is a fault of Hyperslab, please report it")?;
        }
        Ok(())
    }
}

impl std::error::Error for ArrayError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|e| e as _)
    }
}

/// The part of a message that helps with an unknown name: the nearest of the valid names, and the valid names.
///
/// ```
/// let text = hyperslab_array::nearest_names("lattitude", ["latitude", "longitude"]);
/// assert_eq!(text, "did you mean `latitude`? valid: `latitude`, `longitude`");
/// ```
pub fn nearest_names<'a>(name: &str, valid: impl IntoIterator<Item = &'a str>) -> String {
    let valid: Vec<&str> = valid.into_iter().collect();
    if valid.is_empty() {
        return "there are none".into();
    }
    let lower = name.to_lowercase();
    let nearest = valid
        .iter()
        .map(|v| (edit_distance(&lower, &v.to_lowercase()), *v))
        .filter(|(d, v)| *d * 2 <= v.chars().count().max(2))
        .min();
    const MOST: usize = 20;
    let mut list = valid.iter().take(MOST).map(|v| format!("`{v}`")).collect::<Vec<_>>().join(", ");
    if valid.len() > MOST {
        list.push_str(&format!(" and {} more", valid.len() - MOST));
    }
    match nearest {
        Some((_, v)) => format!("did you mean `{v}`? valid: {list}"),
        None => format!("valid: {list}"),
    }
}

/// Levenshtein's distance, in characters.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substitute = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substitute.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_that_says_each_place_once() {
        let error = ArrayError::io("the store is gone")
            .context("variable", "sst")
            .context("chunk", "c/0")
            .context("variable", "sst")
            .with_source("first line\n  second line")
            .hint("look elsewhere");
        assert_eq!(
            error.to_string(),
            "the store is gone in variable `sst`, chunk `c/0`: first line second line; hint: look elsewhere"
        );
    }

    #[test]
    fn nearest_names_are_found_in_any_case_and_lists_are_cut() {
        assert_eq!(nearest_names("SST", ["sst"]), "did you mean `sst`? valid: `sst`");
        assert_eq!(nearest_names("xyz", ["latitude"]), "valid: `latitude`");
        assert_eq!(nearest_names("x", []), "there are none");
        let many: Vec<String> = (0..25).map(|i| format!("variable_{i}")).collect();
        assert!(nearest_names("q", many.iter().map(String::as_str)).ends_with("`variable_19` and 5 more"));
    }
}

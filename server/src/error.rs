//! [`ServerError`]: what a client is told, with the code that PostgreSQL has for it.

use std::fmt::{Display, Formatter};

use hyperslab::array::ErrorKind;
use hyperslab::datafusion::arrow::error::ArrowError;
use hyperslab::datafusion::common::SchemaError;
use hyperslab::datafusion::error::DataFusionError;
use hyperslab::error::{array_error, one_line};

/// The codes of PostgreSQL (SQLSTATE) that this server gives.
pub mod code {
    /// A message that does not belong there.
    pub const PROTOCOL_VIOLATION: &str = "08P01";
    /// Something that does not exist here.
    pub const FEATURE_NOT_SUPPORTED: &str = "0A000";
    /// A number that its type cannot hold.
    pub const OUT_OF_RANGE: &str = "22003";
    /// Text that is no time, or no interval.
    pub const INVALID_TIME: &str = "22007";
    /// A number divided by zero.
    pub const DIVISION_BY_ZERO: &str = "22012";
    /// A parameter with a value that makes no sense.
    pub const INVALID_PARAMETER_VALUE: &str = "22023";
    /// Text that is no value of its type.
    pub const INVALID_TEXT: &str = "22P02";
    /// A statement that would write, in a session that only reads.
    pub const READ_ONLY: &str = "25006";
    /// A statement after an error in the same transaction.
    pub const IN_FAILED_TRANSACTION: &str = "25P02";
    /// A prepared statement that is not there.
    pub const INVALID_STATEMENT_NAME: &str = "26000";
    /// A user who may not come in.
    pub const INVALID_AUTHORIZATION: &str = "28000";
    /// A wrong password.
    pub const INVALID_PASSWORD: &str = "28P01";
    /// A cursor or portal that is not there.
    pub const INVALID_CURSOR_NAME: &str = "34000";
    /// A database that is not there.
    pub const INVALID_CATALOG_NAME: &str = "3D000";
    /// What the user has no right to.
    pub const INSUFFICIENT_PRIVILEGE: &str = "42501";
    /// Text that is no SQL.
    pub const SYNTAX_ERROR: &str = "42601";
    /// A name that could mean several columns.
    pub const AMBIGUOUS_COLUMN: &str = "42702";
    /// A column that is not there.
    pub const UNDEFINED_COLUMN: &str = "42703";
    /// A function that is not there.
    pub const UNDEFINED_FUNCTION: &str = "42883";
    /// A parameter that has no value.
    pub const UNDEFINED_PARAMETER: &str = "42P02";
    /// A table that is not there.
    pub const UNDEFINED_TABLE: &str = "42P01";
    /// Too many connections.
    pub const TOO_MANY_CONNECTIONS: &str = "53300";
    /// No more memory for this.
    pub const OUT_OF_MEMORY: &str = "53200";
    /// Over a limit of the configuration.
    pub const LIMIT_EXCEEDED: &str = "53400";
    /// A statement that was stopped.
    pub const QUERY_CANCELED: &str = "57014";
    /// The server stops.
    pub const ADMIN_SHUTDOWN: &str = "57P01";
    /// A store that did not answer.
    pub const IO_ERROR: &str = "58030";
    /// A fault of ours.
    pub const INTERNAL_ERROR: &str = "XX000";
}

/// Why a client's request failed, in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerError {
    /// One of [`code`].
    pub code: &'static str,
    /// What went wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The place in the text of the statement, in characters from 1.
    pub position: Option<usize>,
}

impl ServerError {
    /// An error without a hint.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, position: None }
    }

    /// With a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl Display for ServerError {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; hint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ServerError {}

impl From<DataFusionError> for ServerError {
    fn from(error: DataFusionError) -> Self {
        if let Some(ours) = server_error(&error) {
            return ours.clone();
        }
        let line = one_line(&error);
        let (message, hint) = match line.split_once("; hint: ") {
            Some((message, hint)) => (message.to_string(), Some(hint.to_string())),
            None => (line, None),
        };
        Self { code: code_of(&error, &message), message, hint, position: None }
    }
}

/// An error of this server that came through the query engine, such as a refusal by a [`hyperslab::Access`].
fn server_error(error: &DataFusionError) -> Option<&ServerError> {
    let mut at: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(e) = at {
        if let Some(found) = e.downcast_ref::<ServerError>() {
            return Some(found);
        }
        at = match e.downcast_ref::<DataFusionError>() {
            Some(DataFusionError::External(inner)) => Some(inner.as_ref()),
            Some(DataFusionError::Shared(inner)) => Some(inner.as_ref()),
            _ => e.source(),
        };
    }
    None
}

fn code_of(error: &DataFusionError, message: &str) -> &'static str {
    if let Some(ours) = array_error(error) {
        return match ours.kind() {
            ErrorKind::NotFound => code::UNDEFINED_TABLE,
            ErrorKind::Unsupported => code::FEATURE_NOT_SUPPORTED,
            ErrorKind::TooLarge => code::LIMIT_EXCEEDED,
            ErrorKind::Io => code::IO_ERROR,
            ErrorKind::Argument => code::INVALID_PARAMETER_VALUE,
            // The kinds grow; one that is not known here is a fault of ours.
            _ => code::INTERNAL_ERROR,
        };
    }
    match error.find_root() {
        DataFusionError::SQL(..) => code::SYNTAX_ERROR,
        DataFusionError::SchemaError(schema, _) => match schema.as_ref() {
            SchemaError::FieldNotFound { .. } => code::UNDEFINED_COLUMN,
            SchemaError::AmbiguousReference { .. } => code::AMBIGUOUS_COLUMN,
            _ => code::SYNTAX_ERROR,
        },
        DataFusionError::NotImplemented(_) => code::FEATURE_NOT_SUPPORTED,
        DataFusionError::ResourcesExhausted(_) => code::OUT_OF_MEMORY,
        DataFusionError::ArrowError(arrow, _) => match arrow.as_ref() {
            ArrowError::DivideByZero => code::DIVISION_BY_ZERO,
            ArrowError::CastError(_) | ArrowError::ParseError(_) => code::INVALID_TEXT,
            ArrowError::InvalidArgumentError(_) => code::INVALID_PARAMETER_VALUE,
            _ => code::INTERNAL_ERROR,
        },
        DataFusionError::Plan(_) if message.starts_with("no table") => code::UNDEFINED_TABLE,
        DataFusionError::Plan(_) if message.starts_with("no function") => code::UNDEFINED_FUNCTION,
        DataFusionError::Plan(_) => code::SYNTAX_ERROR,
        DataFusionError::Execution(_) if message.starts_with("placeholder") => code::UNDEFINED_PARAMETER,
        DataFusionError::Configuration(_) => code::INVALID_PARAMETER_VALUE,
        _ => code::INTERNAL_ERROR,
    }
}

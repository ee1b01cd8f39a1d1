//! Which locations a session may read and write: a question that a server asks for each of its users.

use datafusion::error::Result;

/// Which locations the statements of a session may name. A dataset that is registered already is read without a
/// question.
///
/// The location is what the statement says, a path or a URL. Refuse with an error that says what would be allowed.
pub trait Access: Send + Sync + std::fmt::Debug {
    /// Whether a path or URL may be a table, or the location of a `CREATE EXTERNAL TABLE`.
    ///
    /// # Errors
    /// When it may not.
    fn read(&self, location: &str) -> Result<()>;

    /// Whether `COPY` may write there.
    ///
    /// # Errors
    /// When it may not.
    fn write(&self, location: &str) -> Result<()>;

    /// Whether a statement may set an option of opening or writing a location, such as the endpoint of a store, which
    /// leads somewhere else under the same name.
    ///
    /// # Errors
    /// When it may not.
    fn open_option(&self, name: &str) -> Result<()>;
}

/// Every location that the process can reach: a session of one's own.
#[derive(Debug, Clone, Copy, Default)]
pub struct AnyLocation;

impl Access for AnyLocation {
    fn read(&self, _location: &str) -> Result<()> {
        Ok(())
    }

    fn write(&self, _location: &str) -> Result<()> {
        Ok(())
    }

    fn open_option(&self, _name: &str) -> Result<()> {
        Ok(())
    }
}

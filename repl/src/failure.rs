//! How a run ends when it does not end well: one line for a person, and a code for the shell that started it.

use std::process::ExitCode;

use hyperslab::datafusion::error::DataFusionError;

/// Why a run stops.
#[derive(Debug)]
pub enum Failure {
    /// The command line asks for something that makes no sense.
    Usage(String),
    /// A statement, a file or a location failed.
    Run(String),
    /// Ctrl-C.
    Interrupted,
}

impl Failure {
    /// A failure to be told as one line, however many its cause has.
    pub fn run(error: impl std::fmt::Display) -> Self {
        Self::Run(one_line(&error.to_string()))
    }

    /// A failure of a statement.
    pub fn query(error: DataFusionError) -> Self {
        Self::Run(hyperslab::error::one_line(&error))
    }

    /// A failure with what was being done in front.
    pub fn of(what: impl std::fmt::Display, error: impl std::fmt::Display) -> Self {
        Self::Run(format!("{what}: {}", one_line(&error.to_string())))
    }

    /// 2 for the command line, 130 for Ctrl-C as shells expect, 1 for all else.
    pub fn code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Run(_) => ExitCode::from(1),
            Self::Interrupted => ExitCode::from(130),
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Usage(message) | Self::Run(message) => f.write_str(message),
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_several_lines_becomes_one() {
        let failure = Failure::of("cannot read `a.sql`", "no such file\n  or directory\n");
        assert_eq!(failure.to_string(), "cannot read `a.sql`: no such file or directory");
    }
}

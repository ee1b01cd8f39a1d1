//! The simple protocol: a message of statements, each answered with all of its rows in text.

use std::sync::Arc;

use super::backend::{Backend, Format};
use super::command::{self, Command};
use super::connection::{Connection, Fault};
use super::execute::{Ended, Started};

impl Connection {
    /// Answers the statements of a message, up to the first that fails.
    ///
    /// # Errors
    /// When the connection cannot go on.
    pub async fn simple(&mut self, text: &str) -> Result<(), Fault> {
        self.portals.remove("");
        self.statements.remove("");
        let parsed = command::split(text).and_then(|pieces| {
            pieces
                .iter()
                .map(|piece| Ok((command::parse(piece)?, piece.text.to_string())))
                .collect::<Result<Vec<_>, _>>()
        });
        let statements = match parsed {
            Ok(statements) => statements,
            Err(error) => {
                self.fail(&error);
                return Ok(());
            }
        };
        if statements.is_empty() {
            self.channel.output.empty_query();
            return Ok(());
        }
        // Several statements stand or fall together.
        let together = statements.len() > 1;
        for (command, text) in statements {
            if together {
                let settings = &self.settings;
                self.transaction.begin_implicit(|| settings.snapshot());
            }
            match self.one(command, &text).await {
                Ok(()) => {}
                Err(Fault::Statement(error)) => {
                    self.fail(&error);
                    if self.transaction.is_implicit() {
                        self.roll_back();
                    }
                    return Ok(());
                }
                Err(other) => return Err(other),
            }
        }
        if !self.transaction.is_open() {
            self.commit();
        }
        Ok(())
    }

    async fn one(&mut self, command: Command, text: &str) -> Result<(), Fault> {
        self.check_failed(Some(&command))?;
        let mut watch = self.session.watch(text, self.settings.statement_timeout());
        // A binary cursor gives binary rows, also here.
        let binary = match &command {
            Command::Fetch { name, .. } => self.portals.get(name).is_some_and(|p| p.formats.contains(&Format::Binary)),
            _ => false,
        };
        let prepared = match self.plan(&watch, command, &[]).await {
            Ok(prepared) => prepared,
            Err(fault) => {
                if let Fault::Statement(error) = &fault {
                    watch.failed(error);
                }
                return Err(fault);
            }
        };
        let format = if binary { Format::Binary } else { Format::Text };
        let started = self.start(prepared.body, Vec::new(), text, watch).await?;
        let described = match &started {
            Started::Rows { columns, .. } => Some(Arc::clone(columns)),
            Started::Cursor { moves: false, .. } => prepared.columns,
            _ => None,
        };
        let mut formats = Vec::new();
        if let Some(columns) = described {
            formats = vec![format; columns.len()];
            self.channel.output.row_description(&columns, &formats);
        }
        match self.finish(started, &formats).await? {
            Ended::Complete(tag) => self.channel.output.command_complete(&tag),
            Ended::Empty | Ended::Suspended => self.channel.output.empty_query(),
        }
        Ok(())
    }
}

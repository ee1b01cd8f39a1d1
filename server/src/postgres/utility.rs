//! The protocol's own commands: transactions, settings, cursors, prepared statements.

use std::sync::Arc;

use hyperslab_pg_catalog::{Row, Value, types};

use super::backend::Format;
use super::command::{Command, Discard, Text};
use super::connection::{Connection, Fault};
use super::execute::{Portal, Started, State};
use super::parameters::Parameter;
use super::plan::{no_cursor, no_statement};
use super::rows::Rows;
use super::settings::{Scope, proper_name};
use super::types::Column;
use crate::core::Watch;
use crate::error::{ServerError, code};

impl Connection {
    /// Runs a command.
    ///
    /// # Errors
    /// When it is refused, or names something that is not there.
    pub async fn command(
        &mut self,
        command: &Command,
        values: Vec<Parameter>,
        mut watch: Watch,
    ) -> Result<Started, Fault> {
        match command {
            Command::Execute { name, values } => return self.start_named(name, values, watch).await,
            Command::Copy(copy) => return self.start_copy(copy, watch).await,
            Command::Declare { .. } => return self.declare(command, values, watch).await,
            Command::Prepare { name, types, body } => return self.prepare_named(name, types, body, watch).await,
            Command::Show(name) => return Ok(self.show(name.as_deref(), watch)?),
            Command::Fetch { name, rows, moves } => {
                return Ok(Started::Cursor { name: name.clone(), fetch: *rows, moves: *moves });
            }
            _ => {}
        }
        let done = match command {
            Command::SetEngine { name, text } => self.set_engine(name, text).await,
            other => self.at_once(other),
        };
        if let Err(error) = &done {
            watch.failed(error);
        }
        Ok(Started::Done(done?.to_string()))
    }

    /// Runs a command that takes no time, and gives its tag.
    fn at_once(&mut self, command: &Command) -> Result<&'static str, ServerError> {
        Ok(match command {
            Command::Begin { started } => {
                let settings = &self.settings;
                if !self.transaction.begin(|| settings.snapshot()) {
                    self.warn("25001", "there is already a transaction in progress");
                }
                if *started { "START TRANSACTION" } else { "BEGIN" }
            }
            Command::Commit { chain } => {
                let failed = self.transaction.failed();
                if !self.transaction.is_open() {
                    self.warn("25P01", "there is no transaction in progress");
                }
                if failed {
                    self.roll_back()
                } else {
                    self.commit()
                }
                self.chain(*chain);
                if failed { "ROLLBACK" } else { "COMMIT" }
            }
            Command::Rollback { chain } => {
                if !self.transaction.is_open() {
                    self.warn("25P01", "there is no transaction in progress");
                }
                self.roll_back();
                self.chain(*chain);
                "ROLLBACK"
            }
            Command::Savepoint(name) => {
                self.in_block("SAVEPOINT")?;
                self.transaction.save(name.clone(), self.settings.snapshot(), self.portals_made);
                "SAVEPOINT"
            }
            Command::Release(name) => {
                self.in_block("RELEASE SAVEPOINT")?;
                match self.transaction.release(name) {
                    true => "RELEASE",
                    false => return Err(no_savepoint(name)),
                }
            }
            Command::RollbackTo(name) => {
                self.in_block("ROLLBACK TO SAVEPOINT")?;
                let (settings, portals) = self.transaction.roll_back_to(name).ok_or_else(|| no_savepoint(name))?;
                self.settings.restore(settings);
                self.apply_settings();
                self.portals.retain(|_, portal| portal.number <= portals);
                "ROLLBACK"
            }
            Command::Set { settings, local, transaction } => {
                self.set(settings, *local, *transaction)?;
                "SET"
            }
            Command::Reset(name) => {
                match name {
                    Some(name) => self.settings.set(name, None, Scope::Session)?,
                    None => self.settings.reset_all(),
                }
                self.apply_settings();
                "RESET"
            }
            Command::Discard(what) => match what {
                Discard::All => {
                    if self.transaction.is_block() {
                        return Err(ServerError::new("25001", "DISCARD ALL cannot run inside a transaction block"));
                    }
                    self.portals.clear();
                    self.statements.clear();
                    self.settings.reset_all();
                    self.apply_settings();
                    "DISCARD ALL"
                }
                Discard::Plans => "DISCARD PLANS",
                Discard::Other(tag) => tag,
            },
            Command::Deallocate(name) => match name {
                None => {
                    self.statements.retain(|name, _| name.is_empty());
                    "DEALLOCATE ALL"
                }
                Some(name) => match self.statements.remove(name) {
                    Some(_) => "DEALLOCATE",
                    None => return Err(no_statement(name)),
                },
            },
            Command::Listen => "LISTEN",
            Command::Unlisten => "UNLISTEN",
            Command::Close(name) => match name {
                None => {
                    self.portals.retain(|name, _| name.is_empty());
                    "CLOSE CURSOR ALL"
                }
                Some(name) => match self.portals.remove(name) {
                    Some(_) => "CLOSE CURSOR",
                    None => return Err(no_cursor(name)),
                },
            },
            _ => return Err(ServerError::new(code::INTERNAL_ERROR, "a command went the wrong way")),
        })
    }

    fn in_block(&self, what: &str) -> Result<(), ServerError> {
        match self.transaction.is_open() {
            true => Ok(()),
            false => Err(ServerError::new("25P01", format!("{what} can only be used in transaction blocks"))),
        }
    }

    fn chain(&mut self, chain: bool) {
        if chain {
            let settings = &self.settings;
            self.transaction.begin(|| settings.snapshot());
        }
    }

    /// Ends a transaction and keeps what it set.
    pub fn commit(&mut self) {
        self.transaction.end();
        self.settings.end_transaction();
        self.end_portals();
    }

    /// Ends a transaction and takes back what it set.
    pub fn roll_back(&mut self) {
        if let Some(before) = self.transaction.end() {
            self.settings.restore(before);
        }
        self.settings.end_transaction();
        self.end_portals();
    }

    fn end_portals(&mut self) {
        self.portals.retain(|_, portal| portal.hold);
        self.apply_settings();
    }

    fn set(
        &mut self,
        settings: &[(String, Option<String>)],
        local: bool,
        transaction: bool,
    ) -> Result<(), ServerError> {
        if local && !self.transaction.is_block() {
            self.warn("25P01", "SET LOCAL can only be used in transaction blocks");
        }
        if transaction && local {
            return Ok(());
        }
        for (name, value) in settings {
            let scope = if local { Scope::Local } else { Scope::Session };
            let before = self.settings.snapshot();
            self.settings.set(name, value.as_deref(), scope)?;
            if local && !self.transaction.is_block() {
                self.settings.restore(before);
            }
        }
        self.apply_settings();
        Ok(())
    }

    /// Sets an option of the query engine, for this session only.
    async fn set_engine(&mut self, name: &str, text: &Text) -> Result<&'static str, ServerError> {
        let mut statements = self.session.context().parse(&text.text)?;
        let (Some(statement), true) = (statements.pop(), statements.is_empty()) else {
            return Err(ServerError::new(code::SYNTAX_ERROR, format!("cannot set `{name}` like this")));
        };
        let watch = self.session.watch(&text.text, None).unlogged();
        self.session.plan(&watch, statement).await?;
        Ok("SET")
    }

    fn show(&self, name: Option<&str>, watch: Watch) -> Result<Started, ServerError> {
        let (columns, rows): (Vec<_>, Vec<_>) = match name {
            Some(name) => {
                let value = self.settings.show(name)?;
                (vec![Column::new(proper_name(name), types::TEXT)], vec![Row::from([Value::text(value)])])
            }
            None => {
                let row = |(name, value): (String, String)| {
                    Row::from([Value::text(name), Value::text(value), Value::text("")])
                };
                let columns = ["name", "setting", "description"].map(|n| Column::new(n, types::TEXT));
                (columns.into(), self.settings.all().into_iter().map(row).collect())
            }
        };
        let rows = Box::new(Rows::Ready { rows: rows.into_iter(), watch: Box::new(watch) });
        Ok(Started::Rows { rows, columns: columns.into(), tag: "SHOW".into() })
    }

    /// `PREPARE`.
    async fn prepare_named(&mut self, name: &str, types: &[u32], body: &Text, watch: Watch) -> Result<Started, Fault> {
        if self.statements.contains_key(name) {
            return Err(ServerError::new("42P05", format!("prepared statement \"{name}\" already exists")).into());
        }
        let command = Self::one_command(&body.text)?
            .ok_or_else(|| ServerError::new(code::SYNTAX_ERROR, "syntax error at end of input"))?;
        let prepared = self.plan(&watch, command, types).await?;
        self.statements.insert(name.to_string(), Arc::new(prepared));
        Ok(Started::Done("PREPARE".into()))
    }

    /// `DECLARE`.
    async fn declare(&mut self, command: &Command, values: Vec<Parameter>, watch: Watch) -> Result<Started, Fault> {
        let Command::Declare { name, binary, hold, scroll, body } = command else {
            return Err(ServerError::new(code::INTERNAL_ERROR, "a command went the wrong way").into());
        };
        if !hold && !self.transaction.is_block() {
            return Err(ServerError::new("25P01", "DECLARE CURSOR can only be used in transaction blocks").into());
        }
        if *scroll {
            self.channel_notice("cursors go forward only: SCROLL has no effect");
        }
        if self.portals.contains_key(name) {
            return Err(ServerError::new("42P03", format!("cursor \"{name}\" already exists")).into());
        }
        let query = Self::one_command(&body.text)?
            .ok_or_else(|| ServerError::new(code::SYNTAX_ERROR, "syntax error at end of input"))?;
        if !matches!(query, Command::Query(_)) {
            return Err(ServerError::new(code::SYNTAX_ERROR, "a cursor takes a query").into());
        }
        let types: Vec<u32> = values.iter().map(Parameter::oid).collect();
        let prepared = self.plan(&watch, query, &types).await?;
        let Started::Rows { rows, columns, tag } =
            Box::pin(self.start(prepared.body, values, &body.text, watch)).await?
        else {
            return Err(ServerError::new(code::SYNTAX_ERROR, "a cursor takes a query").into());
        };
        self.portals_made += 1;
        let portal = Portal {
            text: body.text.clone(),
            formats: if *binary { vec![Format::Binary; columns.len()] } else { Vec::new() },
            columns: Some(columns),
            state: State::Running { rows, tag },
            hold: *hold,
            number: self.portals_made,
            position: 0,
        };
        self.portals.insert(name.clone(), portal);
        Ok(Started::Done("DECLARE CURSOR".into()))
    }

    fn channel_notice(&mut self, message: &str) {
        use super::backend::{Backend, Notice, Severity};
        let notice = Notice { severity: Severity::Notice, code: "00000", message: message.to_string() };
        self.channel.output.notice(&notice);
    }
}

fn no_savepoint(name: &str) -> ServerError {
    ServerError::new("3B001", format!("savepoint \"{name}\" does not exist"))
}

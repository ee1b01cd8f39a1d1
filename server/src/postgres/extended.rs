//! The extended protocol: statements that are prepared, given values, described and run in steps.

use std::sync::Arc;

use super::backend::{Backend, Format};
use super::connection::{Connection, Fault};
use super::execute::{Ended, Portal, State};
use super::frontend::{Bind, Frontend, Target};
use super::parameters::Parameter;
use super::plan::{Body, Prepared, no_statement};
use crate::error::{ServerError, code};

impl Connection {
    /// Answers one message of the extended protocol.
    ///
    /// # Errors
    /// When the statement fails, or the connection cannot go on.
    pub async fn extended(&mut self, message: Frontend) -> Result<(), Fault> {
        match message {
            Frontend::Parse { name, text, types } => self.parse(name, text, &types).await,
            Frontend::Bind(bind) => Ok(self.bind(bind)?),
            Frontend::Describe(target) => Ok(self.describe(&target)?),
            Frontend::Close(target) => {
                match target {
                    Target::Statement(name) => drop(self.statements.remove(&name)),
                    Target::Portal(name) => drop(self.portals.remove(&name)),
                }
                self.channel.output.close_complete();
                Ok(())
            }
            Frontend::Execute { portal, most } => self.execute(&portal, most).await,
            _ => Err(Fault::Fatal(ServerError::new(code::PROTOCOL_VIOLATION, "a message out of place"))),
        }
    }

    /// Ends the statements since the last `Sync`.
    pub fn sync(&mut self) {
        if !self.transaction.is_open() {
            self.commit();
        }
    }

    async fn parse(&mut self, name: String, text: String, types: &[u32]) -> Result<(), Fault> {
        if !name.is_empty() && self.statements.contains_key(&name) {
            return Err(ServerError::new("42P05", format!("prepared statement \"{name}\" already exists")).into());
        }
        self.statements.remove("");
        let command = Self::one_command(&text)?;
        self.check_failed(command.as_ref())?;
        let prepared = match command {
            None => Prepared { text, columns: None, parameters: Vec::new(), body: Body::Empty },
            Some(command) => {
                let watch = self.session.watch(&text, self.settings.statement_timeout()).unlogged();
                Prepared { text, ..self.plan(&watch, command, types).await? }
            }
        };
        self.statements.insert(name, Arc::new(prepared));
        self.channel.output.parse_complete();
        Ok(())
    }

    fn bind(&mut self, bind: Bind) -> Result<(), ServerError> {
        let prepared = self.statements.get(&bind.statement).cloned();
        let prepared = prepared.ok_or_else(|| no_statement(&bind.statement))?;
        let ends = match &prepared.body {
            Body::Command(command) => Some(command.as_ref()),
            _ => None,
        };
        self.check_failed(ends)?;
        if bind.values.len() != prepared.parameters.len() {
            return Err(ServerError::new(
                code::PROTOCOL_VIOLATION,
                format!(
                    "bind message supplies {} parameters, but prepared statement \"{}\" requires {}",
                    bind.values.len(),
                    bind.statement,
                    prepared.parameters.len()
                ),
            ));
        }
        let value_formats = formats(&bind.formats, bind.values.len(), "parameter")?;
        let places = prepared.parameters.iter().zip(&value_formats).zip(&bind.values);
        let values = places.map(|((oid, format), value)| match (format, value) {
            (_, None) => Ok(Parameter::null(*oid)),
            (Format::Text, Some(bytes)) => Ok(Parameter::text(*oid, Some(super::frontend::utf8(bytes)?))),
            (Format::Binary, Some(bytes)) => Ok(Parameter::binary(*oid, bytes)),
        });
        let values = values.collect::<Result<Vec<_>, ServerError>>()?;
        prepared.body.check(&values)?;
        let columns = prepared.columns.as_ref().map_or(0, |columns| columns.len());
        let result_formats = formats(&bind.results, columns, "result")?;
        if !bind.portal.is_empty() && self.portals.contains_key(&bind.portal) {
            return Err(ServerError::new("42P03", format!("cursor \"{}\" already exists", bind.portal)));
        }
        let settings = &self.settings;
        self.transaction.begin_implicit(|| settings.snapshot());
        self.portals_made += 1;
        let portal = Portal {
            text: prepared.text.clone(),
            columns: prepared.columns.clone(),
            formats: result_formats,
            state: State::Ready { body: prepared.body.clone(), values },
            hold: false,
            number: self.portals_made,
            position: 0,
        };
        self.portals.insert(bind.portal, portal);
        self.channel.output.bind_complete();
        Ok(())
    }

    fn describe(&mut self, target: &Target) -> Result<(), ServerError> {
        let out = &mut self.channel.output;
        match target {
            Target::Statement(name) => {
                let prepared = self.statements.get(name).ok_or_else(|| no_statement(name))?;
                out.parameter_description(&prepared.parameters);
                match &prepared.columns {
                    Some(columns) => out.row_description(columns, &[]),
                    None => out.no_data(),
                }
            }
            Target::Portal(name) => {
                let portal = self.portals.get(name).ok_or_else(|| {
                    ServerError::new(code::INVALID_CURSOR_NAME, format!("portal \"{name}\" does not exist"))
                })?;
                match &portal.columns {
                    Some(columns) => out.row_description(columns, &portal.formats),
                    None => out.no_data(),
                }
            }
        }
        Ok(())
    }

    async fn execute(&mut self, portal: &str, most: i32) -> Result<(), Fault> {
        let ends = match self.portals.get(portal).map(|p| &p.state) {
            Some(State::Ready { body: Body::Command(command), .. }) => Some(command.as_ref()),
            _ => None,
        };
        self.check_failed(ends)?;
        let most = u64::try_from(most).ok().filter(|most| *most > 0);
        match self.run_portal(portal, most).await? {
            Ended::Complete(tag) => self.channel.output.command_complete(&tag),
            Ended::Suspended => self.channel.output.portal_suspended(),
            Ended::Empty => self.channel.output.empty_query(),
        }
        Ok(())
    }
}

/// The format of each of `count` values: none for text, one for all, or one each.
fn formats(codes: &[i16], count: usize, what: &str) -> Result<Vec<Format>, ServerError> {
    let format = |code: &i16| match code {
        0 => Ok(Format::Text),
        1 => Ok(Format::Binary),
        other => Err(ServerError::new(code::INVALID_PARAMETER_VALUE, format!("unsupported format code: {other}"))),
    };
    match codes {
        [] => Ok(vec![Format::Text; count]),
        [one] => Ok(vec![format(one)?; count]),
        codes if codes.len() == count => codes.iter().map(format).collect(),
        codes => Err(ServerError::new(
            code::PROTOCOL_VIOLATION,
            format!("bind message has {} {what} formats but {count} are needed", codes.len()),
        )),
    }
}

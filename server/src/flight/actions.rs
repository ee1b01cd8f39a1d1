//! The actions beside those of Flight SQL: cancelling, the options of a session, its end.

use std::collections::HashMap;

use arrow_flight::sql::{Any, Command, TicketStatementQuery};
use arrow_flight::{Action, ActionType, CancelFlightInfoRequest, CancelFlightInfoResult, CancelStatus, FlightInfo};
use bytes::Bytes;
use prost::Message;
use tonic::Status;

use super::client::{Busy, Client};
use super::service::FlightSql;
use super::session_options::{
    self, CloseResult, CloseStatus, GetResult, OptionValue, SetError, SetErrorValue, SetRequest, SetResult, Value,
};
use super::settings::{self, Setting};
use super::statement::{self, Planned};
use super::status;
use crate::error::{ServerError, code};

/// The action that cancels what a `FlightInfo` stands for.
const CANCEL: &str = "CancelFlightInfo";

/// The actions, for `ListActions`.
pub(super) fn all() -> Vec<ActionType> {
    let action = |name: &str, description: &str| ActionType { r#type: name.into(), description: description.into() };
    vec![
        action("CreatePreparedStatement", "Prepares a statement."),
        action("ClosePreparedStatement", "Closes a prepared statement."),
        action("BeginTransaction", "Begins a transaction. Nothing is written in one."),
        action("EndTransaction", "Ends a transaction."),
        action("CancelQuery", "Stops a statement."),
        action(CANCEL, "Stops the statement of a FlightInfo."),
        action(session_options::SET, "Sets options of the session."),
        action(session_options::GET, "Returns the options of the session."),
        action(session_options::CLOSE, "Ends the session."),
    ]
}

/// Does an action; the bytes of its answer.
///
/// # Errors
/// When there is no such action, or it fails.
pub(super) async fn act(service: &FlightSql, caller: &Busy, action: &Action) -> Result<Bytes, Status> {
    let answer = match action.r#type.as_str() {
        CANCEL => {
            let request = CancelFlightInfoRequest::decode(action.body.as_ref())
                .map_err(|e| status::malformed("`CancelFlightInfoRequest`", e))?;
            let info = request.info.ok_or_else(|| status::malformed("`CancelFlightInfoRequest`", "no `info`"))?;
            CancelFlightInfoResult::new(cancel(service, caller, &info)?).encode_to_vec()
        }
        session_options::SET => {
            let request = SetRequest::decode(action.body.as_ref())
                .map_err(|e| status::malformed("`SetSessionOptionsRequest`", e))?;
            set(caller, request).await.encode_to_vec()
        }
        session_options::GET => GetResult { options: get(caller) }.encode_to_vec(),
        session_options::CLOSE => {
            service.close(caller.client());
            CloseResult { status: CloseStatus::Closed as i32 }.encode_to_vec()
        }
        other => {
            return Err(status::status(
                &ServerError::new(code::PROTOCOL_VIOLATION, format!("there is no action `{other}`"))
                    .hint("`ListActions` returns those that there are"),
            ));
        }
    };
    Ok(answer.into())
}

/// Stops the statement that a `FlightInfo` stands for.
///
/// # Errors
/// When it has ended, or is somebody else's.
pub(super) fn cancel(service: &FlightSql, caller: &Busy, info: &FlightInfo) -> Result<CancelStatus, Status> {
    let mut cancelled = false;
    for endpoint in &info.endpoint {
        let Some(ticket) = &endpoint.ticket else { continue };
        let any = Any::decode(ticket.ticket.as_ref()).map_err(|e| status::malformed("the ticket", e))?;
        match Command::try_from(any) {
            Ok(Command::TicketStatementQuery(TicketStatementQuery { statement_handle })) => {
                cancelled |= service.tickets().cancel(&statement_handle, caller.user());
            }
            // Metadata is at hand.
            _ => return Ok(CancelStatus::NotCancellable),
        }
    }
    match cancelled {
        true => Ok(CancelStatus::Cancelled),
        false => Err(status::status(
            &ServerError::new(code::INVALID_CURSOR_NAME, "there is no such statement").hint("it has ended already"),
        )),
    }
}

async fn set(caller: &Busy, request: SetRequest) -> SetResult {
    let mut errors = HashMap::new();
    for (name, value) in request.options {
        if let Err(reason) = set_one(caller, &name, &value).await {
            errors.insert(name, SetError { value: reason as i32 });
        }
    }
    SetResult { errors }
}

async fn set_one(client: &Client, name: &str, value: &OptionValue) -> Result<(), SetErrorValue> {
    let text = match (value.text(), name) {
        (Some(text), _) => text,
        // No value takes an option back.
        (None, settings::STATEMENT_TIMEOUT) => "0".to_string(),
        (None, settings::VIEWS) => "false".to_string(),
        (None, _) => return Err(SetErrorValue::InvalidValue),
    };
    match Setting::parse(name, &text).map_err(|_| SetErrorValue::InvalidValue)? {
        Setting::Engine(name, value) => {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
            if name.is_empty() || !name.contains('.') || !name.chars().all(plain) {
                return Err(SetErrorValue::InvalidName);
            }
            let text = format!("SET {name} = '{}'", value.replace('\'', "''"));
            let statement =
                statement::parse(client.session().context(), &text).map_err(|_| SetErrorValue::InvalidName)?;
            let set = Planned::of(client, &text, statement, None).await;
            set.map(drop).map_err(|e| match e.code {
                code::INVALID_PARAMETER_VALUE => SetErrorValue::InvalidValue,
                _ => SetErrorValue::Error,
            })
        }
        setting => setting.apply(client).map_err(|_| SetErrorValue::InvalidValue),
    }
}

fn get(client: &Client) -> HashMap<String, OptionValue> {
    let config = client.session().context().session().copied_config();
    let names = &config.options().catalog;
    let settings = client.settings();
    [
        (settings::CATALOG, Value::Text(names.default_catalog.clone())),
        (settings::SCHEMA, Value::Text(names.default_schema.clone())),
        (settings::STATEMENT_TIMEOUT, Value::Integer(settings::milliseconds(settings.statement_timeout))),
        (settings::VIEWS, Value::Bool(settings.views)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_string(), OptionValue::of(value)))
    .collect()
}

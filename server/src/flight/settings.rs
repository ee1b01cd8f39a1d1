//! What a client sets for its own session: by `SET`, by the actions `SetSessionOptions` and `GetSessionOptions`, or in
//! a header of a call.

use std::time::Duration;

use hyperslab::Statement;
use hyperslab::datafusion::sql::parser::Statement as SqlStatement;
use hyperslab::datafusion::sql::sqlparser::ast::{Expr, Set, Statement as Ast, Value};
use tonic::metadata::MetadataMap;

use super::client::Client;
use crate::error::{ServerError, code};

/// The option, and the header, of the longest time that a statement may take.
pub(super) const STATEMENT_TIMEOUT: &str = "statement_timeout";
/// The header of a timeout of one call; headers have no underscores.
const TIMEOUT_HEADER: &str = "statement-timeout";
/// The option that lets text come as views.
pub(super) const VIEWS: &str = "arrow_views";
/// The option of the catalog in which names are looked up.
pub(super) const CATALOG: &str = "catalog";
/// The option of the schema in which names are looked up.
pub(super) const SCHEMA: &str = "schema";

/// A change of what a client has set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Setting {
    StatementTimeout(Option<Duration>),
    Views(bool),
    Catalog(String),
    Schema(String),
    /// An option of the query engine.
    Engine(String, String),
}

impl Setting {
    /// The setting called `name`.
    ///
    /// # Errors
    /// When the value makes no sense. Options of the query engine are checked when they are applied.
    pub fn parse(name: &str, value: &str) -> Result<Self, ServerError> {
        Ok(match name {
            STATEMENT_TIMEOUT => Self::StatementTimeout(duration(value)?),
            VIEWS => Self::Views(value.parse().map_err(|_| {
                ServerError::new(
                    code::INVALID_PARAMETER_VALUE,
                    format!("`{value}` for `{VIEWS}`, expected `true` or `false`"),
                )
            })?),
            CATALOG => Self::Catalog(value.to_string()),
            SCHEMA => Self::Schema(value.to_string()),
            _ => Self::Engine(name.to_string(), value.to_string()),
        })
    }

    /// Sets it, unless it is an option of the query engine, which is set by a statement.
    ///
    /// # Errors
    /// When there is no such catalog or schema.
    pub fn apply(self, client: &Client) -> Result<(), ServerError> {
        match self {
            Self::StatementTimeout(timeout) => client.set(|s| s.statement_timeout = timeout),
            Self::Views(views) => client.set(|s| s.views = views),
            Self::Catalog(name) => {
                let context = client.session().context().session();
                if context.catalog(&name).is_none() {
                    return Err(not_there("catalog", &name, context.catalog_names()));
                }
                context.state_ref().write().config_mut().options_mut().catalog.default_catalog = name;
            }
            Self::Schema(name) => {
                let context = client.session().context().session();
                let catalog = context.copied_config().options().catalog.default_catalog.clone();
                let known = context.catalog(&catalog).map(|c| c.schema_names()).unwrap_or_default();
                if !known.contains(&name) {
                    return Err(not_there("schema", &name, known));
                }
                context.state_ref().write().config_mut().options_mut().catalog.default_schema = name;
            }
            Self::Engine(name, _) => {
                return Err(ServerError::new(code::INVALID_PARAMETER_VALUE, format!("there is no option `{name}`")));
            }
        }
        Ok(())
    }
}

fn not_there(what: &str, name: &str, mut known: Vec<String>) -> ServerError {
    known.sort_unstable();
    ServerError::new(code::INVALID_PARAMETER_VALUE, format!("there is no {what} `{name}`"))
        .hint(format!("one of {}", known.join(", ")))
}

/// The setting that a statement such as `SET statement_timeout = '5s'` makes; `None` where the statement is another, or
/// sets an option of the query engine.
pub(super) fn of_statement(statement: &Statement) -> Option<Result<Setting, ServerError>> {
    let Statement::Sql(sql) = statement else { return None };
    let SqlStatement::Statement(ast) = sql.as_ref() else { return None };
    let Ast::Set(Set::SingleAssignment { variable, values, .. }) = ast.as_ref() else { return None };
    let name = variable.to_string().to_ascii_lowercase();
    if ![STATEMENT_TIMEOUT, VIEWS].contains(&name.as_str()) {
        return None;
    }
    let value = match values.as_slice() {
        [Expr::Value(value)] => match &value.value {
            Value::SingleQuotedString(text) | Value::Number(text, _) => text.clone(),
            other => other.to_string(),
        },
        [other] => other.to_string(),
        _ => String::new(),
    };
    let default = value.eq_ignore_ascii_case("default");
    Some(match (name.as_str(), default) {
        (STATEMENT_TIMEOUT, true) => Ok(Setting::StatementTimeout(None)),
        (_, true) => Ok(Setting::Views(false)),
        (name, false) => Setting::parse(name, &value),
    })
}

/// The longest time that a statement of this call may take: the shorter of the session's and the header's.
///
/// # Errors
/// When the header cannot be read.
pub(super) fn timeout(client: &Client, headers: &MetadataMap) -> Result<Option<Duration>, ServerError> {
    let own = client.settings().statement_timeout;
    let Some(header) = headers.get(TIMEOUT_HEADER) else { return Ok(own) };
    let text = header.to_str().map_err(|_| no_duration("?"))?;
    Ok(match (own, duration(text)?) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    })
}

/// A duration as PostgreSQL writes it: milliseconds, or a number with a unit; 0 is none.
fn duration(text: &str) -> Result<Option<Duration>, ServerError> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| no_duration(text))?;
    let milliseconds = match unit.trim() {
        "" | "ms" => Some(number),
        "s" => number.checked_mul(1000),
        "min" => number.checked_mul(60_000),
        "h" => number.checked_mul(3_600_000),
        _ => None,
    };
    let milliseconds = milliseconds.ok_or_else(|| no_duration(text))?;
    Ok((milliseconds > 0).then(|| Duration::from_millis(milliseconds)))
}

fn no_duration(text: &str) -> ServerError {
    ServerError::new(
        code::INVALID_PARAMETER_VALUE,
        format!("`{text}` is no duration, expected milliseconds or a number with `ms`, `s`, `min` or `h`"),
    )
}

/// A duration as a client may set it again.
pub(super) fn milliseconds(duration: Option<Duration>) -> i64 {
    duration.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_milliseconds_or_have_a_unit() {
        let ms = |text| duration(text).unwrap().map(|d| d.as_millis());
        assert_eq!(ms("0"), None);
        assert_eq!(ms("250"), Some(250));
        assert_eq!(ms("250ms"), Some(250));
        assert_eq!(ms(" 5 s "), Some(5000));
        assert_eq!(ms("2min"), Some(120_000));
        assert_eq!(ms("1h"), Some(3_600_000));
        for wrong in ["", "s", "-1", "5 weeks", "1.5s", "99999999999999999999", "18446744073709551615h"] {
            assert_eq!(duration(wrong).unwrap_err().code, code::INVALID_PARAMETER_VALUE, "{wrong}");
        }
    }

    #[test]
    fn a_set_statement_of_the_server_is_told_from_those_of_the_engine() {
        let context = hyperslab::Context::builder().build().unwrap();
        let of = |text: &str| of_statement(&context.parse(text).unwrap()[0]);
        let second = Setting::StatementTimeout(Some(Duration::from_secs(1)));
        assert_eq!(of("SET statement_timeout = 1000"), Some(Ok(second.clone())));
        assert_eq!(of("SET statement_timeout TO '1s'"), Some(Ok(second)));
        assert_eq!(of("SET statement_timeout = DEFAULT"), Some(Ok(Setting::StatementTimeout(None))));
        assert_eq!(of("SET arrow_views = true"), Some(Ok(Setting::Views(true))));
        assert!(of("SET arrow_views = 3").unwrap().is_err());
        assert_eq!(of("SET datafusion.execution.batch_size = 100"), None);
        assert_eq!(of("SELECT 1"), None);
    }
}

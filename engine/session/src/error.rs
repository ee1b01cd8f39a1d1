//! The one line that a person sees of an error.

use std::error::Error;

use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use hyperslab_array::{ArrayError, nearest_names};
use hyperslab_exec::datafusion_error;

/// What DataFusion puts before a message, which says nothing to the person who asked.
const PREFIXES: [&str; 15] = [
    "Error during planning: ",
    "Execution error: ",
    "External error: ",
    "External: ",
    "Schema error: ",
    "SQL error: ",
    "Arrow error: ",
    "Cast error: ",
    "Parquet error: ",
    "Object Store error: ",
    "IO error: ",
    "Invalid or Unsupported Configuration: ",
    "This feature is not implemented: ",
    "Invalid argument error: ",
    "Optimizer rule ",
];

/// One line, in lower case, of what went wrong and what to do about it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let context = hyperslab::Context::builder().build()?;
/// let error = context.sql("SELECT b FROM (SELECT 1 AS a)").await.unwrap_err();
/// assert_eq!(hyperslab::error::one_line(&error), "no column `b`; hint: did you mean `a`? valid: `a`");
/// # Ok(())
/// # }
/// ```
pub fn one_line(error: &DataFusionError) -> String {
    if let Some(ours) = array_error(error) {
        return ours.to_string();
    }
    match root(error) {
        DataFusionError::Context(what, cause) => lower(&flat(&format!("{what}: {}", strip(&cause.strip_backtrace())))),
        DataFusionError::SchemaError(schema, _) => schema_error(schema),
        DataFusionError::SQL(parser, _) => {
            // Its own text starts with `sql parser error: `.
            let text = parser.to_string();
            format!("cannot parse: {}", flat(text.strip_prefix("sql parser error: ").unwrap_or(&text)))
        }
        root => {
            let text = root.strip_backtrace();
            let text = strip(&text);
            lower(&no_match(text).or_else(|| no_table(text)).unwrap_or_else(|| flat(text)))
        }
    }
}

/// Our own error, however deep it is wrapped.
pub fn array_error(error: &DataFusionError) -> Option<&ArrayError> {
    let mut at: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(e) = at {
        if let Some(found) = e.downcast_ref::<ArrayError>() {
            return Some(found);
        }
        at = match e.downcast_ref::<DataFusionError>() {
            Some(DataFusionError::External(inner)) => Some(inner.as_ref()),
            Some(DataFusionError::Shared(inner)) => Some(inner.as_ref()),
            Some(DataFusionError::Collection(all)) => all.first().map(|e| e as _),
            _ => e.source(),
        };
    }
    None
}

/// The name of the column that a query asks for and no table has.
pub(crate) fn missing_column(error: &DataFusionError) -> Option<&str> {
    match root(error) {
        DataFusionError::SchemaError(schema, _) => match schema.as_ref() {
            SchemaError::FieldNotFound { field, .. } => Some(&field.name),
            _ => None,
        },
        _ => None,
    }
}

/// The innermost of DataFusion's errors, whose message is about the cause.
fn root(error: &DataFusionError) -> &DataFusionError {
    match error {
        // The cause alone (`invalid digit`) would say nothing.
        DataFusionError::Context(_, inner) if matches!(inner.as_ref(), DataFusionError::External(_)) => error,
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => root(inner),
        DataFusionError::Shared(inner) => root(inner),
        DataFusionError::Collection(all) => all.first().map_or(error, root),
        DataFusionError::External(inner) => inner.downcast_ref::<DataFusionError>().map_or(error, root),
        other => other,
    }
}

fn schema_error(error: &SchemaError) -> String {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            let qualified = valid_fields.iter().any(|f| valid_fields.iter().filter(|o| o.name == f.name).count() > 1);
            let names: Vec<String> =
                valid_fields.iter().map(|f| if qualified { f.flat_name() } else { f.name.clone() }).collect();
            let help = match names.is_empty() {
                true => "there is none at this place".to_string(),
                false => nearest_names(&field.name, names.iter().map(String::as_str)),
            };
            format!("no column `{}`; hint: {help}", field.flat_name())
        }
        SchemaError::AmbiguousReference { field } => {
            format!("column `{}` is ambiguous; hint: write the name of its table before it", field.flat_name())
        }
        other => lower(&flat(strip(&other.to_string()))),
    }
}

/// DataFusion's error for a function that does not exist in our words, with the nearest of those that do.
pub(crate) fn with_function_names(error: DataFusionError, state: &SessionState) -> DataFusionError {
    let text = match root(&error) {
        DataFusionError::Plan(text) => text.clone(),
        _ => return error,
    };
    let scalar = text.strip_prefix("Invalid function '").and_then(|rest| rest.split_once('\''));
    let table = text.strip_prefix("table function '").and_then(|rest| rest.split_once('\''));
    let (what, name, mut names): (_, _, Vec<&String>) = match (scalar, table) {
        (Some((name, _)), _) => {
            let names = state.scalar_functions().keys().chain(state.aggregate_functions().keys());
            ("function", name, names.chain(state.window_functions().keys()).collect())
        }
        (None, Some((name, _))) => ("table function", name, state.table_functions().keys().collect()),
        (None, None) => return error,
    };
    names.sort();
    let hint = match nearest_name(name, names.iter().map(|n| n.as_str())) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "`SHOW FUNCTIONS` lists them".to_string(),
    };
    datafusion_error(ArrayError::not_found(format!("no {what} `{name}`")).hint(hint))
}

/// The nearest of many names, where there is one near enough.
fn nearest_name<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let text = nearest_names(name, names);
    let (nearest, _) = text.strip_prefix("did you mean `")?.split_once('`')?;
    Some(nearest.to_string())
}

/// The part of a long message about argument types that says which were given and which are expected.
fn no_match(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("No function matches the given name and argument types '")?;
    let (call, rest) = rest.split_once('\'')?;
    let candidates = rest.split_once("Candidate functions:").map_or("", |(_, list)| list);
    let candidates: Vec<String> =
        candidates.lines().map(flat).filter(|c| !c.is_empty()).map(|c| format!("`{c}`")).collect();
    Some(format!("no function `{call}`, expected {}", candidates.join(" or ")))
}

/// `table 'datafusion.public.x' not found` in our words.
fn no_table(text: &str) -> Option<String> {
    let name = text.strip_prefix("table '")?.strip_suffix("' not found")?;
    Some(format!("no table `{}`", name.strip_prefix("datafusion.public.").unwrap_or(name)))
}

fn strip(text: &str) -> &str {
    let mut text = text.trim();
    while let Some(rest) = PREFIXES.iter().find_map(|p| text.strip_prefix(p)) {
        text = rest.trim();
    }
    text
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first letter in lower case, where it begins a word and not a name such as `CAST`.
fn lower(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() || second.is_whitespace() => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => text.to_string(),
    }
}

//! `COPY … TO STDOUT`, in the syntax of today and that of before.

use hyperslab::datafusion::sql::sqlparser::tokenizer::Token;

use super::Text;
use super::lex::Cursor;
use crate::error::{ServerError, code};

/// What is copied out, and how it looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::postgres) struct Copy {
    pub query: Text,
    pub format: CopyFormat,
    pub header: bool,
    pub delimiter: u8,
    pub null: String,
    pub quote: u8,
    pub escape: u8,
    pub force_quote: ForceQuote,
}

/// How rows look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::postgres) enum CopyFormat {
    Text,
    Csv,
    Binary,
}

/// Which columns have quotes around every value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::postgres) enum ForceQuote {
    All,
    Columns(Vec<String>),
}

/// The options as they are given.
#[derive(Default)]
struct Options {
    format: Option<CopyFormat>,
    header: bool,
    delimiter: Option<String>,
    null: Option<String>,
    quote: Option<String>,
    escape: Option<String>,
    force_quote: Option<ForceQuote>,
}

/// `COPY …`; `None` for a copy to a file, which is the query engine's.
pub(super) fn copy(cursor: &mut Cursor<'_>) -> Result<Option<Copy>, ServerError> {
    let binary = cursor.take(&["BINARY"]);
    let query = match cursor.peek() {
        Some(Token::LParen) => {
            let offset = cursor.offset() + 1;
            let inside = cursor.parenthesised()?;
            Text { text: inside.to_string(), offset }
        }
        _ => table(cursor)?,
    };
    if cursor.take(&["FROM"]) {
        return Err(ServerError::new(code::READ_ONLY, "cannot run `COPY FROM`: this session only reads"));
    }
    if !cursor.take(&["TO"]) {
        return Err(cursor.unexpected());
    }
    if !cursor.take(&["STDOUT"]) {
        return Ok(None);
    }
    let mut options = Options { format: binary.then_some(CopyFormat::Binary), ..Options::default() };
    cursor.take(&["WITH"]);
    match cursor.take_token(&Token::LParen) {
        true => in_parentheses(cursor, &mut options)?,
        false => by_words(cursor, &mut options)?,
    }
    options.checked(query).map(Some)
}

/// A table and its columns as a query.
fn table(cursor: &mut Cursor<'_>) -> Result<Text, ServerError> {
    let offset = cursor.offset();
    let mut name = Vec::new();
    loop {
        name.push(quoted(&cursor.name()?));
        if !cursor.take_token(&Token::Period) {
            break;
        }
    }
    let columns = match cursor.peek() {
        Some(Token::LParen) => cursor.parenthesised()?,
        _ => "*",
    };
    Ok(Text { text: format!("SELECT {columns} FROM {}", name.join(".")), offset })
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `(FORMAT csv, HEADER true, …)`.
fn in_parentheses(cursor: &mut Cursor<'_>, options: &mut Options) -> Result<(), ServerError> {
    loop {
        let name = cursor.name()?;
        match name.as_str() {
            "format" => options.format = Some(format(&word_or_string(cursor)?)?),
            "header" => {
                options.header = match cursor.peek() {
                    Some(Token::Comma | Token::RParen) => true,
                    _ => switch(&word_or_string(cursor)?)?,
                }
            }
            "delimiter" => options.delimiter = Some(cursor.string()?),
            "null" => options.null = Some(cursor.string()?),
            "quote" => options.quote = Some(cursor.string()?),
            "escape" => options.escape = Some(cursor.string()?),
            "force_quote" => {
                options.force_quote = Some(match cursor.take_token(&Token::Mul) {
                    true => ForceQuote::All,
                    false => {
                        if !cursor.take_token(&Token::LParen) {
                            return Err(cursor.unexpected());
                        }
                        let columns = names(cursor)?;
                        if !cursor.take_token(&Token::RParen) {
                            return Err(cursor.unexpected());
                        }
                        ForceQuote::Columns(columns)
                    }
                });
            }
            "encoding" => encoding(&word_or_string(cursor)?)?,
            _ => return Err(ServerError::new(code::SYNTAX_ERROR, format!("option \"{name}\" not recognized"))),
        }
        if cursor.take_token(&Token::RParen) {
            return Ok(());
        }
        if !cursor.take_token(&Token::Comma) {
            return Err(cursor.unexpected());
        }
    }
}

/// `CSV HEADER DELIMITER AS ';' …`.
fn by_words(cursor: &mut Cursor<'_>, options: &mut Options) -> Result<(), ServerError> {
    while cursor.peek().is_some() {
        let string = |cursor: &mut Cursor<'_>| {
            cursor.take(&["AS"]);
            cursor.string()
        };
        if cursor.take(&["BINARY"]) {
            options.format = Some(CopyFormat::Binary);
        } else if cursor.take(&["CSV"]) {
            options.format = Some(CopyFormat::Csv);
        } else if cursor.take(&["HEADER"]) {
            options.header = true;
        } else if cursor.take(&["DELIMITER"]) || cursor.take(&["DELIMITERS"]) {
            options.delimiter = Some(string(cursor)?);
        } else if cursor.take(&["NULL"]) {
            options.null = Some(string(cursor)?);
        } else if cursor.take(&["QUOTE"]) {
            options.quote = Some(string(cursor)?);
        } else if cursor.take(&["ESCAPE"]) {
            options.escape = Some(string(cursor)?);
        } else if cursor.take(&["FORCE", "QUOTE"]) {
            options.force_quote = Some(match cursor.take_token(&Token::Mul) {
                true => ForceQuote::All,
                false => ForceQuote::Columns(names(cursor)?),
            });
        } else if cursor.take(&["ENCODING"]) {
            encoding(&string(cursor)?)?;
        } else {
            return Err(cursor.unexpected());
        }
    }
    Ok(())
}

fn names(cursor: &mut Cursor<'_>) -> Result<Vec<String>, ServerError> {
    let mut all = vec![cursor.name()?];
    while cursor.take_token(&Token::Comma) {
        all.push(cursor.name()?);
    }
    Ok(all)
}

fn word_or_string(cursor: &mut Cursor<'_>) -> Result<String, ServerError> {
    match cursor.peek() {
        Some(Token::Word(_)) => cursor.name(),
        Some(Token::Number(number, _)) => {
            cursor.next();
            Ok(number.clone())
        }
        _ => cursor.string(),
    }
}

fn format(name: &str) -> Result<CopyFormat, ServerError> {
    match name.to_ascii_lowercase().as_str() {
        "text" => Ok(CopyFormat::Text),
        "csv" => Ok(CopyFormat::Csv),
        "binary" => Ok(CopyFormat::Binary),
        _ => Err(invalid(format!("COPY format \"{name}\" not recognized"))),
    }
}

fn switch(value: &str) -> Result<bool, ServerError> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "on" | "1" => Ok(true),
        "false" | "off" | "0" => Ok(false),
        "match" => Err(invalid("cannot use \"match\" with HEADER in COPY TO")),
        _ => Err(ServerError::new(code::SYNTAX_ERROR, "header requires a Boolean value or \"match\"")),
    }
}

fn encoding(name: &str) -> Result<(), ServerError> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    match matches!(plain.to_ascii_uppercase().as_str(), "UTF8" | "UNICODE" | "SQLASCII") {
        true => Ok(()),
        false => Err(invalid(format!("argument to option \"encoding\" must be UTF8, not `{name}`"))),
    }
}

fn invalid(message: impl Into<String>) -> ServerError {
    ServerError::new(code::INVALID_PARAMETER_VALUE, message)
}

impl Options {
    fn checked(self, query: Text) -> Result<Copy, ServerError> {
        let format = self.format.unwrap_or(CopyFormat::Text);
        let csv = format == CopyFormat::Csv;
        let only = |what: &str| {
            ServerError::new(code::FEATURE_NOT_SUPPORTED, format!("COPY {what} available only in CSV mode"))
        };
        if format == CopyFormat::Binary && (self.delimiter.is_some() || self.null.is_some() || self.header) {
            let which = if self.delimiter.is_some() {
                "DELIMITER"
            } else if self.null.is_some() {
                "NULL"
            } else {
                "HEADER"
            };
            return Err(ServerError::new(code::SYNTAX_ERROR, format!("cannot specify {which} in BINARY mode")));
        }
        if !csv && self.quote.is_some() {
            return Err(only("quote"));
        }
        if !csv && self.escape.is_some() {
            return Err(only("escape"));
        }
        if !csv && self.force_quote.is_some() {
            return Err(only("force quote"));
        }
        let quote = byte(self.quote.as_deref(), "quote", b'"')?;
        let delimiter = byte(self.delimiter.as_deref(), "delimiter", if csv { b',' } else { b'\t' })?;
        if matches!(delimiter, b'\n' | b'\r') {
            return Err(invalid("COPY delimiter cannot be newline or carriage return"));
        }
        if !csv && b"\\.abcdefghijklmnopqrstuvwxyz0123456789".contains(&delimiter) {
            return Err(invalid(format!("COPY delimiter cannot be \"{}\"", char::from(delimiter))));
        }
        if csv && delimiter == quote {
            return Err(invalid("COPY delimiter and quote must be different"));
        }
        let null = self.null.unwrap_or_else(|| if csv { String::new() } else { "\\N".into() });
        if null.contains(['\n', '\r']) {
            return Err(invalid("COPY null representation cannot use newline or carriage return"));
        }
        if null.as_bytes().contains(&delimiter) {
            return Err(invalid("COPY delimiter must not appear in the NULL specification"));
        }
        Ok(Copy {
            query,
            format,
            header: self.header,
            delimiter,
            null,
            quote,
            escape: byte(self.escape.as_deref(), "escape", quote)?,
            force_quote: self.force_quote.unwrap_or(ForceQuote::Columns(Vec::new())),
        })
    }
}

fn byte(given: Option<&str>, what: &str, otherwise: u8) -> Result<u8, ServerError> {
    match given.map(str::as_bytes) {
        None => Ok(otherwise),
        Some([one]) if *one != 0 => Ok(*one),
        Some(_) => Err(ServerError::new(
            code::FEATURE_NOT_SUPPORTED,
            format!("COPY {what} must be a single one-byte character"),
        )),
    }
}

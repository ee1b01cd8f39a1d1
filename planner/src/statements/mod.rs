//! From text to statements: a few of our own, recognised by their first words, before DataFusion sees the rest.
//!
//! ```text
//! text ─→ tokens ─→ split at `;` ─→ DESCRIBE DATASET, SHOW DATASETS, DESCRIBE ─→ ours
//!                                 └→ everything else ─→ DFParser ─→ refuse what would be silently wrong
//! ```

mod refuse;

use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionState;
use datafusion::sql::parser::{CreateExternalTable, DFParserBuilder, Statement as SqlStatement};
use datafusion::sql::sqlparser::ast::{DescribeAlias, ObjectName, Statement as Ast};
use datafusion::sql::sqlparser::dialect::{Dialect, dialect_from_str};
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};
use hyperslab_array::ArrayError;

/// What `STORED AS` says where the statement leaves it out.
const UNSTATED: &str = "HYPERSLAB_UNSTATED";

/// One statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    /// `DESCRIBE DATASET x`: a registered name or a quoted location.
    DescribeDataset(ObjectName),
    /// `SHOW DATASETS`.
    ShowDatasets,
    /// `DESCRIBE x`, of any table.
    DescribeTable(ObjectName),
    /// `CREATE EXTERNAL TABLE`, with the format where `STORED AS` gives one.
    CreateExternalTable(CreateExternalTable, Option<String>),
    /// What DataFusion plans.
    Sql(Box<SqlStatement>),
}

/// The statements of `sql`, in order; empty ones are left out.
///
/// # Errors
/// When a statement does not parse, or is one that DataFusion would accept and answer wrongly.
pub fn parse(sql: &str, state: &SessionState) -> Result<Vec<Statement>> {
    let options = &state.config_options().sql_parser;
    let dialect = dialect_from_str(options.dialect)
        .ok_or_else(|| external(ArrayError::argument(format!("unknown SQL dialect `{}`", options.dialect))))?;
    parse_as(sql, dialect.as_ref(), state)
}

/// As [`parse`], in the notation of a dialect that is not the session's.
///
/// # Errors
/// As [`parse`].
pub fn parse_as(sql: &str, dialect: &dyn Dialect, state: &SessionState) -> Result<Vec<Statement>> {
    let recursion_limit = state.config_options().sql_parser.recursion_limit.get();
    let tokens = Tokenizer::new(dialect, sql).tokenize_with_location().map_err(ParserError::from)?;
    tokens
        .split(|t| t.token == Token::SemiColon)
        .filter(|tokens| significant(tokens).next().is_some())
        .map(|tokens| parse_one(tokens.to_vec(), dialect, recursion_limit))
        .collect()
}

fn parse_one(mut tokens: Vec<TokenWithSpan>, dialect: &dyn Dialect, recursion_limit: usize) -> Result<Statement> {
    if begins_with(&tokens, &["SHOW", "DATASETS"]) && significant(&tokens).nth(2).is_none() {
        return Ok(Statement::ShowDatasets);
    }
    let describes = begins_with(&tokens, &["DESCRIBE", "DATASET"]) || begins_with(&tokens, &["DESC", "DATASET"]);
    // With nothing behind it, `dataset` is the name of a table.
    if describes && significant(&tokens).nth(2).is_some() {
        return describe_dataset(tokens, dialect);
    }
    let unstated = begins_with(&tokens, &["CREATE", "EXTERNAL", "TABLE"])
        || begins_with(&tokens, &["CREATE", "OR", "REPLACE", "EXTERNAL", "TABLE"]);
    if unstated && !has_word(&tokens, "STORED") {
        // DataFusion's parser insists on the clause.
        tokens.extend(["STORED", "AS", UNSTATED].map(|w| TokenWithSpan::wrap(Token::make_word(w, None))));
    }
    let mut statements = DFParserBuilder::new(tokens)
        .with_dialect(dialect)
        .with_recursion_limit(recursion_limit)
        .build()?
        .parse_statements()?;
    let statement =
        statements.pop_front().ok_or_else(|| external(ArrayError::argument("there is no statement in the text")))?;
    Ok(match statement {
        SqlStatement::CreateExternalTable(create) => {
            let format = Some(create.file_type.clone()).filter(|f| f != UNSTATED);
            Statement::CreateExternalTable(create, format)
        }
        SqlStatement::Statement(ast) => match *ast {
            Ast::ExplainTable { describe_alias: DescribeAlias::Describe | DescribeAlias::Desc, table_name, .. } => {
                Statement::DescribeTable(table_name)
            }
            ast => checked(SqlStatement::Statement(Box::new(ast)))?,
        },
        other => checked(other)?,
    })
}

fn checked(statement: SqlStatement) -> Result<Statement> {
    refuse::silently_wrong(&statement)?;
    Ok(Statement::Sql(Box::new(statement)))
}

fn describe_dataset(tokens: Vec<TokenWithSpan>, dialect: &dyn Dialect) -> Result<Statement> {
    let mut parser = Parser::new(dialect).with_tokens_with_locations(tokens);
    parser.next_token();
    parser.next_token();
    let name = parser.parse_object_name(false)?;
    parser.expect_token(&Token::EOF)?;
    Ok(Statement::DescribeDataset(name))
}

/// The tokens that are not white space or comments.
fn significant(tokens: &[TokenWithSpan]) -> impl Iterator<Item = &Token> {
    tokens.iter().map(|t| &t.token).filter(|t| !matches!(t, Token::Whitespace(_) | Token::EOF))
}

/// Whether the first tokens are these words, in any case and unquoted.
fn begins_with(tokens: &[TokenWithSpan], words: &[&str]) -> bool {
    let mut tokens = significant(tokens);
    words.iter().all(|word| tokens.next().is_some_and(|t| is_word(t, word)))
}

fn has_word(tokens: &[TokenWithSpan], word: &str) -> bool {
    significant(tokens).any(|t| is_word(t, word))
}

fn is_word(token: &Token, word: &str) -> bool {
    matches!(token, Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
}

pub(crate) fn external(error: ArrayError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

#[cfg(test)]
mod tests;

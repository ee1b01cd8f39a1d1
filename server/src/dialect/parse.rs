//! From text to statements, in PostgreSQL's notation with the clauses that Hyperslab's own language adds.

use std::any::TypeId;

use hyperslab::datafusion::sql::sqlparser::dialect::{Dialect, PostgreSqlDialect, Precedence};
use hyperslab::datafusion::sql::sqlparser::keywords::Keyword;
use hyperslab::datafusion::sql::sqlparser::parser::{Parser, ParserError};
use hyperslab::{Context, Statement};

use crate::error::ServerError;

/// The statements of a text, for [`super::rewrite`].
///
/// # Errors
/// When one of them does not parse.
pub fn parse(context: &Context, text: &str) -> Result<Vec<Statement>, ServerError> {
    Ok(context.parse_as(text, &Notation::default())?)
}

/// PostgreSQL's notation, with `EXCLUDE`, `EXCEPT` and `REPLACE` behind a `*`, and queries that begin with `FROM`.
#[derive(Debug, Default)]
struct Notation(PostgreSqlDialect);

/// Asks PostgreSQL's dialect.
macro_rules! as_in_postgresql {
    ($($name:ident),* $(,)?) => {
        $(fn $name(&self) -> bool {
            self.0.$name()
        })*
    };
}

impl Dialect for Notation {
    // The parser treats some dialects apart by their type.
    fn dialect(&self) -> TypeId {
        self.0.dialect()
    }

    fn supports_select_wildcard_exclude(&self) -> bool {
        true
    }

    fn supports_select_wildcard_except(&self) -> bool {
        true
    }

    fn supports_select_wildcard_replace(&self) -> bool {
        true
    }

    fn supports_from_first_select(&self) -> bool {
        true
    }

    fn identifier_quote_style(&self, identifier: &str) -> Option<char> {
        self.0.identifier_quote_style(identifier)
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        self.0.is_delimited_identifier_start(ch)
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        self.0.is_identifier_start(ch)
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        self.0.is_identifier_part(ch)
    }

    fn is_reserved_for_identifier(&self, kw: Keyword) -> bool {
        self.0.is_reserved_for_identifier(kw)
    }

    fn is_custom_operator_part(&self, ch: char) -> bool {
        self.0.is_custom_operator_part(ch)
    }

    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        self.0.get_next_precedence(parser)
    }

    fn prec_value(&self, prec: Precedence) -> u8 {
        self.0.prec_value(prec)
    }

    as_in_postgresql!(
        allow_extract_custom,
        allow_extract_single_quotes,
        supports_array_typedef_with_brackets,
        supports_bitwise_shift_operators,
        supports_comma_separated_trim,
        supports_empty_projections,
        supports_explain_with_utility_options,
        supports_factorial_operator,
        supports_filter_during_aggregation,
        supports_geometric_types,
        supports_group_by_expr,
        supports_interval_options,
        supports_named_fn_args_with_colon_operator,
        supports_named_fn_args_with_expr_name,
        supports_nested_comments,
        supports_notnull_operator,
        supports_numeric_literal_underscores,
        supports_select_wildcard_with_alias,
        supports_set_names,
        supports_string_escape_constant,
        supports_unicode_string_literal,
        supports_xml_expressions,
    );
}

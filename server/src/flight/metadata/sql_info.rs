//! What the server can do, for `GetSqlInfo`.

use std::collections::BTreeMap;

use arrow_flight::sql::metadata::{SqlInfoData, SqlInfoDataBuilder};
use arrow_flight::sql::{
    SqlInfo, SqlNullOrdering, SqlOuterJoinsSupportLevel, SqlSupportedCaseSensitivity, SqlSupportedGroupBy,
    SqlSupportedResultSetConcurrency, SqlSupportedResultSetType, SqlSupportedSubqueries, SqlSupportedTransaction,
    SqlSupportedUnions, SqlSupportsConvert, SqlTransactionIsolationLevel, SupportedSqlGrammar,
};
use hyperslab::datafusion::prelude::SessionContext;
use hyperslab::datafusion::sql::sqlparser::keywords::{RESERVED_FOR_COLUMN_ALIAS, RESERVED_FOR_TABLE_ALIAS};
use tonic::Status;

use crate::config::Rights;
use crate::flight::status;

/// What the server can do for a user.
pub(in crate::flight) fn sql_info(context: &SessionContext, rights: &Rights) -> Result<SqlInfoData, Status> {
    let mut info = SqlInfoDataBuilder::new();
    server(&mut info, rights);
    language(&mut info, context);
    limits(&mut info);
    transactions(&mut info);
    info.build().map_err(status::of_flight)
}

fn server(info: &mut SqlInfoDataBuilder, rights: &Rights) {
    info.append(SqlInfo::FlightSqlServerName, "Hyperslab");
    info.append(SqlInfo::FlightSqlServerVersion, env!("CARGO_PKG_VERSION"));
    info.append(SqlInfo::FlightSqlServerArrowVersion, "1.4");
    info.append(SqlInfo::FlightSqlServerReadOnly, rights.write.is_empty());
    info.append(SqlInfo::FlightSqlServerSql, true);
    info.append(SqlInfo::FlightSqlServerSubstrait, false);
    info.append(SqlInfo::FlightSqlServerTransaction, SqlSupportedTransaction::Transaction as i32);
    info.append(SqlInfo::FlightSqlServerCancel, true);
    info.append(SqlInfo::FlightSqlServerBulkIngestion, false);
    info.append(SqlInfo::FlightSqlServerIngestTransactionsSupported, false);
    info.append(SqlInfo::FlightSqlServerStatementTimeout, 0);
    info.append(SqlInfo::FlightSqlServerTransactionTimeout, 0);
}

fn language(info: &mut SqlInfoDataBuilder, context: &SessionContext) {
    info.append(SqlInfo::SqlDdlCatalog, false);
    info.append(SqlInfo::SqlDdlSchema, false);
    info.append(SqlInfo::SqlDdlTable, false);
    info.append(SqlInfo::SqlIdentifierCase, SqlSupportedCaseSensitivity::SqlCaseSensitivityLowercase as i32);
    info.append(SqlInfo::SqlIdentifierQuoteChar, "\"");
    info.append(SqlInfo::SqlQuotedIdentifierCase, SqlSupportedCaseSensitivity::SqlCaseSensitivityUnknown as i32);
    info.append(SqlInfo::SqlAllTablesAreSelectable, true);
    info.append(SqlInfo::SqlNullOrdering, SqlNullOrdering::SqlNullsSortedHigh as i32);
    info.append(SqlInfo::SqlKeywords, keywords());
    let functions = functions(context);
    let of = |kind| functions.get(&kind).cloned().unwrap_or_default();
    info.append(SqlInfo::SqlNumericFunctions, of(Kind::Numeric));
    info.append(SqlInfo::SqlStringFunctions, of(Kind::String));
    info.append(SqlInfo::SqlSystemFunctions, of(Kind::System));
    info.append(SqlInfo::SqlDatetimeFunctions, of(Kind::DateTime));
    info.append(SqlInfo::SqlSearchStringEscape, "\\");
    info.append(SqlInfo::SqlExtraNameCharacters, "");
    info.append(SqlInfo::SqlSupportsColumnAliasing, true);
    info.append(SqlInfo::SqlNullPlusNullIsNull, true);
    info.append(SqlInfo::SqlSupportsConvert, conversions());
    info.append(SqlInfo::SqlSupportsTableCorrelationNames, true);
    info.append(SqlInfo::SqlSupportsDifferentTableCorrelationNames, false);
    info.append(SqlInfo::SqlSupportsExpressionsInOrderBy, true);
    info.append(SqlInfo::SqlSupportsOrderByUnrelated, true);
    info.append(
        SqlInfo::SqlSupportedGroupBy,
        mask([SqlSupportedGroupBy::SqlGroupByUnrelated as u32, SqlSupportedGroupBy::SqlGroupByBeyondSelect as u32]),
    );
    info.append(SqlInfo::SqlSupportsLikeEscapeClause, false);
    info.append(SqlInfo::SqlSupportsNonNullableColumns, true);
    info.append(
        SqlInfo::SqlSupportedGrammar,
        mask([SupportedSqlGrammar::SqlMinimumGrammar as u32, SupportedSqlGrammar::SqlCoreGrammar as u32]),
    );
    // Entry level.
    info.append(SqlInfo::SqlAnsi92SupportedLevel, mask([0]));
    info.append(SqlInfo::SqlSupportsIntegrityEnhancementFacility, false);
    info.append(SqlInfo::SqlOuterJoinsSupportLevel, SqlOuterJoinsSupportLevel::SqlFullOuterJoins as i32);
    info.append(SqlInfo::SqlSchemaTerm, "schema");
    info.append(SqlInfo::SqlProcedureTerm, "procedure");
    info.append(SqlInfo::SqlCatalogTerm, "catalog");
    info.append(SqlInfo::SqlCatalogAtStart, true);
    info.append(SqlInfo::SqlSchemasSupportedActions, 0);
    info.append(SqlInfo::SqlCatalogsSupportedActions, 0);
    info.append(SqlInfo::SqlSupportedPositionedCommands, 0);
    info.append(SqlInfo::SqlSelectForUpdateSupported, false);
    info.append(SqlInfo::SqlStoredProceduresSupported, false);
    info.append(
        SqlInfo::SqlSupportedSubqueries,
        mask([
            SqlSupportedSubqueries::SqlSubqueriesInComparisons as u32,
            SqlSupportedSubqueries::SqlSubqueriesInExists as u32,
            SqlSupportedSubqueries::SqlSubqueriesInIns as u32,
        ]),
    );
    info.append(SqlInfo::SqlCorrelatedSubqueriesSupported, true);
    info.append(
        SqlInfo::SqlSupportedUnions,
        mask([SqlSupportedUnions::SqlUnion as u32, SqlSupportedUnions::SqlUnionAll as u32]),
    );
}

/// 0 is no limit, or one that is not known.
fn limits(info: &mut SqlInfoDataBuilder) {
    for limit in [
        SqlInfo::SqlMaxBinaryLiteralLength,
        SqlInfo::SqlMaxCharLiteralLength,
        SqlInfo::SqlMaxColumnNameLength,
        SqlInfo::SqlMaxColumnsInGroupBy,
        SqlInfo::SqlMaxColumnsInIndex,
        SqlInfo::SqlMaxColumnsInOrderBy,
        SqlInfo::SqlMaxColumnsInSelect,
        SqlInfo::SqlMaxColumnsInTable,
        SqlInfo::SqlMaxConnections,
        SqlInfo::SqlMaxCursorNameLength,
        SqlInfo::SqlMaxIndexLength,
        SqlInfo::SqlDbSchemaNameLength,
        SqlInfo::SqlMaxProcedureNameLength,
        SqlInfo::SqlMaxCatalogNameLength,
        SqlInfo::SqlMaxRowSize,
        SqlInfo::SqlMaxStatements,
        SqlInfo::SqlMaxTableNameLength,
        SqlInfo::SqlMaxTablesInSelect,
        SqlInfo::SqlMaxUsernameLength,
    ] {
        info.append(limit, 0i64);
    }
    info.append(SqlInfo::SqlMaxRowSizeIncludesBlobs, true);
    info.append(SqlInfo::SqlMaxStatementLength, crate::flight::statement::LONGEST as i64);
}

fn transactions(info: &mut SqlInfoDataBuilder) {
    info.append(SqlInfo::SqlDefaultTransactionIsolation, SqlTransactionIsolationLevel::SqlTransactionNone as i32);
    info.append(SqlInfo::SqlTransactionsSupported, false);
    info.append(
        SqlInfo::SqlSupportedTransactionsIsolationLevels,
        mask([SqlTransactionIsolationLevel::SqlTransactionNone as u32]),
    );
    info.append(SqlInfo::SqlDataDefinitionCausesTransactionCommit, false);
    info.append(SqlInfo::SqlDataDefinitionsInTransactionsIgnored, false);
    info.append(
        SqlInfo::SqlSupportedResultSetTypes,
        mask([SqlSupportedResultSetType::SqlResultSetTypeForwardOnly as u32]),
    );
    let read_only = mask([SqlSupportedResultSetConcurrency::SqlResultSetConcurrencyReadOnly as u32]);
    info.append(SqlInfo::SqlSupportedConcurrenciesForResultSetUnspecified, 0);
    info.append(SqlInfo::SqlSupportedConcurrenciesForResultSetForwardOnly, read_only);
    info.append(SqlInfo::SqlSupportedConcurrenciesForResultSetScrollSensitive, 0);
    info.append(SqlInfo::SqlSupportedConcurrenciesForResultSetScrollInsensitive, 0);
    info.append(SqlInfo::SqlBatchUpdatesSupported, false);
    info.append(SqlInfo::SqlSavepointsSupported, false);
    info.append(SqlInfo::SqlNamedParametersSupported, false);
    info.append(SqlInfo::SqlLocatorsUpdateCopy, false);
    info.append(SqlInfo::SqlStoredFunctionsUsingCallSyntaxSupported, false);
}

/// The numbers as bits.
fn mask<const N: usize>(bits: [u32; N]) -> i32 {
    bits.into_iter().fold(0, |mask, bit| mask | 1i32.checked_shl(bit).unwrap_or(0))
}

/// The words that cannot be names without quotes.
fn keywords() -> Vec<String> {
    let all = RESERVED_FOR_TABLE_ALIAS.iter().chain(RESERVED_FOR_COLUMN_ALIAS);
    let mut words: Vec<String> = all.map(|word| format!("{word:?}")).collect();
    words.sort_unstable();
    words.dedup();
    words
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Numeric,
    String,
    DateTime,
    System,
}

/// The functions of a session, sorted into the four drawers of Flight SQL by the section of their documentation.
fn functions(context: &SessionContext) -> BTreeMap<Kind, Vec<String>> {
    let state = context.state();
    let mut all = BTreeMap::<Kind, Vec<String>>::new();
    let mut add = |name: &str, section: Option<&str>| {
        let kind = match section {
            Some("Math Functions") => Kind::Numeric,
            Some(s) if s.contains("String") || s.contains("Regular") => Kind::String,
            Some(s) if s.contains("Time") => Kind::DateTime,
            _ => Kind::System,
        };
        all.entry(kind).or_default().push(name.to_string());
    };
    for (name, function) in state.scalar_functions() {
        add(name, function.documentation().map(|d| d.doc_section.label));
    }
    for name in state.aggregate_functions().keys().chain(state.window_functions().keys()) {
        add(name, None);
    }
    for names in all.values_mut() {
        names.sort_unstable();
        names.dedup();
    }
    all
}

/// Which types can be cast to which.
fn conversions() -> BTreeMap<i32, Vec<i32>> {
    use SqlSupportsConvert::*;
    let numbers = [
        SqlConvertTinyint,
        SqlConvertSmallint,
        SqlConvertInteger,
        SqlConvertBigint,
        SqlConvertReal,
        SqlConvertFloat,
        SqlConvertDecimal,
        SqlConvertNumeric,
    ]
    .map(|t| t as i32);
    let times = [SqlConvertDate, SqlConvertTime, SqlConvertTimestamp].map(|t| t as i32);
    let text = SqlConvertVarchar as i32;
    let bit = SqlConvertBit as i32;
    let mut all = BTreeMap::new();
    for number in numbers {
        all.insert(number, [&numbers[..], &[text, bit]].concat());
    }
    for time in times {
        all.insert(time, [&times[..], &[text]].concat());
    }
    all.insert(bit, [&numbers[..], &[text, bit]].concat());
    all.insert(text, [&numbers[..], &times[..], &[text, bit]].concat());
    all
}

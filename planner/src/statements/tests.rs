//! What is recognised, what is left to DataFusion, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use datafusion::prelude::SessionContext;

use super::{Statement, parse};

fn all(sql: &str) -> Vec<Statement> {
    parse(sql, &SessionContext::new().state()).unwrap()
}

fn one(sql: &str) -> Statement {
    let mut statements = all(sql);
    assert_eq!(statements.len(), 1, "{sql}");
    statements.remove(0)
}

fn error(sql: &str) -> String {
    parse(sql, &SessionContext::new().state()).unwrap_err().to_string()
}

#[test]
fn statements_are_split_at_semicolons_and_empty_ones_are_left_out() {
    let statements = all("-- first\nselect 1; ; /* second */ SHOW DATASETS ;;\n-- the end\n");
    assert_eq!(statements.len(), 2);
    assert!(matches!(statements[0], Statement::Sql(_)));
    assert_eq!(statements[1], Statement::ShowDatasets);
}

#[test]
fn a_semicolon_in_a_string_or_a_comment_does_not_split() {
    assert_eq!(all("select ';' as a -- ; \n, '--' as b").len(), 1);
}

#[test]
fn describe_dataset_takes_a_name_a_group_or_a_quoted_location() {
    for (sql, name) in [
        ("describe dataset ersst", "ersst"),
        ("DESCRIBE /* which */ DATASET ersst.\"group/sub\"", "ersst.\"group/sub\""),
        ("DESC DATASET 'data/ersst.zarr';", "'data/ersst.zarr'"),
    ] {
        let Statement::DescribeDataset(found) = one(sql) else { panic!("{sql}") };
        assert_eq!(found.to_string(), name);
    }
    assert!(error("describe dataset ersst pop").contains("pop"));
}

#[test]
fn describe_without_a_dataset_is_about_a_table() {
    for (sql, name) in
        [("describe ersst", "ersst"), ("desc ersst.time_lat", "ersst.time_lat"), ("desc dataset", "dataset")]
    {
        let Statement::DescribeTable(found) = one(sql) else { panic!("{sql}") };
        assert_eq!(found.to_string(), name);
    }
    assert!(matches!(one("describe select 1"), Statement::Sql(_)));
}

#[test]
fn an_external_table_may_leave_its_format_out() {
    let Statement::CreateExternalTable(create, format) =
        one("CREATE OR REPLACE EXTERNAL TABLE e LOCATION 's3://b/e.zarr' OPTIONS ('aws.skip_signature' 'true')")
    else {
        panic!()
    };
    assert_eq!((create.locations, format, create.or_replace), (vec!["s3://b/e.zarr".to_string()], None, true));
    assert_eq!(create.options.len(), 1);
    let Statement::CreateExternalTable(_, format) =
        one("CREATE EXTERNAL TABLE IF NOT EXISTS e STORED AS zarr LOCATION 'e'")
    else {
        panic!()
    };
    assert_eq!(format.as_deref(), Some("ZARR"));
}

#[test]
fn what_datafusion_would_read_over_is_refused() {
    for (sql, word) in [
        ("select * from t tablesample system (10)", "TABLESAMPLE"),
        ("explain select * from (select 1) tablesample bernoulli (10)", "TABLESAMPLE"),
        ("copy (select * from t tablesample system (10)) to 'x.csv'", "TABLESAMPLE"),
    ] {
        let error = error(sql);
        assert!(error.contains(word), "{sql}: {error}");
    }
}

#[test]
fn a_syntax_error_says_where() {
    let error = error("select 1;\nselect a b c from x");
    assert!(error.contains("Line: 2"), "{error}");
}

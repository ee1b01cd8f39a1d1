//! What passes in a session that only reads, and what does not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use hyperslab::Context;

use super::*;

fn outcome(sql: &str, rights: &Rights) -> Result<(), ServerError> {
    let context = Context::builder().build().unwrap();
    let statements = context.parse(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
    statements.iter().try_for_each(|statement| check(statement, rights))
}

#[test]
fn statements_that_read_pass() {
    for sql in [
        "SELECT 1",
        "(SELECT 1) UNION ALL VALUES (2)",
        "WITH a AS (SELECT 1) SELECT * FROM a WHERE EXISTS (SELECT 1)",
        "SHOW TABLES",
        "SHOW COLUMNS FROM a",
        "SHOW ALL",
        "SHOW FUNCTIONS",
        "SHOW DATASETS",
        "DESCRIBE a",
        "DESCRIBE DATASET a",
        "EXPLAIN SELECT 1",
        "EXPLAIN ANALYZE VERBOSE SELECT 1",
        "SET hyperslab.scan.prefetch_chunks = 8",
        "SET datafusion.execution.batch_size = '1024'",
        "SET datafusion.optimizer.max_passes = 2",
        "RESET datafusion.execution.batch_size",
    ] {
        outcome(sql, &Rights::default()).unwrap_or_else(|e| panic!("{sql}: {e}"));
    }
}

#[test]
fn statements_that_change_something_are_refused_whatever_was_granted() {
    let all = Rights { read: vec!["/".into()], write: vec!["/".into()], ..Rights::default() };
    for sql in [
        "SELECT 1 AS a INTO b",
        "SELECT * FROM (SELECT 1 AS a INTO b) AS c",
        "INSERT INTO a VALUES (1)",
        "INSERT INTO a SELECT 1",
        "INSERT OVERWRITE a SELECT 1",
        "UPDATE a SET b = 1",
        "DELETE FROM a",
        "TRUNCATE TABLE a",
        "MERGE INTO a USING b ON a.x = b.x WHEN MATCHED THEN DELETE",
        "WITH a AS (INSERT INTO b VALUES (1) RETURNING *) SELECT * FROM a",
        "WITH a AS (UPDATE b SET c = 1 RETURNING *) SELECT * FROM a",
        "WITH a AS (DELETE FROM b RETURNING *) SELECT * FROM a",
        "WITH a AS (SELECT 1) INSERT INTO b SELECT * FROM a",
        "SELECT (WITH a AS (DELETE FROM b RETURNING *) SELECT count(*) FROM a)",
        "EXPLAIN INSERT INTO a VALUES (1)",
        "EXPLAIN ANALYZE INSERT INTO a VALUES (1)",
        "EXPLAIN ANALYZE WITH a AS (DELETE FROM b RETURNING *) SELECT * FROM a",
        "COPY (SELECT 1 AS a INTO b) TO '/x.csv'",
        "COPY (WITH a AS (DELETE FROM b RETURNING *) SELECT * FROM a) TO '/x.csv'",
        "EXPLAIN ANALYZE COPY (WITH a AS (DELETE FROM b RETURNING *) SELECT * FROM a) TO '/x.csv'",
        "CREATE TABLE a AS SELECT 1",
        "CREATE TEMPORARY TABLE a (b INT)",
        "CREATE VIEW a AS SELECT 1",
        "CREATE OR REPLACE VIEW a AS SELECT 1",
        "CREATE SCHEMA a",
        "CREATE DATABASE a",
        "CREATE FUNCTION f(INT) RETURNS INT RETURN $1",
        "DROP TABLE a",
        "DROP VIEW a",
        "DROP SCHEMA a",
        "DROP FUNCTION f",
        "ALTER TABLE a ADD COLUMN b INT",
        "PREPARE p AS INSERT INTO a VALUES (1)",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "SET TIME ZONE 'UTC'",
        "SET (a, b) = (1, 2)",
        "ANALYZE TABLE a",
    ] {
        let error = outcome(sql, &all).expect_err(sql);
        assert_eq!(error.code, code::READ_ONLY, "{sql}: {error}");
    }
}

#[test]
fn options_that_hold_for_others_are_refused() {
    for sql in [
        "SET datafusion.runtime.memory_limit = '1T'",
        "SET datafusion.runtime.temp_directory = '/etc'",
        "SET \"datafusion\".\"runtime\".\"memory_limit\" = '1T'",
        "SET \"datafusion.runtime.memory_limit\" = '1T'",
        "SET DataFusion.Runtime.Memory_Limit = '1T'",
        "SET datafusion.catalog.location = '/etc'",
        "SET datafusion.catalog.information_schema = true",
        "SET datafusion.sql_parser.recursion_limit = 1000000",
        "SET datafusion.execution.objectstore_writer_buffer_size = 1000000000000",
        "SET something.else = 1",
        "RESET datafusion.runtime.memory_limit",
    ] {
        let error = outcome(sql, &Rights::default()).expect_err(sql);
        assert_eq!(error.code, code::INSUFFICIENT_PRIVILEGE, "{sql}: {error}");
    }
    for sql in [
        "SET datafusion.execution.batch_size = 1000000000",
        "SET datafusion.execution.target_partitions = '100000'",
        "SET hyperslab.scan.prefetch_bytes = 1000000000000",
    ] {
        let error = outcome(sql, &Rights::default()).expect_err(sql);
        assert_eq!(error.code, code::INVALID_PARAMETER_VALUE, "{sql}: {error}");
    }
}

#[test]
fn files_need_a_grant() {
    let (read, write) = (
        Rights { read: vec!["/x".into()], ..Rights::default() },
        Rights { write: vec!["/x".into()], ..Rights::default() },
    );
    for (sql, with) in [
        ("COPY (SELECT 1 AS a) TO '/x/a.csv'", &write),
        ("COPY (SELECT 1 AS a) TO '/x/a.zarr' STORED AS ZARR", &write),
        ("EXPLAIN COPY (SELECT 1 AS a) TO '/x/a.csv'", &write),
        ("EXPLAIN ANALYZE COPY (SELECT 1 AS a) TO '/x/a.csv'", &write),
        ("CREATE EXTERNAL TABLE a STORED AS CSV LOCATION '/x/a.csv'", &read),
        ("CREATE EXTERNAL TABLE a LOCATION '/x/a.zarr'", &read),
    ] {
        outcome(sql, with).unwrap_or_else(|e| panic!("{sql}: {e}"));
        let other = if std::ptr::eq(with, &read) { &write } else { &read };
        let error = outcome(sql, other).expect_err(sql);
        assert_eq!(error.code, code::INSUFFICIENT_PRIVILEGE, "{sql}: {error}");
    }
}

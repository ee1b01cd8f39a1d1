//! The simple protocol: several statements, transactions, settings, cursors.

use crate::support::{Server, error_code, field, kinds, rows, status, tags};

#[tokio::test(flavor = "multi_thread")]
async fn several_statements_are_answered_in_turn() {
    let mut client = Server::start().await.raw().await;
    let answer = client
        .query("select lat from ersst limit 2; show server_version; ; select count(*) from ersst where lat = 0")
        .await;
    assert_eq!(kinds(&answer), "TDDCTDCTDCZ");
    assert_eq!(tags(&answer), ["SELECT 2", "SHOW", "SELECT 1"]);
    let found = rows(&answer);
    assert_eq!(found[0], [Some("-88".to_string())]);
    assert_eq!(found[3], [Some((684 * 180).to_string())]);
    assert_eq!(kinds(&client.query("").await), "IZ");
    assert_eq!(kinds(&client.query(" ; -- nothing\n").await), "IZ");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_stops_the_rest_of_its_message() {
    let mut client = Server::start().await.raw().await;
    let answer = client.query("show timezone; set statement_timeout = 7; select nope from ersst; show timezone").await;
    assert_eq!(kinds(&answer), "TDCCEZ");
    assert_eq!((error_code(&answer).as_deref(), status(&answer)), (Some("42703"), 'I'));
    // What the message had set is taken back with it.
    assert_eq!(rows(&client.query("show statement_timeout").await), [[Some("0".to_string())]]);
    let answer = client.query("select 'x").await;
    assert_eq!((error_code(&answer).as_deref(), kinds(&answer).as_str()), (Some("42601"), "EZ"));
    let answer = client.query("select * from").await;
    let error = answer.iter().find(|m| m.0 == b'E').unwrap();
    assert_eq!(field(error, b'P').as_deref(), Some("14"));
    assert_eq!(field(error, b'S').as_deref(), Some("ERROR"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_transaction_takes_only_its_end() {
    let mut client = Server::start().await.raw().await;
    assert_eq!(status(&client.query("begin").await), 'T');
    let answer = client.query("begin").await;
    assert_eq!(kinds(&answer), "NCZ");
    assert_eq!(field(&answer[0], b'C').as_deref(), Some("25001"));
    assert_eq!(status(&client.query("savepoint a").await), 'T');
    assert_eq!(status(&client.query("select bogus from ersst").await), 'E');
    let answer = client.query("select count(*) from ersst").await;
    assert_eq!(error_code(&answer).as_deref(), Some("25P02"));
    assert_eq!(status(&client.query("rollback to savepoint a").await), 'T');
    assert_eq!(tags(&client.query("release a").await), ["RELEASE"]);
    assert_eq!(error_code(&client.query("release a").await).as_deref(), Some("3B001"));
    let answer = client.query("commit").await;
    assert_eq!((tags(&answer), status(&answer)), (vec!["ROLLBACK".to_string()], 'I'));
    let answer = client.query("rollback").await;
    assert_eq!(field(&answer[0], b'M').as_deref(), Some("there is no transaction in progress"));
    assert_eq!(
        tags(&client.query("start transaction isolation level repeatable read, read only").await),
        ["START TRANSACTION"]
    );
    assert_eq!(tags(&client.query("end").await), ["COMMIT"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_hold_as_long_as_they_say() {
    let server = Server::start().await;
    let mut client = server.raw().await;
    let shown = async |client: &mut crate::support::Raw<_>, name: &str| {
        rows(&client.query(&format!("show {name}")).await)[0][0].clone().unwrap()
    };
    let answer = client.query("set DateStyle to 'German'; set application_name = 'tests'").await;
    // The client is told of both, before it may go on.
    assert_eq!(kinds(&answer), "CCSSZ");
    assert_eq!(shown(&mut client, "datestyle").await, "German, DMY");
    client.query("begin; set local timezone = 'Asia/Kolkata'; set statement_timeout = '90s'").await;
    assert_eq!(shown(&mut client, "time zone").await, "Asia/Kolkata");
    assert_eq!(shown(&mut client, "statement_timeout").await, "90s");
    client.query("rollback").await;
    assert_eq!(shown(&mut client, "timezone").await, "UTC");
    assert_eq!(shown(&mut client, "statement_timeout").await, "0");
    client.query("begin; set local timezone = -3; commit").await;
    assert_eq!(shown(&mut client, "timezone").await, "UTC");
    for (statement, code) in [
        ("set nonsense = 1", "42704"),
        ("show nonsense", "42704"),
        ("set server_version = '1'", "55P02"),
        ("set max_connections = 1", "55P02"),
        ("set statement_timeout = -1", "22023"),
        ("set timezone = 'Mars'", "22023"),
        ("set client_encoding = 'LATIN1'", "22023"),
        ("set datafusion.runtime.memory_limit = '1G'", "42501"),
        ("set role bob", "42501"),
        ("set", "42601"),
    ] {
        assert_eq!(error_code(&client.query(statement).await).as_deref(), Some(code), "{statement}");
    }
    client.query("set my.own = 'kept'").await;
    assert_eq!(shown(&mut client, "my.own").await, "kept");
    assert_eq!(tags(&client.query("set hyperslab.scan.prefetch_bytes = 1000000").await), ["SET"]);
    let mut other = server.raw().await;
    assert_eq!(shown(&mut other, "datestyle").await, "ISO, MDY");
    client.query("discard all").await;
    assert_eq!(shown(&mut client, "datestyle").await, "ISO, MDY");
    assert_eq!(rows(&client.query("show all").await).len(), 354);
}

#[tokio::test(flavor = "multi_thread")]
async fn cursors_give_rows_in_parts() {
    let mut client = Server::start().await.raw().await;
    assert_eq!(error_code(&client.query("declare c cursor for select 1 from ersst").await).as_deref(), Some("25P01"));
    let answer = client
        .query(
            "begin; declare \"C\" no scroll cursor without hold for select lat from ersst where lon = 0 and time = \
                nearest(time, '1960-01-15') order by lat; fetch 2 from \"C\"; move 2 in \"C\"; fetch next \"C\"; \
                fetch forward all in \"C\"; fetch 1 in \"C\"",
        )
        .await;
    assert_eq!(tags(&answer), ["BEGIN", "DECLARE CURSOR", "FETCH 2", "MOVE 2", "FETCH 1", "FETCH 84", "FETCH 0"]);
    assert_eq!(rows(&answer)[2], [Some("-80".to_string())]);
    assert_eq!(error_code(&client.query("fetch backward 1 in \"C\"").await).as_deref(), Some("55000"));
    client.query("rollback").await;
    assert_eq!(error_code(&client.query("fetch 1 in \"C\"").await).as_deref(), Some("34000"));
    client.query("begin; declare h cursor with hold for select lat from ersst; commit").await;
    let answer = client.query("fetch 3 in h; fetch absolute 5 from h; close h").await;
    assert_eq!(tags(&answer), ["FETCH 3", "FETCH 1", "CLOSE CURSOR"]);
    client.query("begin; savepoint s; declare a cursor for select lat from ersst; rollback to s").await;
    assert_eq!(error_code(&client.query("fetch 1 in a").await).as_deref(), Some("34000"));
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_are_prepared_by_name() {
    let mut client = Server::start().await.raw().await;
    client.query("prepare p (float8, date) as select count(*) from ersst where lat = $1 and time < $2").await;
    let answer = client.query("execute p (-2.0, date '1961-01-01')").await;
    assert_eq!(rows(&answer), [[Some((12 * 180).to_string())]]);
    assert_eq!(error_code(&client.query("execute p (1)").await).as_deref(), Some("42601"));
    assert_eq!(error_code(&client.query("execute p ('x', null)").await).as_deref(), Some("22P02"));
    assert_eq!(tags(&client.query("deallocate p").await), ["DEALLOCATE"]);
    assert_eq!(error_code(&client.query("execute p (1, null)").await).as_deref(), Some("26000"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_write_is_refused() {
    let mut client = Server::start().await.raw().await;
    for (statement, code) in [
        ("create table t (a int)", "25006"),
        ("insert into ersst values (1)", "25006"),
        ("drop table ersst", "25006"),
        ("copy ersst from stdin", "25006"),
        ("copy (select 1) to 'out.csv'", "42501"),
        ("create external table x stored as zarr location 's3://b/x'", "42501"),
    ] {
        assert_eq!(error_code(&client.query(statement).await).as_deref(), Some(code), "{statement}");
    }
}

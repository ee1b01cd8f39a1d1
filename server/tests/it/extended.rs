//! The extended protocol: parameters, portals, errors up to `Sync`.

use futures::{StreamExt, TryStreamExt};
use tokio_postgres::types::Type;

use crate::support::{Raw, Server, error_code, kinds, message, status, tags, text};

#[tokio::test(flavor = "multi_thread")]
async fn parameters_are_inferred_and_given_in_binary() {
    let server = Server::start().await;
    let client = server.client().await;
    let statement = client
        .prepare("select time, lat, lon, sst from ersst where lat = $1 and time >= $2 and lon < $3 order by time, lon")
        .await
        .unwrap();
    assert_eq!(statement.params(), [Type::FLOAT4, Type::TIMESTAMP, Type::FLOAT4]);
    let types: Vec<_> = statement.columns().iter().map(|c| (c.name(), c.type_().clone())).collect();
    assert_eq!(types[0], ("time", Type::TIMESTAMP));
    let from = std::time::UNIX_EPOCH + std::time::Duration::from_secs(45 * 365 * 86_400);
    let rows = client.query(&statement, &[&0_f32, &from, &4_f32]).await.unwrap();
    assert_eq!(rows.len() % 2, 0);
    assert_eq!(rows[0].get::<_, f32>(1), 0.0);
    let first: std::time::SystemTime = rows[0].get(0);
    assert!(first >= from);
    let none: Option<f64> = None;
    assert!(client.query("select lat from ersst where lat = $1::float8", &[&none]).await.unwrap().is_empty());
    let typed =
        client.query_typed("select count(*) from ersst where lat = $1", &[(&10_i32, Type::INT4)]).await.unwrap();
    assert_eq!(typed[0].get::<_, i64>(0), 684 * 180);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_type_of_a_parameter_is_that_of_the_answer() {
    let server = Server::start().await;
    let client = server.client().await;
    let any = client.prepare("select $1, $2::int from ersst where lon = 0 limit $3").await.unwrap();
    assert_eq!(any.params(), [Type::TEXT, Type::INT4, Type::INT8]);
    let types: Vec<_> = any.columns().iter().map(|c| c.type_().clone()).collect();
    assert_eq!(types, [Type::TEXT, Type::INT4]);
    let rows = client.query(&any, &[&"x", &7_i32, &3_i64]).await.unwrap();
    assert_eq!((rows.len(), rows[0].get::<_, &str>(0), rows[0].get::<_, i32>(1)), (3, "x", 7));
    let typed = client.query_typed("select $1 from ersst limit 1", &[(&7_i16, Type::INT2)]).await.unwrap();
    assert_eq!((typed[0].columns()[0].type_(), typed[0].get::<_, i16>(0)), (&Type::INT2, 7));
    // The catalogue's own.
    let row = client.query_one("select $1::text, current_user, $2::int4 + 1", &[&"x", &1_i32]).await.unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, &str>(1), row.get::<_, i32>(2)), ("x", "ann", 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_batch_of_an_answer_arrives() {
    let server = Server::start().await;
    let client = server.client().await;
    let rows = client.query("select lat, sst from ersst where time < '1961-01-01'", &[]).await.unwrap();
    assert_eq!(rows.len(), 12 * 89 * 180);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_query_of_a_cursor_takes_parameters() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let transaction = client.transaction().await.unwrap();
    let declared = "declare c cursor for select lat from ersst where lon = $1 and time < '1960-02-01' order by lat";
    transaction.execute(declared, &[&0_f32]).await.unwrap();
    let rows = transaction.query("fetch 100 from c", &[]).await.unwrap();
    assert_eq!((rows.len(), rows[0].get::<_, f32>(0)), (89, -88.0));
    let declared = "declare d cursor for select relname::text from pg_class where relname = $1";
    transaction.execute(declared, &[&"ersst"]).await.unwrap();
    let rows = transaction.query("fetch all from d", &[]).await.unwrap();
    assert_eq!(rows[0].get::<_, &str>(0), "ersst");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_gives_its_rows_in_parts() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let transaction = client.transaction().await.unwrap();
    let portal = transaction.bind("select lat from ersst where lon = 0 and time < '1960-02-01'", &[]).await.unwrap();
    let first = transaction.query_portal(&portal, 50).await.unwrap();
    let second = transaction.query_portal(&portal, 50).await.unwrap();
    assert_eq!((first.len(), second.len()), (50, 39));
    assert!(transaction.query_portal(&portal, 0).await.unwrap().is_empty());
    transaction.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_answered_between_an_error_and_sync() {
    let server = Server::start().await;
    let mut raw = server.raw().await;
    let parse = |sql: &str| message(b'P', &[text(""), text(sql), vec![0, 0]].concat());
    let bind = message(b'B', &[text(""), text(""), vec![0; 6]].concat());
    let execute = message(b'E', &[text(""), vec![0; 4]].concat());
    let describe = message(b'D', b"P\0");
    let sync = message(b'S', b"");
    let good = [parse("select count(*) from ersst"), bind.clone(), describe.clone(), execute.clone(), sync.clone()];
    raw.send_bytes(&good.concat()).await;
    assert_eq!(kinds(&raw.until_ready().await), "12TDCZ");
    let bad = [parse("select x"), bind.clone(), execute.clone(), parse("select 1 from ersst"), sync.clone()];
    raw.send_bytes(&bad.concat()).await;
    let answer = raw.until_ready().await;
    assert_eq!((kinds(&answer).as_str(), status(&answer)), ("EZ", 'I'));
    raw.send_bytes(&good.concat()).await;
    assert_eq!(kinds(&raw.until_ready().await), "12TDCZ");
    raw.send_bytes(&[parse(""), bind.clone(), describe, execute.clone(), sync.clone()].concat()).await;
    assert_eq!(kinds(&raw.until_ready().await), "12nIZ");
    raw.send_bytes(&[parse("begin"), bind.clone(), execute.clone(), sync.clone()].concat()).await;
    assert_eq!(status(&raw.until_ready().await), 'T');
    raw.send_bytes(&[message(b'E', &[text("gone"), vec![0; 4]].concat()), sync.clone()].concat()).await;
    let answer = raw.until_ready().await;
    assert_eq!((error_code(&answer).as_deref(), status(&answer)), (Some("34000"), 'E'));
    raw.send_bytes(&[parse("rollback"), bind, execute, sync].concat()).await;
    let answer = raw.until_ready().await;
    assert_eq!((tags(&answer), status(&answer)), (vec!["ROLLBACK".to_string()], 'I'));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_sent_as_it_is_made() {
    let server = Server::start().await;
    let client = server.client().await;
    let rows = client.query_raw("select time, lat, lon, sst from ersst", Vec::<String>::new()).await.unwrap();
    futures::pin_mut!(rows);
    let mut count = 0;
    let mut missing = 0;
    while let Some(row) = rows.next().await {
        let row = row.unwrap();
        count += 1;
        missing += usize::from(row.try_get::<_, Option<f32>>(3).map(|v| v.is_none()).unwrap_or(false));
        if count == 1_000_000 {
            break;
        }
    }
    assert_eq!(count, 1_000_000);
    assert!(missing > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_is_read_through_the_extended_protocol() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let transaction = client.transaction().await.unwrap();
    transaction.execute("declare c binary cursor for select lat, lon from ersst", &[]).await.unwrap();
    let rows = transaction.query("fetch forward 3 from c", &[]).await.unwrap();
    assert_eq!(rows.len(), 3);
    let rows: Vec<_> =
        transaction.query_raw("fetch 5 from c", Vec::<String>::new()).await.unwrap().try_collect().await.unwrap();
    assert_eq!(rows.len(), 5);
    transaction.rollback().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_in_a_row_are_answered_in_their_order() {
    let server = Server::start().await;
    let client = server.client().await;
    let ask = |n: i64| {
        let client = &client;
        async move { client.query_one("select count(*) + $1 from ersst", &[&n]).await.unwrap().get::<_, i64>(0) }
    };
    let all = futures::future::join_all((0..50).map(ask)).await;
    let expected: Vec<i64> = (0..50).map(|n| 684 * 89 * 180 + n).collect();
    assert_eq!(all, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn values_for_a_statement_are_checked() {
    let server = Server::start().await;
    let mut raw: Raw<_> = server.raw().await;
    let parse = message(b'P', &[text(""), text("select lat from ersst where lat = $1 limit 1"), vec![0, 0]].concat());
    let sync = message(b'S', b"");
    let values = |formats: &[u8], value: &[u8]| {
        let mut body = [text(""), text("")].concat();
        body.extend(formats);
        body.extend([0, 1]);
        body.extend((value.len() as i32).to_be_bytes());
        body.extend(value);
        body.extend([0, 0]);
        [parse.clone(), message(b'B', &body), sync.clone()].concat()
    };
    for (bytes, code) in [
        (values(&[0, 0], b"abc"), Some("22P02")),
        (values(&[0, 1, 0, 1], &[1, 2, 3]), Some("22P03")),
        (values(&[0, 1, 0, 7], b"1"), Some("22023")),
        (values(&[0, 0], b"1.5"), None),
    ] {
        raw.send_bytes(&bytes).await;
        assert_eq!(error_code(&raw.until_ready().await).as_deref(), code);
    }
    let bind = message(b'B', &[text(""), text(""), vec![0; 6]].concat());
    raw.send_bytes(&[parse, bind, sync].concat()).await;
    assert_eq!(error_code(&raw.until_ready().await).as_deref(), Some("08P01"));
}

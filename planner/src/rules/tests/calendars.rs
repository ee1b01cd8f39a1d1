//! The calendar of text that went through aggregates, windows and conditions.

use super::*;

/// 2000-01-01 and 100 days later, which is 2000-04-11 in `noleap` and the 101st day; SQL's year 2000 has a leap day.
async fn noleap() -> SessionContext {
    let ctx = session();
    days(&ctx, "n", "noleap", &[0.0, 100.0]).await;
    ctx
}

const BEHIND: [&str; 12] = [
    "SELECT max(time) AS m FROM n",
    "SELECT last_value(time ORDER BY v) AS m FROM n",
    "SELECT m FROM (SELECT max(time) AS m FROM n) WHERE m > '1999'",
    "SELECT CASE WHEN v = 1 THEN time ELSE NULL END AS m FROM n ORDER BY m DESC NULLS LAST LIMIT 1",
    "SELECT coalesce(NULL, time) AS m FROM n WHERE v = 1",
    "SELECT DISTINCT lead(time) OVER (ORDER BY v) AS m FROM n WHERE v < 2 ORDER BY m NULLS LAST LIMIT 1",
    "SELECT DISTINCT max(time) OVER () AS m FROM n",
    "SELECT (SELECT max(time) FROM n) AS m",
    "SELECT max(t) AS m FROM (SELECT v, min(time) AS t FROM n GROUP BY v)",
    "WITH c AS (SELECT max(time) AS t FROM n) SELECT t AS m FROM c",
    "SELECT max(time) AS m FROM n GROUP BY GROUPING SETS ((), ())  LIMIT 1",
    "SELECT max(date_trunc('day', time)) AS m FROM n",
];

#[tokio::test]
async fn the_day_of_the_year_counts_in_the_calendar_of_the_column() {
    let ctx = noleap().await;
    for query in BEHIND {
        let sql = format!("SELECT dayofyear(m), date_part('doy', m), EXTRACT(doy FROM m) FROM ({query})");
        assert_eq!(rows(&ctx, &sql).await, ["101|101|101"], "{query}");
    }
    assert_eq!(rows(&ctx, "SELECT dayofyear(max(time)) FROM n").await, ["101"]);
    assert_eq!(rows(&ctx, "SELECT v FROM n GROUP BY v HAVING dayofyear(max(time)) = 101").await, ["1"]);
    assert_eq!(rows(&ctx, "SELECT 1 FROM n WHERE dayofyear((SELECT max(time) FROM n)) = 101 LIMIT 1").await, ["1"]);
}

#[tokio::test]
async fn text_is_compared_as_a_date_of_the_calendar_of_the_column() {
    let ctx = noleap().await;
    for query in BEHIND {
        let sql = format!("SELECT count(*) FROM ({query}) WHERE m = '2000-04-11' AND m <= '2000-04-11 00:00'");
        assert_eq!(rows(&ctx, &sql).await, ["1"], "{query}");
        let e = error(&ctx, &format!("SELECT count(*) FROM ({query}) WHERE m = '2000-02-29'")).await;
        assert!(e.contains("there is no date `2000-02-29T00:00:00` in the calendar `noleap`"), "{query}: {e}");
    }
    assert_eq!(rows(&ctx, "SELECT v FROM n GROUP BY v HAVING min(time) = '2000-04-11'").await, ["1"]);
}

#[tokio::test]
async fn a_truncated_maximum_is_text_of_the_calendar() {
    let ctx = session();
    days(&ctx, "c", "360_day", &[59.0]).await;
    let sql = "SELECT date_trunc('day', max(time)), date_trunc('month', max(time)) AS m FROM c";
    assert_eq!(rows(&ctx, sql).await, ["2000-02-30T00:00:00|2000-02-01T00:00:00"]);
    let e = error(&ctx, "SELECT date_trunc('week', max(time)) FROM c").await;
    assert!(e.contains("no unit `week` in calendar `360_day`"), "{e}");
}

#[tokio::test]
async fn text_of_no_calendar_is_left_alone() {
    let ctx = noleap().await;
    let sql = "SELECT count(*) FROM (SELECT max(s) AS m FROM (VALUES ('2000-02-29'), ('b')) AS t(s)) WHERE m = 'b'";
    assert_eq!(rows(&ctx, sql).await, ["1"]);
    // Two calendars in one expression are none.
    days(&ctx, "c", "360_day", &[59.0]).await;
    let sql = "SELECT dayofyear(CASE WHEN n.v = 0 THEN c.time ELSE n.time END) FROM n JOIN c ON n.v = 1";
    assert_eq!(rows(&ctx, sql).await, ["102"]);
}

#[tokio::test]
async fn with_the_rule_off_the_text_is_read_as_sql_reads_it() {
    let ctx = noleap().await;
    switch_off(&ctx, "calendars").await;
    assert_eq!(rows(&ctx, "SELECT dayofyear(max(time)) FROM n").await, ["102"]);
    assert_eq!(rows(&ctx, "SELECT dayofyear(time) FROM n ORDER BY 1").await, ["1", "101"]);
}

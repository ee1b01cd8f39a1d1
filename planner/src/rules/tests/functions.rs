//! The functions on times, through SQL.

use super::*;

#[tokio::test]
async fn parts_group_and_extract_is_date_part() {
    let ctx = session();
    ersst(&ctx).await;
    let sql = "SELECT season(time) AS s, count(*) FROM ersst GROUP BY season(time) ORDER BY s";
    assert_eq!(rows(&ctx, sql).await, ["DJF|15", "JJA|15", "MAM|15", "SON|15"]);
    let sql = "SELECT EXTRACT(month FROM time) AS m, EXTRACT(doy FROM time), date_part('quarter', time), datepart('year', time) \
               FROM ersst GROUP BY time ORDER BY m LIMIT 2";
    assert_eq!(rows(&ctx, sql).await, ["1|1|1|1982", "2|32|1|1982"]);
    let sql = "SELECT year(time), month(time), day(time), hour(time), minute(time), second(time), dayofyear(time) \
               FROM ersst WHERE time = '1982-03' LIMIT 1";
    assert_eq!(rows(&ctx, sql).await, ["1982|3|1|0|0|0|60"]);
}

#[tokio::test]
async fn extract_works_on_the_text_of_a_calendar() {
    let ctx = session();
    days(&ctx, "hadley", "360_day", &[59.0, 60.0, 360.0]).await;
    let sql = "SELECT EXTRACT(month FROM time), EXTRACT(day FROM time), EXTRACT(doy FROM time), dayofyear(time) FROM hadley ORDER BY v";
    assert_eq!(rows(&ctx, sql).await, ["2|30|60|60", "3|1|61|61", "1|1|1|1"]);
    let sql = "SELECT date_trunc('year', time) AS y, count(*) FROM hadley GROUP BY 1 ORDER BY y";
    assert_eq!(rows(&ctx, sql).await, ["2000-01-01T00:00:00|2", "2001-01-01T00:00:00|1"]);
    let sql = "SELECT dayofyear(m) FROM (SELECT DISTINCT date_trunc('month', time) AS m FROM hadley) ORDER BY 1";
    assert_eq!(rows(&ctx, sql).await, ["1", "31", "61"]);
    let e = error(&ctx, "SELECT EXTRACT(week FROM time) FROM hadley").await;
    assert!(e.contains("no part `week` in calendar `360_day`"), "{e}");
}

#[tokio::test]
async fn functions_of_literals_and_of_null() {
    let ctx = session();
    let sql =
        "SELECT year(TIMESTAMP '1990-05-01'), month(DATE '1990-05-01'), year('1990'), season(NULL), year(now()) > 2000";
    assert_eq!(rows(&ctx, sql).await, ["1990|5|1990|NULL|true"]);
    let sql = "SELECT date_trunc('month', TIMESTAMP '1990-05-17'), date_trunc('month', DATE '1990-05-17') AS d, \
               date_trunc('month', '1990-05-17') AS t, date_part('year', '1990-05-17')";
    assert_eq!(rows(&ctx, sql).await, ["1990-05-01T00:00:00|1990-05-01T00:00:00|1990-05-01T00:00:00|1990"]);
    let e = error(&ctx, "SELECT date_part('yaer', now())").await;
    assert!(e.contains("did you mean `year`?"), "{e}");
    let e = error(&ctx, "SELECT year(5)").await;
    assert!(e.contains("year expected a time, got `Int64`") && !e.contains('\n'), "{e}");
    let e = error(&ctx, "SELECT month()").await;
    assert!(e.contains("month expected one argument, a time, got 0") && !e.contains('\n'), "{e}");
}

#[tokio::test]
async fn a_session_is_configured_once_however_often_it_is_asked() {
    let ctx = session();
    let again = crate::configure(SessionStateBuilder::new_from_existing(ctx.state())).build();
    let names: Vec<&str> = again.analyzer().rules.iter().map(|r| r.name()).collect();
    let ours = ["hyperslab.bind_lookups", "hyperslab.calendars", "hyperslab.float_labels", "hyperslab.time_labels"];
    assert_eq!(names[..4], ours);
    assert_eq!(names.iter().filter(|n| n.starts_with("hyperslab")).count(), 4, "{names:?}");
    assert!(names.contains(&"type_coercion"));
}

#[tokio::test]
async fn options_that_were_set_before_stay() {
    let ctx = session();
    switch_off(&ctx, "float_labels").await;
    let again = crate::configure(SessionStateBuilder::new_from_existing(ctx.state())).build();
    assert!(!crate::PlannerOptions::of(again.config_options()).float_labels);
    assert!(crate::PlannerOptions::of(again.config_options()).time_labels);
}
